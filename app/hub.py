"""THE lock. It guards Desk and the version; whoever changes or reads state does it through here.

Emitting is O(events); a snapshot is made only when someone asks, once per version, and everything derived is made outside.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from app.core.desk import Derived, Desk
from app.core.model import Command, UnlockReplay
from app.core.orders import Order
from app.core.snapshot import Snapshot
from app.core.status import stalled, stalled_reason
from feeds.events import Event

log = logging.getLogger(__name__)

STILL_S = 1.5
"""Something is applied four times a second, so the desk thread stands still."""
BURST_S = 10.0


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
        self._quiet_until = 0.0

    def emit(self, events: Sequence[Event]) -> list[Derived]:
        """Applies a batch in order; what follows from it comes back."""
        derived: list[Derived] = []
        failures: list[tuple[Event, Exception]] = []
        with self._lock:
            apply = self._desk.apply
            for event in events:
                try:
                    derived += apply(event)
                except Exception as error:  # one event that cannot be applied must not take the others with it
                    failures.append((event, error))
            self._applied_ns, self._applied_s = time.time_ns(), time.monotonic()
            self._version += 1
        self._ring()
        for failed, reason in failures:
            self._report(failed, reason)
        return derived

    def submit(self, command: Command) -> list[Derived]:
        """Applies one command of the user. It says nothing of the desk thread's life, and is judged by it."""
        derived: Sequence[Derived]
        with self._lock:
            dead = self._stalled()
            derived = self._desk.apply(command) if isinstance(command, UnlockReplay) else self._desk.obey(command, dead)
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

    def snapshot(self) -> Snapshot:
        """The newest state, frozen. When nothing was applied for long, not even a heartbeat, it says so."""
        with self._lock:
            if self._snapshot.version != self._version:
                self._snapshot = self._desk.snapshot(self._version, self._applied_ns)
            snapshot, dead = self._snapshot, self._stalled()
        return stalled(snapshot, dead) if dead else snapshot

    def on_change(self, wake: Callable[[], object] | None) -> None:
        """`wake` is called from the changing thread, outside the lock, once for each `watch`."""
        self._wake = wake

    @property
    def version(self) -> int:
        return self._version

    def watch(self, version: int) -> bool:
        """True: something changed since `version`. Else whoever `on_change` named is woken by the next change."""
        self._armed = True  # before the look: a change in between wakes once too often, never once too seldom
        changed = self._version != version
        self._armed = not changed
        return changed

    def _report(self, event: Event, error: Exception) -> None:
        """The first of a burst, with its traceback."""
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + BURST_S
            log.error("not applied: %.300r", event, exc_info=error)

    def _stalled(self) -> str:
        """Why nothing here may be called live: no event was applied for too long. Empty before the first one."""
        still_s = time.monotonic() - self._applied_s
        return stalled_reason(still_s) if self._applied_ns and still_s > STILL_S else ""

    def _ring(self) -> None:
        if self._armed and self._wake is not None:
            self._armed = False
            self._wake()
