"""What is off the instrument's grid is refused with the nearest value that it takes."""

from decimal import Decimal

import pytest

from app.core import grid
from app.core.model import PlaceOrder
from feeds.events import Instrument

ETH = Instrument("ETH/USDT", Decimal("0.01"), Decimal("0.0001"), Decimal(5), "as shipped")


def order(**more: object) -> PlaceOrder:
    asked = {"client_id": "click-1", "symbol": "ETH/USDT", "side": 1, "quantity": Decimal("0.1"), "ts_ns": 5, **more}
    return PlaceOrder(**{name: Decimal(value) if name in grid.PRICES else value for name, value in asked.items()})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (order(), ""),
        (order(type="limit", price="2684.39"), ""),
        (order(type="limit", price="2684.394"), "price 2684.394 is not a multiple of 0.01: the nearest is 2684.39"),
        (order(type="limit", price="2684.395"), "price 2684.395 is not a multiple of 0.01: the nearest is 2684.4"),
        (order(type="limit", price="0.001"), "price 0.001 is not a multiple of 0.01: the nearest is 0.01"),
        (order(quantity=Decimal("0.10004")), "quantity 0.10004 is not a multiple of 0.0001: the nearest is 0.1"),
        (order(type="limit"), "price is missing: a limit order needs it"),
        (order(price="2684"), "price does not belong to a market order"),
        (order(type="stop", stop_price="2600.001"), "stop_price 2600.001 is not a multiple of 0.01: the nearest is 2600"),
        (order(type="stop_limit", stop_price="2600", price="2599"), ""),
        (order(type="trailing_stop", trail="3.5"), ""),
        (order(type="iceberg"), "unknown order type iceberg"),
        (order(post_only=True), "post-only belongs to a resting limit order"),
        (order(type="limit", price="2684", post_only=True, time_in_force="ioc"), "post-only belongs to a resting limit order"),
        (order(type="limit", price="40"), "notional 4 is below 5: the least quantity is 0.125"),
        (order(quantity=Decimal("0.0018")), "notional 4.86 is below 5: the least quantity is 0.0019"),
        (order(quantity=Decimal("0.0018"), reduce_only=True), ""),
    ],
)
def test_an_order_off_the_grid_is_told_the_nearest_value(asked: PlaceOrder, problem: str) -> None:
    assert grid.problem(asked, ETH, Decimal(2700)) == problem


def test_a_market_order_without_any_price_yet_is_not_valued() -> None:
    assert grid.problem(order(quantity=Decimal("0.0001")), ETH, None) == ""
