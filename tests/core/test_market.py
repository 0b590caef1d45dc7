"""One symbol's prints: what is missing, what came twice and what history already holds."""

from decimal import Decimal

from app.core.desk import Desk
from app.core.snapshot import Snapshot
from feeds.events import Candle, FeedStatus, Gap, History
from tests.market import ETH, T0_NS, desk, tick

MS = 1_000_000


def view(made: Desk) -> Snapshot:
    return made.snapshot(1, 0)


def test_skipped_ids_are_a_gap_with_their_number_and_break_the_bars() -> None:
    made = desk([tick(1, "2000", 100), tick(2, "2000", 1_100)])
    (gap,) = made.apply(tick(7, "2001", 3_100))
    assert gap == Gap(ETH, T0_NS + 1_100 * MS, T0_NS + 3_100 * MS, 4, "ids skipped")
    after = view(made)
    assert (after.counters["gaps"], after.counters["lost"]) == (1, 4)
    assert [mark.n for mark in after.symbols[ETH].gaps] == [3]
    series = after.symbols[ETH].series["1s"]
    assert [bar.open_time_ms - T0_NS // MS for bar in series.closed] == [0, 1000] and not series.closed[1].complete


def test_a_print_seen_before_is_counted_and_left_out() -> None:
    made = desk([tick(1, "2000"), tick(2, "2001", 10), tick(2, "2001", 10), tick(1, "2000", 0)])
    after = view(made)
    assert (after.symbols[ETH].n, after.counters["duplicates"]) == (2, 2)
    assert after.symbols[ETH].series["1s"].open is not None and after.symbols[ETH].series["1s"].open.volume == 2


def test_a_print_that_history_already_holds_is_not_counted_again() -> None:
    base_ms = T0_NS // MS
    minute_ms = base_ms - base_ms % 60_000
    bar = Candle(minute_ms, Decimal(1990), Decimal(2005), Decimal(1980), Decimal(2000), Decimal(40), 9, closed=False)
    second = Candle(base_ms, Decimal(2000), Decimal(2000), Decimal(2000), Decimal(2000), Decimal(1), 1)
    history = History(ETH, base_ms + 1_000, {"1m": (bar,), "1s": (second,)}, "rest_snapshot", T0_NS)
    made = desk([tick(1, "2000", 100), history, tick(2, "2000", 900), tick(3, "2001", 1_200)])
    series = view(made).symbols[ETH].series
    assert series["1m"].open is not None and (series["1m"].open.volume, series["1m"].open.count) == (41, 10)
    assert [one.open_time_ms for one in series["1s"].closed] == [base_ms]
    assert view(made).symbols[ETH].n == 3


def test_a_lost_line_is_a_gap_even_where_no_id_was_skipped() -> None:
    made = desk([tick(1, "2000"), FeedStatus("reconnecting", "reset by peer", T0_NS + 10 * MS)])
    assert made.apply(tick(2, "2001", 5_000)) == [Gap(ETH, T0_NS, T0_NS + 5_000 * MS, 0, "reset by peer")]
    assert made.apply(tick(3, "2001", 5_100)) == []


def test_a_run_of_buys_with_a_print_missing_inside_is_no_signal() -> None:
    run = [tick(number, f"{2000 + number * 0.03:.2f}", number * 10) for number in range(1, 9)]
    broken = [*run[:4], *(tick((one.seq or 0) + 1, str(one.price), at * 10) for at, one in enumerate(run[4:], 5))]
    assert [signal.n for signal in view(desk(run)).symbols[ETH].signals] == [8]
    assert view(desk(broken)).symbols[ETH].signals == ()
