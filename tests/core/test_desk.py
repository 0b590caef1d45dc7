"""What a trader would notice first: a ghost position, an order done twice, a fill at a dead price, a print counted twice."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.desk import Desk
from app.core.margin import EXAMPLE_TIERS, liquidation_price
from app.core.model import Command, Fill, PlaceOrder, Refused, UnlockReplay
from app.core.orders import Order
from app.core.positions import value
from app.core.snapshot import Snapshot
from feeds.events import Event, FeedStatus, Heartbeat, Instrument, LineAlive
from tests.core.trading import filled
from tests.market import BTC, ETH, T0_NS, desk, quote, rejected, started, tick

MS = 1_000_000


def order(client_id: str, side: int, quantity: str, *, reduce_only: bool = False, symbol: str = ETH) -> PlaceOrder:
    return PlaceOrder(client_id, symbol, side, Decimal(quantity), T0_NS, reduce_only, by="program")


def beat(at_ms: int) -> Heartbeat:
    return Heartbeat(T0_NS + at_ms * MS)


def view(made: Desk) -> Snapshot:
    return made.snapshot(1, 0)


def held(made: Desk) -> dict[str, Decimal]:
    return {position.symbol: position.quantity for position in view(made).account.positions}


def test_an_order_is_filled_at_the_opposite_best_quote_and_becomes_a_position() -> None:
    made = desk([quote("2000", "2000.5")], leverage=500)
    (fill,) = filled(made.apply(order("a", 1, "2")))
    assert (fill.side, fill.quantity, fill.price, fill.realized_pnl, fill.kind) == (1, 2, Decimal("2000.5"), 0, "order")
    (position,) = view(made).account.positions
    assert (position.quantity, position.entry, position.leverage, position.margin) == (
        2,
        Decimal("2000.5"),
        500,
        Decimal("8.002"),
    )


def test_the_same_client_id_is_done_once_whatever_the_second_body_says() -> None:
    made = desk([quote("2000", "2000.5")])
    made.apply(order("a", 1, "2"))
    assert made.apply(order("a", 1, "2")) == [] and made.apply(order("a", -1, "5")) == []
    assert held(made) == {ETH: 2} and len(view(made).account.fills) == 1
    seen = made.seen("a")
    assert seen is not None and seen.asked == order("a", 1, "2") and seen.state == "filled" and made.seen("b") is None


def test_a_closed_position_is_gone_and_its_profit_stays() -> None:
    made = desk([quote("2000", "2000.5")])
    made.apply(order("a", -1, "2"))
    made.apply(quote("1989", "1990", 10))
    made.apply(order("b", 1, "2", reduce_only=True))
    assert view(made).account.positions == () and view(made).account.realized_pnl == 20


def test_an_order_beyond_the_shown_size_pays_more_for_each_further_multiple_and_says_what_the_collar_left() -> None:
    made = desk([quote("2000", "2000.5", size="0.5")])
    got = filled(made.apply(order("a", 1, "1.5")))
    assert [(one.quantity, one.price) for one in got] == [
        (Decimal("0.5"), Decimal(price)) for price in ("2000.5", "2000.61", "2000.72")
    ]
    made = desk([quote("2000", "2000.5", size="0.01")])
    *_, last = (step for step in made.apply(order("a", 1, "2")) if isinstance(step, Order))
    assert last.state == "cancelled"
    assert last.reason == "1.63 not filled: beyond the collar of 20 bp"


def test_opening_is_refused_once_the_line_has_been_silent_for_longer_than_its_budget() -> None:
    made = desk([tick(1, "2000"), quote("2000", "2000.5"), beat(3_001)])
    assert "ETH/USDT is not live: no message on the line" in rejected(made.apply(order("a", 1, "1")))
    assert held(made) == {}


@pytest.mark.parametrize("reduce_only", [True, False])
def test_a_close_on_a_dead_quote_waits_and_is_done_at_the_next_live_one(reduce_only: bool) -> None:
    made = desk([quote("2000", "2000.5")])
    made.apply(order("a", 1, "2"))
    made.apply(beat(3_001))
    made.apply(order("b", -1, "2", reduce_only=reduce_only))
    (waits,) = view(made).account.working
    assert waits.held_up and waits.state == "accepted"
    made.apply(tick(1, "2010", 4_000))
    assert held(made) == {ETH: 2}
    (fill,) = filled(made.apply(quote("2010", "2010.5", 4_100)))
    assert (fill.price, fill.realized_pnl) == (2010, 19)
    assert view(made).account.positions == () and view(made).account.working == ()


def test_two_closes_that_waited_do_not_turn_the_position_over() -> None:
    made = desk([quote("2000", "2000.5")])
    made.apply(order("a", 1, "2"))
    made.apply(beat(3_001))
    made.apply(order("b", -1, "2"))
    made.apply(order("c", -1, "2"))
    made.apply(quote("2010", "2010.5", 4_000))
    assert held(made) == {}


def test_after_a_lost_line_the_first_print_does_not_bring_the_old_quote_back_to_life() -> None:
    made = desk([tick(1, "2000"), quote("2000", "2000.5"), FeedStatus("reconnecting", "reset by peer", T0_NS + 100 * MS)])
    made.apply(tick(2, "2100", 60_000))
    assert "not live" in rejected(made.apply(order("a", 1, "1"))) and held(made) == {}
    made.apply(quote("2100", "2100.5", 60_100))
    assert filled(made.apply(order("b", 1, "1")))


@pytest.mark.parametrize("side", [1, -1])
def test_a_position_whose_mark_crosses_its_liquidation_price_is_closed(side: int) -> None:
    made = desk([quote("2000", "2000")], leverage=100)
    made.apply(order("a", side, "2"))
    (position,) = view(made).account.positions
    price = liquidation_price(position, EXAMPLE_TIERS)
    assert price is not None
    inside, beyond = (price + side * Decimal(way) for way in ("0.01", "-0.01"))
    assert made.apply(quote(str(inside), str(inside), 10)) == []
    (fill,) = filled(made.apply(quote(str(beyond), str(beyond), 20)))
    assert (fill.kind, fill.price, fill.side, fill.quantity) == ("liquidation", beyond, -side, 2)
    assert view(made).account.positions == () and view(made).notice.startswith("liquidated: ")
    assert -position.margin < view(made).account.realized_pnl < 0


def test_an_order_for_a_symbol_that_nobody_watches_is_refused() -> None:
    assert rejected(desk().apply(order("a", 1, "1", symbol="DOGE/USDT"))) == "unknown symbol DOGE/USDT"


def test_a_replays_ticket_is_locked_until_it_is_unlocked_once() -> None:
    made = desk([quote("2000", "2000.5")], kind="replay")
    (refused,) = made.apply(order("a", 1, "1"))
    assert isinstance(refused, Refused) and "trade in replay" in refused.reason and view(made).locked
    made.apply(UnlockReplay(T0_NS))
    assert filled(made.apply(order("a", 1, "1"))) and not view(made).locked


def test_a_replay_that_begins_anew_forgets_market_account_and_signals_and_says_so() -> None:
    made = desk([tick(1, "2000"), quote("2000", "2000.5"), UnlockReplay(T0_NS)], kind="replay")
    made.apply(order("a", 1, "1"))
    made.apply(started("replay", epoch="e2", reason="the recording begins anew"))
    after = view(made)
    assert (after.epoch, after.account.positions, after.account.fills, after.account.realized_pnl) == ("e2", (), (), 0)
    assert (after.symbols[ETH].n, after.symbols[ETH].ticks, after.symbols[ETH].quote) == (0, (), None)
    assert after.notice == "1 open position closed, account reset"


def test_live_and_replay_have_accounts_of_their_own_and_the_live_one_is_there_again_afterwards() -> None:
    made = desk([tick(1, "2000"), quote("2000", "2000.5")])
    made.apply(order("a", 1, "1"))
    made.apply(started("replay", epoch="e2", reason="no live data"))
    assert (view(made).account_id, view(made).account.positions, view(made).notice) == ("paper-replay", (), "")
    made.apply(started(epoch="e3"))
    assert (view(made).account_id, held(made)) == ("paper-live", {ETH: 1})


def test_dead_and_quiet_differ() -> None:
    made = desk([tick(1, "2000"), quote("2000", "2000.5"), tick(1, "60000", symbol=BTC)])
    for at_ms in (2_000, 4_000, 4_900):
        made.apply(LineAlive(T0_NS + at_ms * MS))
    assert view(made).symbols[ETH].state == "live"
    made.apply(LineAlive(T0_NS + 5_100 * MS))
    assert (view(made).feed.state, view(made).symbols[ETH].state) == ("live", "stale")
    made.apply(beat(8_200))
    assert view(made).feed.state == "stale"


def test_time_does_not_run_backwards_for_what_was_under_way() -> None:
    made = desk([beat(1_000), beat(400), LineAlive(T0_NS)])
    assert view(made).now_ns == T0_NS + 1_000 * MS


PRICES = st.integers(190_000, 210_000)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("quote"), PRICES, st.integers(0, 40), st.integers(1, 400)),
        st.tuples(st.just("tick"), PRICES, st.sampled_from([-1, 0, 1]), st.integers(1, 400)),
        st.tuples(st.just("order"), st.sampled_from([-1, 1]), st.integers(1, 400), st.booleans()),
        st.tuples(st.just("beat"), st.integers(1, 6_000), st.none(), st.none()),
    ),
    max_size=60,
)


def events_of(rows: Sequence[tuple[str, int, int, int]]) -> list[Event | Command]:
    at_ms, found = 0, []
    made: Event | Command
    for number, (what, first, second, third) in enumerate(rows, 1):
        at_ms += first if what == "beat" else 40
        if what == "quote":
            made = quote(f"{first / 100:.2f}", f"{(first + second) / 100:.2f}", at_ms, f"{third / 100:.2f}")
        elif what == "tick":
            made = tick(number, f"{first / 100:.2f}", at_ms, f"{third / 100:.2f}", second)
        elif what == "order":
            made = order(f"id-{number}", first, f"{second / 100:.2f}", reduce_only=bool(third))
        else:
            made = beat(at_ms)
        found.append(made)
    return found


@settings(max_examples=60)
@given(EVENTS, st.sampled_from([1, 5, 500]))
def test_the_same_events_in_the_same_order_are_the_same_bytes(rows: list[tuple[str, int, int, int]], leverage: int) -> None:
    events = events_of(rows)
    one, other = desk(leverage=leverage), desk(leverage=leverage)
    for event in events:
        one.apply(event)
        view(one)
    for event in events:
        other.apply(event)
    assert view(one).canonical() == view(other).canonical()


@settings(max_examples=80)
@given(EVENTS, st.sampled_from([1, 5, 500]))
def test_the_account_is_worth_the_cash_that_its_fills_moved(rows: list[tuple[str, int, int, int]], leverage: int) -> None:
    made, cash, quantity, turnover = desk(leverage=leverage), Decimal(0), Decimal(0), Decimal(0)
    for event in events_of(rows):
        for fill in made.apply(event):
            if isinstance(fill, Fill):
                cash -= fill.side * fill.quantity * fill.price
                quantity += fill.side * fill.quantity
                turnover += fill.quantity * fill.price
        assert held(made) == ({ETH: quantity} if quantity else {})
        mark = Decimal(2000)
        unrealized = sum((value(position, mark)[0] for position in view(made).account.positions), Decimal(0))
        assert abs(view(made).account.realized_pnl + unrealized - cash - quantity * mark) <= turnover * Decimal("1e-16")


def test_an_instrument_that_arrives_later_is_taken() -> None:
    finer = Instrument(ETH, Decimal("0.001"), Decimal("0.001"), Decimal(1), "exchange information")
    assert view(desk([finer])).symbols[ETH].instrument == finer
