/* Margin added to a position or withdrawn from it: a field that opens at its row. What may be moved is the server's to say. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  let symbol = ""; // whose margin the field is for
  let opener = null; // where the focus goes back to
  let said = ""; // what became of the last wish, until another amount is typed
  let under = null; // what was sent last: {same, id, ended}: sent again, it is done once

  function start() {
    const form = byId("margin-form");
    if (!form) return;
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.margin) open(button);
      if (button.id === "margin-add" && event.detail < 2) move("add");
      if (button.id === "margin-withdraw" && event.detail < 2) move("withdraw");
      if (button.id === "margin-close") close();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation(); // it closes the field: no half of a double Esc
      close();
    });
    byId("margin-amount").addEventListener("input", () => say(""));
  }

  function open(button) {
    symbol = button.dataset.margin;
    opener = button.closest(".ag-cell") || button;
    if (!byId("margin-form").open) byId("margin-form").show();
    window.dash_clientside.set_props("margin-amount", { value: "" });
    say("");
    byId("margin-amount").focus();
  }

  function close() {
    byId("margin-form").close();
    symbol = "";
    if (opener?.isConnected) opener.focus();
  }

  function say(words) {
    said = words;
    draw();
  }

  /* What stands there and what is free, as the frames bring it. */
  function draw() {
    if (!symbol) return;
    const row = desk.state.positions.get(symbol);
    if (!row) return close();
    const { totals } = desk.state;
    text("margin-of", `Margin of ${symbol}`);
    text("margin-said", said || `${row.margin}, of it ${row.added} added · ${totals ? totals.free : "–"} free`);
    byId("margin-said").dataset.kind = said ? "no" : "";
  }

  function text(id, words) {
    if (byId(id).textContent !== words) byId(id).textContent = words;
  }

  async function move(way) {
    const typed = byId("margin-amount").value.trim();
    const amount = typed.replace(/^\./, "0.");
    const what = `${way} ${amount} ${way === "add" ? "to" : "from"} the margin of ${symbol}`;
    if (!/^\d+(\.\d+)?$/.test(amount)) return say(`an amount above zero like 25, not "${typed}"`);
    const wish = { symbol, way, amount };
    const same = JSON.stringify(wish);
    const id = under && under.same === same && !under.ended ? under.id : desk.link.newId();
    under = { same, id, ended: false };
    const body = { client_id: id, ...wish };
    say("…");
    const { status, content } = await desk.send.post("/api/positions/margin", body).catch(() => ({ status: 0, content: {} }));
    if (under.id === id && status) under.ended = status < 500;
    if (content.position === undefined) return say(content.message || "no answer: send the same again, it is done once");
    desk.send.say(`${what}: done`, "yes");
    window.dash_clientside.set_props("margin-amount", { value: "" });
    if (symbol === wish.symbol) say("");
  }

  desk.margin = { start, draw };
})();
