/* The ticket's bracket and its size by risk: what is typed there, what the server says of it. No number is made here. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const PRICE = /^\d*\.?\d+$/;
  const TICKS = /^\d{1,5}$/;

  const typed = (name) => (byId(`ticket-${name}`)?.value || "").trim();
  const price = (name) => (PRICE.test(typed(name)) ? typed(name).replace(/^\./, "0.") : "");

  let of = ""; // the symbol whose prices these are

  /* Another symbol's prices guard nothing here: they go. True when there were some. */
  function follow(symbol) {
    const had = Boolean(of && of !== symbol && (typed("loss") || typed("gain")));
    if (had) for (const name of ["loss", "gain"]) window.dash_clientside.set_props(`ticket-${name}`, { value: "" });
    of = symbol;
    return had;
  }

  /* What a preview is asked with. */
  const legs = () => ({ stop: price("loss"), target: price("gain") });

  /* What a size by risk is asked with. */
  const risk = () => ({ [byId("ticket-risk-unit").value]: price("risk") || "0" });

  /* Adds the bracket to an order that opens; says why it can not. */
  function guard(wish) {
    if (follow(wish.symbol)) return "the stop and target of another symbol were taken out";
    for (const [name, words] of [["loss", "stop loss"], ["gain", "target"]]) {
      if (typed(name) && !price(name)) return `${words}: a price like 2650.5, not "${typed(name)}"`;
    }
    const { stop, target } = legs();
    const even = stop && typed("even");
    if (even && !TICKS.test(even)) return `stop to break-even (settings): whole ticks like 300, not "${even}"`;
    const after = even ? { break_even_ticks: Number(even) } : {};
    if (stop || target) wish.bracket = { ...(stop && { stop_price: stop }), ...(target && { target_price: target }), ...after };
    return "";
  }

  /* What stop and target would bring, or why they make no sense. */
  function tell(told) {
    const wrong = (told && told.wrong) || "";
    const line = (words, one) => (one ? `${words} ${one.money} = ${one.ticks} ticks` : "");
    put("outcome-stopped", wrong || line("stop", told && told.stopped));
    put("outcome-gained", wrong ? "" : line("target", told && told.gained));
  }

  function put(id, words) {
    const element = byId(id);
    if (element && element.textContent !== words) element.textContent = words;
  }

  /* A habit outlives the page. */
  function start() {
    if (desk.choice.even) window.dash_clientside.set_props("ticket-even", { value: desk.choice.even });
    byId("ticket-even").addEventListener("change", ({ target }) => desk.choose("even", target.value.trim()));
  }

  desk.bracket = { start, legs, risk, guard, tell, follow };
})();
