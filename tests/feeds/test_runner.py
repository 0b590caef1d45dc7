"""A live feed against the local venue: what a trader would notice when connections are made, lost, frozen and changed."""

import threading
import time

import pytest

from feeds.events import LineAlive, Quote, StreamStatus, Tick
from tests.feeds.conftest import Begin
from tests.feeds.listening import Listener, quick
from tests.servers.binance import LocalBinance

SOCKETS = [("binance", 1), ("binance-usdm", 2)]
"""How many a venue's streams come over; those of USD-M number prints by aggregate."""


def seqs(listener: Listener, symbol: str = "ETH/USDT") -> list[int]:
    return [tick.seq for tick in listener.ticks(symbol) if tick.seq is not None]


def holes(numbers: list[int]) -> list[int]:
    """Numbers that were never delivered although later ones were; repeated ones do not matter."""
    return sorted(set(range(numbers[0], max(numbers) + 1)) - set(numbers))


def test_prints_and_quotes_of_every_symbol_arrive_with_the_venues_values(venue: LocalBinance, begin: Begin) -> None:
    listener, feed = begin()
    assert feed.wait_first(5) == ""
    listener.wait(lambda: len(listener.ticks("ETH/USDT")) > 20 and len(listener.ticks("BTC/USDT")) > 5 and listener.of(Quote))
    tick = listener.ticks()[0]
    made = next(made for made in venue.markets["ETHUSDT"].prints if made.id == tick.seq)
    assert str(tick.price) == venue.markets["ETHUSDT"].price_text(made.price)
    assert tick.ts_event_ns == made.time_ms * 1_000_000
    assert tick.aggressor == (-1 if made.maker else 1)
    assert 0 <= tick.ts_recv_ns - tick.ts_event_ns < 2_000_000_000


def test_a_dropped_connection_is_said_and_made_again(venue: LocalBinance, begin: Begin) -> None:
    listener, _ = begin()
    listener.wait(lambda: listener.histories())
    venue.faults.drop()
    listener.wait(lambda: listener.statuses("reconnecting"))
    first = listener.statuses("reconnecting")[0]
    assert first.reason.startswith("reconnecting, 1st try: ")  # the page counts down from `retry_at_ns`: no seconds here
    assert first.reason.endswith("connection lost") and " in " not in first.reason
    assert first.retry_at_ns is not None
    assert first.retry_at_ns > first.ts_recv_ns
    listener.wait(lambda: listener.counted("reconnects") == 1)
    listener.wait(lambda: len(listener.histories()) == 2)


def test_the_venues_24_hour_close_is_said_with_its_code(venue: LocalBinance, begin: Begin) -> None:
    listener, _ = begin()
    venue.faults.close(1001, "24h")
    listener.wait(lambda: listener.counted("reconnects") == 1)
    assert "closed by the venue (1001 24h)" in listener.statuses("reconnecting")[0].reason


def test_a_frozen_connection_is_noticed_within_its_budget(venue: LocalBinance, begin: Begin) -> None:
    listener, _ = begin(quick("binance", silent_ms=5_000))
    frozen = time.monotonic()
    venue.faults.stall()
    listener.wait(lambda: listener.statuses("reconnecting"))
    assert time.monotonic() - frozen < 3.0
    assert "no message on the line for 1." in listener.statuses("reconnecting")[0].reason
    venue.faults.stall(False)
    listener.wait(lambda: listener.counted("reconnects") == 1)


def test_a_quiet_market_on_an_answering_line_is_kept(venue: LocalBinance, begin: Begin) -> None:
    """Nothing but answers to our probes: no reconnect before the symbol's own budget has passed."""
    listener, _ = begin(quick("binance", silent_ms=60_000, line_ms=600))
    listener.wait(lambda: listener.ticks("ETH/USDT") and listener.ticks("BTC/USDT"))
    for name in ("ETHUSDT", "BTCUSDT"):
        venue.faults.silence(name)
    known = len(listener.of(LineAlive))
    listener.wait(lambda: len(listener.of(LineAlive)) > known + 3)
    assert listener.statuses("reconnecting") == []
    assert venue.accepted == 1


def test_the_venues_ping_is_a_sign_of_life(venue: LocalBinance, begin: Begin) -> None:
    listener, _ = begin()
    venue.call(venue.faults.ping)
    listener.wait(lambda: listener.of(LineAlive))


def test_a_silent_symbol_gets_a_new_connection_while_the_other_goes_on(venue: LocalBinance, begin: Begin) -> None:
    listener, _ = begin()
    listener.wait(lambda: listener.ticks("BTC/USDT"))
    venue.faults.silence("BTCUSDT")
    listener.wait(lambda: venue.accepted >= 2)
    venue.faults.silence("BTCUSDT", on=False)
    before = len(listener.ticks("BTC/USDT"))
    listener.wait(lambda: len(listener.ticks("BTC/USDT")) > before and len(listener.histories("BTC/USDT")) == 2)
    assert listener.statuses("reconnecting") == []
    assert holes(seqs(listener)) == []


def test_a_silent_symbol_is_found_in_time_although_the_clock_is_set_back_by_an_hour(
    venue: LocalBinance, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, _ = begin()
    listener.wait(lambda: listener.ticks("BTC/USDT"))
    venue.faults.silence("BTCUSDT")
    before = len(listener.ticks())
    listener.wait(lambda: len(listener.ticks()) > before + 20)  # so nothing of BTC/USDT is still under way
    right_ns = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: right_ns() - 3_600 * 10**9)
    listener.wait(lambda: venue.accepted >= 2)
    assert listener.statuses("reconnecting") == []


def test_prints_that_fall_silent_while_quotes_walk_on_get_a_new_connection(venue: LocalBinance, begin: Begin) -> None:
    listener, _ = begin()
    listener.wait(lambda: listener.ticks("BTC/USDT"))
    venue.faults.silence("btcusdt@trade")
    listener.wait(lambda: venue.accepted >= 2)
    venue.faults.silence("btcusdt@trade", on=False)
    before = len(listener.ticks("BTC/USDT"))
    listener.wait(lambda: len(listener.ticks("BTC/USDT")) > before)
    assert listener.statuses("reconnecting") == []


def test_all_symbols_silent_is_a_lost_connection_even_when_they_fall_silent_one_by_one(venue: LocalBinance, begin: Begin) -> None:
    listener, _ = begin()
    venue.faults.silence("ETHUSDT")
    before = len(listener.ticks("BTC/USDT"))
    listener.wait(lambda: len(listener.ticks("BTC/USDT")) > before + 20)
    venue.faults.silence("BTCUSDT")
    listener.wait(lambda: listener.statuses("reconnecting"))
    assert "connected, but no market data for 1 s" in listener.statuses("reconnecting")[0].reason


def test_an_acknowledged_but_silent_stream_is_named(venue: LocalBinance, begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    venue.faults.silence("btcusdt@trade")
    listener, _ = begin()
    listener.wait(lambda: any("no first message on btcusdt@trade" in record.getMessage() for record in caplog.records))
    assert not any("ethusdt@trade" in record.getMessage() for record in caplog.records)
    listener.wait(lambda: listener.of(StreamStatus))
    said = listener.of(StreamStatus)[0]
    assert (said.symbol, said.stream) == ("BTC/USDT", "btcusdt@trade")  # type: ignore[attr-defined]
    assert said.reason == "prints are silent: btcusdt@trade acknowledged, no first message in 0.3 s"  # type: ignore[attr-defined]
    venue.faults.silence("btcusdt@trade", on=False)
    listener.wait(lambda: len(listener.of(StreamStatus)) == 2)
    assert [said.reason for said in listener.of(StreamStatus)][1:] == [""]  # type: ignore[attr-defined]


def test_garbage_is_counted_and_stops_nothing(venue: LocalBinance, begin: Begin) -> None:
    listener, _ = begin()
    for text in (
        "{{{",
        "[1]",
        '{"code":2,"msg":"Invalid request"}',
        '{"stream":"ethusdt@trade","data":{"e":"trade","s":"ETHUSDT"}}',
    ):
        venue.faults.say(text)
    before = len(listener.ticks())
    listener.wait(lambda: listener.counted("refused") == 4 and len(listener.ticks()) > before + 10)
    assert venue.accepted == 1


@pytest.mark.parametrize(("name", "sockets"), SOCKETS)
def test_a_shutdown_notice_changes_the_connection_without_a_hole(
    venue: LocalBinance, begin: Begin, name: str, sockets: int
) -> None:
    listener, _ = begin(quick(name))
    listener.wait(lambda: len(listener.ticks()) > 10)
    venue.faults.shutdown_notice()
    listener.wait(lambda: venue.accepted == 2 * sockets and venue.connected == sockets)
    after = venue.trade("ETHUSDT")
    listener.wait(lambda: after.id in seqs(listener))
    assert holes(seqs(listener)) == []
    assert listener.statuses("reconnecting") == []
    assert len(listener.histories()) <= 1


@pytest.mark.parametrize(("name", "sockets"), SOCKETS)
def test_the_connection_is_changed_before_its_lifetime_ends_without_a_hole(
    venue: LocalBinance, begin: Begin, name: str, sockets: int
) -> None:
    listener, _ = begin(quick(name, lifetime_s=0.4))
    listener.wait(lambda: venue.accepted >= 4 * sockets)
    numbers = seqs(listener)
    assert holes(numbers) == []
    assert holes(seqs(listener, "BTC/USDT")) == []
    assert len(numbers) - len(set(numbers)) < len(numbers) / 10
    assert listener.statuses("reconnecting") == []


def test_a_change_that_fails_leaves_the_old_connection_speaking(venue: LocalBinance, begin: Begin) -> None:
    listener, _ = begin()
    venue.faults.refuse_streams(503)
    venue.faults.shutdown_notice()
    before = len(listener.ticks())
    listener.wait(lambda: len(listener.ticks()) > before + 100)
    assert holes(seqs(listener)) == []
    assert venue.accepted == 1


def test_the_waits_grow_until_market_data_comes_not_until_a_handshake(venue: LocalBinance, begin: Begin) -> None:
    for name in ("ETHUSDT", "BTCUSDT"):
        venue.faults.silence(name)
    listener, _ = begin(quick("binance", silent_ms=500), delivers=False)
    listener.wait(lambda: any("3rd try" in status.reason for status in listener.statuses("connecting")))
    for name in ("ETHUSDT", "BTCUSDT"):
        venue.faults.silence(name, on=False)
    listener.wait(lambda: listener.ticks())
    venue.faults.drop()
    listener.wait(lambda: listener.statuses("reconnecting"))
    assert listener.statuses("reconnecting")[0].attempt == 1


def test_stopping_takes_less_than_two_seconds_and_leaves_no_thread(venue: LocalBinance, begin: Begin) -> None:
    listener, feed = begin()
    venue.faults.stall()
    began = time.monotonic()
    feed.stop()
    assert time.monotonic() - began < 2.0
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith(("feed-", "history"))] == []


def test_nothing_of_a_stopped_feed_arrives(venue: LocalBinance, begin: Begin) -> None:
    listener, feed = begin()
    feed.stop()
    listener.wait(lambda: venue.connected == 0)
    known = len(listener.of(Tick))
    venue.trade("ETHUSDT")
    assert len(listener.of(Tick)) == known


def test_futures_prints_and_quotes_come_over_two_sockets(venue: LocalBinance, begin: Begin) -> None:
    listener, _ = begin(quick("binance-usdm"))
    listener.wait(lambda: listener.ticks("ETH/USDT") and listener.ticks("BTC/USDT") and listener.of(Quote))
    assert venue.connected == 2
    assert holes(seqs(listener)) == []
    venue.faults.drop()
    listener.wait(lambda: listener.counted("reconnects") == 1 and venue.connected == 2)
