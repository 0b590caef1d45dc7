/* The only file that touches Plotly's own nodes and internals (plotly.js 4.1, Python's plotly 7.1). Each writer moves one
   trace's picture through the axes' own mapping, exactly as Plotly would draw the same data. False: nodes are missing. */
(() => {
  const desk = (window.desk = window.desk || {});
  const SVG = "http://www.w3.org/2000/svg";
  const found = new WeakMap(); // graph → trace number → node; forgotten with every redraw of Plotly's
  const given = new WeakMap(); // graph → the range that we set last: its event is not the reader's

  const round = (v) => Math.round(v * 100) / 100;

  function node(gd, layer, number) {
    const held = found.get(gd) || new Map();
    found.set(gd, held);
    const find = () => [...gd.querySelectorAll(`.${layer} > g.trace`)].find((one) => one.__data__?.[0].trace.index === number);
    if (!held.has(number)) held.set(number, find() || null);
    return held.get(number);
  }

  const hidden = (gd, number) => [false, "legendonly"].includes(gd.data[number].visible); // by the reader: Plotly also hides what is empty

  /* Our own paths, one per style, in Plotly's trace group; its own one path per bar is hidden by style.css (.desk-written). */
  function own(group, styles) {
    let mine = group.querySelector(":scope > g.desk-own");
    if (!mine) {
      mine = group.appendChild(document.createElementNS(SVG, "g"));
      mine.setAttribute("class", "desk-own");
      for (let i = 0; i < styles.length; i++) mine.appendChild(document.createElementNS(SVG, "path"));
    }
    styles.forEach(([fill, stroke], i) => {
      const style = `fill:${fill};stroke:${stroke}`;
      if (mine.childNodes[i].getAttribute("style") !== style) mine.childNodes[i].setAttribute("style", style);
    });
    group.classList.add("desk-written");
    return mine.childNodes;
  }

  /* Pixels of the plot area and the mapping into it, for whoever places things over the chart. */
  function axes(gd) {
    const { xaxis, yaxis, yaxis2 } = gd._fullLayout;
    return {
      left: xaxis._offset, top: yaxis._offset, width: xaxis._length, height: yaxis._length,
      x: (value) => xaxis.c2p(value), y: (value) => yaxis.c2p(value), y2: (value) => yaxis2.c2p(value),
      atX: (px) => xaxis.p2c(px), atY: (px) => yaxis.p2c(px),
      xRange: xaxis.range.map(Number), yRange: yaxis.range.map(Number), y2Range: yaxis2.range.map(Number),
    };
  }

  function line(gd, number, xs, ys) {
    if (hidden(gd, number)) return true;
    const [path, ...others] = node(gd, "scatterlayer", number)?.querySelectorAll("path.js-line") || [];
    if (!path || !xs.length) return false;
    const { xaxis, yaxis } = gd._fullLayout;
    let d = ""; // the pen is lifted at a null; Plotly makes one path per stretch, we need the first
    for (let i = 0; i < xs.length; i++) if (ys[i] !== null) d += (i && ys[i - 1] !== null ? "L" : "M") + round(xaxis.c2p(xs[i])) + "," + round(yaxis.c2p(ys[i]));
    path.setAttribute("d", d);
    for (const other of others) other.removeAttribute("d");
    return true;
  }

  function bars(gd, number, xs, ys, sides, width, colours) {
    if (hidden(gd, number)) return true;
    const group = node(gd, "barlayer", number);
    if (!group) return false;
    const { xaxis, yaxis2 } = gd._fullLayout;
    const ground = yaxis2.c2p(0);
    const d = ["", "", ""];
    for (let i = 0; i < xs.length; i++) {
      // what would be thinner than 2 px is widened to whole pixels, as by Plotly
      let x0 = xaxis.c2p(xs[i] - width / 2), x1 = xaxis.c2p(xs[i] + width / 2), y = yaxis2.c2p(ys[i]);
      if (x1 < 0) continue;
      x0 = visible(x0, x1);
      x1 = visible(x1, x0);
      const y0 = y === ground ? y : visible(ground, y);
      y = y === y0 ? y : visible(y, y0);
      d[sides[i] + 1] += `M${round(x0)},${round(y0)}V${round(y)}H${round(x1)}V${round(y0)}Z`;
    }
    own(group, colours.map((colour) => [colour, "none"])).forEach((path, i) => path.setAttribute("d", d[i]));
    return true;
  }

  const visible = (v, other) => (Math.abs(v - other) >= 2 ? v : v > other ? Math.ceil(v) : Math.floor(v));

  function candles(gd, number, picture, styles) {
    if (hidden(gd, number)) return true;
    const group = node(gd, "boxlayer", number);
    if (!group) return false;
    const { xaxis, yaxis } = gd._fullLayout;
    const half = picture.width / 2;
    const d = ["", ""];
    picture.rows.forEach(([, open, high, low, close], i) => {
      const [left, right, middle] = [-half, half, 0].map((by) => round(xaxis.c2p(picture.xs[i] + by)));
      if (right < 0) return;
      const a = yaxis.c2p(Math.min(open, close)), b = yaxis.c2p(Math.max(open, close));
      const end = Math.min(Math.max(yaxis.c2p(close), Math.min(a, b) + 1), Math.max(a, b) - 1);
      d[picture.sides[i] > 0 ? 0 : 1] +=
        `M${left},${round(end)}H${right}M${left},${round(a)}H${right}V${round(b)}H${left}Z` +
        `M${middle},${round(a)}V${round(yaxis.c2p(low))}M${middle},${round(b)}V${round(yaxis.c2p(high))}`;
    });
    own(group, styles).forEach((path, i) => path.setAttribute("d", d[i]));
    return true;
  }

  /* Markers move, come and go; only the first of a trace has to be made by Plotly: the others are its copies. */
  function markers(gd, number, xs, ys, texts) {
    if (hidden(gd, number)) return true;
    const points = [...(node(gd, "scatterlayer", number)?.querySelectorAll("path.point") || [])];
    if (!points.length) return !xs.length;
    const { xaxis, yaxis } = gd._fullLayout;
    const known = gd.calcdata[number]; // what hover looks at
    while (points.length < xs.length) points.push(points[0].parentNode.appendChild(points[0].cloneNode()));
    points.forEach((point, i) => {
      point.style.display = i < xs.length ? "" : "none";
      if (i >= xs.length) return;
      point.setAttribute("transform", `translate(${round(xaxis.c2p(xs[i]))},${round(yaxis.c2p(ys[i]))})`);
      known[i] = Object.assign(known[i] || {}, { x: xs[i], y: ys[i], i, tx: texts[i] });
    });
    known.length = Math.max(1, xs.length);
    gd._fullData[number].text = texts;
    return true;
  }

  /* The text of the x axis' labels, by position. */
  function labels(gd, textOf) {
    for (const text of gd.querySelectorAll(".xaxislayer-above .xtick text")) {
      const wanted = textOf(text.__data__.x);
      if (text.textContent !== wanted) text.textContent = wanted;
    }
  }

  /* Another range for an axis that shows neither labels nor grid: nothing of Plotly's has to be drawn for it. */
  function stretch(gd, name, range) {
    gd.layout[name].range = range.slice();
    gd._fullLayout[name].range = range.slice();
    gd._fullLayout[name].setScale();
  }

  const forget = (gd) => found.delete(gd);
  const redraw = (gd) => void window.Plotly.redraw(gd) || forget(gd);

  /* A third of a redraw's cost: only the price axis, its grid and its labels. */
  function rerange(gd, range) {
    given.set(gd, range.join());
    window.Plotly.relayout(gd, { "yaxis.range": range });
    forget(gd);
  }

  const ours = (gd, change) => String(change["yaxis.range"]) === given.get(gd);

  desk.plot = { ready: (gd) => Boolean(gd._fullLayout), axes, line, bars, candles, markers, labels, stretch, redraw, rerange, ours, forget, busy: (gd) => Boolean(gd._dragging) };
})();
