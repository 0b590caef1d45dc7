"""THE lock. It guards Desk and the version; whoever changes or reads state does it through here.

Emitting is O(events); a snapshot is made only when someone asks, once per version, and everything derived is made outside.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future

from app.core.books import Booked
from app.core.desk import REPLAYED, Derived, Desk
from app.core.model import AccountOpened, Command, RecorderStopped, StoreState, UnlockReplay
from app.core.orders import Order
from app.core.snapshot import AccountView, Snapshot
from app.core.status import stalled, stalled_reason
from feeds.events import Counted, Event, Quote, Tick

log = logging.getLogger(__name__)

STILL_S = 1.5
"""Something is applied four times a second, so the desk thread stands still."""
BURST_S = 10.0
PASSED = {"received", "parsed"}
"""What is counted with every batch. No page shows it."""


class Hub:
    """`emit` for feeds, `submit` for a user's command, `snapshot` for readers, `watch` to be woken."""

    def __init__(self, desk: Desk):
        self._desk = desk
        self._lock = threading.Lock()
        self._version = 0
        self._applied_ns = 0
        self._applied_s = time.monotonic()
        self._snapshot = desk.snapshot(0, 0)
        self._wake: Callable[[], object] | None = None
        self._armed = False
        self._wanted: frozenset[str] = frozenset()
        self._moved: dict[str, int] = {}
        self._quiet_until = 0.0
        self._put: Callable[[int, Sequence[Booked]], None] | None = None
        self._book_seq = 0
        self._books = {desk.account_id: desk.account()}
        self._on_disk: dict[str, AccountView] = {}
        self._undurable: deque[tuple[int, str, AccountView]] = deque()
        self._waiters: list[tuple[int, Future[None]]] = []

    def store_with(self, put: Callable[[int, Sequence[Booked]], None]) -> None:
        """From here on changes of the books are put there, and shown once `durable` has been told that they are on disk."""
        self._put = put

    def emit(self, events: Sequence[Event | StoreState | RecorderStopped]) -> list[Derived]:
        """Applies a batch in order; what follows from it comes back."""
        derived: list[Derived] = []
        failures: list[tuple[Event | StoreState | RecorderStopped, Exception]] = []
        moved = {mover for event in events if (mover := _mover(event)) is not None}
        with self._lock:
            apply = self._desk.apply
            for event in events:
                try:
                    if steps := apply(event):
                        moved.add("")
                        derived += steps
                        self._book(steps)
                except Exception as error:  # one event that cannot be applied must not take the others with it
                    failures.append((event, error))
            self._applied_ns, self._applied_s = time.time_ns(), time.monotonic()
            for symbol in moved:  # before the version: who has read that one finds these
                self._moved[symbol] = self._version + 1
            self._version += 1
        self._ring(moved)
        for failed, reason in failures:
            self._report(failed, reason)
        return derived

    def submit(self, command: Command) -> list[Derived]:
        """Applies one command of the user. It says nothing of the desk thread's life, and is judged by it."""
        derived: Sequence[Derived]
        with self._lock:
            dead = self._stalled()
            derived = self._desk.apply(command) if isinstance(command, UnlockReplay) else self._desk.obey(command, dead)
            self._book(derived)
            self._moved[""] = self._version + 1
            self._version += 1
        self._ring()
        return list(derived)

    def seen(self, client_id: str) -> Order | None:
        """See `Desk.seen`."""
        with self._lock:
            return self._desk.seen(client_id)

    def order(self, order_id: int) -> Order | None:
        """See `Desk.order`."""
        with self._lock:
            return self._desk.order(order_id)

    def durable(self, book_seq: int) -> None:
        """The books are on disk up to there."""
        with self._lock:
            while self._undurable and self._undurable[0][0] <= book_seq:
                _, account_id, view = self._undurable.popleft()
                self._on_disk[account_id] = view
            if not self._undurable:
                self._on_disk = {}
            done = [waiter for seq, waiter in self._waiters if seq <= book_seq]
            self._waiters = [(seq, waiter) for seq, waiter in self._waiters if seq > book_seq]
            self._moved[""] = self._version + 1
            self._version += 1
        for waiter in done:
            waiter.set_result(None)
        self._ring()

    def when_durable(self) -> "Future[None]":
        """Done once everything that the books hold now is on disk."""
        waiter: Future[None] = Future()
        with self._lock:
            waits = bool(self._undurable)
            if waits:
                self._waiters.append((self._book_seq, waiter))
        if not waits:
            waiter.set_result(None)
        return waiter

    def snapshot(self) -> Snapshot:
        """The newest state, frozen. When nothing was applied for long, not even a heartbeat, it says so."""
        with self._lock:
            if self._snapshot.version != self._version:
                on_disk = self._on_disk.get(self._desk.account_id)
                self._snapshot = self._desk.snapshot(self._version, self._applied_ns, on_disk)
            snapshot, dead = self._snapshot, self._stalled()
        return stalled(snapshot, dead) if dead else snapshot

    def on_change(self, wake: Callable[[], object] | None) -> None:
        """`wake` is called from the changing thread, outside the lock, once for each `watch`."""
        self._wake = wake

    @property
    def version(self) -> int:
        return self._version

    def moved(self, version: int, symbols: Iterable[str]) -> bool:
        """Since `version` one of these had a tick or a quote, or something else than market data changed."""
        at = self._moved
        return at.get("", 0) > version or any(at.get(symbol, 0) > version for symbol in symbols)

    def watch(self, version: int, symbols: frozenset[str]) -> bool:
        """True: `moved` since `version`. Else whoever `on_change` named is woken when it next does."""
        self._wanted, self._armed = symbols, True  # before the look: rather woken once too often than once too seldom
        changed = self.moved(version, symbols)
        self._armed = not changed
        return changed

    def _book(self, steps: Sequence[Derived]) -> None:
        """Under the lock: what changed the books goes its way to the disk, and is shown when it is there."""
        booked = self._desk.booked(steps) if self._put is not None else ()
        if not booked or self._put is None:
            return
        self._book_seq += 1
        account_id, view = self._desk.account_id, self._desk.account()
        began = account_id == REPLAYED and any(isinstance(one.change, AccountOpened) for one in booked)
        self._on_disk.setdefault(account_id, view if began else self._books.get(account_id, view))
        self._books[account_id] = view
        self._undurable.append((self._book_seq, account_id, view))
        self._put(self._book_seq, booked)

    def _report(self, event: Event | StoreState | RecorderStopped, error: Exception) -> None:
        """The first of a burst, with its traceback."""
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + BURST_S
            log.error("not applied: %.300r", event, exc_info=error)

    def _stalled(self) -> str:
        """Why nothing here may be called live: no event was applied for too long. Empty before the first one."""
        still_s = time.monotonic() - self._applied_s
        return stalled_reason(still_s) if self._applied_ns and still_s > STILL_S else ""

    def _ring(self, moved: Collection[str] = ("",)) -> None:
        if self._armed and self._wake is not None and ("" in moved or not self._wanted.isdisjoint(moved)):
            self._armed = False
            self._wake()


def _mover(event: Event | StoreState | RecorderStopped) -> str | None:
    """The symbol that it moves, empty for all of them; None where it moves nothing that a page shows at once."""
    if isinstance(event, (Tick, Quote)):
        return event.symbol
    if isinstance(event, Counted) and event.amounts and not any(event.amounts[name] for name in event.amounts.keys() - PASSED):
        return None
    return ""
