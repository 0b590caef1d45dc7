"""A live feed that the venue, or the network, turns away: known at once, said as what it is, tried again with manners."""

import dataclasses
import socket
import time

import pytest

from feeds.events import FeedStatus
from feeds.runner import LiveFeed
from tests.feeds.conftest import Begin
from tests.feeds.listening import SYMBOLS, Listener, quick
from tests.servers.binance import LocalBinance


def test_a_refused_connection_is_known_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    venue = quick("binance")
    with Listener(venue) as listener:
        feed = LiveFeed(venue, SYMBOLS, listener.lane, f"ws://127.0.0.1:{port}", f"http://127.0.0.1:{port}")
        began = time.monotonic()
        feed.start()
        assert feed.wait_first(8) == f"connection refused: 127.0.0.1:{port}"
        assert time.monotonic() - began < 1.0
        assert feed.first_failure and not feed.delivered.is_set()
        listener.wait(lambda: any("4th try" in status.reason for status in listener.statuses("connecting")))
        feed.stop()


def test_an_unresolvable_host_is_known_at_once_by_name_and_port_alone() -> None:
    venue = quick("binance")
    with Listener(venue) as listener:
        feed = LiveFeed(venue, SYMBOLS, listener.lane, "ws://me:secret@venue.invalid:9443", "http://venue.invalid")
        feed.start()
        assert feed.wait_first(8) == "host not found: venue.invalid:9443"
        feed.stop()


def test_a_blocked_region_is_said_as_what_it_is_and_tried_slowly(venue: LocalBinance, begin: Begin) -> None:
    venue.faults.refuse_streams(451)
    listener, feed = begin(delivers=False)
    assert feed.wait_first(5) == f"region blocked by the venue (HTTP 451): {venue.ws_url.removeprefix('ws://')}"
    listener.wait(lambda: listener.statuses("down"))
    status = listener.statuses("down")[0]
    assert status.retry_at_ns is not None
    assert status.retry_at_ns - status.ts_recv_ns == pytest.approx(0.3e9, rel=0.1)
    venue.faults.refuse_streams(None)
    listener.wait(lambda: listener.ticks())


def test_a_blocked_host_is_followed_by_the_next_one(venue: LocalBinance, begin: Begin) -> None:
    with LocalBinance(rate=0) as blocked:
        blocked.faults.refuse_streams(451)
        adapter = quick("binance")
        [connection] = adapter.connections(SYMBOLS, venue.ws_url)
        path = connection.urls[0].removeprefix(venue.ws_url)
        both = dataclasses.replace(connection, urls=(blocked.ws_url + path, venue.ws_url + path))
        listener, _ = begin(dataclasses.replace(adapter, connections=lambda symbols, base: (both,)))
        listener.wait(lambda: listener.ticks())
        assert listener.statuses("down") == []


def test_too_many_requests_are_answered_by_waiting_as_long_as_told(venue: LocalBinance, begin: Begin) -> None:
    venue.faults.refuse_streams(429, retry_after_s=2)
    listener, _ = begin(delivers=False)
    listener.wait(lambda: any(status.retry_at_ns for status in listener.statuses("connecting")))
    status = next(status for status in listener.statuses("connecting") if status.retry_at_ns)
    assert status.retry_at_ns is not None
    assert status.retry_at_ns - status.ts_recv_ns == pytest.approx(2e9, rel=0.05)
    assert "too many requests (HTTP 429)" in status.reason


@pytest.mark.parametrize("status", [451, 503])
def test_a_long_wait_for_the_next_try_ends_when_it_is_asked_for_now(venue: LocalBinance, begin: Begin, status: int) -> None:
    venue.faults.refuse_streams(status)
    listener, feed = begin(quick("binance", blocked_s=300, retry_first_s=300, retry_cap_s=300), delivers=False)
    listener.wait(lambda: any(said.retry_at_ns for said in listener.of(FeedStatus)))
    venue.faults.refuse_streams(None)
    assert feed.try_now() == ""
    listener.wait(lambda: feed.delivered.is_set() and listener.ticks())
    assert feed.try_now() == "no next try is waited for: the live feed runs, or is being tried"


def test_a_try_that_is_asked_for_now_and_fails_is_waited_for_anew(venue: LocalBinance, begin: Begin) -> None:
    venue.faults.refuse_streams(451)
    listener, feed = begin(quick("binance", blocked_s=300), delivers=False)
    listener.wait(lambda: len(listener.statuses("down")) == 1)
    assert feed.try_now() == ""
    listener.wait(lambda: len(listener.statuses("down")) == 2)
    first, second = listener.statuses("down")
    assert second.attempt == 2 and second.retry_at_ns > first.retry_at_ns  # type: ignore[operator]


def test_a_venue_that_asked_us_to_wait_is_not_tried_before(venue: LocalBinance, begin: Begin) -> None:
    venue.faults.refuse_streams(429, retry_after_s=300)
    listener, feed = begin(delivers=False)
    listener.wait(lambda: any(said.retry_at_ns for said in listener.of(FeedStatus)))
    assert feed.try_now() == "the venue asked us to wait: 300 s to go"
