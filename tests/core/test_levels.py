"""The lines of a position: where it was entered, pays for itself, is stopped, takes its profit and is liquidated."""

from decimal import Decimal

import pytest

from app.core.admission import Terms
from app.core.desk import Desk
from app.core.levels import levels
from app.core.model import Bracket, BreakEven, CancelOrder, PlaceOrder
from tests.market import BTC, ETH, T0_NS, quote, started

STOP, TARGET = Decimal("1980"), Decimal("2030")


@pytest.fixture
def desk() -> Desk:
    made = Desk(Terms(10, 0, Decimal(2), Decimal(5)))
    made.apply(started())
    made.apply(quote("1999.99", "2000.00"))
    return made


def lines(desk: Desk, symbol: str = ETH) -> dict[str, str]:
    return {level.kind: str(level.price.quantize(Decimal("0.01"))) for level in levels(desk.snapshot(1, 0), symbol)}


def place(desk: Desk, name: str, side: int, quantity: str, **more: object) -> None:
    desk.apply(PlaceOrder(name, ETH, side, Decimal(quantity), T0_NS, by="key", **more))  # type: ignore[arg-type]


def test_a_flat_symbol_has_none_even_with_orders_at_work(desk: Desk) -> None:
    place(desk, "rests-deep", 1, "1", type="limit", price=Decimal(1990))
    assert lines(desk) == {}


def test_a_long_has_its_five_and_they_go_with_it(desk: Desk) -> None:
    place(desk, "open-long", 1, "1", bracket=Bracket(STOP, TARGET))
    assert lines(desk) == {
        "entry": "2000.00",
        "even": "2002.01",
        "stop": "1980.00",
        "target": "2030.00",
        "liquidation": "1801.80",  # (2000 − 200) / (1 − 0.001)
    }
    assert lines(desk, BTC) == {}
    desk.apply(quote("2010.00", "2010.01", 10))
    desk.apply(BreakEven(ETH, T0_NS))
    assert lines(desk)["stop"] == lines(desk)["even"] == "2002.01"
    desk.apply(CancelOrder(0, T0_NS))
    assert set(lines(desk)) == {"entry", "even", "liquidation"}
    place(desk, "close-it", -1, "1", reduce_only=True)
    assert lines(desk) == {}


def test_a_short_is_guarded_from_above_and_an_order_that_adds_is_no_line_of_it(desk: Desk) -> None:
    place(desk, "open-short", -1, "1")
    place(desk, "stop-above", 1, "1", type="stop", stop_price=Decimal(2020), reduce_only=True)
    place(desk, "take-below", 1, "1", type="take_profit", stop_price=Decimal(1950), reduce_only=True)
    place(desk, "adds-above", -1, "1", type="limit", price=Decimal(2040))
    found = lines(desk)
    assert (found["stop"], found["target"], found["even"]) == ("2020.00", "1950.00", "1997.99")
    assert float(found["liquidation"]) > 2020


def test_the_distance_is_from_the_mark_in_percent_of_it(desk: Desk) -> None:
    place(desk, "open-long", 1, "1")
    desk.apply(quote("2499.99", "2500.01", 10))
    (entry,) = (level for level in levels(desk.snapshot(1, 0), ETH) if level.kind == "entry")
    assert entry.away_percent == Decimal(20)
