/* Ticket: what may be asked now and why not, sizes, prices by steps, what it would cost. To close a position is never refused. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const SIDES = ["buy", "sell"];
  const FLIP_MS = 5000;
  const NEEDS = { market: [], limit: ["price"], stop: ["stop"], stop_limit: ["price", "stop"], take_profit: ["stop"], trailing_stop: ["trail"] };
  let locked = "";
  let traded = "";
  const flips = new Map(); // by symbol, until its quantity changes: {quantity, made, at}; `made` undefined before the answer

  function start() {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.id === "ticket-buy") order("buy");
      if (button.id === "ticket-sell") order("sell");
      if (button.id === "unlock-replay") unlock();
      if (button.dataset.percent) desk.preview.size({ percent: button.dataset.percent });
      if (button.id === "size-risk") desk.preview.size(desk.bracket.risk());
      if (button.dataset.step) step(byId(`ticket-${button.dataset.price}`), Number(button.dataset.step));
      if (button.dataset.close && event.detail < 2) close(button.dataset.close, button.dataset.part);
      if (button.dataset.even && event.detail < 2) desk.send.breakEven(button.dataset.even);
      if (button.dataset.flip && event.detail < 2) flip(button.dataset.flip);
    });
    for (const name of ["symbol", "quantity", "type", "price", "stop", "trail", "time", "loss", "gain"]) {
      byId(`ticket-${name}`)?.addEventListener("input", changed);
      byId(`ticket-${name}`)?.addEventListener("change", changed);
    }
    for (const name of ["price", "stop", "trail", "loss", "gain"]) {
      byId(`ticket-${name}`)?.addEventListener("keydown", (event) => {
        const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        if (!way) return;
        event.preventDefault();
        step(event.target, event.shiftKey ? way * 10 : way);
      });
    }
    desk.bracket.start();
    changed();
    desk.preview.start();
  }

  const value = (name) => (byId(`ticket-${name}`)?.value || "").trim();
  const symbol = () => value("symbol");
  const needs = () => NEEDS[value("type")] || [];
  const tick = () => desk.state.status?.symbols[symbol()]?.tick_size || 0.01;

  /* Open when the server says so and the symbol is live here. A refused button keeps its place and its focus. */
  function draw() {
    const { status } = desk.state;
    if (!status) return;
    if (traded !== symbol()) turn();
    desk.send.follow();
    if (desk.bracket.follow(symbol())) changed();
    for (const [id, { quantity }] of flips) if (desk.state.positions.get(id)?.quantity !== quantity) flips.delete(id);
    const allowed = desk.config.state_changes_allowed;
    const shut = !allowed || Boolean(status.locked) || desk.send.unknown > 0;
    const dead = refusal();
    for (const side of SIDES) {
      const button = byId(`ticket-${side}`);
      const refused = shut || Boolean(dead && !reduces(side));
      if (button.disabled !== shut) button.disabled = shut;
      const closes = dead && !refused ? "yes" : ""; // it may be sent and waits: not lit as if the price were live
      if (button.dataset.closes !== closes) button.dataset.closes = closes;
      text(`ticket-${side}-at`, dead ? "" : desk.preview.at(side));
      if (button.getAttribute("aria-disabled") !== String(refused)) button.setAttribute("aria-disabled", String(refused));
    }
    if (dead) desk.preview.forget();
    const why = dead ? `opening refused, ${symbol()} is not live: ${dead} · closing waits` : desk.preview.refused();
    byId("ticket-preview").dataset.off = dead ? "yes" : "";
    text("ticket-refused", why);
    const unlocks = Boolean(status.locked) && allowed && status.feed.kind === "replay";
    if (byId("unlock-replay").hidden === unlocks) byId("unlock-replay").hidden = !unlocks;
    if (locked !== (status.locked || "")) {
      locked = status.locked || "";
      if (allowed) desk.send.say(locked, locked ? "locked" : "");
    }
  }

  function text(id, words) {
    const place = byId(id);
    if (place && place.textContent !== words) place.textContent = words;
  }

  /* Another epoch, another account: what was answered before belongs to neither. */
  function clear() {
    desk.preview.forget();
    if (!desk.config || !desk.config.state_changes_allowed || desk.send.open || !byId("ticket-answer")) return;
    locked = "";
    desk.send.say("");
  }

  /* Why an order that opens risk is refused at the ticket's symbol now; "" when it is not. */
  const refusal = () => desk.head.worth(symbol()).reason;

  /* Whatever is filled of it, the position only becomes smaller: the server lets it wait for a live quote. */
  function reduces(side) {
    const row = desk.state.positions.get(symbol());
    const quantity = Number(value("quantity"));
    return Boolean(row && row.close_side === side && quantity > 0 && quantity <= Number(row.close_quantity));
  }

  /* The fields of the chosen type, and what such an order would cost once nothing was typed for a moment. What another type asks
     for begins at the last price; a field that the trader empties stays empty. */
  function changed(event) {
    for (const name of ["price", "stop", "trail"]) {
      const field = byId(`field-${name}`);
      if (!field) continue;
      field.hidden = !needs().includes(name);
      if (event?.target.id === "ticket-type" && needs().includes(name) && !byId(`ticket-${name}`).value) begin(name);
    }
    const times = byId("field-time");
    if (times) times.hidden = !needs().includes("price");
    draw();
    desk.preview.soon(event);
  }

  /* Another symbol is traded now: a price of the one before is nothing to it. */
  function turn() {
    traded = symbol();
    for (const name of ["price", "stop", "trail"]) if (byId(`ticket-${name}`)) begin(name);
  }

  function begin(name) {
    const price = name !== "trail" && needs().includes(name) ? desk.state.prices.get(symbol()) : undefined;
    if (price !== undefined) fill(byId(`ticket-${name}`), price);
    else if (byId(`ticket-${name}`).value) set(byId(`ticket-${name}`), "");
  }

  function fill(input, price) {
    if (price === undefined || price === null) return;
    const digits = Math.max(0, Math.round(-Math.log10(tick())));
    set(input, price.toFixed(digits));
  }

  const set = (input, text) => window.dash_clientside.set_props(input.id, { value: text });

  function step(input, ticks) {
    const held = Number(input.value);
    const from = input.value && Number.isFinite(held) ? held : input.id === "ticket-trail" ? 0 : desk.state.prices.get(symbol());
    if (from === undefined) return;
    const price = Math.max(1, Math.round(from / tick()) + ticks) * tick();
    fill(input, price);
    setTimeout(changed, 50);
  }

  /* `by`: "key", or nothing for a click. A size that was asked for before is waited for. */
  async function order(side, by) {
    if (!(await desk.preview.sized())) return desk.send.say(`${side} ${symbol()} not sent: there is no size`, "no");
    const quantity = desk.preview.number(value("quantity"));
    if (!(Number(quantity) > 0)) return desk.send.say(`quantity: a number above zero like 0.25, not "${value("quantity")}"`, "no");
    const dead = refusal();
    if (dead && !reduces(side)) return desk.send.say(`${side} ${quantity} ${symbol()} not sent: ${dead}`, "no");
    const type = value("type") || "market";
    const wish = { symbol: symbol(), side, quantity, type };
    const fields = { price: "price", stop: "stop_price", trail: "trail" };
    for (const name of NEEDS[type]) wish[fields[name]] = value(name);
    if (NEEDS[type].includes("price")) {
      if (value("time") === "post") wish.post_only = true;
      if (value("time") === "ioc") wish.time_in_force = "ioc";
    }
    const wrong = desk.bracket.guard(wish);
    if (wrong) return desk.send.say(`${side} ${quantity} ${symbol()} not sent: ${wrong}`, "no");
    desk.send.order(said(wish, by));
  }

  const said = (wish, by) => (by ? { ...wish, by } : wish);

  /* All of a position, or the part that the server cut. */
  function close(id, part, by) {
    const row = desk.state.positions.get(id);
    if (!row) return desk.send.say(`close: there is no position in ${id}`, "no");
    const quantity = part === undefined ? row.close_quantity : row.close_parts[Number(part)];
    desk.send.order(said({ symbol: row.symbol, side: row.close_side, quantity, reduce_only: true }, by));
  }

  /* The quantity on screen is flipped once: a second flip before the first one is seen would double it. */
  async function flip(id, by) {
    const row = desk.state.positions.get(id);
    if (!row) return desk.send.say(`flip: there is no position in ${id}`, "no");
    const last = flips.get(id);
    if (last && !ended(last)) return desk.send.say(`flip ${id}: the one before is under way`, "no");
    const mine = { quantity: row.quantity, made: undefined, at: performance.now() };
    flips.set(id, mine);
    mine.made = await desk.send.order(said({ symbol: row.symbol, side: row.close_side, quantity: row.flip_quantity }, by));
  }

  /* Nothing became of it: it was refused, or ended without a fill. */
  function ended({ made, at }) {
    const shown = made && desk.state.orders.get(made.order_id);
    return made === null || Boolean(shown && !shown.works && shown.filled === "0") || Boolean(made && performance.now() - at > FLIP_MS);
  }

  async function unlock() {
    try {
      const { status, content } = await desk.send.post("/api/replay/unlock", {});
      if (status >= 400) desk.send.say(`trade in replay: ${content.message || `HTTP ${status}`}`, "no");
    } catch {
      desk.send.say("trade in replay: the server was not reached", "no");
    }
  }

  desk.ticket = { start, draw, clear, symbol, value, needs, refusal, order, close, flip };
})();
