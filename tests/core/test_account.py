"""The paper account as a trader meets it: the life of each type of order, and what becomes of money and positions."""

from decimal import Decimal

import pytest

from app.core.account import Step
from app.core.orders import Order
from tests.core.trading import Market, filled, quoted
from tests.market import ETH, T0_NS


@pytest.fixture
def market() -> Market:
    return quoted()


def rows(steps: list[Step]) -> list[tuple[int, str, str, str]]:
    return [(fill.side, str(fill.quantity), str(fill.price), fill.liquidity) for fill in filled(steps)]


def test_an_order_meets_the_quote_that_stands_when_its_latency_is_over(market: Market) -> None:
    market.place(1, "2", 10)
    assert market.quote("100.50", "100.52", 109) == []
    steps = market.quote("101.00", "101.02", 111)  # at 110 ms the quote of 109 stood
    assert rows(steps) == [(1, "2", "100.52", "taker")]


def test_a_market_order_beyond_the_shown_size_pays_more_and_the_rest_is_cancelled_at_the_collar(market: Market) -> None:
    order = market.place(1, "200")
    steps = market.at(100)
    assert [fill.price for fill in filled(steps)][:3] == [Decimal("100.02"), Decimal("100.03"), Decimal("100.04")]
    done = market.now(order)
    assert done.state == "cancelled" and done.filled == sum(fill.quantity for fill in filled(steps)) == 105
    assert done.reason == "95 not filled: beyond the collar of 20 bp"


def test_a_client_id_seen_before_makes_no_second_order(market: Market) -> None:
    order = market.place(1, "2")
    assert market.account.submit(order.asked, market.standing, T0_NS) == []
    assert rows(market.at(500)) == [(1, "2", "100.02", "taker")]
    assert market.account.submit(order.asked, market.standing, T0_NS) == []
    assert len(market.account.blotter) == 1


def test_a_resting_order_fills_as_maker_after_the_queue_that_was_ahead(market: Market) -> None:
    order = market.place(1, "2", type="limit", price="100.00")
    market.at(100)
    assert market.now(order).ahead == 5
    assert market.print("100.00", 120, "6", aggressor=-1)[1:] != []
    assert market.now(order).state == "partially filled" and market.now(order).filled == 1
    assert rows(market.print("99.99", 130, "0.1", aggressor=-1)) == [(1, "1", "100.00", "maker")]
    assert market.account.ledger.fees == Decimal("0.04")  # 200 at 2 basis points
    assert market.now(order).state == "filled"


def test_a_limit_that_crosses_takes_up_to_its_price_and_rests_with_the_remainder(market: Market) -> None:
    order = market.place(1, "8", type="limit", price="100.02")
    assert rows(market.at(100)) == [(1, "5", "100.02", "taker")]
    assert (market.now(order).resting, market.now(order).ahead, market.now(order).remaining) == (True, 0, 3)


def test_immediate_or_cancel_takes_what_is_shown_and_nothing_else(market: Market) -> None:
    order = market.place(1, "8", type="limit", price="100.05", time_in_force="ioc")
    assert rows(market.at(100)) == [(1, "5", "100.02", "taker")]
    assert (market.now(order).state, market.now(order).reason) == ("cancelled", "3 not shown at 100.05 or better")


def test_post_only_never_takes(market: Market) -> None:
    order = market.place(1, "1", type="limit", price="100.02", post_only=True)
    assert rows(market.at(100)) == []
    assert (market.now(order).state, market.now(order).reason) == ("rejected", "post-only, and 100.02 would trade at once")


def test_a_stop_fills_at_the_first_quote_after_its_trigger_and_the_latency(market: Market) -> None:
    market.place(1, "1")
    market.at(100)
    stop = market.place(-1, "1", 110, type="stop", stop_price="99.90", reduce_only=True)
    assert market.print("99.95", 300) == []
    market.print("99.90", 310)
    assert rows(market.quote("99.50", "99.52", 409)) == []
    assert rows(market.at(5_000)) == []
    assert rows(market.quote("98.00", "98.02", 5_001)) == [(-1, "1", "98.00", "taker")]
    assert market.now(stop).state == "filled"


def test_a_stop_by_the_mark_ignores_prints(market: Market) -> None:
    stop = market.place(-1, "1", type="stop", stop_price="99.00", trigger="mark")
    market.print("98.00", 200)
    assert market.now(stop).triggered_ns is None
    market.quote("98.90", "99.10", 210)
    assert market.now(stop).triggered_ns is not None


def test_a_trailing_stop_sells_after_the_fall_from_the_top(market: Market) -> None:
    market.place(-1, "1", type="trailing_stop", trail="1.00")
    for at_ms, price in ((200, "101.00"), (210, "102.50"), (220, "101.60")):
        market.print(price, at_ms)
    assert rows(market.quote("101.60", "101.62", 330)) == []
    market.print("101.50", 340)
    assert rows(market.quote("101.40", "101.42", 441)) == [(-1, "1", "101.40", "taker")]


def test_nothing_is_taken_from_a_quote_that_is_not_live(market: Market) -> None:
    market.place(1, "1")
    market.at(100)
    close = market.place(-1, "1", 110)
    market.live = False
    assert rows(market.at(500)) == []
    refused = market.place(1, "1", 600)
    assert (refused.state, refused.reason) == ("rejected", "its quote is not live")
    waiting = market.place(-1, "1", 600, reduce_only=True)
    assert waiting.state == "accepted"
    steps = market.back("95.00", "95.02", 9_000)
    assert rows(steps) == [(-1, "1", "95.00", "taker")]
    assert market.now(close).state == "filled"
    assert market.now(waiting).reason == "reduce-only, and there is no position that it would reduce"


def test_reduce_only_closes_what_is_held_when_it_fills_and_not_more(market: Market) -> None:
    market.place(1, "1")
    market.at(100)
    over = market.place(-1, "3", 110, reduce_only=True)
    assert rows(market.at(300)) == [(-1, "1", "100.00", "taker")]
    assert market.now(over).state == "cancelled" and market.account.ledger.positions.get(ETH) is None


def test_a_cancelled_order_is_never_filled(market: Market) -> None:
    order = market.place(1, "2", type="limit", price="99.00")
    market.at(100)
    (step,) = market.account.cancel(order.order_id)
    assert isinstance(step, Order) and step.state == "cancelled"
    assert market.print("90.00", 200) == [] and market.account.cancel(order.order_id) == []


@pytest.mark.parametrize(("side", "bid", "ask"), [(1, "99.00", "99.02"), (-1, "101.00", "101.02")])
def test_a_position_is_liquidated_at_the_quote_and_never_loses_more_than_its_margin(side: int, bid: str, ask: str) -> None:
    market = Market(leverage=500)
    market.quote("100.00", "100.02", 0)
    market.place(side, "5")
    market.at(100)
    position = market.account.ledger.positions.get(ETH)
    assert position is not None
    stop = market.place(-side, "5", 110, type="stop", stop_price="90.00" if side > 0 else "110.00", reduce_only=True)
    steps = market.quote(bid, ask, 300)
    (fill,) = filled(steps)
    assert (fill.kind, fill.side, str(fill.price)) == ("liquidation", -side, bid if side > 0 else ask)
    assert market.account.ledger.positions.get(ETH) is None and market.now(stop).reason == "its position was liquidated"
    lost = 10_000 - market.account.ledger.balance - market.account.ledger.fees
    assert lost == position.margin and market.account.ledger.insurance == -fill.realized_pnl - position.margin > 0


def test_a_mark_short_of_the_liquidation_price_liquidates_nothing() -> None:
    market = Market(leverage=500)
    market.quote("100.00", "100.02", 0)
    market.place(1, "5")
    market.at(100)
    assert filled(market.quote("99.91", "99.93", 300)) == []  # liquidation at 99.919919…
    assert filled(market.quote("99.90", "99.92", 310)) != []


@pytest.mark.parametrize(
    ("leverage", "quantity", "reason"),
    [
        (500, "600", "a notional of 60,012.00 is allowed at most 125× (example tiers), the leverage is 500×"),
        (10, "1200", "its margin is 12,002.40, 10,000.00 is free"),
    ],
)
def test_what_margin_or_tier_do_not_allow_is_refused_with_the_figures(leverage: int, quantity: str, reason: str) -> None:
    market = Market(leverage)
    market.quote("100.00", "100.02", 0)
    order = market.place(1, quantity)
    assert (order.state, order.reason) == ("rejected", reason)
