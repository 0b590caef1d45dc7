"""An order never leaves a legal path and is never filled beyond what was asked."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model import PlaceOrder
from app.core.orders import LEGAL, OVER, IllegalStep, Order, fill, step

STATES = st.sampled_from(sorted(LEGAL))


def order(state: str = "accepted", quantity: str = "2") -> Order:
    return Order(7, PlaceOrder("click-1", "ETH/USDT", 1, Decimal(quantity), 5), state, 100)


@given(STATES, STATES)
def test_only_the_steps_of_the_table_are_taken(before: str, after: str) -> None:
    if after in LEGAL[before]:
        assert step(order(before), after, "why").state == after
    else:
        with pytest.raises(IllegalStep, match=f"order 7: {before} → {after}"):
            step(order(before), after)


@pytest.mark.parametrize("state", sorted(OVER))
def test_an_order_that_is_over_stays_as_it_is(state: str) -> None:
    assert order(state).over and not LEGAL[state]
    with pytest.raises(IllegalStep):
        fill(order(state), Decimal(1), Decimal(100), Decimal(0))


def test_an_order_of_unknown_fate_may_turn_out_anything_but_pending() -> None:
    assert set(LEGAL["unknown"]) == set(LEGAL) - {"pending", "unknown"}


def test_fills_add_up_to_quantity_cost_fees_and_the_average_price() -> None:
    first = fill(order(), Decimal("0.5"), Decimal(100), Decimal("0.01"))
    assert (first.state, first.remaining, first.average_price) == ("partially filled", Decimal("1.5"), Decimal(100))
    whole = fill(first, Decimal("1.5"), Decimal(104), Decimal("0.03"))
    assert (whole.state, whole.remaining, whole.cost, whole.fees) == ("filled", 0, Decimal(206), Decimal("0.04"))
    assert whole.average_price == Decimal(103)


@pytest.mark.parametrize("quantity", ["2.0001", "0", "-1"])
def test_nothing_is_filled_beyond_what_remains(quantity: str) -> None:
    with pytest.raises(IllegalStep, match="2 remain"):
        fill(order(), Decimal(quantity), Decimal(100), Decimal(0))
