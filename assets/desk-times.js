/* The labels of a chart's time axis: how many there is room for, and what they say. */
(() => {
  const desk = (window.desk = window.desk || {});

  const dated = () => Boolean(desk.state.status && desk.state.status.feed.kind === "replay");

  const room = (chart) => Math.max(1, Math.floor((chart.wide || 600) / desk.text.axisPx(chart.interval, dated())));

  /* position → label; where many ticks share a second it stands once. */
  function labels(chart, picture) {
    const texts = new Map();
    let before = "";
    for (const x of chart.gd.layout.xaxis.tickvals) {
      const text = desk.text.axis(picture.timeAt(x), chart.interval, dated());
      texts.set(x, text === before ? "" : text);
      before = text || before;
    }
    return texts;
  }

  function name(chart, picture) {
    const texts = labels(chart, picture);
    desk.plot.labels(chart.gd, (x) => texts.get(x) || "");
  }

  desk.times = { room, labels, name };
})();
