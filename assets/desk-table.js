/* Positions table and ticket: rows reconciled by id, foot row of totals, orders by POST with an id made at the click. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const WIDE_ONLY = ["side", "entry", "mark", "pnl_percent", "margin", "leverage", "liquidation", "source"];
  const ANSWER_MS = 5000;
  const DOUBLE_CLICK_MS = 400;
  const narrow = matchMedia("(max-width: 700px)");
  let shown = new Map(); // what the grid holds, by id
  let sending = false;

  const grid = () => {
    try {
      return window.dash_ag_grid.getApi("positions");
    } catch {
      return null; // not mounted yet
    }
  };

  function start() {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.id === "ticket-buy") order("buy");
      if (button.id === "ticket-sell") order("sell");
      if (button.id === "unlock-replay") unlock();
      if (button.dataset.close) close(button.dataset.close);
    });
    document.addEventListener("keydown", (event) => {
      if (!["Enter", " "].includes(event.key) || !event.target.matches('.ag-cell[col-id="close"]')) return;
      event.preventDefault();
      event.target.querySelector("button")?.click();
    });
    narrow.addEventListener("change", fit);
  }

  /* The grid takes only the rows that differ; nothing waits for a rendering of Dash's. */
  function draw() {
    ticket();
    const api = grid();
    if (!api) return void setTimeout(() => desk.draw.dirty("table"), 100);
    if (!api.deskFitted) {
      api.deskFitted = true;
      fit();
    }
    const add = [], update = [], remove = [];
    for (const [id, row] of desk.state.positions) {
      if (!shown.has(id)) add.push(row);
      else if (shown.get(id) !== row) update.push(row);
    }
    for (const id of shown.keys()) if (!desk.state.positions.has(id)) remove.push({ id });
    if (add.length || update.length || remove.length) api.applyTransaction({ add, update, remove });
    if (add.length || remove.length) api[desk.state.positions.size ? "hideOverlay" : "showNoRowsOverlay"]();
    shown = new Map(desk.state.positions);
    const { totals } = desk.state;
    if (totals && totals !== draw.totals) {
      draw.totals = totals;
      const foot = { ...totals, id: "totals", symbol: "Total" };
      api.setGridOption("pinnedBottomRowData", [foot]);
      byId("realized").textContent = `${totals.count || "none"} open · realised ${totals.realized}`;
    }
  }

  /* Another epoch: the old rows go at once. */
  function clear() {
    const api = grid();
    if (api && shown.size) api.applyTransaction({ remove: [...shown.keys()].map((id) => ({ id })) });
    shown = new Map();
  }

  function fit() {
    const api = grid();
    if (!api) return;
    api.setColumnsVisible(WIDE_ONLY, !narrow.matches);
    api.setGridOption("rowHeight", narrow.matches ? 44 : 27);
    api.resetRowHeights();
  }

  /* The ticket is open when the server says so; the quote stands on its buttons. */
  function ticket() {
    const { status } = desk.state;
    if (!status) return;
    const locked = status.locked || "";
    const allowed = desk.config.state_changes_allowed;
    for (const id of ["ticket-buy", "ticket-sell"]) byId(id).disabled = sending || !allowed || Boolean(locked);
    const unlocks = Boolean(locked) && allowed && status.feed.kind === "replay";
    if (byId("unlock-replay").hidden === unlocks) byId("unlock-replay").hidden = !unlocks;
    if (ticket.locked !== locked) {
      ticket.locked = locked;
      if (allowed) say(locked, locked ? "locked" : "");
    }
  }

  function say(words, kind) {
    const answer = byId("ticket-answer");
    answer.textContent = words;
    answer.dataset.kind = kind || "";
  }

  function order(side) {
    const quantity = byId("ticket-quantity").value.trim();
    if (!/^\d*\.?\d+$/.test(quantity) || Number(quantity) <= 0) return say(`quantity: a number above zero like 0.25, not "${quantity}"`, "no");
    send({ symbol: byId("ticket-symbol").value, side, quantity });
  }

  function close(id) {
    const row = desk.state.positions.get(id);
    if (row) send({ symbol: row.symbol, side: row.close_side, quantity: row.close_quantity, reduce_only: true });
  }

  const clientId = () => crypto.getRandomValues(new Uint32Array(4)).reduce((text, n) => text + n.toString(16).padStart(8, "0"), "");

  async function send(wish) {
    const body = { client_id: clientId(), type: "market", ...wish };
    const what = `${body.reduce_only ? "close: " : ""}${body.side} ${body.quantity} ${body.symbol}`;
    if (!body.reduce_only) busy(true);
    say(`${what} …`);
    try {
      const answer = await post("/api/orders", body).catch(() => post("/api/orders", body)); // the same id: done once
      const { order, message } = answer.content;
      if (!order) say(`${what}: ${message || answer.status}`, "no");
      else {
        const price = order.average_price === null ? "" : ` at ${desk.text.price(body.symbol, Number(order.average_price))}`;
        const done = Number(order.filled_quantity) ? `${order.side === "buy" ? "bought" : "sold"} ${order.filled_quantity} ${body.symbol}${price}` : what;
        say(`${done}${order.reason ? " · " + order.reason : ""}`, order.state === "filled" ? "yes" : order.state === "accepted" ? "" : "no");
      }
    } catch (error) {
      say(`${what}: no answer, it may or may not have been done (${error.name === "TimeoutError" ? "timed out" : "connection lost"})`, "no");
    }
    if (!body.reduce_only) setTimeout(() => busy(false), DOUBLE_CLICK_MS); // the second click of a double click finds them shut
  }

  async function unlock() {
    try {
      await post("/api/replay/unlock", {});
    } catch {
      say("trade in replay: no answer from the server", "no");
    }
  }

  async function post(path, body) {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(ANSWER_MS) });
    return { status: response.status, content: await response.json().catch(() => ({})) };
  }

  function busy(on) {
    sending = on;
    ticket();
  }

  /* Cells: form, not only colour, tells up from down. */
  const element = (tag, props, ...children) => window.React.createElement(tag, props, ...children);
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  cells.DeskSigned = ({ value }) => {
    if (value === null || value === undefined) return "–";
    const way = { "+": "up", "−": "down" }[value[0]] || "";
    return element("span", { className: way }, `${{ up: "▲ ", down: "▼ " }[way] || ""}${value}`);
  };
  cells.DeskSide = ({ value }) => (value ? element("span", { className: value === "long" ? "up" : "down" }, value) : "");
  cells.DeskAge = ({ data }) => {
    if (!data.source) return "";
    return element("span", { className: data.source === "stale" ? "off" : "", "data-src": data.source, "data-age": data.age_ms }, `${desk.text.age(data.age_ms)} ${data.source}`);
  };
  cells.DeskClose = ({ data }) => {
    if (data.id === "totals") return "";
    const label = `close ${data.symbol}`;
    return element("button", { type: "button", className: "chip close", "data-close": data.id, "aria-label": label, title: label }, "close");
  };

  desk.table = { start, draw, clear };
})();
