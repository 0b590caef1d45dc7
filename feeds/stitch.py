"""How a venue's bars are joined to the stream at a whole second, the seam, without doubling or losing a print. Pure.

Klines carry no print id, so only bars that are closed count, and what is open at the seam is built from smaller closed ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from feeds.events import BARS_KEPT, INTERVAL_MS, Candle, Tick

ZERO = Decimal(0)


def seam_holds(seam_ms: int, first_event_ms: int | None, first_seam_ms: int | None) -> bool:
    """Whether the stream has every print from `seam_ms` on.

    It has when a whole second began after the connection's first print. A symbol without a print so far: when the seam moved
    on since it was first asked for on the living connection (`first_seam_ms`).
    """
    if first_event_ms is not None:
        return seam_ms > first_event_ms
    return first_seam_ms is not None and seam_ms > first_seam_ms


def stitch(closed: Mapping[str, Sequence[Candle]], seam_ms: int) -> dict[str, tuple[Candle, ...]]:
    """All bars before the seam, by interval: at most 500 closed ones, then the one that is open at the seam.

    `closed`: bars that were closed when the venue served them, oldest first, seconds up to the seam; what closed between an
    answer and the seam is built from smaller bars. An open bar without a print is left out: its first print will open it.
    A bar whose parts are not all there is not `complete`.
    """
    series: dict[str, tuple[Candle, ...]] = {}
    parts: list[Candle] = []
    part_ms = 0
    for interval, step in INTERVAL_MS.items():
        bars = [bar for bar in closed.get(interval, ()) if bar.open_time_ms + step <= seam_ms]
        first_ms = parts[0].open_time_ms if parts else seam_ms
        start = bars[-1].open_time_ms + step if bars else first_ms - first_ms % step
        while part_ms and start < seam_ms:
            bar = _built(parts, part_ms, start, min(start + step, seam_ms), start + step <= seam_ms)
            if bar is None:
                break
            bars.append(bar)
            start += step
        shown = bars if not bars or bars[-1].closed or bars[-1].count != 0 or not bars[-1].complete else bars[:-1]
        series[interval] = tuple(shown[-BARS_KEPT - 1 :] if shown and not shown[-1].closed else shown[-BARS_KEPT:])
        parts, part_ms = bars, step
    return series


def seconds_of(prints: Iterable[Tick], start_ms: int, seam_ms: int, close: Decimal | None = None) -> list[Candle]:
    """1 s bars of [start_ms, seam_ms) from its prints in order; a second without one repeats the close, without volume.

    `close`: of the bar before. Without it the bars begin with the first second that has a print.
    """
    by_second: dict[int, list[Tick]] = {}
    for tick in prints:
        at_ms = tick.ts_event_ns // 1_000_000
        if start_ms <= at_ms < seam_ms:
            by_second.setdefault(at_ms - at_ms % 1000, []).append(tick)
    bars: list[Candle] = []
    for at_ms in range(start_ms, seam_ms, 1000):
        ticks = by_second.get(at_ms)
        if ticks:
            prices = [tick.price for tick in ticks]
            close = prices[-1]
            volume = sum((tick.size for tick in ticks), ZERO)
            bars.append(Candle(at_ms, prices[0], max(prices), min(prices), close, volume, len(ticks)))
        elif close is not None:
            bars.append(_flat(at_ms, close))
    return bars


def _built(parts: Sequence[Candle], part_ms: int, start_ms: int, end_ms: int, closed: bool) -> Candle | None:
    """One bar of [start_ms, end_ms) from the smaller ones inside it; None when there is none."""
    inside = [part for part in parts if start_ms <= part.open_time_ms < end_ms]
    if not inside:
        return None
    whole = (
        inside[0].open_time_ms == start_ms
        and inside[-1].open_time_ms + part_ms >= end_ms
        and len(inside) == -(-(end_ms - start_ms) // part_ms)
        and all(part.complete for part in inside)
    )
    traded = [part for part in inside if part.count != 0]
    if not traded:
        flat = _flat(start_ms, inside[-1].close)
        return Candle(start_ms, flat.open, flat.high, flat.low, flat.close, ZERO, 0, closed, whole)
    counts = [part.count for part in traded]
    return Candle(
        start_ms,
        traded[0].open,
        max(part.high for part in traded),
        min(part.low for part in traded),
        traded[-1].close,
        sum((part.volume for part in traded), ZERO),
        None if None in counts else sum(count for count in counts if count is not None),
        closed,
        whole,
    )


def _flat(open_time_ms: int, price: Decimal) -> Candle:
    return Candle(open_time_ms, price, price, price, price, ZERO, 0)
