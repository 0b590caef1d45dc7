"""Where a position is liquidated, worked out by hand and held against the formula in exact fractions."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.margin import EXAMPLE_TIERS, crossed, distance_percent, initial_margin, liquidation_price, tier_of
from app.core.model import Position
from app.core.positions import apply_fill

ETH = "ETH/USDT"
PRICES = st.decimals("0.00000001", "100000000", places=8)
QUANTITIES = st.decimals("0.00000001", "1000000", places=8)
LEVERAGES = st.integers(1, 1000)


def held(side: int, quantity: Decimal | str, entry: Decimal | str, leverage: int) -> Position:
    position, _ = apply_fill(None, ETH, side, Decimal(quantity), Decimal(entry), leverage, 0)
    assert position is not None
    return position


@pytest.mark.parametrize(
    ("side", "leverage", "expected"),
    [
        (1, 10, "1894.73684210526316"),  # (2000 − 200) / (1 − 0.05)
        (-1, 10, "2095.2380952380952"),  # (2000 + 200) / (1 + 0.05)
        (1, 500, "1997.997997997998"),  # (2000 − 4) / (1 − 0.001)
        (-1, 500, "2001.998001998002"),  # (2000 + 4) / (1 + 0.001)
        (-1, 1, "2666.66666666666667"),  # (2000 + 2000) / (1 + 0.5)
    ],
)
def test_the_liquidation_price_is_the_one_worked_out_by_hand(side: int, leverage: int, expected: str) -> None:
    price = liquidation_price(held(side, "3", "2000", leverage))
    assert price is not None and abs(price - Decimal(expected)) <= Decimal("1e-12")


def test_a_long_without_borrowed_money_has_no_liquidation_price() -> None:
    assert liquidation_price(held(1, "3", "2000", 1)) is None
    assert not crossed(held(1, "3", "2000", 1), Decimal("0.00000001"))


def test_the_margin_is_the_notional_by_leverage() -> None:
    assert initial_margin(Decimal("1.5"), Decimal("2000"), 500) == Decimal("6")
    assert initial_margin(Decimal("-1.5"), Decimal("2000"), 500) == Decimal("6")


def test_a_margin_that_does_not_come_out_even_is_rounded_to_18_digits() -> None:
    assert initial_margin(Decimal("1"), Decimal("2000"), 3) == Decimal("666.666666666666667")


@given(st.sampled_from([1, -1]), QUANTITIES, PRICES, LEVERAGES)
def test_the_price_is_the_formulas_to_17_digits(side: int, quantity: Decimal, entry: Decimal, leverage: int) -> None:
    position = held(side, quantity, entry, leverage)
    q, e, m, r = Fraction(quantity), Fraction(entry), Fraction(position.margin), Fraction(1, 2 * leverage)
    exact = (q * e - m) / (q * (1 - r)) if side > 0 else (q * e + m) / (q * (1 + r))
    price = liquidation_price(position)
    if price is None:
        assert exact <= 0
    else:
        assert abs(Fraction(price) - exact) <= exact / 10**17


@given(st.sampled_from([1, -1]), QUANTITIES, PRICES, st.integers(2, 1000))
def test_a_position_is_liquidated_on_the_losing_side_before_its_margin_is_gone(
    side: int, quantity: Decimal, entry: Decimal, leverage: int
) -> None:
    position = held(side, quantity, entry, leverage)
    price = liquidation_price(position)
    assert price is not None
    assert side * (entry - price) > 0
    assert abs(quantity * (entry - price)) < position.margin


@given(st.sampled_from([1, -1]), QUANTITIES, PRICES, st.integers(2, 1000))
def test_the_price_itself_and_what_lies_beyond_has_crossed_and_the_entry_has_not(
    side: int, quantity: Decimal, entry: Decimal, leverage: int
) -> None:
    position = held(side, quantity, entry, leverage)
    price = liquidation_price(position)
    assert price is not None
    assert crossed(position, price)
    assert crossed(position, price * (1 - side * Decimal("0.001")))
    assert not crossed(position, price * (1 + side * Decimal("0.000001")))
    assert not crossed(position, entry)


@given(st.sampled_from([1, -1]), PRICES, st.integers(2, 999))
def test_more_leverage_brings_liquidation_nearer(side: int, entry: Decimal, leverage: int) -> None:
    near, far = (liquidation_price(held(side, "1", entry, by)) for by in (leverage + 1, leverage))
    assert near is not None and far is not None and abs(entry - near) < abs(entry - far)


def test_the_distance_is_in_percent_of_the_mark_on_either_side() -> None:
    assert distance_percent(Decimal(2000), Decimal(1900)) == 5
    assert distance_percent(Decimal(2000), Decimal(2100)) == 5
    assert distance_percent(Decimal(2000), Decimal(2000)) == 0


@pytest.mark.parametrize(
    ("notional", "leverage", "rate"),
    [
        ("1", 500, "0.001"),
        ("50000", 500, "0.001"),
        ("50000.01", 125, "0.004"),
        ("1000000", 50, "0.01"),
        ("1000000.01", 10, "0.05"),
    ],
)
def test_a_tier_holds_up_to_its_notional_and_the_last_one_holds_any(notional: str, leverage: int, rate: str) -> None:
    tier = tier_of(Decimal(notional))
    assert (tier.leverage, tier.rate) == (leverage, Decimal(rate))


def test_at_every_tiers_own_leverage_the_margin_is_more_than_the_maintenance_margin() -> None:
    assert all(1 > tier.rate * tier.leverage for tier in EXAMPLE_TIERS)


@given(st.sampled_from([1, -1]), QUANTITIES, PRICES, LEVERAGES)
def test_with_tiers_the_rate_is_that_of_the_positions_tier(side: int, quantity: Decimal, entry: Decimal, leverage: int) -> None:
    position = held(side, quantity, entry, min(leverage, tier_of(quantity * entry).leverage))
    q, e, m, r = Fraction(quantity), Fraction(entry), Fraction(position.margin), Fraction(tier_of(quantity * entry).rate)
    exact = (q * e - m) / (q * (1 - r)) if side > 0 else (q * e + m) / (q * (1 + r))
    price = liquidation_price(position, EXAMPLE_TIERS)
    if price is None:
        assert exact <= 0
    else:
        assert abs(Fraction(price) - exact) <= exact / 10**17
        assert side * (entry - price) > 0 and crossed(position, price, EXAMPLE_TIERS)
