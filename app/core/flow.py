"""100 ms buckets of ticks beside the ring, without loss, for the longer views. Floats: they are drawn, never counted."""

from app.core.kept import Kept, Window
from app.core.snapshot import Bucket
from feeds.events import Tick

BUCKET_MS = 100
KEPT = 3_000


class Flow:
    """The last five minutes in 100 ms steps of event time; steps without a tick have no bucket."""

    def __init__(self) -> None:
        self._closed: Kept[Bucket] = Kept(KEPT - 1)
        self._start = -1
        self._count = 0
        self._first = self._min = self._max = self._last = self._buy = self._sell = 0.0

    def add(self, tick: Tick) -> None:
        """A tick older than the open bucket joins the open one: what is drawn must hold every print."""
        ts_ms = tick.ts_event_ns // 1_000_000
        price, size = float(tick.price), float(tick.size)
        start = ts_ms - ts_ms % BUCKET_MS
        if start > self._start:
            if self._start >= 0:
                self._closed.append(self._bucket())
            self._start = start
            self._first = self._min = self._max = price
            self._buy = self._sell = 0.0
            self._count = 0
        elif price > self._max:
            self._max = price
        elif price < self._min:
            self._min = price
        self._last = price
        self._count += 1
        if tick.aggressor > 0:
            self._buy += size
        elif tick.aggressor < 0:
            self._sell += size
        else:
            self._buy += size / 2
            self._sell += size / 2

    def closed(self) -> Window[Bucket]:
        """Oldest first."""
        return self._closed.window()

    def open(self) -> Bucket | None:
        return self._bucket() if self._start >= 0 else None

    def _bucket(self) -> Bucket:
        return Bucket(self._start, self._first, self._min, self._max, self._last, self._buy, self._sell, self._count)
