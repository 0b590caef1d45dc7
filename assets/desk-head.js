/* Header and truth: what every panel's numbers are worth (data-src, data-age), said within a second. */
(() => {
  const desk = (window.desk = window.desk || {});
  const AGES_MS = 250;
  const QUIET_MS = 5000;
  const byId = (id) => document.getElementById(id);
  const LATENCIES = 60;
  const latencies = [];
  const TITLE_MS = 1000;
  const ALIVE = ["live", "replay"];
  let titled = -Infinity;

  function text(id, value) {
    const element = byId(id);
    if (element && element.textContent !== value) element.textContent = value;
  }

  function attribute(element, name, value) {
    if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  function start() {
    setInterval(ages, AGES_MS);
    desk.strip.start();
  }

  /* The newest price, called in the animation frame that draws it. */
  function price(symbol, value, before) {
    const shown = value === null ? "–" : desk.text.price(symbol, value);
    text("last-price", shown);
    text("ticks-price", shown);
    if (value === null) text("last-way", "");
    if (before !== null && before !== value) {
      const up = value > before;
      text("last-way", up ? "▲" : "▼");
      attribute(byId("last-way"), "data-way", up ? "up" : "down");
    }
  }

  /* A frame's pixels are on screen: `page_ms` after it came. */
  function painted(page_ms) {
    const { rtts } = desk.link;
    if (!rtts.length || desk.state.recv_ms === null) return;
    latencies.push(desk.state.recv_ms + Math.min(...rtts) / 2 + page_ms);
    if (latencies.length > LATENCIES) latencies.shift();
  }

  function draw() {
    const { status, throttle } = desk.state;
    text("compatible", desk.draw.charts.some((chart) => chart.compatible) ? "compatible drawing" : "");
    if (throttle) {
      const pushed = desk.link.transport === "websocket";
      const way = { websocket: "push", interval: "poll", none: "stopped" }[desk.link.transport];
      text("throttle", `L${throttle.level} ${pushed && !throttle.level ? "each frame" : throttle.interval_ms + " ms"} · ${way}`);
    }
    if (!status) return;
    const symbol = desk.choice.symbol;
    const market = status.symbols[symbol] || {};
    const { fixed, signed, span } = desk.text;
    const quote = desk.state.quotes.get(symbol);
    text("spread", !quote || quote.spread_ticks === null ? "spread –" : `spread ${fixed(quote.spread_ticks, 0)} tick${quote.spread_ticks === 1 ? "" : "s"} · ${fixed(quote.spread_bp, 2)} bp`);
    const change = quote ? quote.change_percent : market.change_percent; // with the quote: no older than the price beside it
    const moved = change === null || change === undefined ? "–" : `${signed(change, 2)} %`;
    const way = { "+": "up", "−": "down" }[moved[0]] || ""; // what rounds to zero went nowhere
    text("change", `${{ up: "▲ ", down: "▼ " }[way] || ""}${moved}`);
    attribute(byId("change"), "data-way", way);
    const count = status.counters;
    const counted = [["lost", count.lost], ["gaps", count.gaps], ["refused", count.refused]];
    const rare = [["dropped", count.inbox_dropped], ["bars differed", count.differences]].filter(([, number]) => number);
    text("counts", [...counted, ...rare].map(([name, number]) => `${name} ${number || 0}`).join(" · "));
    attribute(byId("counts"), "data-off", count.lost || count.gaps || rare.length ? "yes" : "");
    text("ticks-symbol", symbol);
    const picture = desk.draw.charts.length ? desk.draw.charts[0].picture : null;
    const span_ms = picture ? picture.span_ms : 0;
    const long = span_ms < 10_000 ? fixed(span_ms / 1000, 1) + " s" : span(span_ms);
    text("ticks-span", picture ? `${fixed(picture.ticks, 0)} tick${picture.ticks === 1 ? "" : "s"} = ${long} · ${fixed(market.ticks_per_s || 0, market.ticks_per_s < 10 ? 1 : 0)}/s` : "");
    legend();
    desk.strip.draw(status);
  }

  /* What it is first, then what it is worth: a recording or a dead line is told from a live one in the tab, too. */
  function title(at, dead) {
    const { symbol, price: last } = desk.drawn || { symbol: desk.choice.symbol };
    if (at - titled < TITLE_MS) return;
    titled = at;
    const label = desk.state.status && desk.state.status.feed.label;
    const words = [label, dead && "not live", `${last === undefined ? "" : desk.text.price(symbol, last) + " "}${symbol}`];
    const wanted = words.filter(Boolean).join(" · ");
    if (document.title !== wanted) document.title = wanted;
  }

  function legend() {
    const section = desk.state.markers.get(desk.choice.symbol);
    const scores = section ? section.scores : [];
    const one = ({ rule, count, mean_move_bp }) => `${rule} ${count}${mean_move_bp === null ? "" : ` (${desk.text.signed(mean_move_bp, 1)} bp)`}`;
    text("legend-signals", scores.length ? scores.map(one).join(" · ") : "signals");
  }

  const worded = (state, reason) => (!reason || reason.startsWith(state) ? reason || state : `${state}: ${reason}`);

  /* Every 250 ms: ages, sources, and which panels may not be called live. */
  function ages() {
    if (document.hidden || !desk.config) return;
    const at = performance.now();
    const { status, seen } = desk.state;
    const noWord = silence();
    const feed = status ? status.feed : null;
    const said = noWord ? "down" : feed ? feed.state : "connecting";
    const word = ALIVE.includes(said) && status.symbols[desk.choice.symbol] && worth(desk.choice.symbol, at, noWord).src === "stale" ? "stale" : said; // alive, but not what is looked at
    attribute(byId("feed"), "data-state", word);
    text("feed-text", noWord || (feed ? word : "connecting"));
    text("feed-name", noWord || !feed || word === feed.name ? "" : feed.name);
    const tickAges = desk.config.symbols.map((symbol) => {
      const at_ms = (seen.get(symbol) || {}).tick;
      const age = at_ms === null || at_ms === undefined ? null : at - at_ms;
      return `${symbol.split("/")[0]} ${lineWord(symbol, at, noWord, age)}${desk.text.age(age)}`;
    });
    text("ages", tickAges.join(" · "));
    for (const chart of desk.draw.charts) truth(chart, worth(chart.symbol, at, noWord), at);
    const main = worth(desk.choice.symbol, at, noWord);
    mark(byId("last-price"), main);
    title(at, Boolean(main.reason));
    book(at, noWord);
    desk.draw.dirty("ticket");
    latency(feed);
    const clock = feed && feed.kind === "replay" ? desk.venueNow(desk.choice.symbol, at) : desk.now(at);
    text("clock", clock === null || noWord ? "–" : `${feed && feed.kind === "replay" ? desk.text.day(clock, true) + " " : ""}${desk.text.clock(clock)} ${desk.choice.zone === "utc" ? "UTC" : "local"}`);
    if (noWord) desk.draw.dirty("header");
    else if (feed && !ALIVE.includes(feed.state)) desk.strip.draw(status); // its words count
    countdowns(at);
  }

  /* Dead: the line says nothing. Stale: the line speaks, the symbol does not. Quiet: alive, and nobody trades. */
  function lineWord(symbol, at, noWord, age) {
    const feed = desk.state.status && desk.state.status.feed.state;
    if (age === null) return "";
    if (noWord || !ALIVE.includes(feed)) return "dead ";
    if (worth(symbol, at, noWord).reason) return "stale ";
    return age > QUIET_MS ? "quiet " : "";
  }

  function silence() {
    const silent = desk.link.noWord();
    return silent === null ? desk.link.stopped() : `no word from the server for ${desk.text.age(silent)}`;
  }

  /* {src, age, reason} of a symbol's market data as they stand on this page now. */
  function worth(symbol, at = performance.now(), noWord = silence()) {
    const market = desk.state.status ? desk.state.status.symbols[symbol] : null;
    const seen = desk.state.seen.get(symbol) || {};
    const newest = Math.max(seen.tick ?? -Infinity, seen.quote ?? -Infinity);
    const age = newest === -Infinity ? null : Math.max(0, at - newest);
    if (noWord) return { src: "stale", age, reason: noWord };
    if (!market) return { src: "", age, reason: "waiting for the server's first word" };
    if (!ALIVE.includes(market.state)) return { src: market.source || "stale", age, reason: worded(market.state, market.reason) };
    if (age === null || age > desk.config.symbol_stale_ms) return { src: "stale", age, reason: `neither tick nor quote for ${desk.text.age(age)}` };
    return { src: market.source || "", age, reason: "", said: market.reason }; // live, and there is something to say all the same
  }

  function mark(element, { src, age, reason }) {
    attribute(element, "data-src", src);
    attribute(element, "data-age", age === null ? "" : String(Math.round(age)));
    attribute(element, "data-live", reason ? "no" : "yes");
  }

  function truth(chart, value, at) {
    const error = chart.error || serverError(chart);
    const picture = chart.current;
    mark(chart.panel, error ? { ...value, reason: error } : value);
    attribute(chart.panel, "data-failed", chart.error || serverError(chart) ? "yes" : "");
    text(`reason-${chart.id}`, error ? `this panel stopped: ${error}` : picture ? value.reason || value.said || "" : "");
    text(`empty-${chart.id}`, picture ? "" : value.reason || value.said || (chart.key ? "no bars yet" : "no ticks yet"));
    if (!chart.key) return;
    const held = desk.state.bars.get(chart.key);
    text(`note-${chart.id}`, held ? held.note : "");
    if (picture) desk.overlay.newest(chart);
  }

  function serverError(chart) {
    const [name] = Object.keys(desk.state.errors).filter((key) => key === `bars|${chart.symbol}|${chart.interval}` || (!chart.key && key.endsWith(`|${chart.symbol}`)));
    return name ? desk.state.errors[name] : "";
  }

  function countdowns(at) {
    for (const chart of desk.draw.charts) {
      if (!chart.key) continue;
      const clock = desk.venueNow(chart.symbol, at);
      const length = desk.text.lengths[chart.interval];
      text(`close-${chart.id}`, clock === null ? "" : desk.text.countdown(length - (clock % length)));
    }
  }

  function book(at, noWord) {
    const rows = [...desk.state.positions.values()];
    const panel = byId("panel-positions");
    const oldest = rows.reduce((age, row) => Math.max(age, desk.table.ageOf(row, at) || 0), 0);
    desk.table.age(at, noWord);
    const off = rows.find((row) => row.source === "stale");
    const { failed } = desk.draw;
    const { errors } = desk.state;
    const broken = [["positions", failed.table || errors.positions], ["orders", failed.orders || errors.orders], ["risk", failed.risk || errors.risk || errors.equity], ["alerts", failed.alerts || errors.alerts], ["ticket", failed.ticket], ["status", errors.status]];
    const stopped = broken.filter(([, why]) => why).map(([name, why]) => `${name} stopped: ${why}`).join(" · ");
    const reason = noWord || stopped || (off ? `${off.symbol}: its mark is stale` : "");
    const source = noWord || off ? "stale" : rows.length ? rows[0].source : desk.state.status ? "snapshot" : "";
    mark(panel, { src: source, age: rows.length ? oldest : at - desk.word.at, reason });
    text("reason-positions", [reason].filter(Boolean).join(" · "));
  }

  function latency(feed) {
    const sorted = latencies.slice().sort((a, b) => a - b);
    const offset = feed && feed.kind !== "replay" && desk.state.status.symbols[desk.choice.symbol]?.clock_offset_ms;
    const venue = typeof offset === "number" ? `${desk.text.fixed(offset, 0)} ms` : "–";
    text("latency", sorted.length ? `${desk.text.fixed(sorted[sorted.length >> 1], 0)} ms · venue ${venue}` : "– ms");
  }

  desk.head = { start, price, painted, draw, ages, worth, worded, silence, text, attribute };
})();
