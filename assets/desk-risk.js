/* The tab `Risk`: the limits of the lock, how close they are, and the two wishes: other limits, an override. The server decides. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const FIELDS = { "day-loss": "day_loss", orders: "orders", losses: "losses", pause: "pause_minutes" };
  const typed = new Set(); // fields that the reader changed and has not sent
  let drawn = null;

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
    const { risk } = desk.state;
    if (!risk || risk === drawn || !byId("risk")) return;
    drawn = risk;
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
    byId("tab-risk").dataset.state = risk.locked ? "locked" : risk.warnings ? "warned" : "";
  }

  function text(id, words) {
    if (byId(id).textContent !== words) byId(id).textContent = words;
  }

  desk.risk = { start, draw };
})();
