"""Between the socket threads and the desk: one bounded inbox, one thread that parses and hands over in batches.

A socket thread stamps the receive time and puts the text on a `Lane`; nothing else. Knows no venue and no desk: it calls
the lane's `parse` and the `emit` that it was given.
"""

import collections
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from decimal import Decimal

from feeds.events import Counted, Event, Heartbeat, Quote, Tick

log = logging.getLogger(__name__)

Parse = Callable[[str | bytes, int], list[Event]]
Tap = Callable[[str | bytes, int], None]

HEARTBEAT_S = 0.25
BATCH = 256
BURST_S = 10.0


class Lane:
    """One source's way into the inbox. A closed lane's texts are dropped, so a stopped source cannot speak any more.

    `first_event_ms`, `last_market_s()` (by symbol) are for the connection's owner: the first event time since `forget()`,
    and when a tick, or a quote around the last print, was last parsed, on the monotonic clock: no one sets it back. Single
    writer: the desk thread. `tap` is given every text as well.
    """

    def __init__(self, intake: "Intake", parse: Parse, drives_clock: bool, tap: Tap | None = None):
        self._intake = intake
        self._tap = tap
        self.parse = parse
        self.drives_clock = drives_clock
        self.closed = False
        self.first_event_ms: dict[str, int] = {}
        self._last_market_s: dict[str, float] = {}
        self._last_price: dict[str, Decimal] = {}
        self._forgets = self._forgotten = 0

    def put_text(self, text: str | bytes, ts_recv_ns: int) -> None:
        self._intake.put(self, text, ts_recv_ns)
        if self._tap is not None:
            self._tap(text, ts_recv_ns)

    def put_event(self, event: Event) -> None:
        self._intake.put(self, event, 0)

    def forget(self) -> None:
        """A new connection begins: what is noted above starts anew (in place in the queue, so order holds)."""
        self._forgets += 1
        self._intake.put(self, None, 0)

    def last_market_s(self) -> dict[str, float]:
        """Nothing while texts from before `forget()` still wait in the inbox."""
        return self._last_market_s.copy() if self._forgotten == self._forgets else {}

    def note(self, event: Event, now_s: float) -> None:
        """What was parsed from this lane at that moment."""
        if isinstance(event, Tick):
            self.first_event_ms.setdefault(event.symbol, event.ts_event_ns // 1_000_000)
            self._last_market_s[event.symbol] = now_s
            self._last_price[event.symbol] = event.price
        elif isinstance(event, Quote):
            last = self._last_price.get(event.symbol)
            if last is None or event.bid <= last <= event.ask:  # one that leaves the prints behind is no sign of their life
                self._last_market_s[event.symbol] = now_s

    def forget_now(self) -> None:
        """`forget()` has come to its turn."""
        self.first_event_ms.clear()
        self._last_market_s.clear()
        self._last_price.clear()
        self._forgotten += 1

    def close(self) -> None:
        self.closed = True


class Intake:
    """The inbox and the desk thread's loop. `emit` receives batches of events, in order of arrival.

    `capacity`: texts that may wait; one more is dropped and counted (`inbox_dropped`). Events are never dropped.
    """

    def __init__(self, emit: Callable[[Sequence[Event]], object], capacity: int = 50_000):
        self._emit = emit
        self._capacity = capacity
        self._queue: queue.SimpleQueue[tuple[Lane, object, int] | None] = queue.SimpleQueue()
        self._lane: Lane | None = None
        self._dropped: collections.deque[None] = collections.deque()
        self._quiet_until = 0.0
        self._unlogged = 0
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    def lane(self, parse: Parse, *, drives_clock: bool = False, tap: Tap | None = None) -> Lane:
        """A new source's lane; the one before it is closed."""
        if self._lane is not None:
            self._lane.close()
        self._lane = Lane(self, parse, drives_clock, tap)
        return self._lane

    @property
    def depth(self) -> int:
        return self._queue.qsize()

    def put(self, lane: Lane, item: object, ts_recv_ns: int) -> None:
        if isinstance(item, (str, bytes)) and self._queue.qsize() >= self._capacity:
            self._dropped.append(None)  # atomic: two socket threads may drop at once
            return
        self._queue.put((lane, item, ts_recv_ns))

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Drains what waits, then ends the thread."""
        self._queue.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        beat = time.monotonic()
        running = True
        while running:
            items = self._take(max(0.0, beat - time.monotonic()))
            if items and items[-1] is None:
                items.pop()
                running = False
            events = self._events(items)
            if time.monotonic() >= beat:
                beat = time.monotonic() + HEARTBEAT_S
                if beat - HEARTBEAT_S >= self._quiet_until:
                    self._end_burst()
                driven = self._lane is not None and self._lane.drives_clock
                events.append(Counted({}) if driven else Heartbeat(time.time_ns()))  # either shows that this thread lives
            if events:
                try:
                    self._emit(events)
                except Exception:  # whatever it is, the desk must go on
                    log.exception("a batch of %d events was not applied", len(events))
        self._end_burst()
        log.debug("stopped: desk thread")

    def _take(self, timeout_s: float) -> list[tuple[Lane, object, int] | None]:
        items: list[tuple[Lane, object, int] | None] = []
        try:
            items.append(self._queue.get(timeout=timeout_s))
            while items[-1] is not None and len(items) < BATCH:
                items.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return items

    def _events(self, items: Sequence[tuple[Lane, object, int] | None]) -> list[Event]:
        events: list[Event] = []
        received = parsed = refused = 0
        now_s = time.monotonic()
        for lane, item, ts_recv_ns in items:  # type: ignore[misc]  # the None that ends the loop was taken off
            if lane.closed:
                continue
            if isinstance(item, (str, bytes)):
                received += 1
                try:
                    found = lane.parse(item, ts_recv_ns)
                except Exception as error:  # a frame may be anything; none may end this thread
                    refused += 1
                    self._report(error, item)
                    continue
                parsed += 1
                events += found
                for event in found:
                    lane.note(event, now_s)
            elif item is None:
                lane.forget_now()
            else:
                events.append(item)  # type: ignore[arg-type]
        dropped = len(self._dropped)
        for _ in range(dropped):
            self._dropped.popleft()
        if received or dropped:
            events.append(Counted({"received": received, "parsed": parsed, "refused": refused, "inbox_dropped": dropped}))
        return events

    def _report(self, error: Exception, frame: object) -> None:
        """One line when a burst begins, with the frame, and one when it ends: rubbish must not fill the disk."""
        if time.monotonic() < self._quiet_until:
            self._unlogged += 1
            return
        self._end_burst()
        log.warning("refused 1 frame: %s: %.300r", error, frame)
        self._quiet_until = time.monotonic() + BURST_S

    def _end_burst(self) -> None:
        """How many were passed over since the burst's first, if any."""
        if self._unlogged:
            log.warning("refused %d more since", self._unlogged)
            self._unlogged = 0
