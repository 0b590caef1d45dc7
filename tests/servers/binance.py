"""A local Binance, spot and USD-M, exact to the protocol, for tests, bench and browser: streams, REST, and faults on demand.

In a thread: `with LocalBinance(rate=100) as venue: venue.ws_url, venue.rest_url`. As a process of its own:
`python -m tests.servers.binance --port 8200 --rate 100`, which prints its addresses when it listens.
"""

import argparse
import asyncio
import json
import signal
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from tests.servers import rest
from tests.servers.ending import deafen, finish
from tests.servers.faults import Faults
from tests.servers.market import KNOWN, Market, Print, Symbol
from tests.servers.sources import NEVER_MS, Poisson, Recorded, Source
from tests.servers.streams import Viewer, frame, messages, quote_message, wanted_streams

T = TypeVar("T")

PING_S = 20.0
BACKLOG = 16_000_000


class LocalBinance:
    """`rate`: prints per second of the first symbol, 0 for none but those made by `trade`; `other_rate`: of the others.

    `port` 0 takes a free one. Faults are in `faults` (see there); they may be called from any thread.
    """

    def __init__(
        self,
        symbols: Sequence[str] = ("ETHUSDT", "BTCUSDT"),
        rate: float = 20.0,
        other_rate: float | None = None,
        quote_rate: float = 20.0,
        recording: Path | None = None,
        port: int = 0,
        seed: int = 1,
        ping_s: float = PING_S,
    ):
        started_ms = int(time.time() * 1000)
        self.markets = {name: Market(KNOWN.get(name, Symbol(name, "100.00")), started_ms, seed) for name in symbols}
        self.port = port
        self.faults = Faults(self)
        self.accepted = 0
        self._ping_s = ping_s
        self._viewers: set[Viewer] = set()
        self._connections: weakref.WeakSet[ServerConnection] = weakref.WeakSet()
        rates = [rate, *[rate / 5 if other_rate is None else other_rate] * (len(symbols) - 1)]
        self._sources: list[Source] = [
            Poisson(market, each, min(quote_rate, each)) for market, each in zip(self.markets.values(), rates, strict=True)
        ]
        if recording is not None:
            self._sources = [Recorded(recording, self.markets)]
        self.loop = asyncio.new_event_loop()
        self._server: Server | None = None
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local-binance", daemon=True)

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def rest_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "LocalBinance":
        self._thread.start()
        if not self._listening.wait(5):
            raise RuntimeError("the local venue did not begin to listen")
        return self

    def stop(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)

    def __enter__(self) -> "LocalBinance":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def connected(self) -> int:
        return len(self._viewers)

    def trade(self, name: str, price: int | None = None, lots: int | None = None) -> Print:
        """One print now, in ticks and lots, sent to whoever subscribed; its number and time come back."""
        return self.call(lambda: self.publish(self.markets[name].trade(_now_ms(), price, lots), self.markets[name]))

    def quote(self, name: str) -> None:
        self.call(lambda: self.publish_quote(self.markets[name]))

    def quiet(self) -> None:
        """No more prints and quotes but those made by `trade` and `quote`."""
        self.call(self._sources.clear)

    def call(self, job: Callable[[], T]) -> T:
        """Does it on the venue's thread, and waits for the result."""
        done: list[T] = []
        finished = threading.Event()

        def run() -> None:
            done.append(job())
            finished.set()

        self.loop.call_soon_threadsafe(run)
        if not finished.wait(5):
            raise RuntimeError("the local venue does not answer")
        return done[0]

    def publish(self, made: Print, market: Market) -> Print:
        """A print goes out, unless a fault keeps it back."""
        if self.faults.passes(market.name, made.id):
            for stream, row in messages(market, made):
                self.broadcast(stream, row, 1 + self.faults.doubles(market.name))
        return made

    def publish_quote(self, market: Market) -> None:
        if self.faults.passes(market.name, None):
            market.update_id += 1
            self.broadcast(f"{market.name.lower()}@bookTicker", quote_message(market, _now_ms()), 1)

    def broadcast(self, stream: str, row: dict[str, object], times: int) -> None:
        for viewer in self._viewers:
            if stream in viewer.streams and viewer.carries(stream) and self.faults.carries(stream):
                viewer.pending.append(viewer.encoded(stream, row) * times)

    def everyone(self) -> list[Viewer]:
        return list(self._viewers)

    def flush(self) -> None:
        """Everything that waits goes to the sockets in one write each; a frozen viewer's is kept."""
        for viewer in self._viewers:
            transport = viewer.connection.transport
            if viewer.connection.state is not State.OPEN:
                viewer.pending.clear()
            elif viewer.pending and not self.faults.stalled:
                transport.write(b"".join(viewer.pending))
                viewer.pending.clear()
                if transport.get_write_buffer_size() > BACKLOG:
                    transport.abort()

    async def listen(self) -> None:
        self._server = await serve(
            self._serve_viewer,
            "127.0.0.1",
            self.port,
            process_request=self._http,
            compression=None,
            ping_interval=None,
            close_timeout=0.5,
            create_connection=self._connect,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def close_listener(self) -> None:
        if self._server is not None:
            await deafen(self._server.sockets)
            self._server.close(close_connections=False)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.listen())
        feeding = self.loop.create_task(self._feed())
        self._listening.set()
        self.loop.run_forever()
        feeding.cancel()
        self.loop.run_until_complete(self._end())
        self.loop.close()

    async def _end(self) -> None:
        await self.close_listener()
        await finish(self._connections)

    def _connect(self, *about: Any, **settings: Any) -> ServerConnection:
        connection = ServerConnection(*about, **settings)
        self._connections.add(connection)
        return connection

    async def _feed(self) -> None:
        """Prints and quotes when they are due, in one write a viewer; about 1 ms fine."""
        pinged_s = time.monotonic()
        while True:
            due_ms = min((source.step(_now_ms(), self) for source in self._sources), default=NEVER_MS)
            self.flush()
            if time.monotonic() - pinged_s > self._ping_s:
                pinged_s = time.monotonic()
                self.faults.ping()
            await asyncio.sleep(min(0.05, max(0.001, (due_ms - time.time() * 1000) / 1000)))

    async def _serve_viewer(self, connection: ServerConnection) -> None:
        viewer = Viewer(connection, wanted_streams(connection.request.path if connection.request else ""))
        self._viewers.add(viewer)
        self.accepted += 1
        try:
            async for text in connection:
                reply = viewer.told(text)
                if reply is not None:
                    viewer.pending.append(frame(json.dumps(reply).encode()))
        except ConnectionClosed:
            return
        finally:
            self._viewers.discard(viewer)

    def _http(self, connection: ServerConnection, request: Request) -> Response | None:
        is_stream = request.headers.get("Upgrade", "").lower() == "websocket"
        refusal = self.faults.refusal(is_stream)
        if refusal is not None:
            return rest.response(*refusal)
        if is_stream:
            return None
        status, body = rest.answer(request.path, self.markets, _now_ms())
        return rest.response(status, body, {"X-MBX-USED-WEIGHT-1M": str(self.faults.used_weight)})


def _now_ms() -> int:
    return int(time.time() * 1000)


def main() -> None:
    flags = argparse.ArgumentParser(description="a local Binance")
    flags.add_argument("--port", type=int, default=8200)
    flags.add_argument("--symbols", default="ETHUSDT,BTCUSDT")
    flags.add_argument("--rate", type=float, default=100.0, help="prints per second of the first symbol")
    flags.add_argument("--other-rate", type=float, default=None, help="of each other one (a fifth)")
    flags.add_argument("--quote-rate", type=float, default=20.0, help="quotes per second of each symbol, at most one a print")
    flags.add_argument("--recording", type=Path, default=None, help="prints and quotes from here, at its own pace, dated now")
    flags.add_argument("--seed", type=int, default=1)
    chosen = flags.parse_args()
    symbols = chosen.symbols.split(",")
    venue = LocalBinance(
        symbols, chosen.rate, chosen.other_rate, chosen.quote_rate, chosen.recording, chosen.port, chosen.seed
    ).start()
    print(f"listening: {venue.ws_url} {venue.rest_url}", flush=True)
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    stopped.wait()
    venue.stop()


if __name__ == "__main__":
    main()
