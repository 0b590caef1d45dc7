/* Orders table: the newest first, working ones with a cancel; and what concerns all of them: cancel all, flatten, the tabs. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const narrow = matchMedia("(max-width: 640px)");
  const WIDE = ["at_ms", "symbol", "type", "filled", "average", "fees"]; // what a phone has no room for
  let shown = new Map();

  const grid = () => desk.rows.grid("orders");

  function start() {
    narrow.addEventListener("change", fit);
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.book) show(button);
      if (button.dataset.cancel && event.detail < 2) desk.send.cancel(button.dataset.cancel);
      if (button.id === "cancel-all" && event.detail < 2) desk.send.cancelAll();
      if (button.id === "flatten" && event.detail < 2) desk.send.flatten();
    });
  }

  function show(button) {
    byId("panel-positions").dataset.shown = button.dataset.book;
    for (const one of document.querySelectorAll("[data-book]")) one.setAttribute("aria-pressed", String(one === button));
    desk.draw.dirty("table");
  }

  function draw() {
    const { orders } = desk.state;
    const working = [...orders.values()].filter((row) => row.works).length;
    say("tab-positions", `Positions ${desk.state.positions.size || ""}`.trim());
    say("tab-orders", `Orders ${working || ""}`.trim());
    const api = grid();
    if (!api) return;
    if (!api.deskFitted) {
      api.deskFitted = true;
      fit();
    }
    const { add, update, remove } = desk.rows.change(shown, orders);
    if (!add.length && !update.length && !remove.length) return;
    add.sort((one, other) => Number(other.id) - Number(one.id));
    api.applyTransaction({ add, update, remove, addIndex: 0 });
    api[orders.size ? "hideOverlay" : "showNoRowsOverlay"]();
    shown = new Map(orders);
  }

  function fit() {
    grid()?.setColumnsVisible(WIDE, !narrow.matches);
  }

  function say(id, words) {
    const element = byId(id);
    if (element && element.textContent !== words) element.textContent = words;
  }

  /* Another epoch: the old rows go at once. */
  function clear() {
    const api = grid();
    if (api && shown.size) api.applyTransaction(desk.rows.change(shown, new Map()));
    shown = new Map();
  }

  const element = (tag, props, ...children) => window.React.createElement(tag, props, ...children);
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  cells.DeskTime = ({ value }) => desk.text.clock(value);
  cells.DeskWay = ({ value }) => element("span", { className: value === "buy" ? "up" : "down" }, value);
  cells.DeskState = ({ data }) => element("span", { className: data.state === "not watched" ? "off" : data.works ? "" : "weak", title: data.note }, data.note ? `${data.state}: ${data.note}` : data.state);
  cells.DeskCancel = ({ data }) => {
    if (!data.works) return "";
    const label = `cancel ${data.side} ${data.quantity} ${data.symbol}`;
    return element("button", { type: "button", className: "chip close", "data-cancel": data.id, "aria-label": label, title: label }, "cancel");
  };

  desk.orders = { start, draw, clear };
})();
