/* What the reader's hand does to a chart, and which axes are the reader's afterwards: a drag pans, the wheel zooms, a finger
   pans sideways only, because a swipe up or down belongs to the page. Beyond the newest value there is nothing to pan to. */
(() => {
  const desk = (window.desk = window.desk || {});
  const TILT = 1 / 3; // a drag that rises less than this part of its way goes sideways: the price axis stays ours
  const STEADY_PX = 4;
  const FINGER_PX = 8;

  function follow(chart) {
    const plot = chart.gd.closest(".plot");
    plot.addEventListener("pointerdown", () => (chart.grabbed = desk.plot.axes(chart.gd)), true);
    plot.addEventListener("wheel", () => (chart.grabbed = null), { capture: true, passive: true });
    fingers(chart, plot);
  }

  /* Plotly has changed these parts of the layout by the reader's wish. */
  function moved(chart, keys) {
    const touches = (axis) => keys.some((key) => key.startsWith(axis + ".range") || key.startsWith(axis + ".autorange"));
    const [x, y] = [touches("xaxis"), touches("yaxis")];
    if (!x && !y) return;
    const { grabbed } = chart;
    chart.grabbed = null;
    const picture = chart.frozen || chart.now();
    const to = desk.plot.axes(chart.gd);
    if (grabbed && x && y && same(grabbed.xRange, to.xRange) && same(grabbed.yRange, to.yRange)) {
      const sideways = pixels(grabbed.xRange, to.xRange, to.width);
      const risen = Math.abs(pixels(grabbed.yRange, to.yRange, to.height)) > Math.max(STEADY_PX, Math.abs(sideways) * TILT);
      if (risen) chart.ownY = true;
      else if (chart.ownY) chart.gd.layout.yaxis.range = grabbed.yRange;
      pan(chart, picture);
    } else {
      chart.ownX = chart.ownX || x;
      chart.ownY = chart.ownY || y;
    }
    settle(chart, picture);
  }

  const width = ([from, to]) => to - from;
  const same = (a, b) => Math.abs(width(a) - width(b)) < 1e-6 * Math.abs(width(a));
  const pixels = (from, to, length) => ((to[0] - from[0]) / width(from)) * length;

  /* Is a moved x axis the reader's, or as good as live? */
  function pan(chart, picture) {
    const { xaxis } = chart.gd.layout;
    if (!picture) return;
    const home = chart.home(picture);
    const [from, to] = xaxis.range.map(Number);
    const whole = Math.abs(to - from - width(home)) < 0.01 * width(home);
    chart.ownX = !whole || to < picture.newest - 0.5;
    if (chart.ownX && to > home[1]) xaxis.range = [from - (to - home[1]), home[1]];
  }

  /* A picture that no longer shows the newest value stands still, and the way back says how far behind it is. */
  function settle(chart, picture) {
    const away = chart.ownX && picture && Number(chart.gd.layout.xaxis.range[1]) < picture.newest - 0.5;
    chart.frozen = away ? picture : null;
    chart.renew();
    desk.draw.wake();
  }

  /* Plotly would keep every touch from the page: it hears of none. A tap still reaches it as a click. */
  function fingers(chart, plot) {
    let held = null; // {id, x, from: [range], per: values per pixel, moves}
    plot.addEventListener("touchstart", (event) => event.stopPropagation(), { capture: true, passive: true });
    plot.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "touch" || event.target.closest("button")) return;
      const { xRange, width: length } = desk.plot.axes(chart.gd);
      held = event.isPrimary ? { id: event.pointerId, x: event.clientX, from: xRange, per: width(xRange) / length, moves: false } : null;
    });
    plot.addEventListener("pointermove", (event) => {
      if (!held || event.pointerId !== held.id) return;
      const by = event.clientX - held.x;
      held.moves = held.moves || Math.abs(by) > FINGER_PX;
      if (!held.moves) return;
      const picture = chart.frozen || chart.now();
      chart.gd.layout.xaxis.range = held.from.map((value) => value - by * held.per);
      pan(chart, picture);
      settle(chart, picture);
    });
    for (const end of ["pointerup", "pointercancel"]) plot.addEventListener(end, () => (held = null));
  }

  desk.reader = { follow, moved };
})();
