"""What the ticket promises is what the account does: the same order, sent, stopped and closed at its target, is the oracle."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.admission import Terms
from app.core.desk import Desk
from app.core.model import Bracket, PlaceOrder
from app.core.preview import capped, preview, side_of, size_at_risk, size_for
from app.core.snapshot import Snapshot
from tests.market import ETH, T0_NS, quote, started, tick

TERMS = Terms(100, 0, Decimal(2), Decimal(5))
BALANCE = Decimal(10_000)
CENT = Decimal("0.01")


def desk_at(bid: Decimal, ask: Decimal) -> Desk:
    made = Desk(TERMS)
    made.apply(started())
    made.apply(quote(str(bid), str(ask), size="1000000"))
    return made


def seen(desk: Desk) -> Snapshot:
    return desk.snapshot(1, 0)


def order(side: int, quantity: str, stop: str | None = None, target: str | None = None) -> PlaceOrder:
    legs = Bracket(Decimal(stop) if stop else None, Decimal(target) if target else None)
    return PlaceOrder("click-1", ETH, side, Decimal(quantity), T0_NS, bracket=legs if stop or target else None)


def closed_at(desk: Desk, price: Decimal, asked: PlaceOrder) -> Decimal:
    """What the balance lost or won once the market went to `price`, with nothing worse than that price to be had."""
    desk.apply(replace(asked, ts_ns=T0_NS))
    desk.apply(tick(1, str(price), 100, "1000000", asked.side))
    desk.apply(quote(str(price), str(price), 101, size="1000000"))
    desk.apply(tick(2, str(price + asked.side * CENT), 102, "1000000", asked.side))
    account = seen(desk).account
    assert account.positions == ()
    return account.balance - BALANCE


cents = st.integers(1, 300).map(lambda n: n * CENT)


@given(st.sampled_from((1, -1)), st.integers(50_000, 300_000).map(lambda n: n * CENT), cents, cents, st.integers(100, 5000))
def test_the_loss_at_the_stop_and_the_gain_at_the_target_are_what_the_account_books(
    side: int, bid: Decimal, down: Decimal, up: Decimal, lots: int
) -> None:
    ask = bid + CENT
    stop, target = (bid - down, ask + up) if side > 0 else (ask + down, bid - up)
    asked = order(side, str(lots * Decimal("0.0001")), str(stop), str(target))
    told = preview(seen(desk_at(bid, ask)), asked)
    assert told is not None and told.stopped is not None and told.gained is not None and told.wrong == ""
    assert told.stopped.money == closed_at(desk_at(bid, ask), stop, asked)
    assert told.gained.money == closed_at(desk_at(bid, ask), target, asked)


@given(st.sampled_from((1, -1)), cents, st.integers(1, 300))
def test_a_size_by_risk_loses_no_more_and_one_lot_more_would(side: int, down: Decimal, money: int) -> None:
    bid, ask = Decimal("2683.80"), Decimal("2683.81")
    stop = bid - down if side > 0 else ask + down
    snapshot = seen(desk_at(bid, ask))
    sizes = size_at_risk(snapshot, order(side, "1", str(stop)), Decimal(money), None)
    assert sizes is not None
    wanted, possible = sizes
    most = size_for(snapshot, ETH, side, Decimal(100))
    assert possible == (wanted if most is None else min(wanted, most))
    for quantity, loses_less in ((wanted, True), (wanted + Decimal("0.0001"), False)):
        told = preview(snapshot, order(side, str(quantity), str(stop)))
        assert told is not None and told.stopped is not None and (-told.stopped.money <= money) is loses_less


def test_a_risk_in_percent_is_of_the_balance() -> None:
    snapshot = seen(desk_at(Decimal("2683.80"), Decimal("2683.81")))
    asked = order(1, "1", "2680.00")
    assert size_at_risk(snapshot, asked, None, Decimal("0.5")) == size_at_risk(snapshot, asked, Decimal(50), None)


@pytest.mark.parametrize(
    ("stop", "target", "side"), [("2680", None, 1), ("2690", None, -1), (None, "2690", 1), (None, "2680", -1), (None, None, 1)]
)
def test_a_bracket_tells_which_way_the_order_goes(stop: str | None, target: str | None, side: int) -> None:
    snapshot = seen(desk_at(Decimal("2683.80"), Decimal("2683.81")))
    assert side_of(order(1, "1", stop, target), snapshot) == side


def test_no_quote_no_size_and_a_stop_on_the_wrong_side_no_size_either() -> None:
    fresh = Desk(TERMS)
    fresh.apply(started())
    assert size_at_risk(seen(fresh), order(1, "1", "2680"), Decimal(50), None) is None
    snapshot = seen(desk_at(Decimal("2683.80"), Decimal("2683.81")))
    assert size_at_risk(snapshot, order(1, "1", "2690"), Decimal(50), None) is None
    assert size_at_risk(snapshot, order(1, "1"), Decimal(50), None) is None


def test_a_stop_beyond_the_liquidation_price_is_named_and_sizes_nothing() -> None:
    snapshot = seen(desk_at(Decimal(2000), Decimal("2000.5")))
    asked = PlaceOrder("", ETH, 1, Decimal(1), T0_NS, bracket=Bracket(Decimal("1900"), None))
    told = preview(snapshot, asked)
    assert told is not None and told.liquidation is not None and told.liquidation > 1900
    assert told.wrong == f"liquidation at {told.liquidation.quantize(Decimal('0.01')):,f} comes before the stop"
    assert size_at_risk(snapshot, asked, Decimal(10), None) is None
    near = replace(asked, bracket=Bracket(told.liquidation.quantize(Decimal("0.01")) + 1, None))
    assert preview(snapshot, near).wrong == ""  # type: ignore[union-attr]


def test_a_percentage_that_the_tier_cuts_is_known_as_cut() -> None:
    free = seen(desk_at(Decimal(2000), Decimal("2000.5")))
    for percent, cut in ((1, False), (25, True)):
        size = size_for(free, ETH, 1, Decimal(percent))
        assert size is not None and capped(free, ETH, 1, size, Decimal(percent)) is cut
