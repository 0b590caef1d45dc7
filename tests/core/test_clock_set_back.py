"""The wall clock is set back under a running desk: what is live stays live, and what dies afterwards is still noticed."""

from dataclasses import replace

from app.core.dealing import Limits
from app.core.desk import Desk
from app.core.model import Refused
from feeds.events import FeedStatus
from tests.core.test_desk import MS, beat, order, view
from tests.core.trading import filled
from tests.market import BTC, ETH, T0_NS, desk, quote, rejected, started, terms, tick

HOUR_MS = 3_600_000


def set_back() -> Desk:
    """Both symbols were live for an hour; then the clock is set back by that hour, and a heartbeat tells."""
    late = [tick(1, "2000", HOUR_MS), quote("2000", "2000.5", HOUR_MS), tick(1, "60000", HOUR_MS, symbol=BTC)]
    return desk([*late, beat(0)])


def test_a_clock_that_was_set_back_makes_nothing_stale() -> None:
    made = set_back()
    made.apply(tick(2, "2001", 100))
    made.apply(quote("2001", "2001.5", 110))
    made.apply(beat(250))
    seen = view(made)
    assert seen.now_ns == T0_NS + 250 * MS
    assert (seen.feed.state, seen.symbols[ETH].state, seen.symbols[BTC].state) == ("live", "live", "live")
    assert (seen.symbols[ETH].tick_age_ms, seen.symbols[ETH].quote_age_ms, seen.symbols[BTC].tick_age_ms) == (150, 140, 250)
    assert filled(made.apply(order("a", 1, "1")))


def test_a_new_quote_is_current_although_the_newest_print_was_stamped_by_the_clock_before() -> None:
    made = set_back()
    made.apply(quote("2001", "2001.5", 110))
    assert view(made).symbols[ETH].quote_source == "stream"
    assert filled(made.apply(order("a", 1, "1")))


def test_after_the_clock_was_set_back_a_silent_symbol_and_a_dead_line_are_noticed_as_before() -> None:
    made = set_back()
    for at_ms in (2_000, 4_000, 5_500):
        made.apply(tick(at_ms, "2001", at_ms))
    seen = view(made)
    assert (seen.feed.state, seen.symbols[ETH].state, seen.symbols[BTC].state) == ("live", "live", "stale")
    made.apply(beat(8_600))
    assert (view(made).feed.state, view(made).symbols[ETH].source) == ("stale", "stale")
    assert "not live" in rejected(made.apply(order("a", 1, "1")))


def test_a_quote_of_a_lost_connection_does_not_come_back_to_life_because_the_clock_was_set_back() -> None:
    made = desk([quote("2000", "2000.5", HOUR_MS), FeedStatus("reconnecting", "reset by peer", T0_NS + HOUR_MS * MS)])
    made.apply(beat(0))
    made.apply(tick(1, "2100", 100))
    assert "not live" in rejected(made.apply(order("a", 1, "1")))


def test_since_when_is_never_in_the_future_and_the_next_try_stays_as_near_as_it_was() -> None:
    late_ns = T0_NS + HOUR_MS * MS
    made = desk([FeedStatus("reconnecting", "reset by peer", late_ns, 1, late_ns + 800 * MS), beat(0)])
    assert (view(made).feed.since_ns, view(made).feed.retry_at_ns) == (T0_NS, T0_NS + 800 * MS)


def test_orders_wait_no_longer_after_the_clock_was_set_back() -> None:
    made = Desk(replace(terms(), latency_ns=100 * MS), limits=Limits(orders_a_minute=1))
    for event in (started(), quote("2000", "2000.5", HOUR_MS)):
        made.apply(event)
    placed = made.apply(replace(order("a", 1, "1"), ts_ns=T0_NS + HOUR_MS * MS))
    assert not filled(placed)
    made.apply(beat(0))
    (refusal,) = made.apply(order("b", 1, "1"))
    assert isinstance(refusal, Refused) and refusal.wait_ns <= 60_000 * MS
    assert not filled(made.apply(quote("2000", "2000.5", 50)))
    assert filled(made.apply(quote("2000", "2000.5", 101)))
