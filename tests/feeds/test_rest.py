"""REST manners: what the venue's refusals mean, and that its limits are obeyed."""

import dataclasses
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from feeds.adapter import adapter
from feeds.rest import Rest, RestError
from tests.servers.binance import LocalBinance

FACTS = adapter("binance").rest
KLINES = FACTS.klines("ETH/USDT", "1m", 3, None)


@pytest.fixture
def venue() -> Iterator[LocalBinance]:
    with LocalBinance(rate=0) as running:
        yield running


def asked(venue: LocalBinance) -> Rest:
    return Rest(FACTS, venue.rest_url, threading.Event())


def test_an_answer_is_read_into_bars(venue: LocalBinance) -> None:
    bars = FACTS.read_klines(asked(venue).get(KLINES))
    assert [bar.open_time_ms % 60_000 for bar in bars] == [0, 0, 0]
    assert str(bars[-1].close) == venue.markets["ETHUSDT"].price_text(venue.markets["ETHUSDT"].price)


def test_an_unknown_symbol_is_final_and_says_so_in_the_venues_words(venue: LocalBinance) -> None:
    with pytest.raises(RestError, match="Invalid symbol") as refused:
        asked(venue).get(FACTS.klines("XYZ/USDT", "1m", 3, None))
    assert refused.value.final


@pytest.mark.parametrize("status", [418, 429])
def test_too_many_requests_names_the_wait_and_the_next_request_keeps_it(venue: LocalBinance, status: int) -> None:
    rest = asked(venue)
    venue.faults.refuse_rest(status, retry_after_s=1)
    with pytest.raises(RestError, match=f"HTTP {status}") as refused:
        rest.get(KLINES)
    assert refused.value.retry_after_s == 1.0
    venue.faults.refuse_rest(None)
    began = time.monotonic()
    assert rest.get(KLINES)
    assert time.monotonic() - began > 0.8


def test_a_wait_for_the_limit_ends_when_the_feed_is_stopped(venue: LocalBinance) -> None:
    stopping = threading.Event()
    rest = Rest(FACTS, venue.rest_url, stopping)
    venue.faults.refuse_rest(429, retry_after_s=60)
    with pytest.raises(RestError):
        rest.get(KLINES)
    threading.Timer(0.1, stopping.set).start()
    began = time.monotonic()
    with pytest.raises(RestError, match="stopped"):
        rest.get(KLINES)
    assert time.monotonic() - began < 2.0


def test_a_nearly_used_up_weight_makes_the_next_request_wait_for_the_venues_minute(
    venue: LocalBinance, caplog: pytest.LogCaptureFixture
) -> None:
    stopping = threading.Event()
    rest = Rest(FACTS, venue.rest_url, stopping)
    venue.faults.used_weight = 5_900
    rest.get(KLINES)
    assert "5900 of 6000 request weight used" in caplog.text
    threading.Timer(0.1, stopping.set).start()
    with pytest.raises(RestError, match="stopped"):
        rest.get(KLINES)


def test_a_blocked_region_is_followed_by_the_next_host(venue: LocalBinance) -> None:
    with LocalBinance(rate=0) as blocked:
        blocked.faults.refuse_rest(451)
        facts = dataclasses.replace(FACTS, hosts=(blocked.rest_url, venue.rest_url))
        assert Rest(facts, None, threading.Event()).get(KLINES)
        with pytest.raises(RestError, match="region blocked"):
            Rest(FACTS, blocked.rest_url, threading.Event()).get(KLINES)


def test_nobody_listening_is_an_error_in_words() -> None:
    with pytest.raises(RestError, match="127.0.0.1:9"):
        Rest(FACTS, "http://127.0.0.1:9", threading.Event()).get(KLINES)


def test_a_request_that_hangs_ends_when_it_is_aborted_and_is_not_asked_anew() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        stopping, ended = threading.Event(), []
        rest = Rest(FACTS, f"http://127.0.0.1:{mute.getsockname()[1]}", stopping)

        def ask() -> None:
            with pytest.raises(RestError):
                rest.get(KLINES)
            ended.append(True)

        asking = threading.Thread(target=ask)
        asking.start()
        taken, _ = mute.accept()
        with taken:
            assert taken.recv(3) == b"GET"
            stopping.set()
            rest.abort()
            asking.join(3)
        assert ended
