/* What the page asks of the server: orders by POST with an id made at the click, cancels, flatten; and what became of each.
   An order whose answer is lost is asked after until its fate is known. Says all of it at the ticket. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const ANSWER_MS = 9000;
  const ASK_MS = 1000;
  const ASKED = 3; // so often the server must not know an order before it counts as never come
  const CONFIRM_MS = 5000;
  const send = { open: 0, unknown: 0 }; // orders without an answer yet; those whose answer was lost
  let asked = null; // the order that would be a repetition: {wish, body, confirm, until}
  let followed = null; // {id, what}: the order that the ticket speaks of until it is over
  let counting = 0;

  function say(words, kind) {
    clearInterval(counting);
    const answer = byId("ticket-answer");
    answer.textContent = words;
    answer.dataset.kind = kind || "";
  }

  const named = (body) => `${body.reduce_only ? "close: " : ""}${body.side} ${body.quantity} ${body.symbol}${body.type === "market" ? "" : ` ${body.type.replaceAll("_", " ")}`}`;

  /* The wish of a click or key press; the order that came of it. The click after a question about a repetition is its answer. */
  async function order(wish) {
    const same = JSON.stringify({ type: "market", ...wish });
    const confirmed = asked && asked.same === same && performance.now() < asked.until;
    const body = confirmed ? { ...asked.body, confirm: asked.confirm } : { client_id: desk.link.newId(), type: "market", ...wish };
    const what = named(body);
    asked = followed = null;
    let came = null; // the order as the server answered it
    send.open++;
    say(`${what} …`);
    try {
      const answer = await post("/api/orders", body).catch(() => post("/api/orders", body)); // the same id: done once
      const { order: made, message, error, confirm } = answer.content;
      came = made || null;
      if (made) {
        if (!asked) became(what, made); // a question about a later click stands: it is not talked over
      } else if (error === "duplicate") {
        followed = null;
        asked = { same, body, confirm, until: performance.now() + CONFIRM_MS };
        say(`${what}: ${message.replace("confirm to place it a second time", `${body.side} once more places it a second time`)}`, "no");
      } else if (error === "limit") countdown(what, message, answer.wait_s);
      else say(`${what}: ${message || answer.status}`, "no");
    } catch (error) {
      say(`${what}: no answer (${error.name === "TimeoutError" ? "timed out" : "connection lost"}), it may or may not have been done: asking`, "no");
      const made = await shutWhile(fate(body.client_id));
      came = made;
      if (made) became(what, made);
      else say(`${what}: was not done, the server has never had it`, "no");
    }
    send.open--;
    return came;
  }

  /* Nothing is opened while it is not known what became of an order. */
  async function shutWhile(asking) {
    send.unknown++;
    desk.ticket.draw();
    const made = await asking;
    send.unknown--;
    desk.ticket.draw();
    return made;
  }

  function became(what, made) {
    if (!["filled", "cancelled", "rejected"].includes(made.state)) {
      say(`${what}: ${made.state}${made.reason ? `, ${made.reason}` : ""}`);
      followed = { id: made.order_id, what };
      return follow();
    }
    over(what, made.symbol, made.side, made.filled_quantity, made.average_price === null ? "" : desk.text.price(made.symbol, Number(made.average_price)), made.reason, made.state);
  }

  /* The frames bring what becomes of it later. */
  function follow() {
    const row = followed && desk.state.orders.get(followed.id);
    if (!row) return;
    const { what } = followed;
    if (!row.works) {
      followed = null;
      over(what, row.symbol, row.side, row.filled, row.average || "", row.note, row.state);
    } else if (row.note && !byId("ticket-answer").textContent.endsWith(row.note)) say(`${what}: ${row.state}, ${row.note}`);
  }

  function over(what, symbol, side, filled, price, reason, state) {
    const got = Number(filled) > 0;
    const done = got ? `${side === "buy" ? "bought" : "sold"} ${filled} ${symbol}${price ? ` at ${price}` : ""}` : `${what}: ${state}`;
    say(`${done}${reason ? ` · ${reason}` : ""}`, got ? "yes" : "no");
  }

  function countdown(what, message, wait_s) {
    let left = wait_s;
    const words = () => `${what}: ${message.replace(/in \d+ s/, `in ${left} s`)}`;
    say(words(), "no");
    counting = setInterval(() => {
      left -= 1;
      if (left <= 0) say(`${what}: orders are possible again`);
      else byId("ticket-answer").textContent = words();
    }, 1000);
  }

  /* An order of unknown fate: the server is asked until it answers. Null: it never came. */
  async function fate(id) {
    for (let unknown = 0; unknown < ASKED; ) {
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      const answer = await fetch(`/api/orders?client_id=${id}`, { signal: AbortSignal.timeout(ANSWER_MS) }).then((one) => one.json(), () => null);
      if (answer && answer.orders && answer.orders.length) return answer.orders[0];
      if (answer && answer.orders) unknown++;
    }
    return null;
  }

  async function cancel(id) {
    const { content } = await post(`/api/orders/${id}`, undefined, "DELETE").catch(() => ({ content: {} }));
    const made = content.order;
    if (made) say(`${named(made)}: ${made.state}${made.reason ? `, ${made.reason}` : ""}`);
    else say(`cancel: ${content.message || "no answer"}`, "no");
  }

  async function cancelAll() {
    const { content } = await post("/api/orders", undefined, "DELETE").catch(() => ({ content: {} }));
    const { orders } = content;
    if (!orders) say(`cancel all: ${content.message || "no answer"}`, "no");
    else say(orders.length ? `cancelled: ${orders.map(named).join(" · ")}` : "cancel all: no order was working");
  }

  async function flatten() {
    say("flatten …");
    const { content } = await post("/api/flatten", { client_id: desk.link.newId() }).catch(() => ({ content: {} }));
    const { legs } = content;
    if (!legs) return say(`flatten: ${content.message || "no answer"}`, "no");
    const told = legs.map((leg) => `${leg.position_id.split(":")[1]} ${leg.result}${leg.reason ? ` (${leg.reason})` : ""}`);
    say(told.length ? `flatten: ${told.join(" · ")}` : "flatten: no position was open", legs.every((leg) => leg.result === "closed") ? "" : "no");
  }

  async function breakEven(symbol) {
    say(`stop of ${symbol} to break-even …`);
    const { content } = await post("/api/break-even", { symbol }).catch(() => ({ content: {} }));
    if (content.order) say(`stop of ${symbol} at break-even, ${desk.text.price(symbol, Number(content.order.stop_price))}`, "yes");
    else say(`stop of ${symbol} to break-even: ${content.message || "no answer"}`, "no");
  }

  async function post(path, body, method = "POST") {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(ANSWER_MS) });
    const wait_s = Number(response.headers.get("Retry-After")) || 0;
    return { status: response.status, content: await response.json().catch(() => ({})), wait_s };
  }

  desk.send = Object.assign(send, { say, order, follow, cancel, cancelAll, flatten, breakEven, post });
})();
