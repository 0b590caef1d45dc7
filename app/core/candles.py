"""Bars of one symbol and interval, built from prints by event time. Knows nothing of venues, screens or clocks.

Open, high, low, close, volume and count add up: the same `add` takes a single print and a whole smaller bar, which is how
history and live ticks are joined without a seam (`seed`).
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from app.core.snapshot import SeriesView
from feeds.events import BARS_KEPT, Candle

ZERO = Decimal(0)


class Series:
    """The last 500 bars of one interval; the last may be open. Only prints open, roll and close bars."""

    def __init__(self, interval_ms: int):
        self.interval_ms = interval_ms
        self._closed: deque[Candle] = deque(maxlen=BARS_KEPT)
        self._closed_view: tuple[Candle, ...] | None = ()
        self._revision = 0
        self._open_ms = -1
        self._open = self._high = self._low = self._close = self._volume = ZERO
        self._count: int | None = 0
        self._complete = False
        self._broken = True
        self._ahead: deque[Candle] = deque(maxlen=BARS_KEPT)
        self.differences = 0

    def add(self, ts_ms: int, price: Decimal, size: Decimal) -> None:
        """One print. Earlier than the open bar: it amends its own bar (high, low, volume, count), if that is still kept."""
        offset = ts_ms - self._open_ms
        if 0 <= offset < self.interval_ms and self._open_ms >= 0:
            if price > self._high:
                self._high = price
            elif price < self._low:
                self._low = price
            self._close = price
            self._volume += size
            if self._count is not None:
                self._count += 1
            return
        self.add_bar(ts_ms, price, price, price, price, size, 1)

    def add_bar(
        self, ts_ms: int, open_: Decimal, high: Decimal, low: Decimal, close: Decimal, volume: Decimal, count: int | None
    ) -> None:
        """A print, or a smaller bar lying wholly inside one of ours: (open, high, low, close, volume, count)."""
        start = ts_ms - ts_ms % self.interval_ms
        if start < self._open_ms:
            self._amend(start, high, low, volume, count)
            return
        if start > self._open_ms:
            self._roll(start)
            self._open, self._high, self._low, self._close = open_, high, low, close
            self._volume, self._count = volume, count
            return
        self._high = max(self._high, high)
        self._low = min(self._low, low)
        self._close = close
        self._volume += volume
        self._count = None if self._count is None or count is None else self._count + count

    def interrupt(self, ts_ms: int) -> None:
        """Prints are missing before the one at `ts_ms`: the bars it breaks are incomplete and nothing is filled up to it."""
        self._complete = False
        self._broken = not self._open_ms <= ts_ms < self._open_ms + self.interval_ms

    def seed(self, bars: Iterable[Candle], seam_ms: int, seconds: Iterable[Candle]) -> None:
        """Begin again with `bars` (all before `seam_ms`, the last may be open) and go on with our own 1 s bars from the seam."""
        self._closed.clear()
        self._ahead.clear()
        self._open_ms = -1
        self._broken = True
        for bar in bars:
            if bar.closed:
                self._closed.append(bar)
            else:
                self._take(bar)
        self._broken = False
        for second in seconds:
            if second.open_time_ms >= seam_ms and second.count != 0:
                at = second.open_time_ms
                if not second.complete:
                    self.interrupt(at)
                self.add_bar(at, second.open, second.high, second.low, second.close, second.volume, second.count)
        self._changed()

    def correct(self, bar: Candle) -> None:
        """The venue's own closed bar replaces ours: now, or when ours closes. `differences`: where ours was meant to be whole."""
        if not self._closed or bar.open_time_ms > self._closed[-1].open_time_ms:
            self._ahead.append(bar)
            return
        for at in range(len(self._closed) - 1, -1, -1):
            ours = self._closed[at]
            if ours.open_time_ms == bar.open_time_ms:
                if not _same(ours, bar):
                    self._closed[at] = bar
                    self._changed()
                    self.differences += ours.complete
                return
            if ours.open_time_ms < bar.open_time_ms:
                return

    def view(self) -> SeriesView:
        if self._closed_view is None:
            self._closed_view = tuple(self._closed)
        return SeriesView(self._closed_view, self.open_bar(), self._revision)

    def bars(self) -> list[Candle]:
        """Oldest first, the open bar last."""
        bar = self.open_bar()
        return [*self._closed, bar] if bar else list(self._closed)

    def open_bar(self) -> Candle | None:
        if self._open_ms < 0:
            return None
        return Candle(
            self._open_ms, self._open, self._high, self._low, self._close, self._volume, self._count, False, self._complete
        )

    def _roll(self, start: int) -> None:
        """Close the open bar, fill the bars without a print that lie between at the last close, begin one at `start`."""
        bar = self.open_bar()
        whole = True
        if bar is None:
            whole = not self._broken
            if self._closed and not self._broken:
                self._fill(self._closed[-1], start)
        else:
            closed = replace(bar, closed=True)
            self._append(closed)
            if self._broken:
                whole = False
            else:
                self._fill(closed, start)
        self._open_ms = start
        self._complete = whole
        self._broken = False
        for _ in range(len(self._ahead)):
            self.correct(self._ahead.popleft())

    def _fill(self, after: Candle, start: int) -> None:
        first = after.open_time_ms + self.interval_ms
        for at in range(max(first, start - BARS_KEPT * self.interval_ms), start, self.interval_ms):
            self._append(Candle(at, after.close, after.close, after.close, after.close, ZERO, 0))

    def _append(self, bar: Candle) -> None:
        self._closed.append(bar)
        self._closed_view = None

    def _take(self, bar: Candle) -> None:
        self._open_ms, self._open, self._high, self._low, self._close = (
            bar.open_time_ms,
            bar.open,
            bar.high,
            bar.low,
            bar.close,
        )
        self._volume, self._count, self._complete = bar.volume, bar.count, bar.complete

    def _amend(self, start: int, high: Decimal, low: Decimal, volume: Decimal, count: int | None) -> None:
        for at in range(len(self._closed) - 1, -1, -1):
            bar = self._closed[at]
            if bar.open_time_ms == start:
                if bar.count == 0:
                    high, low = max(high, low), min(high, low)
                    amended = replace(bar, open=high, high=high, low=low, close=high, volume=volume, count=count)
                else:
                    total = None if bar.count is None or count is None else bar.count + count
                    amended = replace(
                        bar, high=max(bar.high, high), low=min(bar.low, low), volume=bar.volume + volume, count=total
                    )
                self._closed[at] = amended
                self._changed()
                return
            if bar.open_time_ms < start:
                return

    def _changed(self) -> None:
        self._closed_view = None
        self._revision += 1


def _same(ours: Candle, venue: Candle) -> bool:
    return (ours.open, ours.high, ours.low, ours.close, ours.volume) == (
        venue.open,
        venue.high,
        venue.low,
        venue.close,
        venue.volume,
    ) and ours.complete
