/* Ticket: what may be sent now and why not, orders by POST with an id made at the click. To close a position is never refused. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const ANSWER_MS = 5000;
  const DOUBLE_CLICK_MS = 400;
  const SIDES = ["buy", "sell"];
  const ASK_MS = 1000;
  const ASKED = 3; // so often the server must not know an order before it counts as never come
  let sending = false;
  let open = 0; // orders without an answer yet
  let locked = "";
  let rejected = null; // the newest refusal that the server spoke of; null until it first spoke

  function start() {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.id === "ticket-buy") order("buy");
      if (button.id === "ticket-sell") order("sell");
      if (button.id === "unlock-replay") unlock();
      if (button.dataset.close && event.detail < 2) close(button.dataset.close);
    });
    for (const id of ["ticket-symbol", "ticket-quantity"]) byId(id)?.addEventListener("input", draw);
  }

  /* Open when the server says so and the symbol is live here. A refused button keeps its place and its focus. */
  function draw() {
    const { status } = desk.state;
    if (!status) return;
    const allowed = desk.config.state_changes_allowed;
    const shut = sending || !allowed || Boolean(status.locked);
    const dead = refusal();
    for (const side of SIDES) {
      const button = byId(`ticket-${side}`);
      const refused = shut || Boolean(dead && !reduces(side));
      if (button.disabled !== shut) button.disabled = shut;
      const closes = dead && !refused ? "yes" : ""; // it may be sent and waits: not lit as if the price were live
      if (button.dataset.closes !== closes) button.dataset.closes = closes;
      if (button.getAttribute("aria-disabled") !== String(refused)) button.setAttribute("aria-disabled", String(refused));
    }
    const why = dead && `opening refused, ${byId("ticket-symbol").value} is not live: ${dead} · closing waits for a live quote`;
    const place = byId("ticket-refused");
    if (place.textContent !== why) place.textContent = why;
    const unlocks = Boolean(status.locked) && allowed && status.feed.kind === "replay";
    if (byId("unlock-replay").hidden === unlocks) byId("unlock-replay").hidden = !unlocks;
    if (locked !== (status.locked || "")) {
      locked = status.locked || "";
      if (allowed) say(locked, locked ? "locked" : "");
    }
    const before = rejected;
    rejected = status.rejected || "";
    if (before === null || !rejected || rejected === before || open) return; // what is under way is answered itself
    if (!byId("ticket-answer").textContent.includes(rejected)) say(rejected, "no");
  }

  /* Another epoch, another account: what was answered before belongs to neither. */
  function clear() {
    rejected = null;
    if (!desk.config || !desk.config.state_changes_allowed || open || !byId("ticket-answer")) return;
    locked = "";
    say("");
  }

  /* Why an order that opens risk is refused at the ticket's symbol now; "" when it is not. */
  const refusal = () => desk.head.worth(byId("ticket-symbol").value).reason;

  /* Whatever is filled of it, the position only becomes smaller: the server lets it wait for a live quote. */
  function reduces(side) {
    const row = desk.state.positions.get(byId("ticket-symbol").value);
    const quantity = Number(byId("ticket-quantity").value);
    return Boolean(row && row.close_side === side && quantity > 0 && quantity <= Number(row.close_quantity));
  }

  function say(words, kind) {
    const answer = byId("ticket-answer");
    answer.textContent = words;
    answer.dataset.kind = kind || "";
  }

  function order(side) {
    const quantity = byId("ticket-quantity").value.trim();
    if (!/^\d*\.?\d+$/.test(quantity) || Number(quantity) <= 0) return say(`quantity: a number above zero like 0.25, not "${quantity}"`, "no");
    const dead = refusal();
    if (dead && !reduces(side)) return say(`${side} ${quantity} ${byId("ticket-symbol").value} not sent: ${dead}`, "no");
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
    open++;
    say(`${what} …`);
    try {
      const answer = await post("/api/orders", body).catch(() => post("/api/orders", body)); // the same id: done once
      const { order, message } = answer.content;
      if (!order) say(`${what}: ${message || answer.status}`, "no");
      else became(what, order);
    } catch (error) {
      say(`${what}: no answer (${error.name === "TimeoutError" ? "timed out" : "connection lost"}), it may or may not have been done: asking`, "no");
      const order = await fate(body.client_id);
      if (order) became(what, order);
      else say(`${what}: was not done, the server has never had it`, "no");
    }
    open--;
    if (!body.reduce_only) setTimeout(() => busy(false), DOUBLE_CLICK_MS); // the second click of a double click finds them shut
  }

  function became(what, order) {
    const price = order.average_price === null ? "" : ` at ${desk.text.price(order.symbol, Number(order.average_price))}`;
    const done = Number(order.filled_quantity) ? `${order.side === "buy" ? "bought" : "sold"} ${order.filled_quantity} ${order.symbol}${price}` : what;
    say(`${done}${order.reason ? " · " + order.reason : ""}`, Number(order.filled_quantity) ? "yes" : order.state === "accepted" ? "" : "no");
  }

  /* An order of unknown fate: the server is asked until it answers, opening stays shut meanwhile. Null: it never came. */
  async function fate(id) {
    for (let unknown = 0; unknown < ASKED; ) {
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      const answer = await fetch(`/api/orders?client_id=${id}`, { signal: AbortSignal.timeout(ANSWER_MS) }).then((one) => one.json(), () => null);
      if (answer && answer.orders && answer.orders.length) return answer.orders[0];
      if (answer && answer.orders) unknown++;
    }
    return null;
  }

  async function unlock() {
    try {
      const { status, content } = await post("/api/replay/unlock", {});
      if (status >= 400) say(`trade in replay: ${content.message || `HTTP ${status}`}`, "no");
    } catch {
      say("trade in replay: the server was not reached", "no");
    }
  }

  async function post(path, body) {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(ANSWER_MS) });
    return { status: response.status, content: await response.json().catch(() => ({})) };
  }

  function busy(on) {
    sending = on;
    draw();
  }

  desk.ticket = { start, draw, clear, post };
})();
