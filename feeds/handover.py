"""Two links carry the same streams for a moment: which texts of the new one are handed on, and from when. Owns no socket.

The old link speaks until the new one's prints join its own without a hole (`Tick.seq` tells); what the new one brings is held.
It has a lock of its own: two sockets' threads and their owner meet here, for seconds a day. A queue between them would need
one thread to empty it, and then old prints would wait for it, or new ones overtake those held at the moment of the switch.
"""

import threading
from collections.abc import Callable

from feeds.adapter import Parse
from feeds.events import Event, Quote, Refused, Tick


class Handover:
    """`old` and `new` are the two links' sinks; `finish` switches, once. Guarded by one lock, held for the overlap only."""

    def __init__(self, put_text: Callable[[bytes, int], None], parse: Parse):
        self._put_text = put_text
        self._parse = parse
        self._lock = threading.Lock()
        self._finished = False
        self._last_old: dict[str, int] = {}
        self._first_new: dict[str, int] = {}
        self._held: list[tuple[bytes, int, str, int]] = []
        self._quotes: dict[str, tuple[bytes, int]] = {}

    def old(self, text: bytes, ts_recv_ns: int) -> None:
        with self._lock:
            if self._finished:
                return
            self._put_text(text, ts_recv_ns)
            for event in self._events(text, ts_recv_ns):
                if isinstance(event, Tick) and event.seq is not None:
                    self._last_old[event.symbol] = event.seq

    def new(self, text: bytes, ts_recv_ns: int) -> None:
        with self._lock:
            if self._finished:
                self._put_text(text, ts_recv_ns)
                return
            for event in self._events(text, ts_recv_ns):
                if isinstance(event, Quote):
                    self._quotes[event.symbol] = (text, ts_recv_ns)
                elif isinstance(event, Tick) and event.seq is not None:
                    self._first_new.setdefault(event.symbol, event.seq)
                    self._held.append((text, ts_recv_ns, event.symbol, event.seq))

    @property
    def joined(self) -> bool:
        """The new link's prints follow the old one's without a hole, for every symbol that had one."""
        with self._lock:
            return all(self._last_old.get(symbol, -1) >= first - 1 for symbol, first in self._first_new.items())

    def finish(self) -> None:
        """From here on the new link speaks and the old one is not heard."""
        with self._lock:
            for text, ts_recv_ns, symbol, seq in self._held:
                if seq > self._last_old.get(symbol, -1):
                    self._put_text(text, ts_recv_ns)
            for text, ts_recv_ns in self._quotes.values():
                self._put_text(text, ts_recv_ns)
            self._finished = True
            self._held.clear()

    def _events(self, text: bytes, ts_recv_ns: int) -> list[Event]:
        try:
            return self._parse(text, ts_recv_ns)
        except (Refused, ValueError, KeyError, TypeError):
            return []
