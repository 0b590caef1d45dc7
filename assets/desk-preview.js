/* What an order would cost and where it would lead, asked of the server while the ticket is in use; and sizes that it works out. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const REST_MS = 200;
  const AGAIN_MS = 1000, IN_USE_MS = 30000;
  let resting = 0;
  let usedAt = -IN_USE_MS, idle = 0;
  let of = "", sides = {}; // what the newest answer says of buying and selling that symbol
  let latest = 0; // the newest question for a preview: older answers are not shown
  let sizing = null; // a promise while a size is asked for: true once it stands in its field

  function start() {
    setInterval(() => !document.hidden && desk.state.status && !desk.ticket.refusal() && (inUse() || ++idle % 5 === 0) && preview(), AGAIN_MS);
  }

  /* The market moves on, and what an order would cost with it: each second while the ticket is in use, else every fifth. */
  const inUse = () => performance.now() - usedAt < IN_USE_MS || Object.values(desk.bracket.legs()).some(Boolean);

  /* Once nothing was typed for a moment. */
  function soon(event) {
    sides = {}; // of what was typed before
    if (event) usedAt = performance.now();
    clearTimeout(resting);
    resting = setTimeout(preview, REST_MS);
  }

  async function asked(query) {
    const type = ["market", "limit"].includes(desk.ticket.value("type")) ? desk.ticket.value("type") : "";
    const path = `/api/preview?${new URLSearchParams({ symbol: desk.ticket.symbol(), type, price: entry(), ...desk.bracket.legs(), ...query })}`;
    return fetch(path, { signal: AbortSignal.timeout(3000) }).then((answer) => (answer.ok ? answer.json() : null), () => null);
  }

  /* Where the entry is expected: empty for a market order. */
  const entry = () => {
    const needs = desk.ticket.needs();
    return number(desk.ticket.value(needs.includes("price") ? "price" : needs.includes("stop") ? "stop" : ""));
  };

  const number = (text) => (/^\d{0,12}(\.\d{1,18})?$/.test(text) ? text.replace(/^\./, "0.") : "");

  function size(query) {
    const mine = fill(query).finally(() => {
      if (sizing === mine) sizing = null;
    });
    sizing = mine;
  }

  async function fill(query) {
    latest++;
    const told = await asked(query);
    if (!told || told.quantity === null) {
      desk.send.say(`no size: ${(told && told.note) || "no quote yet"}`, "no");
      return false;
    }
    const input = byId("ticket-quantity");
    window.dash_clientside.set_props(input.id, { value: told.quantity });
    for (let i = 0; i < 100 && input.value !== told.quantity; i++) await new Promise((resolve) => setTimeout(resolve, 5)); // Dash writes it later
    if (input.value !== told.quantity) {
      desk.send.say("no size: the page is too busy, try again", "no");
      return false;
    }
    if (told.note) desk.send.say(`size ${told.quantity}: ${told.note}`);
    tell(told);
    return true;
  }

  async function preview() {
    const quantity = number(desk.ticket.value("quantity"));
    const mine = ++latest;
    const priced = desk.ticket.needs().every((name) => Number(desk.ticket.value(name)) > 0);
    const told = quantity && priced ? await asked({ quantity }) : null;
    if (mine === latest) tell(told);
  }

  function tell(told) {
    desk.bracket.tell(told);
    const place = byId("ticket-preview");
    if (!place) return;
    const worth = told && told.notional !== null;
    place.textContent = worth
      ? `notional ${told.notional} · margin ${told.margin} · fees ${told.fees} = ${told.fee_ticks} ticks`
      : "";
    for (const side of ["buy", "sell"]) if (worth) byId(`ticket-${side}-at`).title = `of the position as it would be; ${told.tiers}`;
    [of, sides] = [desk.ticket.symbol(), (told && told.sides) || {}];
    desk.ticket.draw();
  }

  const told = (side, what) => (of === desk.ticket.symbol() && sides[side]?.[what]) || "";

  /* What the server would say no to, as things stood a moment ago. It still decides when it is asked. */
  function refused() {
    const [buy, sell] = ["buy", "sell"].map((side) => told(side, "refused"));
    if (buy === sell) return buy && `would be refused: ${buy}`;
    return [buy && `buy would be refused: ${buy}`, sell && `sell would be refused: ${sell}`].filter(Boolean).join(" · ");
  }

  /* Where the position would stand after an order of that side, as text. */
  const at = (side) => told(side, "at");

  /* The market of those answers is gone: another epoch, or a symbol that is not live. */
  const forget = () => (sides = {});

  /* Once no size is being asked for; false: there is none. */
  const sized = async () => !sizing || (await sizing);

  desk.preview = { start, soon, forget, size, sized, number, at, refused };
})();
