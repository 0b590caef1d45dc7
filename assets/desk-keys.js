/* Hotkeys: off until armed, and what they do then. A key press is an order of its own; one that repeats, is typed into a field or
   comes with a modifier is none. Esc Esc and Backspace Backspace work armed or not. The map is the reader's own. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const TWICE_MS = 600;
  const IDLE_MS = 600_000; // so long without use while flat, and the keys are off again
  const LOOK_MS = 1000;
  const OPENING = ["buy", "sell", "flip"];
  const FIXED = { Escape: () => desk.send.cancelAll(), Backspace: () => desk.send.flatten() };
  const WORDS = { off: "keys off", closing: "keys: closing only", armed: "keys armed" };
  const KEPT = "desk-keys";
  let state = "off"; // off · armed · closing: the window lost the focus, what opens is off
  let used = 0;
  let before = { key: "", at: 0 };
  let asking = null; // the action whose new key is waited for
  let map = {}; // key → action

  const actions = {
    buy: () => open("buy"),
    sell: () => open("sell"),
    flip: () => desk.ticket.flip(desk.ticket.symbol(), "key"),
    "cancel-all": () => desk.send.cancelAll(),
    "close-25": () => desk.ticket.close(desk.ticket.symbol(), 0, "key"),
    "close-50": () => desk.ticket.close(desk.ticket.symbol(), 1, "key"),
    "close-100": () => desk.ticket.close(desk.ticket.symbol(), undefined, "key"),
  };

  function start() {
    if (!byId("keys-armed")) return;
    restore();
    document.addEventListener("keydown", pressed);
    window.addEventListener("blur", left);
    document.addEventListener("visibilitychange", () => document.hidden && left());
    setInterval(look, LOOK_MS);
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.id === "keys-armed") become(state === "armed" ? "off" : "armed");
      if (button.id === "keys-help") show();
      if (button.id === "keys-close") byId("key-map").close();
      if (button.id === "keys-reset") keep(shipped());
      if (button.dataset.action) ask(button);
    });
    byId("key-map").addEventListener("close", () => ask(null));
  }

  function become(next) {
    state = next;
    used = Date.now();
    const button = byId("keys-armed");
    button.textContent = WORDS[state];
    button.dataset.state = state;
    button.setAttribute("aria-pressed", String(state !== "off"));
  }

  /* Whoever looks elsewhere opens nothing by a key meant for another window. */
  function left() {
    before = { key: "", at: 0 };
    if (state === "armed") become("closing");
  }

  function look() {
    if (desk.state.positions.size) used = Date.now();
    if (state !== "off" && Date.now() - used >= IDLE_MS) become("off");
  }

  const inField = (target) => target.closest?.("input, select, textarea, [contenteditable]");

  function pressed(event) {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const listed = byId("key-map").open;
    if (listed && asking) return take(event);
    if (inField(event.target)) return void (event.key === "Escape" && event.target.blur()); // out of the field, and no more
    const fixed = FIXED[event.key];
    const again = fixed && before.key === event.key && event.timeStamp - before.at <= TWICE_MS;
    before = { key: again || (listed && event.key === "Escape") ? "" : event.key, at: event.timeStamp };
    if (again) return fixed();
    if (listed) return;
    if (event.key === "?") return show();
    const action = map[event.key.toLowerCase()];
    if (!action || state === "off") return;
    used = Date.now();
    if (state === "closing" && OPENING.includes(action)) return desk.send.say(`${action} by key not sent: the window lost the focus, arm the keys again`, "no");
    if (action.startsWith("size-")) return desk.preview.size({ percent: action.slice(5) });
    actions[action]();
  }

  /* As a click on the button, where that may be clicked. */
  function open(side) {
    if (byId(`ticket-${side}`).disabled) return desk.send.say(`${side} by key not sent: ${desk.state.status?.locked || "the ticket takes no order now"}`, "no");
    desk.ticket.order(side, "key");
  }

  function show() {
    said("");
    byId("key-map").showModal();
  }

  const buttons = () => [...document.querySelectorAll("#key-map [data-action]")];
  const shipped = () => Object.fromEntries(buttons().map((one) => [one.dataset.key, one.dataset.action]));

  /* What was kept, as far as it is a map: every action once. */
  function restore() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(KEPT));
    } catch {
      /* as shipped */
    }
    const names = kept && typeof kept === "object" ? Object.values(kept).sort().join() : "";
    map = names === Object.values(shipped()).sort().join() && Object.keys(kept).every(possible) ? kept : shipped();
    draw();
  }

  function keep(next) {
    map = next;
    ask(null);
    try {
      localStorage.setItem(KEPT, JSON.stringify(map));
    } catch {
      said("kept for this page only: the browser stores nothing here");
    }
  }

  const possible = (key) => [...key].length === 1 && key.trim() !== "" && key !== "?";

  function ask(button) {
    asking = button && button.dataset.action;
    said(button ? "press the new key, Esc for none" : "");
    draw();
  }

  function take(event) {
    const key = event.key.toLowerCase();
    if (["shift", "capslock", "tab"].includes(key)) return;
    event.preventDefault(); // Esc ends the question, not the list
    if (key === "escape") return ask(null);
    const taken = map[key];
    if (!possible(key) || (taken && taken !== asking)) return said(taken ? `${key} is taken: ${taken}` : "one letter, digit or sign, not ?");
    keep({ ...Object.fromEntries(Object.entries(map).filter(([, action]) => action !== asking)), [key]: asking });
  }

  function said(words) {
    byId("key-map-said").textContent = words;
  }

  function draw() {
    const keyOf = Object.fromEntries(Object.entries(map).map(([key, action]) => [action, key]));
    for (const button of buttons()) {
      const words = button.dataset.action === asking ? "…" : keyOf[button.dataset.action].toUpperCase();
      if (button.textContent !== words) button.textContent = words;
    }
  }

  desk.keys = { start, map: () => map };
})();
