/* State → what a chart shows: positions, values, colours, labels. Pure; the x axis is a position in the window.
   Whatever is thinned out here is thinned for the eye only: every minimum and maximum stays. */
(() => {
  const desk = (window.desk = window.desk || {});
  const WINDOW_MS = { "1m": 60_000, "5m": 300_000 };
  const BUCKET_MS = 100;
  const LINE_COLUMNS = 600;
  const BAR_COLUMNS = 200;
  const BARS_SHARE = 1 / 6;

  /* The newest `ring` ticks: the newest one stands at position ring − 1. The line breaks where a gap stands before a tick. */
  function ofTicks(held, ring, gaps) {
    const rows = held.rows;
    const first = ring - rows.length;
    const picture = { xs: [], ys: [], bars: { xs: [], ys: [], sides: [] }, newest: ring - 1, low: Infinity, high: -Infinity, top: 0 };
    for (let i = 0; i < rows.length; i++) {
      const [, price, size, side] = rows[i];
      picture.xs.push(first + i);
      picture.ys.push(price);
      picture.bars.xs.push(first + i);
      picture.bars.ys.push(size);
      picture.bars.sides.push(side);
      reach(picture, price, price, size);
    }
    const oldest = held.n - rows.length + 1;
    picture.line = cut(picture, gaps.map((gap) => gap.n - oldest));
    picture.width = 0.8;
    picture.timeAt = (x) => nearest(rows, x - first);
    picture.rowAt = (x) => rows[Math.round(x - first)] || null;
    picture.placeOf = (mark) => ring - 1 - (held.n - mark.n);
    picture.between = among(picture, (i) => picture.ys[i], (i) => picture.ys[i]);
    picture.span_ms = rows.length > 1 ? rows[rows.length - 1][0] - rows[0][0] : 0;
    picture.count = picture.ticks = rows.length;
    return picture;
  }

  /* What the line is drawn through: the picture itself or, when ticks are missing before some of its points, a copy with a
     point without value before each of those. */
  function cut(picture, places) {
    const cuts = new Set(places.filter((i) => i > 0 && i < picture.xs.length));
    if (!cuts.size) return picture;
    const line = { xs: [], ys: [] };
    picture.xs.forEach((x, i) => {
      if (cuts.has(i)) {
        line.xs.push((picture.xs[i - 1] + x) / 2);
        line.ys.push(null);
      }
      line.xs.push(x);
      line.ys.push(picture.ys[i]);
    });
    return line;
  }

  /* Buckets of 100 ms; position = seconds from the window's left edge, the newest bucket ends at its right edge. */
  function ofBuckets(rows, windowName, gaps) {
    const window_ms = WINDOW_MS[windowName];
    const seconds = window_ms / 1000;
    const end = rows.length ? rows[rows.length - 1][0] + BUCKET_MS : 0;
    const start = end - window_ms;
    const place = (ms) => (ms - start) / 1000;
    const picture = { xs: [], ys: [], bars: { xs: [], ys: [], sides: [] }, newest: seconds, low: Infinity, high: -Infinity, top: 0 };
    let from = rows.length;
    while (from && rows[from - 1][0] >= start) from--;
    const column_ms = window_ms / LINE_COLUMNS;
    const bar_ms = window_ms / BAR_COLUMNS;
    const columnOf = (ms) => Math.floor(ms / column_ms);
    // the columns in which ticks came again, where the hole is wider than one column; narrower ones are only hatched
    const resumed = gaps.filter((gap) => columnOf(gap.from_ms) < columnOf(gap.to_ms)).map((gap) => columnOf(gap.to_ms)).sort((a, b) => a - b);
    const cuts = [];
    let i = from;
    while (i < rows.length) {
      const column = columnOf(rows[i][0]);
      if (resumed[0] <= column) cuts.push(picture.xs.length);
      while (resumed[0] <= column) resumed.shift();
      const first = rows[i][1];
      let [, , low, high, last] = rows[i];
      for (i++; i < rows.length && columnOf(rows[i][0]) === column; i++) {
        low = Math.min(low, rows[i][2]);
        high = Math.max(high, rows[i][3]);
        last = rows[i][4];
      }
      const x = Math.max(0, place((column + 0.5) * column_ms));
      for (const [at, y] of [[0, first], [1, low], [2, high], [3, last]]) {
        if (at && y === picture.ys[picture.ys.length - 1]) continue;
        picture.xs.push(x);
        picture.ys.push(y);
      }
      reach(picture, low, high, 0);
    }
    if (picture.xs.length) {
      picture.xs.push(seconds);
      picture.ys.push(rows[rows.length - 1][4]);
    }
    picture.line = cut(picture, cuts);
    for (i = from; i < rows.length; ) {
      const column = Math.floor(rows[i][0] / bar_ms);
      let buy = 0, sell = 0;
      for (; i < rows.length && Math.floor(rows[i][0] / bar_ms) === column; i++) {
        buy += rows[i][5];
        sell += rows[i][6];
      }
      picture.bars.xs.push(place((column + 0.5) * bar_ms));
      picture.bars.ys.push(buy + sell);
      picture.bars.sides.push(Math.sign(buy - sell));
      reach(picture, Infinity, -Infinity, buy + sell);
    }
    picture.width = (bar_ms / 1000) * 0.8;
    picture.timeAt = (x) => (rows.length && x <= seconds + 1 ? start + x * 1000 : null);
    picture.rowAt = (x) => rows.findLast((row) => row[0] <= start + x * 1000) || null;
    picture.placeOf = (mark) => place(mark.ts_ms !== undefined ? mark.ts_ms : mark.from_ms);
    picture.between = among(picture, (i) => picture.ys[i], (i) => picture.ys[i]);
    picture.span_ms = rows.length > from ? end - rows[from][0] : 0;
    picture.count = null;
    picture.ticks = rows.slice(from).reduce((sum, row) => sum + row[7], 0);
    return picture;
  }

  /* Candles: the newest one stands at position room − 1, older ones left of it, beyond the edge too. Every place has a time,
     also one before the first bar. */
  function ofBars(rows, room, step_ms) {
    const first = room - rows.length;
    const picture = { rows, first, xs: rows.map((_, i) => first + i), newest: room - 1, low: Infinity, high: -Infinity, top: 0 };
    picture.sides = [];
    let rising = true, before = null;
    for (let i = 0; i < rows.length; i++) {
      const [, open, high, low, close, volume] = rows[i];
      if (close !== open) rising = close > open;
      else if (before !== null && close !== before) rising = close > before; // as Plotly decides it
      before = close;
      picture.sides.push(rising ? 1 : -1);
      if (first + i >= 0) reach(picture, low, high, volume);
    }
    picture.width = 0.7;
    picture.between = among(picture, (i) => rows[i][3], (i) => rows[i][2]);
    picture.bars = { xs: picture.xs, ys: rows.map((row) => row[5]), sides: picture.sides };
    picture.timeAt = (x) => (x < first - 0.5 ? rows[0][0] + Math.round(x - first) * step_ms : nearest(rows, x - first));
    picture.rowAt = (x) => rows[Math.round(x - first)] || null;
    return picture;
  }

  /* The time of the row at a position; none beyond the rows. */
  function nearest(rows, i) {
    const row = rows[Math.min(Math.round(i), rows.length - 1)];
    return row && i < rows.length + 1 ? row[0] : null;
  }

  /* Lowest and highest value between two positions; everything when nothing stands there. */
  function among(picture, lows, highs) {
    return (from, to) => {
      let low = Infinity, high = -Infinity;
      picture.xs.forEach((x, i) => {
        if (x < from || x > to) return;
        low = Math.min(low, lows(i));
        high = Math.max(high, highs(i));
      });
      return high >= low ? { low, high } : picture;
    };
  }

  function reach(picture, low, high, top) {
    if (low < picture.low) picture.low = low;
    if (high > picture.high) picture.high = high;
    if (top > picture.top) picture.top = top;
  }

  /* A price range that holds the data and the move to expect until the next redraw. Null: the held one still serves.
     `drift`: how far the price went of late (price units); `step`: the instrument's price step. The lowest sixth is left
     to the volume bars; a price that dips into it is moved out when it may (`leisure`), not at once. */
  function range(held, low, high, drift, step, leisure) {
    if (!(high >= low)) return null;
    const span = Math.max(high - low, 4 * step);
    const whole = held ? held[1] - held[0] : 0;
    const floor = held ? held[0] + (leisure ? BARS_SHARE * 0.7 : 0.01) * whole : 0;
    const inside = held && low >= floor && high <= held[1] - 0.01 * whole;
    if (inside && (!leisure || span > 0.3 * whole)) return null;
    const pad = Math.min(Math.max(0.18 * span, 0.6 * drift, 2 * step), 0.55 * span);
    const middle = (low + high) / 2;
    const used = span + 2 * pad;
    return [middle - used / 2 - (used * BARS_SHARE) / (1 - BARS_SHARE), middle + used / 2];
  }

  /* `count` positions spread over an axis: labels stand there whatever time it is. */
  function places(from, to, count) {
    const out = [];
    for (let i = 0; i < count; i++) out.push(Math.round(from + ((to - from) * (i + 0.5)) / count));
    return [...new Set(out)];
  }

  desk.series = { ofTicks, ofBuckets, ofBars, range, places };
})();
