"""The journal tells of each round trip what a search through the same quotes tells, nothing that it did not see."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.core.books import Books
from app.core.desk import LIVE, Desk
from app.core.journal import KEPT, Journal
from app.core.model import Flatten, PlaceOrder, UnlockReplay
from app.core.trip import Trip
from feeds.events import FeedStatus, Quote
from tests.core.test_desk import MS, beat, order, view
from tests.market import BTC, ETH, T0_NS, desk, quote, started, terms, tick

S = 1_000


MOVES = st.lists(st.tuples(st.integers(1, 9_000), st.integers(9_900, 10_100)), min_size=1, max_size=40)


@given(MOVES, st.sampled_from([1, -1]), st.integers(0, 39))
def test_mids_afterwards_and_excursions_are_those_of_a_search_through_all_quotes(
    moves: list[tuple[int, int]], side: int, until: int
) -> None:
    made = desk([quote("100", "100.02")], leverage=1)
    made.apply(order("in", side, "1"))
    mids, at_ms = [(0, Decimal("100.01"))], 0
    closed_ms = None
    for number, (wait_ms, cents) in enumerate(moves):
        while at_ms // 250 < (at_ms + wait_ms) // 250 and wait_ms > 250:  # the desk's heart beats meanwhile
            step = 250 - at_ms % 250
            at_ms, wait_ms = at_ms + step, wait_ms - step
            made.apply(quiet(mids[-1][1], at_ms))
            made.apply(beat(at_ms))
        at_ms += wait_ms
        bid = Decimal(cents) / 100
        made.apply(quote(str(bid), str(bid + Decimal("0.02")), at_ms))
        mids.append((at_ms, bid + Decimal("0.01")))
        if number == until:
            made.apply(order("out", -side, "1"))
            closed_ms = at_ms
    if closed_ms is None:
        made.apply(order("out", -side, "1"))
        closed_ms = at_ms
    made.apply(beat(at_ms + 1))
    (trip,) = view(made).account.trips
    for seconds, found in ((1, trip.mid_1s), (5, trip.mid_5s), (30, trip.mid_30s), (60, trip.mid_60s)):
        assert found == (None if at_ms + 1 < seconds * S else [mid for at, mid in mids if at <= seconds * S][-1]), seconds
    seen = [mid for at, mid in mids if at <= closed_ms]
    moved = [side * (mid - trip.entry) for mid in seen]
    assert (trip.best, trip.worst) == (max(moved), min(moved))
    assert trip.slippage_in == Decimal("0.01") and trip.slippage_out == Decimal("0.01")


def quiet(mid: Decimal, at_ms: int) -> Quote:
    """The same quote again: the market is quiet, and alive."""
    return quote(str(mid - Decimal("0.01")), str(mid + Decimal("0.01")), at_ms)


def test_a_short_that_went_well_has_its_signs_the_right_way_round() -> None:
    made = desk([quote("99", "101")], leverage=1)
    made.apply(order("in", -1, "2"))
    for at_ms, bid, ask in ((500, "101", "103"), (1_500, "89", "91"), (2_000, "94", "96")):
        made.apply(quote(bid, ask, at_ms))
    made.apply(order("out", 1, "2"))
    (trip,) = view(made).account.trips
    assert (trip.side, trip.entry, trip.exit, trip.realized_pnl) == (-1, 99, 96, 6)
    assert (trip.best, trip.worst) == (9, -3)
    assert (trip.slippage_in, trip.slippage_out) == (1, 1)
    assert (trip.mid_1s, trip.moved(trip.mid_1s)) == (102, -3)
    assert (trip.closed_ns - trip.opened_ns, trip.end) == (2_000 * MS, "closed")


def test_a_flip_ends_one_trip_and_begins_the_next_and_partial_closes_belong_to_one() -> None:
    made = desk([quote("100", "100")])
    for name, side, quantity in (("a", 1, "1"), ("b", 1, "1"), ("c", -1, "0.5"), ("d", -1, "2"), ("e", 1, "0.5")):
        made.apply(order(name, side, quantity))
    first, second = view(made).account.trips
    assert (first.side, first.opened, first.closed) == (1, 2, 2)
    assert (second.side, second.opened, second.closed, second.number) == (-1, Decimal("0.5"), Decimal("0.5"), 2)


def test_what_was_not_watched_is_unknown_a_gap_a_dead_line_a_restart() -> None:
    made = desk([tick(1, "100"), quote("99", "101")], leverage=1)
    made.apply(order("gap", 1, "1"))
    made.apply(tick(5, "100", 100))
    made.apply(order("gap-out", -1, "1"))
    made.apply(order("line", 1, "1"))
    made.apply(FeedStatus("reconnecting", "connection lost", T0_NS + 200 * MS))
    for at_ms in (250, 1_250):
        made.apply(beat(at_ms))
    made.apply(FeedStatus("live", "", T0_NS + 1_300 * MS))
    made.apply(tick(6, "100", 1_400))
    made.apply(quote("99", "101", 1_400))
    made.apply(order("line-out", -1, "1"))
    gap, line = view(made).account.trips
    assert (gap.best, gap.worst, line.best, line.worst) == (None, None, None, None)
    assert (gap.mid_1s, line.mid_1s) == (None, None), "a second later the line was down"
    assert (gap.slippage_in, line.slippage_out) == (1, 1)
    made.apply(order("again", 1, "1"))
    made.apply(quote("99", "101", 3_000))
    booked = view(made).account
    stored = [*booked.trips, *made._dealing.journal.open.values()]
    after = Desk(terms(1), books=Books(Decimal(10_000), (*booked.over, *booked.working), booked.fills, trips=(*stored,)))
    for event in (started(), quote("98", "102", 4_000), beat(4_100), quote("98", "102", 8_000), beat(8_250)):
        after.apply(event)
    after.apply(order("again-out", -1, "1"))
    last = view(after).account.trips[-1]
    assert (last.number, last.exit, last.best, last.worst) == (3, 98, None, None)
    assert (last.slippage_in, last.slippage_out) == (1, 2)
    assert (last.mid_1s, last.mid_5s) == (100, 100)


def test_a_stop_has_no_key_press_to_be_compared_with_and_an_order_that_was_closed_by_flatten_has() -> None:
    made = desk([tick(1, "100"), quote("99", "101")], leverage=1)
    made.apply(order("in", 1, "1"))
    made.apply(quote("109", "111", 100))
    made.apply(Flatten("flat", T0_NS))
    made.apply(PlaceOrder("rests", ETH, 1, Decimal(1), T0_NS, type="limit", price=Decimal("109"), by="program"))
    made.apply(quote("119", "121", 200))
    made.apply(tick(2, "108", 300))
    trip, running = view(made).account.trips[0], made._dealing.journal.open[ETH]
    assert (trip.slippage_in, trip.slippage_out) == (1, 1)
    assert (running.entry, running.slippage_in) == (109, -1), "asked at a mid of 110, filled below it"


def test_a_stop_that_was_placed_by_hand_is_not_compared_with_the_mid_of_long_ago() -> None:
    made = desk([tick(1, "100"), quote("99", "101")], leverage=1)
    made.apply(order("in", 1, "1"))
    made.apply(PlaceOrder("stop", ETH, -1, Decimal(1), T0_NS, True, type="stop", stop_price=Decimal(90), by="key"))
    made.apply(tick(2, "89", 5_000))
    made.apply(quote("88", "90", 5_001))
    (trip,) = view(made).account.trips
    assert (trip.exit, trip.slippage_in, trip.slippage_out) == (88, 1, None)


def test_a_replay_and_the_live_account_have_journals_of_their_own_and_the_one_left_alone_saw_nothing() -> None:
    made = desk([quote("99", "101")], leverage=1)
    made.apply(order("live", 1, "1"))
    made.apply(started("replay", epoch="e2"))
    made.apply(UnlockReplay(T0_NS))
    made.apply(quote("50", "52", 10))
    made.apply(order("replayed", 1, "1"))
    made.apply(order("replayed-out", -1, "1"))
    assert [trip.entry for trip in view(made).account.trips] == [52]
    made.apply(started(epoch="e3"))
    made.apply(quote("99", "101", 20))
    made.apply(order("live-out", -1, "1"))
    (trip,) = view(made).account.trips
    assert (made.account_id, trip.entry, trip.best) == (LIVE, 101, None)


def test_what_follows_from_time_is_stored_too_and_the_journal_stays_bounded() -> None:
    made = desk([quote("99", "101")], leverage=1)
    made.apply(order("in", 1, "1"))
    made.apply(order("out", -1, "1"))
    (booked,) = made.booked(made.apply(quote("100", "102", 1_500)))
    assert isinstance(booked.change, Trip) and booked.change.mid_1s == 100
    (fill, *_) = view(made).account.fills
    journal = Journal()
    for number in range(1, KEPT + 11):
        for side in (1, -1):
            journal.note([replace(fill, symbol=BTC, side=side, ts_ns=number, realized_pnl=Decimal(0))], lambda symbol: None)
    assert (len(journal.ended), journal.ended[0].number) == (KEPT, 11)
    assert sum(len(waiting) for waiting in journal.awaited.values()) <= 400
