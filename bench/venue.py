"""A lean Binance spot for measuring: combined streams `@trade` and `@bookTicker`, klines over REST, and a log of every emission.

Own process: `python -m bench.venue --port 8500 --rate 100`. The tests' venue is exact; this one costs little per tick, stamps
each tick right before the write, and keeps its market the same for every contender (market time starts with the process).
"""

import argparse
import asyncio
import json
import random
import struct
import time
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from bench.market import MEAN_SIZE, Listing, bars, listings, price

FIRST_ID = 1_000_000_001
QUOTES_PER_S = 25
"""At most, per symbol, and only when the best price moved: quotes follow the market, not the number of ticks."""

EMISSION = struct.Struct("<dd")
"""One row of the log: wall clock in seconds at the write, price. The row's number is the tick's id minus `FIRST_ID`."""

STARTED_S = time.time()
MARKET_ORIGIN_S = 5_000_000.0


class Tape:
    """One symbol's ticks: Poisson in time, at one tick of price around the middle of the market."""

    def __init__(self, listing: Listing, rate: float, seed: int):
        self.listing = listing
        self.rate = rate
        self.log = bytearray()
        self.count = 0
        self._random = random.Random(f"{listing.name} {seed}")
        self._due_s = time.time() + 0.05
        self._quote_due_s = 0.0
        self._quoted = ""
        self._updates = 0
        stream = listing.name.lower()
        self.trade_stream, self.quote_stream = f"{stream}@trade", f"{stream}@bookTicker"

    @property
    def due_s(self) -> float:
        return self._due_s

    def messages(self, now_s: float) -> Iterator[tuple[str, bytes]]:
        """(stream, frame on the wire) of everything due by now: the quote first, so that ticks print inside it."""
        middle = price(self.listing, MARKET_ORIGIN_S + now_s - STARTED_S)
        bid, ask = f"{middle:.2f}", f"{middle + 0.01:.2f}"
        if bid != self._quoted and now_s >= self._quote_due_s:
            self._quoted, self._quote_due_s = bid, now_s + 1 / QUOTES_PER_S
            self._updates += 1
            head = f'{{"stream":"{self.quote_stream}","data":{{"u":{self._updates},"s":"{self.listing.name}"'
            yield self.quote_stream, frame(f'{head},"b":"{bid}000000","B":"31.12000000","a":"{ask}000000","A":"12.70000000"}}}}')
        while self._due_s <= now_s:
            self._due_s += self._random.expovariate(self.rate)
            chance = self._random.random()
            sold = chance < 0.5
            text = bid if sold else ask
            at_ms = int(now_s * 1000)
            head = f'{{"stream":"{self.trade_stream}","data":{{"e":"trade","E":{at_ms},"s":"{self.listing.name}"'
            body = f'"t":{FIRST_ID + self.count},"p":"{text}000000","q":"{chance * 2 * MEAN_SIZE + 0.0001:.8f}","T":{at_ms}'
            yield self.trade_stream, frame(f'{head},{body},"m":{"true" if sold else "false"},"M":true}}}}')
            self.count += 1
            self.log += EMISSION.pack(time.time(), float(text))


class Venue:
    """Tapes and viewers; `rates` in ticks per second, one per listing."""

    def __init__(self, symbols: int, rate: float, seed: int):
        known = listings(symbols)
        self.tapes = {listing.name: Tape(listing, rate / symbols, seed) for listing in known}
        self._viewers: dict[ServerConnection, set[str]] = {}

    async def run(self, port: int) -> None:
        async with serve(self._viewer, "127.0.0.1", port, process_request=self._http, compression=None):
            print(f"venue on {port}", flush=True)
            while True:
                self._emit()
                due_s = min(tape.due_s for tape in self.tapes.values())
                await asyncio.sleep(min(0.04, max(0.001, due_s - time.time())))

    def _emit(self) -> None:
        """What is due goes out in one write per viewer."""
        now_s = time.time()
        made = [message for tape in self.tapes.values() for message in tape.messages(now_s)]
        for connection, streams in self._viewers.items():
            if not connection.transport.is_closing():
                connection.transport.write(b"".join(text for stream, text in made if stream in streams))

    async def _viewer(self, connection: ServerConnection) -> None:
        request = connection.request
        streams = parse_qs(urlsplit(unquote(request.path if request else "")).query).get("streams", [""])[0]
        self._viewers[connection] = {name for name in streams.split("/") if name}
        try:
            async for text in connection:
                told = json.loads(text)
                if told.get("method") == "SUBSCRIBE":
                    self._viewers[connection].update(told["params"])
                await connection.send(json.dumps({"result": None, "id": told.get("id")}))
        except ConnectionClosed:
            pass
        finally:
            del self._viewers[connection]

    def _http(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return None
        address = urlsplit(request.path)
        asked = {key: values[0] for key, values in parse_qs(address.query).items()}
        if address.path == "/bench/emissions":
            return _response(bytes(self.tapes[asked["symbol"]].log))
        if address.path == "/api/v3/klines":
            return _response(json.dumps(self._klines(asked)).encode())
        if address.path == "/api/v3/exchangeInfo":
            return _response(json.dumps({"symbols": [_rules(name) for name in self.tapes]}).encode())
        if address.path == "/api/v3/time":
            return _response(json.dumps({"serverTime": int(time.time() * 1000)}).encode())
        return _response(b"[]")

    def _klines(self, asked: dict[str, str]) -> list[list[object]]:
        tape = self.tapes[asked["symbol"]]
        limit = min(1000, int(asked.get("limit", 500)))
        now_s, shift_s = time.time(), MARKET_ORIGIN_S - STARTED_S
        from_ms, until_ms = int(asked.get("startTime", 0)), int(asked.get("endTime", 1 << 60))
        rows = bars(tape.listing, asked["interval"], min(now_s, until_ms / 1000), shift_s, tape.rate, limit)
        return [row for row in rows if from_ms <= row[0] <= until_ms]  # type: ignore[operator]  # the first cell is an int


def frame(text: str) -> bytes:
    """A whole, unmasked text frame (RFC 6455, 5.2)."""
    payload = text.encode()
    if len(payload) < 126:
        return bytes((0x81, len(payload))) + payload
    return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload


def _rules(name: str) -> dict[str, object]:
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.01000000"},
        {"filterType": "LOT_SIZE", "stepSize": "0.00010000", "minQty": "0.00010000", "maxQty": "9000.00000000"},
        {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
    ]
    return {"symbol": name, "status": "TRADING", "filters": filters}


def _response(body: bytes) -> Response:
    sent = Headers({"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"})
    return Response(HTTPStatus.OK, "OK", sent, body)


def main() -> None:
    flags = argparse.ArgumentParser(description="the bench's venue")
    flags.add_argument("--port", type=int, required=True)
    flags.add_argument("--rate", type=float, default=100.0, help="ticks per second of all symbols together, in equal parts")
    flags.add_argument("--symbols", type=int, default=2)
    flags.add_argument("--seed", type=int, default=1)
    chosen = flags.parse_args()
    try:
        asyncio.run(Venue(chosen.symbols, chosen.rate, chosen.seed).run(chosen.port))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
