/* The crosshair: hairlines under the pointer, exact values in the plot's corner. A pointer that rests reads on: what it names
   is what is under it now. */
(() => {
  const desk = (window.desk = window.desk || {});
  const crosses = new WeakMap(); // chart → its elements and where the pointer is: {column, row, tag, readout, at}

  function follow(chart, root, add) {
    const plot = root.parentElement;
    const cross = { column: add("cross cross-x"), row: add("cross cross-y"), tag: add("tag cross-tag"), at: null };
    cross.readout = document.getElementById(`readout-${chart.id}`);
    crosses.set(chart, cross);
    plot.addEventListener("pointerleave", () => {
      cross.at = null;
      show(chart);
    });
    plot.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const box = plot.getBoundingClientRect();
      cross.at = [event.clientX - box.left, event.clientY - box.top];
      show(chart);
    });
  }

  /* As the picture stands now; called with every pointer move and every draw. */
  function show(chart) {
    const cross = crosses.get(chart);
    if (!cross) return;
    const axes = cross.at && chart.picture && chart.pictured === chart.symbol ? desk.plot.axes(chart.gd) : null;
    const [x, y] = axes ? [cross.at[0] - axes.left, cross.at[1] - axes.top] : [-1, -1];
    if (!axes || x < 0 || x > axes.width || y < 0 || y > axes.height) return leave(cross);
    const { put } = desk.overlay;
    put(cross.column, axes.left + x, axes.top);
    put(cross.row, axes.left, axes.top + y);
    put(cross.tag, 0, axes.top + y, desk.text.price(chart.symbol, axes.atY(y)));
    const words = read(chart, axes.atX(x));
    if (cross.readout.textContent !== words) cross.readout.textContent = words;
  }

  function leave(cross) {
    [cross.column, cross.row, cross.tag].forEach(desk.overlay.hide);
    if (cross.readout.textContent) cross.readout.textContent = "";
  }

  function read(chart, x) {
    const { picture, symbol } = chart;
    const row = picture.rowAt(x);
    if (!row || x < -0.5 || x > picture.newest + 0.5) return "";
    const price = (value) => desk.text.price(symbol, value);
    const time = desk.text.clock(row[0], chart.interval === "");
    if (chart.key) {
      const when = desk.text.axis(row[0], chart.interval, true);
      const whole = row[6] ? "" : " · incomplete";
      return `${when}  O ${price(row[1])} H ${price(row[2])} L ${price(row[3])} C ${price(row[4])} V ${desk.text.fixed(row[5], 2)}${whole}`;
    }
    if (picture.count === null) return `${time.slice(0, -2)}  ${price(row[2])} to ${price(row[3])}  bought ${row[5]} sold ${row[6]}`;
    return `${time}  ${price(row[1])}  ${row[2]} ${row[3] > 0 ? "▲ bought" : row[3] < 0 ? "▼ sold" : ""}`;
  }

  desk.cross = { follow, show };
})();
