/* Positions table: rows reconciled by id, what glows and when, foot row of totals; on a phone the same cells as cards. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const GLOW_MS = [120, 160]; // held, fading
  const REST_MS = 1000;
  const CARD_PX = { row: 222, foot: 63, table: 27 };
  const MOST_CARDS = 4; // more are scrolled to
  const EMPTY = "no open positions"; // as in trading.py
  /* What a fill or the venue changes glows at every change, the mark at most once in a rest, profit and loss only when its
     sign turns: numbers that follow the mark would else glow all day long. */
  const GLOWS = ["side", "quantity", "entry", "mark", "margin", "liquidation"];
  const SIGNED = ["pnl", "pnl_percent"];
  const ACTS = '.ag-cell:is([col-id="close"], [col-id="margin"], [col-id="works"])';
  const narrow = matchMedia("(max-width: 990px)");
  let shown = new Map(); // what the grid holds, by id
  const aged = new Map(); // id → the age and source last shown
  let silent = false; // the server says nothing: whatever a row's source was, it is stale
  const glowed = new Map(); // "id column" → page time when its last glow ended

  const grid = () => desk.rows.grid("positions");

  function start() {
    /* The grid focuses a cell: the key goes to a button of it that one sees focused, and never to one that was not chosen. */
    document.addEventListener("focusin", ({ target }) => target.matches(ACTS) && target.querySelector("button")?.focus());
    document.addEventListener("keydown", onKey, true);
    narrow.addEventListener("change", fit);
  }

  /* Left and right between the buttons of a row; the grid hears nothing of the keys that press one. */
  function onKey(event) {
    const button = event.target.closest(`${ACTS} button`);
    if (!button) return;
    if (["Enter", " "].includes(event.key)) return event.stopPropagation();
    const way = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[event.key];
    if (!way) return;
    event.stopPropagation();
    event.preventDefault();
    button[way]?.focus();
  }

  /* Straight to the grid: nothing waits for a rendering of Dash's. */
  function draw() {
    const api = grid();
    if (!api) return void setTimeout(() => desk.draw.dirty("table"), 100);
    if (!api.deskFitted) {
      api.deskFitted = true;
      fit();
    }
    const { add, update, remove } = desk.rows.change(shown, desk.state.positions);
    const glowing = update.map((row) => [row.id, changed(shown.get(row.id), row)]);
    if (add.length || update.length || remove.length) api.applyTransaction({ add, update, remove });
    for (const [id, columns] of glowing) if (columns.length) glow(api, id, columns);
    if (add.length || remove.length) api[desk.state.positions.size ? "hideOverlay" : "showNoRowsOverlay"]();
    shown = new Map(desk.state.positions);
    room();
    desk.margin.draw();
    if (shown.size) unsay();
    const { totals } = desk.state;
    if (totals && totals !== draw.totals) {
      draw.totals = totals;
      const foot = { ...totals, id: "totals", symbol: "Total" };
      api.setGridOption("pinnedBottomRowData", [foot]);
      byId("realized").textContent = `balance ${totals.balance} · equity ${totals.equity || "–"} · free ${totals.free} · realised ${totals.realized} net of fees ${totals.fees}`;
      byId("realized").title = byId("realized").textContent; // where a narrow screen cuts it
    }
  }

  /* The grid draws a cell anew when its value changes; the source stays and its age goes on. Only texts that differ. */
  function age(at, noWord) {
    silent = Boolean(noWord);
    const api = grid();
    if (!api) return;
    const rowNodes = [];
    for (const row of shown.values()) {
      const text = `${desk.text.age(ageOf(row, at))} ${sourceOf(row)}`;
      if (aged.get(row.id) !== text) rowNodes.push(api.getRowNode(row.id));
      aged.set(row.id, text);
    }
    if (rowNodes.length) api.refreshCells({ rowNodes: rowNodes.filter(Boolean), columns: ["source"], force: true });
  }

  const sourceOf = (row) => (silent ? "stale" : row.source);
  const ageOf = (row, at) => (row.age_ms === null || row.age_ms === undefined ? null : row.age_ms + Math.max(0, at - row.at));

  /* A phone's table is as high as its cards, one at least. When it grows or shrinks, the page scrolls along: the ticket below
     stays under the thumb that has just bought. Some browsers do so by themselves, and are told not to: style.phone.css. */
  function room() {
    const cards = Math.min(MOST_CARDS, Math.max(1, shown.size));
    if (cards === room.cards) return;
    const grown = (cards - (room.cards || cards)) * CARD_PX.row;
    room.cards = cards;
    byId("panel-positions").style.setProperty("--cards-height", `${cards * CARD_PX.row + CARD_PX.foot + 1}px`);
    if (narrow.matches && grown && byId("panel-ticket").getBoundingClientRect().top - grown < innerHeight) scrollBy({ top: grown, behavior: "instant" });
  }

  /* The columns of a row that may glow now. */
  function changed(before, after) {
    const at = performance.now();
    const turned = before.sign !== after.sign;
    const columns = [...GLOWS.filter((name) => before[name] !== after[name]), ...(turned ? SIGNED : [])];
    return columns.filter((name) => !(at < glowed.get(`${after.id} ${name}`) + REST_MS));
  }

  function glow(api, id, columns) {
    const [flashDuration, fadeDuration] = GLOW_MS;
    const until = performance.now() + flashDuration + fadeDuration;
    for (const name of columns) glowed.set(`${id} ${name}`, until);
    const node = api.getRowNode(id);
    if (node) api.flashCells({ rowNodes: [node], columns, flashDuration, fadeDuration });
  }

  /* The grid's hidden text for screen readers keeps its last announcement: with a position open it would be wrong. */
  function unsay() {
    const said = document.querySelector("#positions .ag-aria-description-container");
    if (said && said.textContent.includes(EMPTY)) said.textContent = "";
  }

  /* Another epoch: the old rows go at once. */
  function clear() {
    const api = grid();
    if (api && shown.size) api.applyTransaction(desk.rows.change(shown, new Map()));
    desk.orders.clear();
    shown = new Map();
    glowed.clear();
    aged.clear();
  }

  /* A card is a higher row: style.css places the same cells in it. */
  function fit() {
    const api = grid();
    if (!api) return;
    const { row, foot, table } = CARD_PX;
    api.setGridOption("getRowHeight", ({ node }) => (narrow.matches ? (node.rowPinned ? foot : row) : table));
    api.setGridOption("headerHeight", narrow.matches ? 0 : 25);
    api.resetRowHeights();
  }

  /* Cells: form, not only colour, tells up from down. */
  const element = (tag, props, ...children) => window.React.createElement(tag, props, ...children);
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const signed = (value) => {
    if (value === null || value === undefined) return "–";
    const way = { "+": "up", "−": "down" }[value[0]] || "";
    return element("span", { className: way }, `${{ up: "▲ ", down: "▼ " }[way] || ""}${value}`);
  };
  cells.DeskSigned = ({ value }) => signed(value);
  /* One value of two, so that the grid draws the cell when either changes. */
  (window.dashAgGridFunctions = window.dashAgGridFunctions || {}).deskPnl = ({ data }) => `${data.pnl} ${data.net}`;
  cells.DeskPnl = ({ data }) => {
    const net = data.net ?? "–";
    const side = data.close_side === "sell" ? "the bid" : "the ask";
    const why = data.paid ? `net at exit: at ${side}, after ${data.paid} of fees paid and ${data.exit_fee ?? "–"} to pay` : "net at exit, all together";
    return element("span", { className: "two" }, signed(data.pnl), element("span", { className: "net", title: why }, net));
  };
  cells.DeskSide = ({ value }) => (value ? element("span", { className: value === "long" ? "up" : "down" }, value) : "");
  cells.DeskAge = ({ data }) => {
    if (!data.source) return "";
    const age = ageOf(data, performance.now());
    const source = sourceOf(data);
    return element("span", { className: source === "stale" ? "off" : "", "data-src": source, "data-age": age === null ? "" : Math.round(age) }, `${desk.text.age(age)} ${source}`);
  };
  cells.DeskMargin = ({ data, value }) => {
    if (data.id === "totals" || !value) return value;
    const label = `margin of ${data.symbol}: add or withdraw`;
    return element("button", { type: "button", className: "margin", "data-margin": data.id, "aria-label": `${label}, ${value}`, title: label }, value);
  };
  cells.DeskClose = ({ data }) => {
    if (data.id === "totals") return "";
    const button = (words, label, more, kind = "part") => element("button", { type: "button", className: `chip ${kind}`, "aria-label": label, title: label, key: label, ...more }, words);
    return element(
      "span", { className: "closes" },
      button("25", `close 25 % of ${data.symbol}`, { "data-close": data.id, "data-part": 0 }),
      button("50", `close 50 % of ${data.symbol}`, { "data-close": data.id, "data-part": 1 }),
      button("100", `close ${data.symbol}`, { "data-close": data.id }, "close"),
      button("BE", `stop of ${data.symbol} to break-even`, { "data-even": data.id }),
      button("flip", `flip ${data.symbol}`, { "data-flip": data.id }),
    );
  };

  desk.table = { start, draw, clear, age, ageOf };
})();
