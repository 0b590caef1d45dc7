/* When things are drawn: at most one pass per animation frame, newest state wins. The tick line and the last price move in
   every pass; side charts take turns; Plotly's full redraws come one at a time and leave the main thread two thirds of its
   time. Nothing is drawn while the page is hidden, everything once on return. */
(() => {
  const desk = (window.desk = window.desk || {});
  const REST = 2; // after a heavy step of t ms, 2·t ms without another: a third of the main thread at most
  const RETRY_MS = 2000;
  const SOON_MS = 400;

  const BOOK = ["orders", "risk", "alerts", "ticket"]; // they come with the positions, and the ticket reads them all
  const need = Object.fromEntries(["header", "ages", "table", ...BOOK].map((what) => [what, true]));
  const failed = Object.fromEntries(Object.keys(need).map((what) => [what, ""]));
  let charts = [];
  let waiting = 0;
  let told = null; // the tick whose price stands in the header: {symbol, id, price}
  let turn = 0;
  let tagged = 0;
  let heavyAfter = 0;
  const painted = new MessageChannel();

  function start() {
    const keys = desk.config.charts.map((chart) => chart.join(" "));
    charts = [new desk.Chart("tick-chart", ""), ...keys.map((key, i) => new desk.Chart(`candles-${i}`, key))];
    desk.draw.charts = charts;
    restyle();
    everything();
  }

  function dirty(what, key) {
    if (what === "ticks" || what === "quote") {
      if (key === desk.choice.symbol && charts.length) charts[0].stale = true;
      if (what === "quote") need.header = true; // the spread stands there
    } else if (what === "bars") {
      for (const chart of charts) if (chart.key === key) chart.stale = true;
    } else {
      need[what] = true;
    }
    wake();
  }

  function wake() {
    if (waiting || document.hidden || !desk.config) return;
    waiting = requestAnimationFrame(pass);
  }

  function pass() {
    waiting = 0;
    const began = performance.now();
    if (!document.hidden) {
      if (charts.length) drawCharts(began);
      due("header", desk.head.draw);
      for (const what of BOOK) need[what] = need[what] || need.table;
      due("table", desk.table.draw);
      for (const what of BOOK) due(what, desk[what].draw);
      due("ages", desk.head.ages);
    }
    const cost = performance.now() - began;
    const received = desk.link.applied(cost, charts.length > 0);
    if (received) painted.port2.postMessage(received);
    if (charts.some((chart) => chart.stale && open(chart, began)) || need.header || need.table) wake();
  }

  /* Runs when the frame just drawn has been painted. */
  painted.port1.onmessage = (event) => desk.head.painted(performance.now() - event.data);

  function drawCharts(at) {
    const [main, ...side] = charts;
    const asked = [];
    if (main.stale && open(main, at)) attempt(main, at, asked);
    last(main);
    if (side.length) desk.overlay.newest(side[tagged++ % side.length]);
    for (let i = 0; i < side.length; i++) {
      const chart = side[(turn + i) % side.length];
      if (!chart.stale || !open(chart, at)) continue;
      turn = (turn + i + 1) % side.length;
      attempt(chart, at, asked);
      break;
    }
    const first = asked.some(([chart]) => chart.fullAt === -Infinity); // a chart without a picture does not wait
    if (!asked.length || (performance.now() < heavyAfter && !first)) return keep(asked);
    const urgent = asked.filter(([, how]) => how === "now");
    const heavy = (urgent.length ? urgent : asked).reduce((a, b) => (b[0].fullAt < a[0].fullAt ? b : a));
    const [chart] = heavy;
    const from = performance.now();
    guarded(chart, at, () => chart.redraw(at));
    if (chart === main) last(main);
    const cost = performance.now() - from;
    heavyAfter = performance.now() + REST * cost;
    keep(asked.filter((one) => one !== heavy));
  }

  /* What wanted Plotly and did not get it stays due. */
  function keep(asked) {
    for (const [chart] of asked) chart.stale = true;
  }

  function attempt(chart, at, asked) {
    if (desk.plot.busy(chart.gd) || chart.hidden) {
      chart.stale = !chart.hidden;
      return;
    }
    const how = guarded(chart, at, () => chart.write(at)) || "";
    if (how === "now" || (how === "soon" && at - chart.fullAt > SOON_MS)) asked.push([chart, how]);
  }

  const open = (chart, at) => !chart.error || at - chart.failedAt > RETRY_MS;

  /* One broken panel keeps its last picture and says why; the others go on. */
  function guarded(chart, at, step) {
    try {
      const result = step();
      if (chart.error) need.ages = true;
      chart.error = "";
      return result;
    } catch (error) {
      chart.error = String((error && error.message) || error);
      chart.failedAt = at;
      chart.stale = true;
      need.ages = true;
      return "";
    }
  }

  /* The newest price as text, in the same animation frame as the line that shows it; with a broken line it goes on alone.
     Another symbol's price, or another epoch's, never stays. */
  function last(main) {
    const held = desk.state.ticks.get(main.symbol);
    const row = held && held.rows[held.rows.length - 1];
    if (!row || (told && told.symbol !== main.symbol)) {
      if (told) desk.head.price(main.symbol, null, null);
      told = desk.drawn = null;
    }
    if (!row || (main.full && !main.error)) return;
    if (!told || told.id !== held.id) desk.head.price(main.symbol, row[1], told && told.price);
    told = { symbol: main.symbol, id: held.id, price: row[1] };
    if (!main.error && (!desk.drawn || desk.drawn.id !== held.id)) desk.drawn = { ...told, ts_event_ns: Math.round(row[0] * 1e6) };
  }

  /* Header and table: a failure is kept for whoever shows it, and tried again with the next news. */
  function due(what, step) {
    if (!need[what]) return;
    need[what] = false;
    try {
      step();
      failed[what] = "";
    } catch (error) {
      failed[what] = String((error && error.message) || error);
    }
  }

  /* A full frame. Of another epoch: everything on screen belongs to the old one; of the same: the reader's zoom stays. */
  function replaced(anotherEpoch) {
    for (const chart of charts) {
      if (anotherEpoch) chart.live();
      chart.stale = true;
    }
    if (anotherEpoch) {
      desk.table.clear();
      desk.ticket.clear();
    }
    Object.assign(need, { header: true, ages: true, table: true });
    wake();
  }

  function everything() {
    for (const chart of charts) chart.renew();
    Object.assign(need, { header: true, ages: true, table: true });
    wake();
  }

  function restyle() {
    for (const chart of charts) {
      chart.paint();
      chart.stale = true;
    }
    if (charts.length) shown([2, 3], desk.choice.signals === "on");
    need.header = true;
    wake();
  }

  function shown(traces, on) {
    const { gd } = charts[0];
    for (const i of traces) gd.data[i].visible = on ? true : "legendonly";
    charts[0].renew();
    for (const button of document.querySelectorAll("[data-traces]")) {
      const first = Number(button.dataset.traces.split(",")[0]);
      button.setAttribute("aria-pressed", String(gd.data[first].visible !== "legendonly" && gd.data[first].visible !== false));
    }
    wake();
  }

  function toggle(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    if (button.dataset.traces === "2,3") desk.choose("signals", on ? "on" : "off");
    else shown(button.dataset.traces.split(",").map(Number), on);
  }

  function live(id) {
    const chart = charts.find((one) => one.id === id);
    if (chart) chart.live();
    wake();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      if (waiting) cancelAnimationFrame(waiting);
      waiting = 0;
    } else {
      everything();
    }
  });

  desk.draw = { charts, failed, start, dirty, wake, everything, replaced, restyle, toggle, live, reset: (i) => charts[i] && charts[i].live() };
})();
