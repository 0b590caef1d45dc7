/* What lies over the charts as elements of ours: last price, bid and ask, hatching where prints are missing, watermark,
   the way back to live. Placed by the axes' own mapping, moved by transforms only. */
(() => {
  const desk = (window.desk = window.desk || {});
  const held = new WeakMap(); // chart → its elements
  const MOST_HATCHES = 40;

  function parts(chart) {
    if (held.has(chart)) return held.get(chart);
    const root = document.getElementById(`overlay-${chart.id}`);
    const add = (name) => {
      const element = root.appendChild(document.createElement("div"));
      element.className = name;
      element.hidden = true;
      return element;
    };
    const made = { root, mark: add("watermark"), hatches: [] };
    if (!chart.key) Object.assign(made, { bid: add("rule bid"), ask: add("rule ask") });
    Object.assign(made, { last: add("rule last"), tag: add("tag") });
    made.head = document.getElementById(`price-${chart.id}`);
    made.back = document.getElementById(`return-${chart.id}`);
    held.set(chart, made);
    desk.cross.follow(chart, root, add);
    return made;
  }

  /* Writes to the page only what changed: every write costs a style pass. */
  function put(element, x, y, text) {
    const key = `translate(${Math.round(x * 10) / 10}px,${Math.round(y * 10) / 10}px)`;
    if (element.desk !== key) element.style.transform = element.desk = key;
    if (text !== undefined && element.textContent !== text) element.textContent = text;
    if (element.hidden) element.hidden = false;
  }

  const hide = (element) => {
    if (!element.hidden) element.hidden = true;
  };

  function place(chart, picture, current) {
    const axes = desk.plot.axes(chart.gd);
    const over = parts(chart);
    const key = [axes.left, axes.top, axes.width, axes.height].join();
    if (over.box !== key) {
      over.box = key;
      over.root.style.setProperty("--left", `${axes.left}px`);
      over.root.style.setProperty("--width", `${axes.width}px`);
      over.root.style.setProperty("--top", `${axes.top}px`);
      over.root.style.setProperty("--height", `${axes.height}px`);
    }
    tag(chart, over, axes);
    if (!chart.key) {
      const quote = desk.state.quotes.get(chart.symbol);
      level(over.bid, axes, quote ? quote.bid : null);
      level(over.ask, axes, quote ? quote.ask : null);
    }
    desk.lines.place(chart, over.root, axes);
    hatch(chart, over, axes, picture);
    const label = desk.state.status ? desk.state.status.feed.label : "";
    if (over.mark.textContent !== label) over.mark.textContent = label;
    over.mark.hidden = !label;
    const away = behind(chart, current);
    const words = away ? `${away} — return to live` : "";
    if (over.back.textContent !== words) over.back.textContent = words;
    if (over.back.hidden !== !words) over.back.hidden = !words;
    desk.cross.show(chart);
  }

  /* Last price: a rule across, its value at the edge and in the panel's head. Between two draws of a side chart they follow
     its symbol's newest price: side charts rest at the higher throttle levels, and must not contradict the header meanwhile. */
  function newest(chart) {
    const over = held.get(chart);
    if (over && chart.current && !chart.hidden && over.price !== lastOf(chart)) tag(chart, over, desk.plot.axes(chart.gd));
  }

  function tag(chart, over, axes) {
    const price = lastOf(chart);
    const y = axes.y(price);
    level(over.last, axes, price);
    const beyond = y < 0 ? "▲ " : y > axes.height ? "▼ " : "";
    const text = desk.text.price(chart.symbol, price);
    put(over.tag, 0, axes.top + Math.min(Math.max(y, 0), axes.height), beyond + text);
    if (over.head && over.price !== price) over.head.textContent = text;
    over.price = price;
  }

  const lastOf = (chart) => (chart.key && desk.state.prices.get(chart.symbol)) || chart.current.last;

  /* How far the picture is behind the newest value, in words; "" when it follows. A held axis is said, too. */
  function behind(chart, current) {
    const { frozen } = chart;
    if (!frozen) return chart.ownX ? "zoomed" : chart.ownY ? "price axis held" : "";
    const edge = frozen.newest - Number(chart.gd.layout.xaxis.range[1]);
    const count = (amount, unit) => `${Math.max(1, Math.round(amount))} ${unit} behind`;
    if (chart.key) {
      const [held] = frozen.rows[frozen.rows.length - 1];
      return count(current.rows.filter((row) => row[0] > held).length + edge, "bars");
    }
    if (current.count !== null) return count(current.held.n - frozen.held.n + edge, "ticks");
    return count((current.timeAt(current.newest) - frozen.timeAt(frozen.newest)) / 1000 + edge, "s");
  }

  function level(element, axes, price) {
    const y = price === null ? -1 : axes.y(price);
    if (y < 0 || y > axes.height) hide(element);
    else put(element, axes.left, axes.top + y);
  }

  /* Hatched: something is missing here. Gaps on the tick chart, incomplete bars on the candle charts. */
  function hatch(chart, over, axes, picture) {
    const bands = [];
    if (chart.key) {
      picture.rows.forEach((row, i) => {
        if (!row[6]) bands.push([picture.xs[i] - 0.5, picture.xs[i] + 0.5, ""]);
      });
    } else {
      for (const gap of desk.state.gaps.get(chart.symbol) || []) {
        const text = gap.lost === null ? gap.reason : `${gap.lost} lost`;
        if (picture.count !== null) bands.push([picture.placeOf(gap) - 1, picture.placeOf(gap), text]);
        else bands.push([picture.placeOf({ ts_ms: gap.from_ms }), picture.placeOf({ ts_ms: gap.to_ms }), text]);
      }
    }
    const seen = bands.map(([from, to, text]) => [Math.max(0, axes.x(from)), Math.min(axes.width, axes.x(to)), text]).filter(([a, b]) => b > a).slice(-MOST_HATCHES);
    while (over.hatches.length < seen.length) {
      const element = over.root.insertBefore(document.createElement("div"), over.root.firstChild);
      element.className = "hatch";
      over.hatches.push(element);
    }
    over.hatches.forEach((element, i) => {
      if (i >= seen.length) return hide(element);
      const [from, to, text] = seen[i];
      const width = `${Math.max(4, Math.round(to - from))}px`;
      if (element.style.width !== width) element.style.width = width;
      put(element, axes.left + from, axes.top, to - from > 60 ? text : "");
    });
  }

  /* Signals and own fills by trace, at their places in the picture: [signal up, signal down, bought, sold]. */
  function marks(symbol, picture) {
    const groups = [0, 1, 2, 3].map(() => ({ xs: [], ys: [], texts: [] }));
    const section = desk.state.markers.get(symbol);
    for (const row of section ? section.rows : []) {
      const group = groups[(row.kind === "fill" ? 2 : 0) + (row.side > 0 ? 0 : 1)];
      group.xs.push(picture.placeOf(row));
      group.ys.push(row.price);
      group.texts.push(row.label);
    }
    return groups;
  }

  desk.overlay = { place, newest, marks, put, hide };
})();
