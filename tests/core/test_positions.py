"""Fills add up: what was realised is the cash that flowed, a short mirrors a long, and a flip is a close and an open."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.margin import EXACT, initial_margin
from app.core.model import Position
from app.core.positions import apply_fill, value

ETH = "ETH/USDT"
SIDES = st.sampled_from([1, -1])
PRICES = st.decimals("0.00000001", "1000000", places=8)
QUANTITIES = st.decimals("0.0001", "10000", places=4)
FILLS = st.lists(st.tuples(SIDES, QUANTITIES, PRICES), max_size=30)

Row = tuple[int, Decimal, Decimal]


def run(fills: list[Row], leverage: int = 10) -> tuple[Position | None, Decimal]:
    """(what is held in the end, everything realised)."""
    position, realized = None, Decimal(0)
    for at, (side, quantity, price) in enumerate(fills):
        position, gain = apply_fill(position, ETH, side, quantity, price, leverage, at)
        realized = EXACT.add(realized, gain)
    return position, realized


def rows(*texts: str) -> list[Row]:
    """`+2@100` bought two at 100, `-1@90` sold one at 90."""
    found = []
    for text in texts:
        quantity, price = text.split("@")
        found.append((1 if text[0] == "+" else -1, Decimal(quantity[1:]), Decimal(price)))
    return found


@pytest.mark.parametrize(
    ("fills", "quantity", "entry", "realized"),
    [
        (rows("+2@100"), "2", "100", "0"),
        (rows("-2@100"), "-2", "100", "0"),
        (rows("+2@100", "+1@130"), "3", "110", "0"),
        (rows("-2@100", "-1@130"), "-3", "110", "0"),
        (rows("+2@100", "-0.5@110"), "1.5", "100", "5"),
        (rows("-2@100", "+0.5@110"), "-1.5", "100", "-5"),
        (rows("+2@100", "-3@110"), "-1", "110", "20"),
        (rows("-2@100", "+3@110"), "1", "110", "-20"),
        (rows("+1@100", "+1@200", "-1@180", "+2@120"), "3", "130", "30"),
    ],
)
def test_fills_lead_to_the_position_worked_out_by_hand(fills: list[Row], quantity: str, entry: str, realized: str) -> None:
    position, gained = run(fills)
    assert position is not None
    assert (position.quantity, position.entry, gained) == (Decimal(quantity), Decimal(entry), Decimal(realized))


@pytest.mark.parametrize(
    ("fills", "realized"),
    [(rows("+2@100", "-2@110"), "20"), (rows("-2@100", "+2@110"), "-20"), (rows("-2@100", "+1@90", "+1@80"), "30")],
)
def test_a_closed_position_is_gone_and_has_realised_its_profit(fills: list[Row], realized: str) -> None:
    assert run(fills) == (None, Decimal(realized))


@given(FILLS, PRICES)
def test_realised_and_unrealised_together_are_the_cash_that_flowed_and_what_is_held(fills: list[Row], mark: Decimal) -> None:
    position, realized = run(fills)
    cash = -sum((side * quantity * price for side, quantity, price in fills), Decimal(0))  # 28 digits hold it
    worth = position.quantity * mark if position else Decimal(0)
    unrealized = value(position, mark)[0] if position else Decimal(0)
    assert EXACT.add(realized, unrealized) == EXACT.add(cash, worth)


@given(FILLS)
def test_the_quantity_held_is_the_sum_of_what_was_bought_and_sold(fills: list[Row]) -> None:
    position, _ = run(fills)
    assert (position.quantity if position else 0) == sum((side * quantity for side, quantity, _ in fills), Decimal(0))


@given(FILLS, PRICES)
def test_the_same_fills_on_the_other_side_lose_what_these_win(fills: list[Row], mark: Decimal) -> None:
    position, realized = run(fills)
    mirrored, lost = run([(-side, quantity, price) for side, quantity, price in fills])
    assert lost == realized.copy_negate()
    if position is None:
        assert mirrored is None
    else:
        assert mirrored is not None
        assert mirrored == replace(
            position,
            quantity=-position.quantity,
            cost=position.cost.copy_negate(),
            realized_pnl=position.realized_pnl.copy_negate(),
        )
        assert value(mirrored, mark)[0] == value(position, mark)[0].copy_negate()


@given(SIDES, QUANTITIES, PRICES, QUANTITIES, PRICES)
def test_a_flip_is_a_close_and_an_open(side: int, held: Decimal, entry: Decimal, beyond: Decimal, price: Decimal) -> None:
    opening = (side, held, entry)
    at_once, gained = run([opening, (-side, held + beyond, price)])
    in_turn, gained_in_turn = run([opening, (-side, held, price), (-side, beyond, price)])
    assert gained == gained_in_turn
    assert at_once is not None and in_turn is not None
    assert replace(at_once, opened_ns=0) == replace(in_turn, opened_ns=0)
    assert (at_once.opened_ns, at_once.realized_pnl) == (1, 0)


@given(SIDES, QUANTITIES, PRICES, PRICES, st.integers(1, 9))
def test_closing_in_parts_realises_exactly_what_closing_at_once_does(
    side: int, part: Decimal, entry: Decimal, price: Decimal, parts: int
) -> None:
    opening = (side, part * parts, entry)
    in_parts = run([opening, *[(-side, part, price)] * parts])
    at_once = run([opening, (-side, part * parts, price)])
    assert in_parts == at_once == (None, side * part * parts * (price - entry))


@given(SIDES, QUANTITIES, PRICES, QUANTITIES, PRICES)
def test_an_average_entry_lies_between_the_prices_paid(
    side: int, one: Decimal, low: Decimal, other: Decimal, high: Decimal
) -> None:
    position, realized = run([(side, one, low), (side, other, high)])
    assert position is not None and realized == 0
    assert min(low, high) <= position.entry <= max(low, high)


@given(FILLS, st.integers(1, 1000))
def test_the_margin_follows_the_quantity_down_and_up(fills: list[Row], leverage: int) -> None:
    position, _ = run(fills, leverage)
    if position is not None:
        assert position.margin == initial_margin(position.quantity, position.entry, leverage)


def test_a_position_keeps_its_leverage_when_later_fills_come_with_another() -> None:
    position, _ = apply_fill(None, ETH, 1, Decimal(1), Decimal(100), 10, 0)
    grown, _ = apply_fill(position, ETH, 1, Decimal(1), Decimal(100), 500, 1)
    assert grown is not None and (grown.leverage, grown.margin, grown.opened_ns) == (10, 20, 0)
    flipped, _ = apply_fill(grown, ETH, -1, Decimal(3), Decimal(100), 500, 2)
    assert flipped is not None and (flipped.leverage, flipped.margin, flipped.opened_ns) == (500, Decimal("0.2"), 2)


def test_what_parts_of_it_realised_stands_on_the_position() -> None:
    position, _ = run(rows("+4@100", "-1@110", "-1@95", "+1@100", "-1@105"))
    assert position is not None and position.realized_pnl == 10


@pytest.mark.parametrize(
    ("side", "mark", "pnl", "percent"),
    [(1, "110", "20", "100"), (1, "95", "-10", "-50"), (-1, "110", "-20", "-100"), (-1, "95", "10", "50")],
)
def test_a_long_wins_when_the_mark_rises_and_a_short_when_it_falls(side: int, mark: str, pnl: str, percent: str) -> None:
    position, _ = apply_fill(None, ETH, side, Decimal(2), Decimal(100), 10, 0)
    assert position is not None
    assert value(position, Decimal(mark)) == (Decimal(pnl), Decimal(percent))
