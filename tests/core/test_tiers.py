"""A table of tiers of one's own rules everything that the shipped example did: admission, size, liquidation, withdrawal."""

from decimal import Decimal

from app.core.admission import Terms
from app.core.desk import Desk
from app.core.levels import levels
from app.core.margin import Tier, tiers_in
from app.core.model import Fill, PlaceOrder, Refused
from app.core.moving import MoveMargin
from app.core.preview import preview, size_for
from app.core.valuation import value_positions
from tests.market import ETH, T0_NS, quote, rejected, started

OWN = tiers_in("2000, 10, 5\nany, 5, 10")
TERMS = Terms(10, 0, Decimal(0), Decimal(0), tiers=OWN)


def desk() -> Desk:
    made = Desk(TERMS)
    made.apply(started())
    made.apply(quote("1000", "1000", size="100"))
    return made


def order(name: str, side: int, quantity: str) -> PlaceOrder:
    return PlaceOrder(name, ETH, side, Decimal(quantity), T0_NS, by="program")


def test_a_table_is_read_exactly() -> None:
    assert OWN == (Tier(Decimal(2000), 10, Decimal("0.05")), Tier(None, 5, Decimal("0.1")))


def test_more_than_its_tier_allows_is_refused_in_its_name() -> None:
    words = "a notional of 3,000.00 is allowed at most 5× (tiers of --tiers), the leverage is 10×"
    assert rejected(desk().apply(order("order-001", 1, "3"))) == words
    assert size_for(desk().snapshot(0, 0), ETH, 1, Decimal(100)) == Decimal("1.996")  # 2,000 less what the market may move


def test_a_position_is_liquidated_where_its_own_table_says() -> None:
    made = desk()
    told = preview(made.snapshot(0, 0), order("order-001", 1, "1"))
    made.apply(order("order-001", 1, "1"))
    price = Decimal("947.368421052631579")  # (1000 − 100) / (1 − 0.05)
    snapshot = made.snapshot(0, 0)
    assert told is not None and told.liquidation == price
    assert value_positions(snapshot)[0].liquidation_price == price
    assert [level.price for level in levels(snapshot, ETH) if level.kind == "liquidation"] == [price]
    made.apply(MoveMargin("move-0001", ETH, Decimal(40), T0_NS))
    made.apply(quote("947", "947", 100))
    (refused,) = made.apply(MoveMargin("move-0002", ETH, Decimal(-40), T0_NS))
    assert isinstance(refused, Refused) and refused.reason == "it would be liquidated at once: at 947.37, the mark is 947.00"
    made.apply(MoveMargin("move-0003", ETH, Decimal(-39), T0_NS))
    assert len(made.account().positions) == 1
    (fill,) = [step for step in made.apply(quote("946", "946", 200)) if isinstance(step, Fill)]
    assert fill.kind == "liquidation"
