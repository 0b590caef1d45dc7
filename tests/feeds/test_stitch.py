"""The seam between history and stream: what stands before it plus the prints after it is what the venue itself reports."""

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.events import INTERVAL_MS, Candle, Tick
from feeds.stitch import seam_holds, seconds_of, stitch

DAY = 1_723_075_200_000
MINUTE = 60_000


def tick(at_ms: int, price: int, size: int = 1) -> Tick:
    return Tick("ETH/USDT", Decimal(price), Decimal(size), 1, at_ms * 1_000_000, 0, str(at_ms), None)


def bars_of(ticks: Sequence[Tick], interval: str, start_ms: int, until_ms: int) -> list[Candle]:
    """The venue's bars that are closed at `until_ms`, a bar without a print flat at the last close."""
    step, found, close = INTERVAL_MS[interval], [], ticks[0].price
    for at_ms in range(start_ms - start_ms % step, until_ms - step + 1, step):
        inside = [t for t in ticks if at_ms <= t.ts_event_ns // 1_000_000 < at_ms + step]
        prices = [t.price for t in inside] or [close]
        close = prices[-1]
        volume = sum((t.size for t in inside), Decimal(0))
        found.append(Candle(at_ms, prices[0], max(prices), min(prices), close, volume, len(inside)))
    return found


@st.composite
def sessions(draw: st.DrawFn) -> tuple[list[Tick], int, dict[str, int]]:
    """Prints from a whole hour on, a seam, and when each interval's bars were asked for (up to 100 s before the seam)."""
    length_s = draw(st.integers(130, 1_000))
    gaps = draw(st.lists(st.integers(1, 40_000), min_size=5, max_size=60))
    at_ms, ticks = DAY, [tick(DAY, 100)]
    for number, gap in enumerate(gaps):
        at_ms += gap
        if at_ms < DAY + length_s * 1000:
            ticks.append(tick(at_ms, 100 + (number * 7) % 11, 1 + number % 3))
    seam_ms = DAY + length_s * 1000
    asked = {interval: seam_ms - draw(st.integers(0, 100_000)) for interval in INTERVAL_MS}
    asked["1s"] = seam_ms
    return ticks, seam_ms, asked


@settings(max_examples=80, deadline=None)
@given(sessions())
def test_the_bars_before_the_seam_hold_every_print_before_it_and_no_other(case: tuple[list[Tick], int, dict[str, int]]) -> None:
    ticks, seam_ms, asked = case
    closed = {interval: bars_of(ticks, interval, DAY, asked[interval]) for interval in INTERVAL_MS}
    series = stitch(closed, seam_ms)
    for interval, step in INTERVAL_MS.items():
        assert [bar for bar in series[interval] if bar.closed] == bars_of(ticks, interval, DAY, seam_ms)[-500:]
        last_ms = seam_ms - seam_ms % step
        inside = [t for t in ticks if last_ms <= t.ts_event_ns // 1_000_000 < seam_ms]
        still_open = [bar for bar in series[interval] if not bar.closed]
        if inside:
            [bar] = still_open
            prices = [t.price for t in inside]
            assert (bar.open_time_ms, bar.open, bar.close) == (last_ms, prices[0], prices[-1])
            assert (bar.high, bar.low, bar.complete) == (max(prices), min(prices), True)
            assert (bar.volume, bar.count) == (sum(t.size for t in inside), len(inside))
        else:
            assert still_open == []


def test_a_bar_that_was_open_when_the_venue_served_it_is_not_taken_for_closed() -> None:
    ticks = [tick(DAY + 1_000, 100), tick(DAY + 59_500, 90)]
    seam_ms = DAY + 61_000
    closed = {"1s": bars_of(ticks, "1s", DAY, seam_ms), "1m": []}
    [minute] = [bar for bar in stitch(closed, seam_ms)["1m"] if bar.closed]
    assert (minute.low, minute.volume, minute.complete) == (Decimal(90), Decimal(2), True)


def test_a_bar_with_a_missing_part_says_that_it_is_incomplete() -> None:
    seconds = [bar for bar in bars_of([tick(DAY, 100)], "1s", DAY, DAY + 30_000) if bar.open_time_ms != DAY + 12_000]
    [minute] = stitch({"1s": seconds}, DAY + 30_000)["1m"]
    assert not minute.complete


def test_five_hundred_closed_bars_are_kept_beside_the_open_one() -> None:
    ticks = [tick(DAY + at * 1000, 100) for at in range(0, 700)]
    series = stitch({"1s": bars_of(ticks, "1s", DAY, DAY + 650_000)}, DAY + 650_000)
    assert len(series["1s"]) == 500
    assert series["1s"][-1].open_time_ms == DAY + 649_000


def test_seconds_from_prints_fill_the_quiet_ones_at_the_last_close() -> None:
    prints = [tick(DAY + 1_200, 100, 2), tick(DAY + 1_900, 103, 1), tick(DAY + 4_000, 99, 5), tick(DAY + 6_000, 1, 1)]
    seconds = seconds_of(prints, DAY, DAY + 6_000, Decimal(98))
    assert [(bar.open_time_ms - DAY, int(bar.open), int(bar.close), int(bar.volume), bar.count) for bar in seconds] == [
        (0, 98, 98, 0, 0),
        (1_000, 100, 103, 3, 2),
        (2_000, 103, 103, 0, 0),
        (3_000, 103, 103, 0, 0),
        (4_000, 99, 99, 5, 1),
        (5_000, 99, 99, 0, 0),
    ]


def test_the_seam_waits_for_a_whole_second_that_began_after_the_first_print() -> None:
    assert not seam_holds(12_000, 12_000, None)
    assert not seam_holds(12_000, 12_345, 11_000)
    assert seam_holds(13_000, 12_345, None)


def test_a_symbol_without_prints_waits_until_the_seam_has_moved_on() -> None:
    assert not seam_holds(12_000, None, None)
    assert not seam_holds(12_000, None, 12_000)
    assert seam_holds(13_000, None, 12_000)
