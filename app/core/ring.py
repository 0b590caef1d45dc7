"""The last ticks of one symbol and how many there ever were. Knows nothing of candles or screens."""

from collections import deque
from dataclasses import replace

from app.core.kept import Kept, Window
from feeds.events import Tick

RATE_SLOT_NS = 250_000_000
RATE_SLOTS = 12


class Ring:
    """Newest `size` ticks. `n` counts every tick of this epoch; the newest tick is number n."""

    def __init__(self, size: int):
        self._size = size
        self._ticks: Kept[Tick] = Kept(size)
        self.n = 0
        self.last: Tick | None = None
        self._slots: deque[list[int]] = deque(maxlen=RATE_SLOTS + 1)
        self._rate: tuple[int, float] = (0, 0.0)

    def append(self, tick: Tick) -> None:
        self._ticks.append(tick)
        self.last = tick
        self.n += 1
        slot = tick.ts_recv_ns // RATE_SLOT_NS
        if self._slots and self._slots[-1][0] == slot:
            self._slots[-1][1] += 1
        else:
            self._slots.append([slot, 1])

    def clock_set_back(self, now_ns: int) -> None:
        """The receiver's clock was set back to `now_ns`: no tick may have been received later than that."""
        self._slots.clear()
        self._rate = (0, 0.0)
        held = [replace(tick, ts_recv_ns=min(now_ns, tick.ts_recv_ns)) for tick in self._ticks.window()]
        self._ticks = Kept(self._size, held)
        self.last = self._ticks.last

    def ticks(self) -> Window[Tick]:
        """Oldest first."""
        return self._ticks.window()

    def per_second(self, now_ns: int) -> float:
        """Ticks a second over the last three seconds of the receiver's clock, the slot still filling left out."""
        newest = now_ns // RATE_SLOT_NS
        if self._rate[0] != newest:
            counted = sum(count for slot, count in self._slots if newest - RATE_SLOTS <= slot < newest)
            self._rate = (newest, counted / (RATE_SLOTS * RATE_SLOT_NS / 1e9))
        return self._rate[1]
