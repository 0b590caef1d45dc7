"""What a trader would notice first: a ghost position, an order done twice, a fill at a dead price, a print counted twice."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.desk import Desk
from app.core.margin import liquidation_price
from app.core.model import Command, Fill, Outcome, PlaceOrder, Rejected, UnlockReplay
from app.core.positions import value
from app.core.snapshot import Snapshot
from feeds.events import Event, FeedStatus, Heartbeat, Instrument, LineAlive
from tests.market import BTC, ETH, T0_NS, desk, quote, started, tick

MS = 1_000_000


def order(client_id: str, side: int, quantity: str, *, reduce_only: bool = False, symbol: str = ETH) -> PlaceOrder:
    return PlaceOrder(client_id, symbol, side, Decimal(quantity), T0_NS, reduce_only)


def beat(at_ms: int) -> Heartbeat:
    return Heartbeat(T0_NS + at_ms * MS)


def view(made: Desk) -> Snapshot:
    return made.snapshot(1, 0)


def held(made: Desk) -> dict[str, Decimal]:
    return {position.symbol: position.quantity for position in view(made).held}


def test_an_order_is_filled_at_the_opposite_best_quote_and_becomes_a_position() -> None:
    made = desk([quote("2000", "2000.5")], leverage=500)
    (fill,) = made.apply(order("a", 1, "2"))
    assert isinstance(fill, Fill)
    assert (fill.side, fill.quantity, fill.price, fill.realized_pnl, fill.kind) == (1, 2, Decimal("2000.5"), 0, "order")
    (position,) = view(made).held
    assert (position.quantity, position.entry, position.leverage, position.margin) == (
        2,
        Decimal("2000.5"),
        500,
        Decimal("8.002"),
    )


def test_the_same_client_id_is_done_once_whatever_the_second_body_says() -> None:
    made = desk([quote("2000", "2000.5")])
    first = made.apply(order("a", 1, "2"))
    assert made.apply(order("a", 1, "2")) == [] and made.apply(order("a", -1, "5")) == []
    assert held(made) == {ETH: 2} and len(view(made).fills) == 1
    assert made.outcome("a") == Outcome(order("a", 1, "2"), tuple(first)) and made.outcome("b") is None


def test_a_closed_position_is_gone_and_its_profit_stays() -> None:
    made = desk([quote("2000", "2000.5")])
    made.apply(order("a", -1, "2"))
    made.apply(quote("1989", "1990", 10))
    made.apply(order("b", 1, "2", reduce_only=True))
    assert view(made).held == () and view(made).realized_pnl == 20


def test_an_order_beyond_the_shown_size_is_filled_in_part_and_the_rest_named() -> None:
    made = desk([quote("2000", "2000.5", size="0.5")])
    fill, rest = made.apply(order("a", 1, "2.0"))
    assert isinstance(fill, Fill) and isinstance(rest, Rejected)
    assert rest.reason == "0.5 of 2 ETH/USDT filled; 1.5 rejected: only 0.5 shown at 2000.5"
    assert view(made).rejections == (rest,) and view(made).notice == rest.reason


def test_opening_is_refused_once_the_line_has_been_silent_for_longer_than_its_budget() -> None:
    made = desk([tick(1, "2000"), quote("2000", "2000.5"), beat(3_001)])
    (refused,) = made.apply(order("a", 1, "1"))
    assert isinstance(refused, Rejected) and "not live" in refused.reason
    assert held(made) == {}


@pytest.mark.parametrize("reduce_only", [True, False])
def test_a_close_on_a_dead_quote_waits_and_is_done_at_the_next_live_one(reduce_only: bool) -> None:
    made = desk([quote("2000", "2000.5")])
    made.apply(order("a", 1, "2"))
    made.apply(beat(3_001))
    assert made.apply(order("b", -1, "2", reduce_only=reduce_only)) == []
    assert view(made).waiting == ("close of ETH/USDT waits for a live quote",)
    asked = order("b", -1, "2", reduce_only=reduce_only)
    assert made.outcome("b") == Outcome(asked, ())
    made.apply(tick(1, "2010", 4_000))
    assert held(made) == {ETH: 2}
    (fill,) = made.apply(quote("2010", "2010.5", 4_100))
    assert isinstance(fill, Fill) and (fill.price, fill.realized_pnl) == (2010, 19)
    assert view(made).held == () and view(made).waiting == () and made.outcome("b") == Outcome(asked, (fill,))


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
    (refused,) = made.apply(order("a", 1, "1"))
    assert isinstance(refused, Rejected) and held(made) == {}
    made.apply(quote("2100", "2100.5", 60_100))
    assert isinstance(made.apply(order("b", 1, "1"))[0], Fill)


@pytest.mark.parametrize("side", [1, -1])
def test_a_position_whose_mark_crosses_its_liquidation_price_is_closed_there(side: int) -> None:
    made = desk([quote("2000", "2000")], leverage=100)
    made.apply(order("a", side, "2"))
    (position,) = view(made).held
    price = liquidation_price(position)
    assert price is not None
    inside, beyond = (price + side * Decimal(way) for way in ("0.01", "-0.01"))
    assert made.apply(quote(str(inside), str(inside), 10)) == []
    (fill,) = made.apply(quote(str(beyond), str(beyond), 20))
    assert isinstance(fill, Fill) and (fill.kind, fill.price, fill.side, fill.quantity) == ("liquidation", price, -side, 2)
    assert view(made).held == () and view(made).notice.startswith("liquidated: ")
    assert -position.margin < view(made).realized_pnl < 0


def test_an_order_for_a_symbol_that_nobody_watches_is_refused() -> None:
    (refused,) = desk().apply(order("a", 1, "1", symbol="DOGE/USDT"))
    assert isinstance(refused, Rejected) and refused.reason == "unknown symbol DOGE/USDT"


def test_a_replays_ticket_is_locked_until_it_is_unlocked_once() -> None:
    made = desk([quote("2000", "2000.5")], kind="replay")
    (refused,) = made.apply(order("a", 1, "1"))
    assert isinstance(refused, Rejected) and "trade in replay" in refused.reason and view(made).locked
    made.apply(UnlockReplay(T0_NS))
    assert isinstance(made.apply(order("b", 1, "1"))[0], Fill) and not view(made).locked


def test_a_new_source_forgets_market_account_and_signals_and_says_so() -> None:
    made = desk([tick(1, "2000"), quote("2000", "2000.5")])
    made.apply(order("a", 1, "1"))
    made.apply(started("replay", epoch="e2", reason="the recording begins anew"))
    after = view(made)
    assert (after.epoch, after.held, after.fills, after.realized_pnl) == ("e2", (), (), 0)
    assert (after.symbols[ETH].n, after.symbols[ETH].ticks, after.symbols[ETH].quote) == (0, (), None)
    assert after.notice == "1 open position closed, account reset"


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
        unrealized = sum((value(position, mark)[0] for position in view(made).held), Decimal(0))
        assert abs(view(made).realized_pnl + unrealized - cash - quantity * mark) <= turnover * Decimal("1e-16")


def test_an_instrument_that_arrives_later_is_taken() -> None:
    finer = Instrument(ETH, Decimal("0.001"), Decimal("0.001"), Decimal(1), "exchange information")
    assert view(desk([finer])).symbols[ETH].instrument == finer
