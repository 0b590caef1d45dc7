/* The tab `Journal`: round trips that are over. Fetched when it is looked at, and again when the server says that there is more;
   every text, and what passes the filter, is the server's. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const FILTERS = { symbol: "journal-symbol", side: "journal-side", result: "journal-result", from: "journal-from", to: "journal-to" };
  const NAMES = ["Opened", "Symbol", "Side", "Quantity", "Entry", "Exit", "Held", "Net P&L", "Fees", "Slip in", "Slip out", "+1 s", "+5 s", "+30 s", "+60 s", "Best", "Worst"];
  const REST_MS = 500;
  let asked = 0; // the newest question; an answer to an older one is dropped
  let waits = false; // something new came meanwhile
  let resting = false;

  const shown = () => byId("panel-positions")?.dataset.shown === "journal";

  document.addEventListener("click", (event) => {
    if (event.target.closest('[data-book="journal"]')) ask();
  });
  document.addEventListener("change", (event) => {
    if (Object.values(FILTERS).includes(event.target.id)) ask();
  });

  /* A section: the journal is another now. */
  function came() {
    if (shown()) soon();
  }

  function soon() {
    waits = true;
    if (resting) return;
    resting = true;
    waits = false;
    ask();
    setTimeout(() => {
      resting = false;
      if (waits && shown()) soon();
    }, REST_MS);
  }

  async function ask() {
    const query = new URLSearchParams();
    for (const [name, id] of Object.entries(FILTERS)) {
      const { value } = byId(id);
      if (value && value !== "all") query.set(name, value);
    }
    byId("journal-csv").href = `/api/journal.csv?${query}`;
    const mine = ++asked;
    const { ok, content } = await fetch(`/api/journal/rows?${query}`)
      .then(async (answer) => ({ ok: answer.ok, content: await answer.json() }))
      .catch(() => ({ ok: false, content: {} }));
    if (mine !== asked) return;
    if (!ok) return say(content.message || "no answer: what stands here may be old", "no");
    say(content.words);
    draw(content.rows);
  }

  function say(words, kind) {
    byId("journal-words").textContent = words;
    byId("journal-words").title = words;
    byId("journal-words").dataset.kind = kind || "";
  }

  /* What the reader looks at stays where it is while newer trips come above it. */
  function draw(rows) {
    const box = byId("journal-rows");
    const [top, height] = [box.scrollTop, box.scrollHeight];
    const head = line(NAMES.map((name) => [name, "weak"]), "heads");
    box.replaceChildren(head, ...rows.map((row) => line(cells(row), "trip")));
    if (top) box.scrollTop = top + box.scrollHeight - height;
  }

  function cells(row) {
    const way = { "+": "up", "−": "down" }[row.net[0]] || "";
    const net = `${{ up: "▲ ", down: "▼ " }[way] || ""}${row.net}`;
    const exit = row.liquidated ? `${row.exit} liq.` : row.exit;
    const at = `${desk.text.day(row.at_ms)} ${desk.text.clock(row.at_ms)}`;
    const rest = [row.slip_in, row.slip_out, ...row.after, row.best, row.worst].map((words) => [words, "number"]);
    return [
      [at, "number at"], [row.symbol, ""], [row.side, row.side === "long" ? "up" : "down"], [row.quantity, "number"], [row.entry, "number"],
      [exit, `number ${row.liquidated ? "act" : ""}`], [row.held, "number"], [net, `number ${way}`], [row.fees, "number"], ...rest,
    ];
  }

  function line(parts, kind) {
    const made = document.createElement("div");
    made.className = kind;
    made.setAttribute("role", "row");
    parts.forEach(([words, name], i) => {
      const cell = document.createElement("span");
      cell.className = name;
      cell.setAttribute("role", kind === "heads" ? "columnheader" : "cell");
      cell.dataset.label = NAMES[i];
      cell.textContent = words ?? "–";
      made.append(cell);
    });
    return made;
  }

  desk.journal = { came };
})();
