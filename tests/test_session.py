"""The bundled session from the file to the snapshot: its bars agree with what others computed of the same hour."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from app.core.desk import Desk
from app.hub import Hub
from feeds.events import INTERVAL_MS, Candle, Event, Heartbeat, SourceStarted
from tests.market import BTC, ETH, terms

# Minute bars 23:55 to 23:59, computed from the same prints by somebody else: open, high, low, close, volume, count.
MINUTES = {
    ETH: """2682.97 2684.15 2681.80 2682.81 275.48220 1029
            2682.80 2683.20 2681.45 2682.41 163.10630 899
            2682.41 2682.42 2679.30 2679.30 236.77340 764
            2679.31 2683.98 2679.00 2683.98 501.58720 1275
            2683.98 2685.37 2682.34 2682.50 914.63370 1403""",
    BTC: """61828.00 61860.80 61780.00 61782.25 15.07702 1255
            61782.25 61782.26 61723.99 61727.66 15.49778 1011
            61727.66 61735.99 61651.01 61652.01 59.29235 2069
            61652.00 61745.27 61583.22 61717.63 77.14202 3216
            61717.64 61743.50 61666.17 61685.99 32.41946 1312""",
}
# The 5 m bar of 23:55 as the exchange served it afterwards.
FIVE_MINUTES = {ETH: "2682.97 2685.37 2679.0 2682.5 2091.5828", BTC: "61828.0 61860.8 61583.22 61685.99 199.42863"}
# The 345 whole seconds from 23:54:16 to 00:00:00: volume, prints, seconds without a print.
SECONDS = {ETH: ("2260.57260", 6069, 26), BTC: ("211.76016", 9706, 2)}
AT_23_54_16, AT_23_55, AT_MIDNIGHT = 1_723_161_256_000, 1_723_161_300_000, 1_723_161_600_000


def desk_after(events: Sequence[Event]) -> Desk:
    desk = Desk(terms())
    for event in events:
        desk.apply(event)
    return desk


@pytest.fixture(scope="module")
def desk(bundled_loop: list[Event]) -> Desk:
    return desk_after(bundled_loop)


def bars(desk: Desk, symbol: str, interval: str, from_ms: int, to_ms: int) -> list[Candle]:
    """Bars that open in [from, to)."""
    series = desk.snapshot(1, 1).symbols[symbol].series[interval]
    kept = (*series.closed, *([series.open] if series.open else []))
    return [bar for bar in kept if from_ms <= bar.open_time_ms < to_ms]


def numbers(text: str) -> list[Decimal]:
    return [Decimal(word) for word in text.split()]


@pytest.mark.parametrize("symbol", [ETH, BTC])
def test_minute_bars_are_those_that_somebody_else_computed(desk: Desk, symbol: str) -> None:
    ours = bars(desk, symbol, "1m", AT_23_55, AT_MIDNIGHT)
    assert [[bar.open, bar.high, bar.low, bar.close, bar.volume, bar.count] for bar in ours] == [
        numbers(row) for row in MINUTES[symbol].splitlines()
    ]
    assert all(bar.complete for bar in ours)


@pytest.mark.parametrize("symbol", [ETH, BTC])
def test_the_five_minutes_recorded_whole_are_the_exchanges_own_bar(desk: Desk, symbol: str) -> None:
    (bar,) = bars(desk, symbol, "5m", AT_23_55, AT_MIDNIGHT)
    assert [bar.open, bar.high, bar.low, bar.close, bar.volume] == numbers(FIVE_MINUTES[symbol])
    assert bar.complete


@pytest.mark.parametrize("symbol", [ETH, BTC])
def test_every_second_is_there_and_a_quiet_one_repeats_the_close_without_volume(desk: Desk, symbol: str) -> None:
    seconds = bars(desk, symbol, "1s", AT_23_54_16, AT_MIDNIGHT + 1_000)
    volume, prints, quiet = SECONDS[symbol]
    assert [bar.open_time_ms for bar in seconds] == list(range(AT_23_54_16, AT_MIDNIGHT + 1_000, 1_000))
    assert (sum(bar.volume for bar in seconds), sum(bar.count or 0 for bar in seconds)) == (Decimal(volume), prints)
    flat = [(before, bar) for before, bar in zip(seconds, seconds[1:], strict=False) if bar.count == 0]
    assert len(flat) == quiet
    assert all(bar.volume == 0 and {bar.open, bar.high, bar.low, bar.close} == {before.close} for before, bar in flat)


@pytest.mark.parametrize("symbol", [ETH, BTC])
@pytest.mark.parametrize("interval", ["1s", "1m", "5m", "15m", "1h", "1d"])
def test_the_bar_in_which_the_recording_begins_is_incomplete_and_the_next_one_whole(
    desk: Desk, symbol: str, interval: str
) -> None:
    step = INTERVAL_MS[interval]
    first = (AT_23_54_16 - 1) // step * step
    begun, following = bars(desk, symbol, interval, first, first + 2 * step)
    assert (begun.complete, following.complete) == (False, True)


@pytest.mark.parametrize("symbol", [ETH, BTC])
def test_prints_go_on_from_the_history_without_a_double_count(bundled_loop: list[Event], desk: Desk, symbol: str) -> None:
    """The hour is what was known at 23:50 plus all prints up to midnight, whichever way it is added up."""
    known = next(event for event in bundled_loop if getattr(event, "series", None) and event.symbol == symbol)
    (hour,) = bars(desk, symbol, "1h", AT_MIDNIGHT - 3_600_000, AT_MIDNIGHT)
    first_second = bars(desk, symbol, "1s", AT_23_54_16 - 1_000, AT_23_54_16)
    printed = [*first_second, *bars(desk, symbol, "1s", AT_23_54_16, AT_MIDNIGHT)]
    assert hour.volume == known.series["1h"][-1].volume + sum(bar.volume for bar in printed)
    assert hour.open == known.series["1h"][-1].open and hour.close == printed[-1].close


def test_the_same_recording_gives_the_same_snapshot_however_it_is_cut_into_batches(bundled_loop: list[Event]) -> None:
    canonical = []
    for batch, epoch in ((1_000, "one"), (37, "two")):
        hub = Hub(Desk(terms()))
        events = [replace(event, epoch=epoch) if isinstance(event, SourceStarted) else event for event in bundled_loop]
        for at in range(0, len(events), batch):
            hub.emit(events[at : at + batch])
            if batch == 37 and at % (37 * 50) == 0:
                hub.snapshot()
        canonical.append(hub.snapshot().canonical())
    assert canonical[0] == canonical[1]
    assert len(canonical[0]) > 100_000


def test_nothing_is_called_stale_in_a_recording_whose_line_never_failed(bundled_loop: list[Event]) -> None:
    desk = Desk(terms())
    stale = []
    for event in bundled_loop:
        desk.apply(event)
        if isinstance(event, Heartbeat):
            snapshot = desk.snapshot(1, 1)
            stale += [view.reason for view in snapshot.symbols.values() if view.state == "stale"]
    assert stale == []


def test_both_symbols_tell_where_their_prints_are_missing(desk: Desk) -> None:
    snapshot = desk.snapshot(1, 1)
    for view in snapshot.symbols.values():
        (mark,) = view.gaps
        assert (mark.n, mark.gap.reason) == (1, "not recorded")
        assert mark.gap.from_ns == (AT_23_55 - 300_000) * 1_000_000
