"""What an order would do to the position that it meets."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.core.model import PlaceOrder, Position
from app.core.paper import only_reduces
from app.core.positions import apply_fill

ETH = "ETH/USDT"
SIDES = st.sampled_from([1, -1])
QUANTITIES = st.decimals("0.0001", "1000", places=4)


def order(side: int, quantity: Decimal | str, reduce_only: bool = False) -> PlaceOrder:
    return PlaceOrder("click-1", ETH, side, Decimal(quantity), 5, reduce_only)


def held(signed: Decimal | str) -> Position | None:
    signed = Decimal(signed)
    if not signed:
        return None
    return apply_fill(None, ETH, 1 if signed > 0 else -1, abs(signed), Decimal("2600"), 10, 0)[0]


@given(SIDES, QUANTITIES, st.decimals("-1000", "1000", places=4), st.booleans())
def test_an_order_only_reduces_when_no_part_of_it_could_open_or_add(
    side: int, quantity: Decimal, signed: Decimal, reduce_only: bool
) -> None:
    opposite = signed * side < 0
    expected = opposite and (reduce_only or quantity <= abs(signed))
    assert only_reduces(order(side, quantity, reduce_only), held(signed)) == expected
