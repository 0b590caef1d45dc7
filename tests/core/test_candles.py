"""Bars hold every print once, whether it came by history or live, in order or late; what is missing is not made up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.candles import Series
from feeds.events import BARS_KEPT, Candle

SECOND, MINUTE = 1_000, 60_000
T0 = 1_723_161_240_000
"""2024-08-08 23:54:00 UTC, a whole minute."""


@dataclass(frozen=True)
class Print:
    at_ms: int
    price: Decimal
    size: Decimal


def a_print(after_ms: int, price: str, size: str = "1") -> Print:
    return Print(T0 + after_ms, Decimal(price), Decimal(size))


def bar_of(prints: Sequence[Print], open_ms: int, *, closed: bool = True, complete: bool = True) -> Candle:
    """What one bar must hold, worked out from the prints in it."""
    prices = [one.price for one in prints]
    volume = sum((one.size for one in prints), Decimal(0))
    return Candle(open_ms, prices[0], max(prices), min(prices), prices[-1], volume, len(prints), closed, complete)


def bars_of(prints: Sequence[Print], interval_ms: int) -> list[Candle]:
    """The whole series from prints in order: bars without a print at the last close, the last one open, the first incomplete."""
    found: list[Candle] = []
    starts = {one.at_ms - one.at_ms % interval_ms for one in prints}
    for open_ms in range(min(starts), max(starts) + 1, interval_ms) if prints else ():
        inside = [one for one in prints if open_ms <= one.at_ms < open_ms + interval_ms]
        last = open_ms == max(starts)
        if inside:
            found.append(bar_of(inside, open_ms, closed=not last, complete=bool(found)))
        else:
            close = found[-1].close
            found.append(Candle(open_ms, close, close, close, close, Decimal(0), 0))
    return found


def built(prints: Sequence[Print], interval_ms: int = SECOND) -> Series:
    series = Series(interval_ms)
    for one in prints:
        series.add(one.at_ms, one.price, one.size)
    return series


PRINTS = st.lists(
    st.tuples(st.integers(0, 2500), st.integers(1, 500), st.integers(1, 99)).map(
        lambda row: (row[0], Decimal(row[1]) / 100, Decimal(row[2]) / 1000)
    ),
    min_size=1,
    max_size=60,
)
"""(ms since the one before, price, size)"""


def in_order(rows: Sequence[tuple[int, Decimal, Decimal]]) -> list[Print]:
    at_ms, found = T0, []
    for wait_ms, price, size in rows:
        at_ms += wait_ms
        found.append(Print(at_ms, price, size))
    return found


@given(PRINTS, st.sampled_from([SECOND, MINUTE]))
def test_prints_in_order_make_the_bars_worked_out_from_them(rows: list[tuple[int, Decimal, Decimal]], interval_ms: int) -> None:
    prints = in_order(rows)
    assert built(prints, interval_ms).bars() == bars_of(prints, interval_ms)


@given(PRINTS, st.integers(0, 59), st.sampled_from([SECOND, MINUTE]))
def test_history_and_prints_join_without_a_seam_or_a_double_count(
    rows: list[tuple[int, Decimal, Decimal]], heard_from: int, interval_ms: int
) -> None:
    prints = in_order(rows)
    buffered = prints[min(heard_from, len(prints) - 1) :]
    seam_ms = buffered[0].at_ms - buffered[0].at_ms % SECOND + SECOND
    history = bars_of([one for one in prints if one.at_ms < seam_ms], interval_ms)
    last = history.pop()
    history.append(replace(last, closed=last.open_time_ms + interval_ms <= seam_ms))
    series = Series(interval_ms)
    series.seed([replace(bar, complete=True) for bar in history], seam_ms, built(buffered).bars())
    live = Print(prints[-1].at_ms + SECOND, Decimal(3), Decimal(2))
    series.add(live.at_ms, live.price, live.size)
    assert series.bars() == [replace(bar, complete=True) for bar in bars_of([*prints, live], interval_ms)]


@given(PRINTS, st.lists(st.tuples(st.integers(0, 59), st.integers(0, 10_000), st.integers(1, 500)), max_size=6))
def test_a_late_print_amends_the_bar_of_its_own_time_and_no_other(
    rows: list[tuple[int, Decimal, Decimal]], late: list[tuple[int, int, int]]
) -> None:
    prints = in_order(rows)
    series = built(prints)
    volume = sum((one.size for one in prints), Decimal(0))
    for _, back_ms, cents in late:
        at_ms, price = prints[-1].at_ms - back_ms, Decimal(cents) / 100
        before = {bar.open_time_ms: bar for bar in series.bars()}
        series.add(at_ms, price, Decimal(1))
        start = at_ms - at_ms % SECOND
        for bar in series.bars():
            was = before[bar.open_time_ms]
            if bar.open_time_ms != start:
                assert bar == was
            elif was.count:
                assert (bar.high, bar.low) == (max(was.high, price), min(was.low, price))
                assert (bar.volume, bar.count, bar.open) == (was.volume + 1, was.count + 1, was.open)
            else:
                assert (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.count) == (price,) * 4 + (1, 1)
        volume += start in before
    assert sum((bar.volume for bar in series.bars()), Decimal(0)) == volume


def test_a_second_without_prints_is_made_when_the_next_one_comes_and_not_before() -> None:
    series = built([a_print(100, "10")])
    assert [bar.open_time_ms - T0 for bar in series.bars()] == [0]
    series.add(T0 + 3_050, Decimal("12"), Decimal("1"))
    found = [(bar.open_time_ms - T0, bar.open, bar.close, bar.volume, bar.count, bar.closed) for bar in series.bars()]
    assert found == [(0, 10, 10, 1, 1, True), (1000, 10, 10, 0, 0, True), (2000, 10, 10, 0, 0, True), (3000, 12, 12, 1, 1, False)]


def test_nothing_is_filled_across_a_gap_and_both_its_ends_are_incomplete() -> None:
    series = built([a_print(100, "10"), a_print(1_100, "11")])
    series.interrupt(T0 + 5_200)
    for at_ms, price in ((5_200, "15"), (6_100, "16"), (7_100, "17")):
        series.add(T0 + at_ms, Decimal(price), Decimal(1))
    assert [(bar.open_time_ms - T0, bar.complete) for bar in series.bars()] == [
        (0, False),
        (1000, False),
        (5000, False),
        (6000, True),
        (7000, True),
    ]


def test_a_gap_inside_one_bar_leaves_the_next_bar_whole() -> None:
    series = built([a_print(100, "10"), a_print(1_100, "11")])
    series.interrupt(T0 + 1_400)
    for at_ms in (1_400, 2_100, 3_100):
        series.add(T0 + at_ms, Decimal(12), Decimal(1))
    assert [bar.complete for bar in series.bars()] == [False, False, True, True]


def test_a_bar_of_a_source_that_counts_no_prints_stays_uncounted() -> None:
    history = Candle(T0, Decimal(10), Decimal(12), Decimal(9), Decimal(11), Decimal(5), None, closed=False)
    series = Series(MINUTE)
    series.seed([history], T0 + 30 * SECOND, [])
    series.add(T0 + 31_000, Decimal(13), Decimal(2))
    (bar,) = series.bars()
    assert bar == Candle(T0, Decimal(10), Decimal(13), Decimal(9), Decimal(13), Decimal(7), None, False, True)


def test_a_minute_that_begins_with_a_quiet_second_opens_at_its_first_print() -> None:
    before = [a_print(57_000, "10"), a_print(58_000, "10")]
    seconds = built([*before, a_print(61_500, "12")]).bars()
    history = replace(bars_of(before, MINUTE)[0], complete=True)
    series = Series(MINUTE)
    series.seed([history], T0 + 58_000, seconds)
    opened = series.bars()[-1]
    assert (opened.open_time_ms, opened.open, opened.low, opened.count) == (T0 + MINUTE, 12, 12, 1)


@settings(max_examples=10)
@given(st.integers(1, 700))
def test_five_hundred_closed_bars_are_kept(bars: int) -> None:
    series = built([a_print(number * SECOND, "10") for number in range(bars)])
    assert len(series.view().closed) == min(BARS_KEPT, bars - 1)
    assert series.bars()[-1].open_time_ms == T0 + (bars - 1) * SECOND


def test_a_print_after_a_long_silence_leaves_the_newest_five_hundred_bars() -> None:
    series = built([a_print(0, "10"), a_print(100_000 * SECOND, "11")])
    opens = [bar.open_time_ms for bar in series.view().closed]
    assert len(opens) == BARS_KEPT and opens[-1] == T0 + 99_999 * SECOND


def test_the_venues_bar_is_taken_and_counted_where_ours_was_whole_and_differed() -> None:
    series = built([a_print(at * SECOND, "10") for at in range(4)])
    _, ours, last, _ = series.bars()
    revision = series.view().revision
    series.correct(ours)
    assert series.differences == 0
    assert series.view().revision == revision
    theirs = replace(last, high=Decimal(11))
    series.correct(theirs)
    assert series.view().closed[2] == theirs and series.differences == 1
    assert series.view().revision > revision


def test_a_bar_known_to_be_incomplete_is_replaced_without_counting_a_difference() -> None:
    series = built([a_print(at * SECOND, "10") for at in range(3)])
    first = series.bars()[0]
    assert not first.complete
    theirs = replace(first, volume=Decimal(9), complete=True)
    series.correct(theirs)
    assert series.view().closed[0] == theirs and series.differences == 0


def test_the_venues_bar_never_replaces_the_open_one_or_one_that_is_no_longer_kept() -> None:
    series = built([a_print(at * SECOND, "10") for at in range(3)])
    before = series.bars()
    series.correct(replace(before[-1], closed=True, high=Decimal(99)))
    series.correct(replace(before[0], open_time_ms=T0 - 5 * SECOND))
    assert series.bars() == before and series.differences == 0


@pytest.mark.parametrize("late", [False, True])
def test_the_view_of_closed_bars_is_the_same_tuple_until_they_change_and_says_how(late: bool) -> None:
    series = built([a_print(0, "10"), a_print(SECOND, "10")])
    first = series.view()
    series.add(T0 + SECOND + 5, Decimal(11), Decimal(1))
    assert series.view().closed is first.closed
    series.add(T0 + (1 if late else 2 * SECOND), Decimal(11), Decimal(1))
    after = series.view()
    assert (after.closed is not first.closed) and (after.revision > first.revision) == late
