"""What can go wrong at the local venue, on demand and from any thread. The venue asks here before it sends or answers."""

import asyncio
import time
from typing import TYPE_CHECKING

from tests.servers.streams import frame

if TYPE_CHECKING:
    from tests.servers.binance import LocalBinance

WORDS = {
    429: "Too many requests.",
    418: "Way too many requests; IP banned.",
    451: "Service unavailable from a restricted location.",
}


class Faults:
    """`stalled`: sockets stay open and say nothing. `used_weight`: what the REST header says."""

    def __init__(self, venue: "LocalBinance"):
        self.stalled = False
        self.used_weight = 12
        self._venue = venue
        self._silent: set[str] = set()
        self._skipping: dict[str, int] = {}
        self._doubling: dict[str, int] = {}
        self._streams_refused: tuple[int, float] | None = None
        self._rest_refused: tuple[int, float] | None = None

    def stall(self, on: bool = True) -> None:
        """Freezes every connection without closing it: neither messages nor pongs."""

        def do() -> None:
            self.stalled = on
            for viewer in self._venue.everyone():
                transport = viewer.connection.transport
                transport.pause_reading() if on else transport.resume_reading()

        self._venue.call(do)

    def silence(self, name: str, on: bool = True) -> None:
        """A symbol's streams say nothing, or one stream's (`ethusdt@trade`); connections made later speak again if `on` ends."""
        self._venue.call(lambda: self._silent.add(name) if on else self._silent.discard(name))

    def skip(self, name: str, prints: int) -> None:
        """The next prints of a symbol are made but never sent: a hole in its ids."""
        self._skipping[name] = prints

    def double(self, name: str, prints: int) -> None:
        """The next prints of a symbol are sent twice."""
        self._doubling[name] = prints

    def say(self, text: str) -> None:
        """Any text as one message to everyone: garbage, errors, notices."""
        self._venue.call(lambda: [viewer.pending.append(frame(text.encode())) for viewer in self._venue.everyone()])

    def shutdown_notice(self) -> None:
        self.say(f'{{"stream":"!serverShutdown","data":{{"e":"serverShutdown","E":{int(time.time() * 1000)}}}}}')

    def drop(self) -> None:
        """Every connection is gone, without a closing frame."""
        self._venue.call(lambda: [viewer.connection.transport.abort() for viewer in self._venue.everyone()])

    def close(self, code: int = 1001, reason: str = "24h") -> None:
        """Every connection is closed properly, as at the end of its 24 hours."""

        def do() -> None:
            for viewer in self._venue.everyone():
                asyncio.ensure_future(viewer.connection.close(code, reason))

        self._venue.call(do)

    def ping(self) -> None:
        for viewer in self._venue.everyone():
            viewer.pending.append(frame(b"1723161254", 9))

    def refuse_streams(self, status: int | None, retry_after_s: float = 0.0) -> None:
        """New sockets are answered with this HTTP status; None ends it."""
        self._streams_refused = None if status is None else (status, retry_after_s)

    def refuse_rest(self, status: int | None, retry_after_s: float = 0.0) -> None:
        self._rest_refused = None if status is None else (status, retry_after_s)

    def refuse_connections(self) -> None:
        """Nobody listens any more; open connections stay."""
        asyncio.run_coroutine_threadsafe(self._venue.close_listener(), self._venue.loop).result(5)

    def listen_again(self) -> None:
        asyncio.run_coroutine_threadsafe(self._venue.listen(), self._venue.loop).result(5)

    def passes(self, name: str, number: int | None) -> bool:
        """Whether a symbol's print (with its number) or quote (None) is sent."""
        if name in self._silent:
            return False
        left = self._skipping.get(name, 0)
        if number is not None and left:
            self._skipping[name] = left - 1
            return False
        return True

    def carries(self, stream: str) -> bool:
        return stream not in self._silent

    def doubles(self, name: str) -> int:
        left = self._doubling.get(name, 0)
        if left:
            self._doubling[name] = left - 1
        return 1 if left else 0

    def refusal(self, is_stream: bool) -> tuple[int, object, dict[str, str]] | None:
        refused = self._streams_refused if is_stream else self._rest_refused
        if refused is None:
            return None
        status, retry_after_s = refused
        headers = {"Retry-After": str(int(retry_after_s))} if retry_after_s else {}
        return status, {"code": -1003 if status in (418, 429) else 0, "msg": WORDS.get(status, "Refused.")}, headers
