"""What a position leaves when it is closed now: worked out by hand for both sides, and against an oracle that keeps every lot."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.admission import Terms
from app.core.desk import Desk
from app.core.margin import EXACT
from app.core.model import PlaceOrder, Position
from app.core.positions import apply_fill
from app.core.valuation import at_exit, net_total, value_positions
from app.hub import Hub
from tests.market import BTC, ETH, T0_NS, quote, started

Row = tuple[int, Decimal, Decimal, Decimal]
FILLS = st.lists(
    st.tuples(
        st.sampled_from([1, -1]),
        st.decimals("0.0001", "10000", places=4),
        st.decimals("0.01", "1000000", places=2),
        st.decimals("0", "100", places=6),
    ),
    max_size=30,
)


def run(fills: list[Row]) -> tuple[Position | None, Decimal]:
    position, realized = None, Decimal(0)
    for at, (side, quantity, price, fee) in enumerate(fills):
        position, gain = apply_fill(position, ETH, side, quantity, price, 10, at, fee)
        realized = EXACT.add(realized, gain)
    return position, realized


@pytest.mark.parametrize(
    ("side", "price", "exit_fee", "net"),
    [
        (1, "110", "0.11", "19.69"),  # 2 · (110 − 100) − 0.2 paid − 5 bp of 220
        (1, "99.9", "0.0999", "-0.4999"),
        (-1, "90", "0.09", "19.71"),
        (-1, "100.1", "0.1001", "-0.5001"),
    ],
)
def test_closing_now_leaves_what_the_exit_side_brings_less_the_fees_both_ways(
    side: int, price: str, exit_fee: str, net: str
) -> None:
    position, _ = apply_fill(None, ETH, side, Decimal(2), Decimal(100), 10, 0, Decimal("0.2"))
    assert position is not None
    assert at_exit(position, Decimal(price), Decimal(5)) == (Decimal(exit_fee), Decimal(net))


@pytest.mark.parametrize(
    ("fills", "open_fees", "closed_fees"),
    [
        ([(1, 4, 1)], "1", "0"),
        ([(-1, 4, 1), (-1, 4, 2)], "3", "0"),
        ([(1, 4, 1), (-1, 1, "0.5")], "0.75", "0.75"),  # a quarter of what was paid, and the fee of closing it
        ([(-1, 4, 1), (1, 1, "0.5"), (-1, 1, 2)], "2.75", "0.75"),
        ([(1, 4, 1), (-1, 6, 3)], "1", "0"),  # a flip: a third of its fee is that of the new position
        ([(-1, 4, 1), (1, 6, 3)], "1", "0"),
    ],
)
def test_the_fees_of_what_is_open_are_worked_out_by_hand(
    fills: list[tuple[int, int, object]], open_fees: str, closed_fees: str
) -> None:
    position, _ = run([(side, Decimal(size), Decimal(100), Decimal(str(fee))) for side, size, fee in fills])
    assert position is not None
    assert (position.open_fees, position.closed_fees) == (Decimal(open_fees), Decimal(closed_fees))


@given(FILLS, st.decimals("0.01", "1000000", places=2))
def test_realised_net_and_net_at_exit_are_the_cash_there_is_once_all_is_closed(fills: list[Row], price: Decimal) -> None:
    """To the last digit, from the cash that flows: the oracle knows no average and no share."""
    position, realized = run(fills)
    held = sum((side * quantity for side, quantity, _, _ in fills), Decimal(0))
    cash = sum((Fraction(-side * quantity) * Fraction(at) - Fraction(fee) for side, quantity, at, fee in fills), Fraction(0))
    cash += Fraction(held) * Fraction(price) - abs(Fraction(held)) * Fraction(price) * Fraction(5, 10_000)
    fees = sum((Fraction(fee) for *_, fee in fills), Fraction(0))
    open_fees, net = Fraction(0), Fraction(0)
    if position is not None:
        open_fees, net = Fraction(position.open_fees), Fraction(at_exit(position, price, Decimal(5))[1])
    assert Fraction(realized) - (fees - open_fees) + net == cash


@given(FILLS)
def test_the_fees_of_what_is_open_are_those_of_the_lots_that_are_left(fills: list[Row]) -> None:
    """The oracle keeps every lot with its fee and lets each close an equal share of all of them."""
    lots: list[tuple[Fraction, Fraction]] = []  # (signed quantity, fee)
    for side, quantity, _, fee in fills:
        size, paid = Fraction(quantity), Fraction(fee)
        held = sum((lot for lot, _ in lots), Fraction(0))
        if held * side < 0:
            kept = max(Fraction(0), 1 - size / abs(held))
            opens = max(Fraction(0), size - abs(held))
            lots = [(lot * kept, spent * kept) for lot, spent in lots] if kept else []
            size, paid = opens, paid * opens / size
        if size:
            lots.append((side * size, paid))
    position, _ = run(fills)
    wanted = sum((spent for _, spent in lots), Fraction(0))
    assert abs(Fraction(position.open_fees if position else 0) - wanted) <= Fraction(1, 10**12)


def test_a_long_leaves_at_the_bid_a_short_at_the_ask_and_the_total_is_their_sum() -> None:
    hub = Hub(Desk(Terms(50, 0, Decimal(2), Decimal(5))))
    hub.emit([started(), quote("2000", "2000.5"), quote("60000", "60001", symbol=BTC)])
    hub.submit(PlaceOrder("order-001", ETH, 1, Decimal(4), T0_NS))
    hub.submit(PlaceOrder("order-002", BTC, -1, Decimal("0.1"), T0_NS))
    hub.emit([quote("2010", "2010.5", 100), quote("60100", "60101", 100, symbol=BTC)])
    before = hub.snapshot()
    views = value_positions(before)
    assert [(view.exit_price, view.exit_fee, view.net) for view in views] == [
        (2010, Decimal("4.02"), Decimal("29.979")),  # 4 · (2010 − 2000.5) − 4.001 − 4.02
        (60101, Decimal("3.00505"), Decimal("-16.10505")),  # 0.1 · (60000 − 60101) − 3 − 3.00505
    ]
    hub.submit(PlaceOrder("order-003", ETH, -1, Decimal(4), T0_NS))
    hub.submit(PlaceOrder("order-004", BTC, 1, Decimal("0.1"), T0_NS))
    gained = hub.snapshot().account.balance - 10_000
    assert gained == net_total(views) == Decimal("13.87395"), "closing brings what was said"
