"""The fill model is conservative: what the market would not surely have given is not given."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import matching
from app.core.model import PlaceOrder
from app.core.orders import Order
from feeds.events import Quote
from tests.market import quote, tick

TICK = Decimal("0.01")
COLLAR = Decimal(20)
SIDES = st.sampled_from([1, -1])
SIZES = st.decimals("0.0001", "1000", places=4)
BIDS = st.decimals("0.05", "100000", places=2)


def order(side: int = 1, price: str | None = "100.00", quantity: str = "3", **more: object) -> Order:
    asked = PlaceOrder("click-1", "ETH/USDT", side, Decimal(quantity), 5, type="limit", price=price and Decimal(price))
    return Order(7, replace(asked, **more), "accepted", 0, resting=True)  # type: ignore[arg-type]


def levels(*texts: str) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(quantity), Decimal(price)) for quantity, price in (text.split("@") for text in texts)]


def test_each_further_multiple_of_the_shown_size_pays_half_a_basis_point_more_but_at_least_a_tick() -> None:
    shown = quote("2684.00", "2684.01", size="0.5")
    assert matching.take(1, Decimal("1.2"), shown, TICK, COLLAR) == levels("0.5@2684.01", "0.5@2684.15", "0.2@2684.29")
    assert matching.take(-1, Decimal("1.2"), shown, TICK, COLLAR) == levels("0.5@2684.00", "0.5@2683.86", "0.2@2683.72")
    cheap = quote("1.00", "1.01", size="2")
    assert matching.take(1, Decimal(3), cheap, TICK, Decimal(200)) == levels("2@1.01", "1@1.02")


def test_the_collar_ends_what_is_taken() -> None:
    taken = matching.take(1, Decimal(100), quote("1.00", "1.01", size="2"), TICK, COLLAR)
    assert taken == levels("2@1.01")  # 1.02 is 99 basis points away


def test_a_limit_ends_it_sooner() -> None:
    shown = quote("2684.00", "2684.01", size="0.5")
    assert matching.take(1, Decimal(9), shown, TICK, COLLAR, Decimal("2684.15")) == levels("0.5@2684.01", "0.5@2684.15")
    assert matching.take(1, Decimal(9), shown, TICK, COLLAR, Decimal("2684.00")) == []


@given(SIDES, SIZES, BIDS, SIZES)
def test_what_is_taken_is_never_more_than_asked_better_than_the_quote_or_beyond_the_collar(
    side: int, quantity: Decimal, bid: Decimal, size: Decimal
) -> None:
    shown = Quote("ETH/USDT", bid, size, bid + TICK, size, None, 7)
    best = shown.ask if side > 0 else shown.bid
    taken = matching.take(side, quantity, shown, TICK, COLLAR)
    assert sum((part for part, _ in taken), Decimal(0)) <= quantity
    assert all(Decimal(0) < part <= size for part, _ in taken)
    assert taken[0][1] == best
    away = [side * (price - best) for _, price in taken]
    assert away == sorted(away) and len(set(away)) == len(away)
    assert away[-1] <= best * Decimal("0.002")


@pytest.mark.parametrize(
    ("price", "ahead"), [("100.00", Decimal(5)), ("100.01", Decimal(0)), ("99.99", None)], ids=["at the best", "inside", "deeper"]
)
def test_what_is_ahead_is_the_size_shown_nothing_inside_the_spread_and_unknown_deeper(price: str, ahead: Decimal | None) -> None:
    assert matching.rests(order(price=price), quote("100.00", "100.02")).ahead == ahead


def test_a_deeper_order_learns_what_is_ahead_when_its_price_first_becomes_the_best() -> None:
    deep = matching.rests(order(price="99.90"), quote("100.00", "100.02"))
    assert matching.on_quote(deep, quote("99.80", "99.95")).ahead is None  # the best is below it by now: still not known
    best = matching.on_quote(deep, quote("99.90", "99.95", size="7"))
    assert best.ahead == 7
    assert matching.on_quote(best, quote("99.90", "99.95", size="1")).ahead == 7  # cancels of others do not count


def test_prints_at_its_price_go_to_those_ahead_first() -> None:
    resting = matching.rests(order(), quote("100.00", "100.02"))
    resting, got = matching.on_tick(resting, tick(1, "100.00", size="4", aggressor=-1))
    assert (resting.ahead, got) == (1, 0)
    resting, got = matching.on_tick(resting, tick(2, "100.00", size="3", aggressor=-1))
    assert (resting.ahead, got) == (0, 2)


@pytest.mark.parametrize("aggressor", [1, 0])
def test_prints_that_were_not_surely_against_it_give_nothing(aggressor: int) -> None:
    resting = matching.rests(order(), quote("100.00", "100.02"))
    assert matching.on_tick(resting, tick(1, "100.00", size="400", aggressor=aggressor)) == (resting, 0)


def test_prints_before_the_queue_is_known_give_nothing() -> None:
    deep = matching.rests(order(price="99.90"), quote("100.00", "100.02"))
    assert matching.on_tick(deep, tick(1, "99.90", size="400", aggressor=-1))[1] == 0


@pytest.mark.parametrize(("side", "beyond", "short_of"), [(1, "99.99", "100.01"), (-1, "100.01", "99.99")])
def test_a_print_beyond_its_price_fills_all_of_it(side: int, beyond: str, short_of: str) -> None:
    assert matching.on_tick(order(side), tick(1, beyond, size="0.001"))[1] == 3
    assert matching.on_tick(order(side), tick(1, short_of, size="400", aggressor=-side))[1] == 0


@pytest.mark.parametrize(
    ("kind", "side", "touching", "not_yet"),
    [
        ("stop", 1, "101", "100.99"),
        ("stop", -1, "101", "101.01"),
        ("take_profit", -1, "101", "100.99"),
        ("take_profit", 1, "101", "101.01"),
    ],
)
def test_stops_and_targets_are_touched_from_their_own_side(kind: str, side: int, touching: str, not_yet: str) -> None:
    waiting = order(side, None, type=kind, stop_price=Decimal(101))
    assert matching.touched(waiting, Decimal(touching))
    assert not matching.touched(waiting, Decimal(not_yet))


def test_a_trailing_stop_follows_the_best_price_and_never_goes_back() -> None:
    stop = order(-1, None, type="trailing_stop", trail=Decimal("1.50"))
    assert matching.trigger_price(stop) is None
    for price, level in (("100", "98.50"), ("102", "100.50"), ("101", "100.50")):
        stop = matching.trail(stop, Decimal(price))
        assert matching.trigger_price(stop) == Decimal(level)
    assert matching.touched(stop, Decimal("100.50")) and not matching.touched(stop, Decimal("100.51"))


def test_a_fee_is_basis_points_of_the_notional() -> None:
    assert matching.fee(Decimal("0.1"), Decimal("2684.39"), Decimal(5)) == Decimal("0.1342195")
