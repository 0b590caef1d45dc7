"""The last ticks of one symbol and how many there ever were. Knows nothing of candles or screens."""

from collections import deque
from dataclasses import replace

from feeds.events import Tick

RATE_SLOT_NS = 250_000_000
RATE_SLOTS = 12


class Ring:
    """Newest `size` ticks. `n` counts every tick of this epoch; the newest tick is number n."""

    def __init__(self, size: int):
        self._ticks: deque[Tick] = deque(maxlen=size)
        self.n = 0
        self._slots: deque[list[int]] = deque(maxlen=RATE_SLOTS + 1)

    @property
    def last(self) -> Tick | None:
        return self._ticks[-1] if self._ticks else None

    def append(self, tick: Tick) -> None:
        self._ticks.append(tick)
        self.n += 1
        slot = tick.ts_recv_ns // RATE_SLOT_NS
        if self._slots and self._slots[-1][0] == slot:
            self._slots[-1][1] += 1
        else:
            self._slots.append([slot, 1])

    def clock_set_back(self, now_ns: int) -> None:
        """The receiver's clock was set back to `now_ns`: no tick may have been received later than that."""
        self._slots.clear()
        for at, tick in enumerate(self._ticks):
            if tick.ts_recv_ns > now_ns:
                self._ticks[at] = replace(tick, ts_recv_ns=now_ns)

    def ticks(self) -> tuple[Tick, ...]:
        """Oldest first."""
        return tuple(self._ticks)

    def per_second(self, now_ns: int) -> float:
        """Ticks a second over the last three seconds of the receiver's clock, the slot still filling left out."""
        newest = now_ns // RATE_SLOT_NS
        oldest = newest - RATE_SLOTS
        counted = sum(count for slot, count in self._slots if oldest <= slot < newest)
        return counted / (RATE_SLOTS * RATE_SLOT_NS / 1e9)
