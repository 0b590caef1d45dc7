/* The limit's page: frames arrive, one draw per animation frame, every chart on its own canvas, a chart only when it changed. */
const UP = "#2bb3a3", DOWN = "#e8923c", GRID = { stroke: "#222b36", width: 1 };
const charts = ["ETHUSDT 1m", "ETHUSDT 1h", "ETHUSDT 1d", "BTCUSDT 1s"];
const ticks = { rows: [], id: null, chart: null, low: 0, high: -1 };
const bars = new Map(charts.map((name) => [name, { rows: [], chart: null, changed: false, signature: "" }]));
let positions = [];
let asked = false;
window.desk = { drawn: null };

const axis = (side, size, extra) => ({ side, size, stroke: "#8b96a5", grid: GRID, ticks: { show: false }, font: "11px sans-serif", ...extra });
const panel = (id, title) => {
  const box = document.createElement("div");
  box.className = "panel";
  box.id = id;
  box.innerHTML = `<p>${title}</p>`;
  document.getElementById("charts").append(box);
  return box;
};

function tickChart() {
  const box = panel("tick-chart", "ETH/USDT");
  const volume = (u) => {
    const wide = u.bbox.width / 200;
    for (let i = 0; i < ticks.rows.length; i++) {
      const top = u.valToPos(ticks.rows[i][2], "volume", true);
      u.ctx.fillStyle = ticks.rows[i][3] > 0 ? UP : DOWN;
      u.ctx.fillRect(u.valToPos(i, "x", true) - wide / 2, top, wide * 0.8, u.bbox.top + u.bbox.height - top);
    }
  };
  const options = {
    width: box.clientWidth, height: 676, legend: { show: false }, cursor: { show: true },
    scales: { x: { time: false, range: [-1, 210] }, y: { range: () => [ticks.low, ticks.high] }, volume: { range: (u, low, high) => [0, high * 4] } },
    axes: [axis(2, 24), axis(1, 64)],
    series: [{}, { stroke: "#d5dbe3", width: 1.5 }, { scale: "volume", stroke: null, paths: () => null, points: { show: false } }],
    hooks: { drawAxes: [volume] },
  };
  ticks.chart = new uPlot(options, [[], [], []], box);
}

function candleChart(name, number) {
  const held = bars.get(name);
  const box = panel(`candles-${number}`, name);
  const candles = (u) => {
    const wide = u.bbox.width / 110;
    held.rows.forEach(([, open, high, low, close, volume], i) => {
      const x = u.valToPos(i, "x", true), top = u.valToPos(Math.max(open, close), "y", true), end = u.valToPos(Math.min(open, close), "y", true);
      u.ctx.fillStyle = u.ctx.strokeStyle = close >= open ? UP : DOWN;
      u.ctx.globalAlpha = 0.35;
      const height = u.bbox.height * 0.2 * (volume / held.volume);
      u.ctx.fillRect(x - wide / 2, u.bbox.top + u.bbox.height - height, wide * 0.8, height);
      u.ctx.globalAlpha = 1;
      u.ctx.fillRect(x - 0.5, u.valToPos(high, "y", true), 1, u.valToPos(low, "y", true) - u.valToPos(high, "y", true));
      u.ctx.fillRect(x - wide / 2, top, wide * 0.8, Math.max(1, end - top));
    });
  };
  const label = (u, places) => places.map((i) => (held.rows[i] ? new Date(held.rows[i][0]).toISOString().slice(11, 16) : ""));
  const options = {
    width: box.clientWidth, height: 326, legend: { show: false },
    scales: { x: { time: false, range: [-2, 104] }, y: { range: () => [held.low, held.high] } },
    axes: [axis(2, 24, { values: label }), axis(1, 64)],
    series: [{}, { paths: () => null, points: { show: false } }],
    hooks: { draw: [candles] },
  };
  held.chart = new uPlot(options, [[], []], box);
}

function drawTicks() {
  const prices = ticks.rows.map((row) => row[1]);
  const low = Math.min(...prices), high = Math.max(...prices);
  if (low < ticks.low || high > ticks.high || high - low < (ticks.high - ticks.low) / 4) {
    const pad = Math.max((high - low) * 0.4, 0.2);
    [ticks.low, ticks.high] = [low - pad, high + pad];
  }
  ticks.chart.setData([prices.map((_, i) => i), prices, ticks.rows.map((row) => row[2])]);
  document.getElementById("last-price").textContent = prices[prices.length - 1].toFixed(2);
}

function drawCandles(held) {
  held.low = Math.min(...held.rows.map((row) => row[3]));
  held.high = Math.max(...held.rows.map((row) => row[2]));
  held.volume = Math.max(1e-9, ...held.rows.map((row) => row[5]));
  const pad = (held.high - held.low) * 0.05;
  held.low -= pad;
  held.high += pad;
  held.chart.setData([held.rows.map((_, i) => i), held.rows.map((row) => row[4])]);
  held.changed = false;
}

function drawPositions() {
  const table = document.getElementById("positions");
  while (table.rows.length < positions.length) for (let i = 0, row = table.insertRow(); i < 5; i++) row.insertCell();
  positions.forEach((row, at) => row.forEach((value, cell) => {
    const text = typeof value === "number" ? value.toFixed(2) : value, place = table.rows[at].cells[cell];
    if (place.textContent !== text) place.textContent = text;
  }));
}

let turn = 0;
function draw() {
  asked = false;
  drawTicks();
  for (let step = 0; step < charts.length; step++) {
    const held = bars.get(charts[turn++ % charts.length]);
    if (held.changed) { drawCandles(held); break; }
  }
  drawPositions();
  window.desk.drawn = { symbol: "ETH/USDT", id: ticks.id, price: ticks.rows[ticks.rows.length - 1][1] };
  socket.send("drawn");
}

function take(section) {
  if (section.kind === "ticks") {
    ticks.rows = ticks.rows.concat(section.rows).slice(-200);
    ticks.id = section.id;
  } else if (section.kind === "bars") {
    const held = bars.get(`${section.symbol} ${section.interval}`);
    if (section.reset) held.rows = [];
    for (const row of section.rows) {
      const last = held.rows[held.rows.length - 1];
      if (last && last[0] > row[0]) continue;
      if (last && last[0] === row[0]) held.rows[held.rows.length - 1] = row;
      else held.rows = held.rows.concat([row]).slice(-100);
    }
    const signature = JSON.stringify(held.rows[held.rows.length - 1].slice(0, 5));
    if (signature !== held.signature) { held.changed = true; held.signature = signature; }
  } else positions = section.rows;
}

tickChart();
charts.forEach(candleChart);
const socket = new WebSocket(`ws://${location.host}/frames`);
socket.onmessage = (message) => {
  JSON.parse(message.data).sections.forEach(take);
  if (!asked) requestAnimationFrame(draw);
  asked = true;
};
