/* The tab `Risk`: margin, exposure, what may be lost, equity. The tab `Lock`: its limits, how close they are, and the two wishes:
   other limits, an override. Every text is the server's. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const FIELDS = { "day-loss": "day_loss", orders: "orders", losses: "losses", pause: "pause_minutes" };
  const typed = new Set(); // fields that the reader changed and has not sent
  let drawn = null;
  let curved = null;

  function start() {
    for (const name of Object.keys(FIELDS)) byId(`limit-${name}`)?.addEventListener("input", () => typed.add(name));
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button || event.detail > 1) return;
      if (button.id === "propose-loss") propose();
      if (button.id === "set-limits") limits();
      if (button.id === "override") ask("/api/discipline/override", { reason: value("reason") });
    });
  }

  const value = (name) => (byId(`limit-${name}`)?.value || "").trim();
  const set = (name, text) => window.dash_clientside.set_props(`limit-${name}`, { value: text });
  const whole = (name, empty) => (/^\d+$/.test(value(name)) ? Number(value(name)) : value(name) || empty); // the server says what is wrong

  function propose() {
    if (!desk.state.risk) return;
    typed.add("day-loss");
    set("day-loss", desk.state.risk.proposed);
  }

  function limits() {
    ask("/api/discipline", {
      day_loss: value("day-loss") || null,
      orders: whole("orders", 0),
      losses: whole("losses", 0),
      pause_minutes: whole("pause", 15),
      reason: value("reason"),
    });
  }

  async function ask(path, body) {
    say("…");
    const { status, content } = await desk.send.post(path, body).catch(() => ({ status: 0, content: {} }));
    if (status !== 200) return say(content.message || "no answer: look whether it holds before you ask again", "no");
    typed.clear();
    drawn = null;
    set("reason", "");
    say("");
    desk.draw.dirty("table");
  }

  function say(words, kind) {
    byId("lock-answer").textContent = words;
    byId("lock-answer").dataset.kind = kind || "";
  }

  function draw() {
    curve();
    const { risk } = desk.state;
    if (!risk || risk === drawn || !byId("risk")) return;
    drawn = risk;
    measured(risk);
    for (const [name, field] of Object.entries(FIELDS)) {
      if (!typed.has(name)) set(name, risk[field] ? String(risk[field]) : "");
    }
    text("used-day-loss", risk.lost_today);
    text("used-orders", risk.orders_10m);
    text("used-losses", risk.in_a_row);
    text("lock-state", [risk.locked && `locked: ${risk.locked}`, risk.warnings, risk.pending, risk.newest].filter(Boolean).join(" · "));
    byId("lock-state").title = byId("lock-state").textContent;
    byId("lock-state").dataset.state = risk.locked ? "locked" : risk.warnings ? "warned" : "";
    byId("override").disabled = !risk.can_override;
    byId("propose-loss").title = `3 % of the balance: ${risk.proposed}`;
    byId("tab-lock").dataset.state = risk.locked ? "locked" : risk.warnings ? "warned" : "";
    byId("tab-risk").dataset.state = { act: "locked", warn: "warned" }[risk.level] || "";
  }

  function measured(risk) {
    byId("gauge-bar").style.width = risk.gauge;
    byId("gauge").dataset.level = risk.level;
    text("gauge-words", `${risk.used || "–"} of the equity · ${risk.bound}`);
    text("exposure-assets", risk.assets.length ? `exposure ${risk.assets.join(" · ")}` : "no exposure");
    text("exposure-sectors", risk.sectors.join(" · "));
    text("equity-now", risk.equity);
    text("equity-down", risk.drawdown);
    text("equity-extremes", risk.extremes);
    const head = ["", risk.measure, "liq. in 10 s", "in 60 s", "in and out, % margin"];
    const rows = risk.positions.map((one) => [one.symbol, one.var, ...one.touch, one.cost]);
    if (rows.length > 1) rows.push(["book", risk.book, "", "", ""]);
    const cells = [head, ...rows].flatMap((row, i) => row.map((words) => cell(words, i ? "number" : "weak")));
    byId("risk-rows").replaceChildren(...(rows.length ? cells : [cell("no open positions", "weak")]));
    const notes = risk.positions.filter((one) => one.note).map((one) => `${one.symbol}: ${one.note}`);
    if (rows.length > 1 && risk.book_note) notes.push(`book: ${risk.book_note}`);
    text("risk-note", notes.join(" · "));
  }

  function cell(words, kind) {
    const made = document.createElement("span");
    made.className = kind;
    made.textContent = words ?? "–";
    return made;
  }

  /* Its path comes ready from the server, a point a minute. */
  function curve() {
    const { equity } = desk.state;
    const place = byId("equity-curve");
    if (!place || !equity || equity === curved) return;
    curved = equity;
    const name = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(name, "svg");
    const path = document.createElementNS(name, "path");
    picture.setAttribute("viewBox", "0 0 240 60");
    picture.setAttribute("preserveAspectRatio", "none");
    path.setAttribute("d", equity.path);
    picture.append(path);
    place.replaceChildren(...(equity.path ? [cell(equity.high, "number weak high"), picture, cell(equity.low, "number weak low")] : [cell("a point a minute once a position was open", "weak")]));
  }

  function text(id, words) {
    if (byId(id).textContent !== words) byId(id).textContent = words;
  }

  desk.risk = { start, draw };
})();
