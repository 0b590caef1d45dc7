"""The limit, to compare with: the same page on a canvas library, pushed over a plain WebSocket by a server as lean as can be.

The frames are shaped like the product's (`docs/frames.md`: ticks, bars, positions), one flush at most every 16 ms, one
unacknowledged frame per viewer. `python -m bench.limit_server --port P --venue V`.
"""

import argparse
import asyncio
import urllib.request
from collections import deque
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

PAGE = Path(__file__).parent / "limit"
FILES = {
    "/": (PAGE / "page.html", "text/html"),
    "/page.js": (PAGE / "page.js", "text/javascript"),
    "/uPlot.iife.min.js": (PAGE / "node_modules/uplot/dist/uPlot.iife.min.js", "text/javascript"),
    "/uPlot.min.css": (PAGE / "node_modules/uplot/dist/uPlot.min.css", "text/css"),
}
FLUSH_S = 0.016
MAIN = "ETHUSDT"
SYMBOLS = (MAIN, "BTCUSDT")
CHARTS = ((MAIN, "1m"), (MAIN, "1h"), (MAIN, "1d"), ("BTCUSDT", "1s"))
LENGTH_MS = {"1s": 1_000, "1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}
HELD = {MAIN: 1.5, "BTCUSDT": -0.2}

Row = list[Any]


class Limit:
    """Ticks of the main symbol, bars of four charts, two positions; and who looks at them."""

    def __init__(self, venue: str):
        self._venue = venue
        self.ticks: deque[Row] = deque(maxlen=200)
        self.n = 0
        self.last_id = ""
        self.marks: dict[str, float] = {}
        self.entries: dict[str, float] = {}
        self.bars = {chart: _history(venue, *chart) for chart in CHARTS}
        self._changed = asyncio.Event()

    async def feed(self) -> None:
        streams = "/".join(f"{symbol.lower()}@{kind}" for symbol in SYMBOLS for kind in ("trade", "bookTicker"))
        async with connect(f"ws://{self._venue}/stream?streams={streams}", compression=None, max_queue=None) as socket:
            async for text in socket:
                message = orjson.loads(text)["data"]
                if "t" in message:
                    self._add(message)
                    self._changed.set()

    def _add(self, message: dict[str, Any]) -> None:
        symbol, price, at_ms = message["s"], float(message["p"]), message["T"]
        self.marks[symbol] = price
        self.entries.setdefault(symbol, price)
        if symbol == MAIN:
            self.ticks.append([at_ms, price, float(message["q"]), -1 if message["m"] else 1])
            self.n += 1
            self.last_id = str(message["t"])
        for (of, interval), rows in self.bars.items():
            if of == symbol:
                _extend(rows, at_ms // LENGTH_MS[interval] * LENGTH_MS[interval], price, float(message["q"]))

    def frame(self, seen_n: int, full: bool) -> bytes:
        """What changed since tick number `seen_n`: new ticks, each chart's last two bars (all in a full frame), the positions."""
        fresh = list(self.ticks)[max(0, len(self.ticks) - (self.n - seen_n)) :]
        sections: list[Row | dict[str, Any]] = [{"kind": "ticks", "n": self.n, "id": self.last_id, "rows": fresh}]
        for chart, rows in self.bars.items():
            sent = list(rows) if full else [rows[-2], rows[-1]]
            sections.append({"kind": "bars", "symbol": chart[0], "interval": chart[1], "reset": full, "rows": sent})
        held = [(name, HELD[name], entry, self.marks[name]) for name, entry in self.entries.items()]
        sections.append({"kind": "positions", "rows": [[*row, (row[3] - row[2]) * row[1]] for row in held]})
        return orjson.dumps({"full": full, "sections": sections})

    async def viewer(self, connection: ServerConnection) -> None:
        seen_n, full = 0, True
        try:
            while True:
                if self.n == seen_n:
                    self._changed.clear()
                    await self._changed.wait()
                    continue
                text, seen_n = self.frame(seen_n, full), self.n
                full = False
                await connection.send(text, text=True)
                await asyncio.gather(connection.recv(), asyncio.sleep(FLUSH_S))
        except ConnectionClosed:
            return

    def page(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return None
        file, kind = FILES.get(request.path, (None, "text/plain"))
        body = file.read_bytes() if file else b"not here"
        sent = Headers({"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"})
        status = HTTPStatus.OK if file else HTTPStatus.NOT_FOUND
        return Response(status, status.phrase, sent, body)


def _history(venue: str, symbol: str, interval: str) -> deque[Row]:
    with urllib.request.urlopen(f"http://{venue}/api/v3/klines?symbol={symbol}&interval={interval}&limit=100") as answer:
        return deque(([row[0], *map(float, row[1:6])] for row in orjson.loads(answer.read())), maxlen=100)


def _extend(rows: deque[Row], at_ms: int, price: float, size: float) -> None:
    bar = rows[-1]
    if bar[0] < at_ms:
        rows.append([at_ms, price, price, price, price, size])
        return
    bar[2:] = [max(bar[2], price), min(bar[3], price), price, bar[5] + size]


async def run(port: int, venue: str) -> None:
    limit = Limit(venue)
    async with serve(limit.viewer, "127.0.0.1", port, process_request=limit.page, compression=None):
        await limit.feed()


def main() -> None:
    flags = argparse.ArgumentParser(description="the limit")
    flags.add_argument("--port", type=int, required=True)
    flags.add_argument("--venue", required=True, help="host:port")
    chosen = flags.parse_args()
    try:
        asyncio.run(run(chosen.port, chosen.venue))
    except (KeyboardInterrupt, ConnectionClosed):
        return


if __name__ == "__main__":
    main()
