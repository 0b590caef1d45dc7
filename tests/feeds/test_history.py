"""History joined to the stream on a running desk: its bars are the venue's, to the last digit of the open bar's volume."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import pytest

from app.core.desk import Desk
from feeds import history
from feeds.adapter import Adapter, shipped_instruments
from feeds.events import INTERVAL_MS, Candle, History, Instrument, NoHistory, SourceStarted, VenueBars
from feeds.history import HistoryThread
from feeds.rest import Rest
from feeds.runner import LiveFeed
from tests.feeds.listening import SYMBOLS, Listener, quick
from tests.market import terms
from tests.servers.binance import LocalBinance


@pytest.fixture
def venue() -> Iterator[LocalBinance]:
    with LocalBinance(rate=100, other_rate=30) as running:
        yield running


def desk_of(listener: Listener, adapter: Adapter) -> Desk:
    """A desk that was told everything the listener heard."""
    desk = Desk(terms())
    desk.apply(SourceStarted("epoch", adapter.name, "stream", SYMBOLS, shipped_instruments(adapter, SYMBOLS), 1))
    for event in list(listener.events):
        desk.apply(event)
    return desk


def bars(desk: Desk, symbol: str, interval: str) -> list[Candle]:
    series = desk.snapshot(1, 0).symbols[symbol].series[interval]
    return [*series.closed, *([series.open] if series.open else [])]


def rows(venue: LocalBinance, name: str, interval: str) -> dict[int, tuple[Decimal, ...]]:
    """The venue's own bars by open time: open, high, low, close, volume."""
    served = venue.call(lambda: venue.markets[name].rows(interval, int(time.time() * 1000), 1_000, None))
    return {int(str(row[0])): tuple(Decimal(str(value)) for value in row[1:6]) for row in served}


def values(candle: Candle) -> tuple[Decimal, ...]:
    return (candle.open, candle.high, candle.low, candle.close, candle.volume)


def quieten(venue: LocalBinance, listener: Listener) -> None:
    """No more prints; everything made so far has arrived."""
    venue.quiet()
    last = {name: market.prints[-1].id for name, market in venue.markets.items()}
    listener.wait(
        lambda: all(listener.ticks(f"{name.removesuffix('USDT')}/USDT")[-1].seq == number for name, number in last.items())
    )


def assert_same_bars(venue: LocalBinance, desk: Desk) -> None:
    for symbol in SYMBOLS:
        for interval in INTERVAL_MS:
            truth = rows(venue, symbol.replace("/", ""), interval)
            ours = bars(desk, symbol, interval)
            assert len(ours) >= 60 or interval == "1s"
            for candle in ours:
                assert values(candle) == truth[candle.open_time_ms], (symbol, interval, candle)


@pytest.mark.parametrize("name", ["binance", "binance-usdm"])
def test_every_bar_on_the_desk_is_the_venues_own_the_open_one_included(venue: LocalBinance, name: str) -> None:
    adapter = quick(name)
    with Listener(adapter) as listener:
        feed = LiveFeed(adapter, SYMBOLS, listener.lane, venue.ws_url, venue.rest_url)
        feed.start()
        listener.wait(lambda: listener.histories("ETH/USDT") and listener.histories("BTC/USDT"))
        seam_ms = listener.histories("BTC/USDT")[0].seam_ms
        listener.wait(lambda: listener.ticks()[-1].ts_event_ns // 1_000_000 > seam_ms + 500)
        quieten(venue, listener)
        feed.stop()
        assert_same_bars(venue, desk_of(listener, adapter))


def test_after_a_lost_connection_the_missing_stretch_is_filled_from_the_venue(venue: LocalBinance) -> None:
    adapter = quick("binance", silent_ms=60_000)
    with Listener(adapter) as listener:
        feed = LiveFeed(adapter, SYMBOLS, listener.lane, venue.ws_url, venue.rest_url)
        feed.start()
        listener.wait(lambda: listener.histories("BTC/USDT"))
        venue.faults.refuse_streams(503)
        venue.faults.drop()
        listener.wait(lambda: len(listener.statuses("reconnecting")) > 3)
        venue.faults.refuse_streams(None)
        listener.wait(lambda: len(listener.histories("ETH/USDT")) == 2 and len(listener.histories("BTC/USDT")) == 2)
        quieten(venue, listener)
        feed.stop()
        desk = desk_of(listener, adapter)
        assert desk.snapshot(1, 0).counters["gaps"] == 2
        assert desk.snapshot(1, 0).counters["lost"] > 0
        assert_same_bars(venue, desk)


def test_the_seam_is_a_whole_second_after_the_first_print(venue: LocalBinance) -> None:
    adapter = quick("binance")
    with Listener(adapter) as listener:
        feed = LiveFeed(adapter, SYMBOLS, listener.lane, venue.ws_url, venue.rest_url)
        feed.start()
        listener.wait(lambda: listener.histories())
        feed.stop()
        [seeded] = listener.histories()
        first_ms = listener.ticks()[0].ts_event_ns // 1_000_000
        assert seeded.seam_ms % 1000 == 0
        assert first_ms < seeded.seam_ms <= first_ms + 3_000
        assert len([bar for bar in seeded.series["1s"] if bar.closed]) >= 60
        assert {interval: len([b for b in series if b.closed]) for interval, series in seeded.series.items()} == dict.fromkeys(
            INTERVAL_MS, 500
        )


def test_history_is_asked_for_again_until_the_venue_answers(venue: LocalBinance, caplog: pytest.LogCaptureFixture) -> None:
    venue.faults.refuse_rest(503)
    adapter = quick("binance")
    with Listener(adapter) as listener:
        feed = LiveFeed(adapter, SYMBOLS, listener.lane, venue.ws_url, venue.rest_url)
        feed.start()
        listener.wait(lambda: "history of ETH/USDT again in" in caplog.text)
        assert listener.ticks()
        venue.faults.refuse_rest(None)
        listener.wait(lambda: listener.histories())
        feed.stop()


@contextmanager
def asking(venue: LocalBinance, symbols: Sequence[str] = SYMBOLS) -> Iterator[Listener]:
    """What is heard of a history that is fetched at once, without a stream; it has ended when the context has."""
    adapter = quick("binance")
    with Listener(adapter, symbols) as listener:
        thread = HistoryThread(adapter, symbols, listener.lane, venue.rest_url)
        thread.fetch()
        thread.start()
        try:
            yield listener
        finally:
            thread.stop()
            thread.join(2)


def test_a_symbol_the_venue_does_not_know_costs_only_its_own_history(venue: LocalBinance) -> None:
    with asking(venue, ("XYZ/USDT", "ETH/USDT")) as listener:
        listener.wait(lambda: listener.of(History))
    assert [event.symbol for event in listener.histories("ETH/USDT")] == ["ETH/USDT"]


def empty_for(name: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The venue answers with no 1 s bars of this symbol; every path that is asked for is kept in the list."""
    asked: list[str] = []
    whole = Rest.get

    def get(self: Rest, path: str) -> object:
        asked.append(path)
        return [] if name in path and "interval=1s" in path else whole(self, path)

    monkeypatch.setattr(Rest, "get", get)
    monkeypatch.setattr(history, "FIRST_WAIT_S", 0.02)
    return asked


def test_one_symbols_empty_answer_is_named_and_keeps_the_next_symbol_waiting_for_nothing(
    venue: LocalBinance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = empty_for("ETHUSDT", monkeypatch)
    adapter = quick("binance")
    with Listener(adapter) as listener:
        feed = LiveFeed(adapter, SYMBOLS, listener.lane, venue.ws_url, venue.rest_url)
        feed.start()
        listener.wait(lambda: listener.histories("BTC/USDT") and len(listener.of(NoHistory)) > 2)
        feed.stop()
        said = listener.of(NoHistory)
        assert {(one.symbol, one.reason) for one in said} == {("ETH/USDT", "the venue has no 1s bars of ETH/USDT")}  # type: ignore[attr-defined]
        paths = [path for path in asked if "interval=1s" in path]
        assert paths.index(next(path for path in paths if "BTCUSDT" in path)) == 1
        assert len(listener.histories("BTC/USDT")) == 1


def a_minute_closed(monkeypatch: pytest.MonkeyPatch) -> int:
    """The minute that closed last is due at once, the next one in an hour; when it closed (ms)."""
    closed_ms = int(time.time() * 1000) // 60_000 * 60_000
    due = iter((closed_ms, closed_ms + 3_600_000))
    monkeypatch.setattr(history, "_next_minute_ms", lambda: next(due))
    monkeypatch.setattr(history, "SETTLE_S", 0.0)
    return closed_ms


def test_a_symbol_without_history_does_not_hold_up_the_bars_that_close(
    venue: LocalBinance, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_for("ETHUSDT", monkeypatch)
    a_minute_closed(monkeypatch)
    with asking(venue) as listener:
        listener.wait(lambda: any(one.symbol == "BTC/USDT" for one in listener.of(VenueBars)))  # type: ignore[attr-defined]
        listener.wait(lambda: len(listener.of(NoHistory)) > 2)


def test_the_venues_rules_of_every_symbol_arrive(venue: LocalBinance) -> None:
    with asking(venue) as listener:
        listener.wait(lambda: len(listener.of(Instrument)) == 2)
    assert listener.of(Instrument) == [
        Instrument("ETH/USDT", Decimal("0.01"), Decimal("0.0001"), Decimal(5), "venue"),
        Instrument("BTC/USDT", Decimal("0.01"), Decimal("0.00001"), Decimal(5), "venue"),
    ]


def test_after_a_minute_the_bars_that_closed_are_the_venues(venue: LocalBinance, monkeypatch: pytest.MonkeyPatch) -> None:
    """The minute that closed is a while ago here, so that the test need not wait for one."""
    closed_ms = a_minute_closed(monkeypatch)
    with asking(venue, ("ETH/USDT",)) as listener:
        listener.wait(lambda: len(listener.of(VenueBars)) >= 2)
    found = {event.interval: event for event in listener.of(VenueBars)}
    assert [bar.open_time_ms for bar in found["1m"].candles] == [closed_ms - 60_000]
    assert [bar.open_time_ms for bar in found["1s"].candles] == list(range(closed_ms - 60_000, closed_ms, 1000))
    assert values(found["1m"].candles[0]) == rows(venue, "ETHUSDT", "1m")[closed_ms - 60_000]
