"""A bracket's legs are as large as the position, one cancels the other, and neither outlives what it guards."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.account import Step
from app.core.model import Bracket
from app.core.orders import Order
from app.core.paper import plain
from tests.core.test_break_even import moves_only_to_safety
from tests.core.trading import LONG, SHORT, Market, filled, quoted
from tests.market import ETH


@pytest.fixture
def market() -> Market:
    return quoted(10)


def legs(market: Market) -> list[tuple[str, int, str]]:
    return [(order.asked.type, order.asked.side, plain(order.remaining)) for order in market.account.blotter.working()]


def ended(market: Market) -> dict[str, str]:
    return {order.asked.client_id: f"{order.state}: {order.reason}" for order in market.account.blotter.over()}


def test_the_legs_come_with_the_fill_and_are_as_large_as_it(market: Market) -> None:
    market.place(1, "2", bracket=LONG)
    assert [order.asked.type for order in market.account.blotter.working()] == ["market"]
    market.at(100)
    assert legs(market) == [("stop", -1, "2"), ("limit", -1, "2")]


def test_a_short_is_guarded_from_above(market: Market) -> None:
    market.place(-1, "2", bracket=SHORT)
    market.at(100)
    assert legs(market) == [("stop", 1, "2"), ("limit", 1, "2")]


def test_the_legs_follow_partial_fills_and_additions(market: Market) -> None:
    market.place(1, "4", type="limit", price="100.00", bracket=LONG)
    market.at(100)
    market.print("100.00", 120, "6", aggressor=-1)
    assert legs(market)[1:] == [("stop", -1, "1"), ("limit", -1, "1")]
    market.print("99.99", 130, aggressor=-1)
    assert legs(market) == [("stop", -1, "4"), ("limit", -1, "4")]
    market.place(1, "3", 140)
    market.at(240)
    assert legs(market) == [("stop", -1, "7"), ("limit", -1, "7")]
    market.place(-1, "5", 250)
    market.at(350)
    assert legs(market) == [("stop", -1, "2"), ("limit", -1, "2")]


def test_the_target_cancels_the_stop(market: Market) -> None:
    market.place(1, "2", bracket=LONG)
    market.at(250)
    (fill,) = filled(market.print("102.01", 300))
    assert (fill.price, fill.liquidity) == (Decimal("102.00"), "maker")
    assert market.account.ledger.positions.get(ETH) is None and market.account.blotter.working() == ()
    assert ended(market)["click-1:stop"] == "cancelled: its position is closed"


def test_the_stop_cancels_the_target_even_when_both_could_fill(market: Market) -> None:
    market.place(1, "2", bracket=LONG)
    market.at(250)
    market.print("98.99", 300)
    (fill,) = filled(market.quote("98.90", "98.92", 450))
    assert fill.price == Decimal("98.90")
    assert filled(market.print("103.00", 460)) == [] and market.account.blotter.working() == ()


def test_a_partly_filled_target_leaves_a_stop_for_the_rest(market: Market) -> None:
    market.place(1, "2", bracket=LONG)
    market.at(250)
    market.quote("101.98", "102.00", 260, "3")  # the target's price becomes the best: 3 are ahead
    market.print("102.00", 270, "4", aggressor=1)
    assert legs(market) == [("stop", -1, "1"), ("limit", -1, "1")]


def test_closing_by_hand_cancels_both(market: Market) -> None:
    market.place(1, "2", bracket=LONG)
    market.place(-1, "2", 200)
    market.at(400)
    assert market.account.blotter.working() == () and set(ended(market)) == {
        "click-1",
        "click-2",
        "click-1:stop",
        "click-1:target",
    }


def test_a_newer_bracket_takes_the_place_of_the_older_one(market: Market) -> None:
    market.place(1, "2", bracket=LONG)
    market.place(1, "1", 200, bracket=Bracket(Decimal("99.50"), None))
    market.at(400)
    assert legs(market) == [("stop", -1, "3")]
    assert ended(market)["click-1:stop"] == "cancelled: a newer bracket took its place"


def test_a_stop_that_ends_at_the_collar_stands_again_for_what_is_left(market: Market) -> None:
    market.place(1, "5", bracket=LONG)
    market.at(250)
    market.print("98.99", 300)
    steps = market.quote("98.90", "98.92", 450, "0.1")  # 20 levels of 0.1 lie within the collar
    assert sum(fill.quantity for fill in filled(steps)) == 2
    assert legs(market) == [("limit", -1, "3"), ("stop", -1, "3")]
    market.print("98.80", 600)
    assert sum(fill.quantity for fill in filled(market.quote("98.70", "98.72", 710))) == 3
    assert market.account.blotter.working() == () and market.account.ledger.positions.get(ETH) is None


def test_a_stop_that_was_cancelled_by_hand_does_not_come_back(market: Market) -> None:
    market.place(1, "5", bracket=LONG)
    market.at(250)
    stop = market.account.blotter.seen("click-1:stop")
    assert stop is not None
    market.account.cancel(stop.order_id)
    market.place(-1, "1", 300)
    market.at(400)
    assert legs(market) == [("limit", -1, "4")]


@pytest.mark.parametrize(
    ("side", "bracket", "reason"),
    [
        (1, Bracket(Decimal("101.00"), None), "the bracket's stop must be below the entry"),
        (-1, Bracket(Decimal("99.00"), None), "the bracket's stop must be above the entry"),
        (1, Bracket(None, Decimal("99.00")), "the bracket's target must be above the entry"),
        (-1, Bracket(None, Decimal("101.00")), "the bracket's target must be below the entry"),
        (1, Bracket(None, None), "a bracket needs a stop_price or a target_price"),
    ],
)
def test_a_bracket_on_the_wrong_side_is_refused(market: Market, side: int, bracket: Bracket, reason: str) -> None:
    order = market.place(side, "2", bracket=bracket)
    assert (order.state, order.reason) == ("rejected", reason)


DOINGS = st.lists(
    st.one_of(
        st.tuples(st.just("quote"), st.integers(9_700, 10_300), st.integers(1, 9)),
        st.tuples(st.just("print"), st.integers(9_700, 10_300), st.integers(1, 9)),
        st.tuples(st.just("order"), st.sampled_from([1, -1]), st.integers(1, 6)),
        st.tuples(st.just("bracket"), st.sampled_from([1, -1]), st.integers(1, 6)),
        st.tuples(st.just("cancel"), st.integers(1, 12), st.just(0)),
        st.tuples(st.just("even"), st.just(0), st.just(0)),
    ),
    max_size=50,
)


def act(market: Market, at_ms: int, doing: str, what: int, size: int) -> list[Step]:
    price = Decimal(what) / 100
    if doing == "quote":
        return market.quote(str(price), str(price + Decimal("0.02")), at_ms, str(size))
    if doing == "print":
        return market.print(str(price), at_ms, str(size), aggressor=1 if size % 2 else -1)
    if doing == "cancel":
        return market.account.cancel(what)
    if doing == "even":
        return moves_only_to_safety(market)
    assert market.quoted is not None
    entry = market.quoted.ask
    near, far = (entry - what * Decimal("0.50")), (entry + what * Decimal("0.50"))
    return [market.place(what, str(size), at_ms, **({"bracket": Bracket(near, far)} if doing == "bracket" else {}))]


@given(DOINGS)
def test_under_every_interleaving_the_legs_guard_the_position_and_nothing_else(doings: list[tuple[str, int, int]]) -> None:
    market = Market(leverage=10)
    market.quote("100.00", "100.02", 0)
    cancelled: set[int] = set()
    for n, (doing, what, size) in enumerate(doings, 1):
        held = market.account.ledger.positions.get(ETH)
        steps = act(market, n * 60, doing, what, size)
        if doing == "cancel":
            cancelled |= {step.order_id for step in steps if isinstance(step, Order)}
        position = market.account.ledger.positions.get(ETH)
        guards = [order for order in market.account.blotter.working() if ":" in order.asked.client_id]
        if position is None:
            assert guards == []
        for leg in guards:
            assert position is not None
            assert leg.asked.reduce_only and leg.remaining == abs(position.quantity)
            assert (leg.asked.side > 0) == (position.quantity < 0)
        assert len({leg.asked.client_id.rpartition(":")[0] for leg in guards}) <= 1
        for fill in filled(steps):
            if ":" in fill.client_id and held is not None:
                assert fill.quantity <= abs(held.quantity) + sum(
                    (one.quantity for one in filled(steps) if one.side != fill.side), Decimal(0)
                )
