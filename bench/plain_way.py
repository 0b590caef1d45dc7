"""The plain way, to compare with: a Dash app, a 1 s `dcc.Interval`, five `go.Figure` and a table rebuilt from pandas data frames.

Written as a first dashboard is written, without tricks and without blunders. `python -m bench.plain_way --port P --venue V`.
"""

import argparse
import json
import threading
import urllib.request
from collections import deque
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import websocket
from dash import Dash, Input, Output, dcc, html

SYMBOLS = ("ETHUSDT", "BTCUSDT")
CHARTS = (("ETHUSDT", "1m"), ("ETHUSDT", "1h"), ("ETHUSDT", "1d"), ("BTCUSDT", "1s"))
LENGTH_MS = {"1s": 1_000, "1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}
HELD = {"ETHUSDT": 1.5, "BTCUSDT": -0.2}

REPORT_DRAWN = """<script>
(function attach() {
  const graph = document.querySelector("#tick-chart .js-plotly-plot");
  if (!graph) return setTimeout(attach, 20);
  window.desk = {drawn: null};
  graph.on("plotly_afterplot", () => requestAnimationFrame(() => {
    const meta = graph.layout.meta;
    if (meta && meta.id) window.desk.drawn = {id: String(meta.id)};
  }));
})();
</script>"""


class Market:
    """What the feed thread keeps: the last 200 ticks per symbol and 100 candles per chart."""

    def __init__(self, venue: str):
        self.lock = threading.Lock()
        self.ticks: dict[str, deque[dict[str, Any]]] = {symbol: deque(maxlen=200) for symbol in SYMBOLS}
        self.candles = {chart: _history(venue, *chart) for chart in CHARTS}

    def on_message(self, _: Any, text: str) -> None:
        message = json.loads(text)["data"]
        if message.get("e") != "trade":
            return
        symbol, price, size = message["s"], float(message["p"]), float(message["q"])
        row = {"id": message["t"], "time": message["T"], "price": price, "size": size, "buyer": not message["m"]}
        with self.lock:
            self.ticks[symbol].append(row)
            for (of, interval), rows in self.candles.items():
                if of == symbol:
                    _add(rows, message["T"] // LENGTH_MS[interval] * LENGTH_MS[interval], price)


def _history(venue: str, symbol: str, interval: str) -> deque[dict[str, Any]]:
    with urllib.request.urlopen(f"http://{venue}/api/v3/klines?symbol={symbol}&interval={interval}&limit=100") as answer:
        rows = json.load(answer)
    names = ("open", "high", "low", "close")
    return deque(({"at": row[0], **dict(zip(names, map(float, row[1:5]), strict=True))} for row in rows), maxlen=100)


def _add(rows: deque[dict[str, Any]], at_ms: int, price: float) -> None:
    if not rows or rows[-1]["at"] < at_ms:
        rows.append({"at": at_ms, "open": price, "high": price, "low": price, "close": price})
        return
    bar = rows[-1]
    bar["high"], bar["low"], bar["close"] = max(bar["high"], price), min(bar["low"], price), price


def tick_figure(rows: list[dict[str, Any]]) -> go.Figure:
    frame = pd.DataFrame(rows, columns=["id", "time", "price", "size", "buyer"])
    colours = frame["buyer"].map({True: "#26a69a", False: "#ef8e3a"})
    figure = go.Figure()
    figure.add_trace(go.Scatter(x=frame.index, y=frame["price"], mode="lines", name="price"))
    figure.add_trace(go.Bar(x=frame.index, y=frame["size"], marker_color=colours, yaxis="y2", name="volume", opacity=0.5))
    title = f"ETH/USDT {frame['price'].iloc[-1]:.2f}" if len(frame) else "ETH/USDT"
    figure.update_layout(
        template="plotly_dark",
        title={"text": title},
        showlegend=False,
        uirevision="live",
        yaxis2={"overlaying": "y", "side": "right", "tickmode": "auto"},
        margin={"l": 50, "r": 50, "t": 40, "b": 30},
        meta={"id": int(frame["id"].iloc[-1]) if len(frame) else 0},
    )
    return figure


def candle_figure(rows: list[dict[str, Any]], title: str) -> go.Figure:
    frame = pd.DataFrame(rows, columns=["at", "open", "high", "low", "close"])
    when = pd.to_datetime(frame["at"], unit="ms")
    figure = go.Figure(go.Candlestick(x=when, open=frame["open"], high=frame["high"], low=frame["low"], close=frame["close"]))
    figure.update_layout(
        template="plotly_dark",
        title={"text": title},
        xaxis_rangeslider_visible=False,
        uirevision="live",
        margin={"l": 50, "r": 10, "t": 40, "b": 30},
    )
    return figure


def table(ticks: dict[str, list[dict[str, Any]]], entries: dict[str, float]) -> html.Table:
    rows = []
    for symbol, quantity in HELD.items():
        if ticks[symbol]:
            mark = ticks[symbol][-1]["price"]
            entry = entries.setdefault(symbol, mark)
            rows.append({"symbol": symbol, "quantity": quantity, "entry": entry, "mark": mark, "pnl": (mark - entry) * quantity})
    frame = pd.DataFrame(rows).round(2)
    head = html.Tr([html.Th(name) for name in frame.columns])
    return html.Table([head, *[html.Tr([html.Td(str(cell)) for cell in row]) for row in frame.itertuples(index=False)]])


def create_app(market: Market) -> Dash:
    app = Dash(__name__)
    app.index_string = app.index_string.replace("</body>", REPORT_DRAWN + "</body>")
    ids = ["tick-chart", *[f"candles-{number}" for number in range(4)]]
    places = ("1 / 1 / 3 / 2", "1 / 2", "1 / 3", "2 / 2", "2 / 3")
    graphs = [dcc.Graph(id=id_, style={"gridArea": place}) for id_, place in zip(ids, places, strict=True)]
    style = {"display": "grid", "gridTemplate": "360px 360px / 62fr 19fr 19fr", "gap": "4px"}
    parts = [html.Div(graphs, style=style), html.Div(id="positions"), dcc.Interval(id="beat", interval=1000)]
    app.layout = html.Div(parts, style={"background": "#111", "color": "#ddd", "height": "960px"})
    entries: dict[str, float] = {}

    @app.callback([*[Output(id_, "figure") for id_ in ids], Output("positions", "children")], Input("beat", "n_intervals"))
    def refresh(_: int | None) -> list[Any]:
        with market.lock:
            ticks = {symbol: list(rows) for symbol, rows in market.ticks.items()}
            candles = {chart: [dict(bar) for bar in rows] for chart, rows in market.candles.items()}
        figures = [candle_figure(candles[chart], " ".join(chart)) for chart in CHARTS]
        return [tick_figure(ticks["ETHUSDT"]), *figures, table(ticks, entries)]

    return app


def main() -> None:
    flags = argparse.ArgumentParser(description="the plain way")
    flags.add_argument("--port", type=int, required=True)
    flags.add_argument("--venue", required=True, help="host:port")
    chosen = flags.parse_args()
    market = Market(chosen.venue)
    streams = "/".join(f"{symbol.lower()}@{kind}" for symbol in SYMBOLS for kind in ("trade", "bookTicker"))
    feed = websocket.WebSocketApp(f"ws://{chosen.venue}/stream?streams={streams}", on_message=market.on_message)
    threading.Thread(target=feed.run_forever, daemon=True).start()
    create_app(market).run(port=chosen.port, debug=False)


if __name__ == "__main__":
    main()
