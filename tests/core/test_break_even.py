"""The stop goes to where closing costs nothing: when asked to, or after so many ticks; never back, never into the market."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.core.account import Step
from app.core.bracket import break_even, moved_stop
from app.core.model import Bracket
from app.core.orders import Order
from app.core.positions import apply_fill
from tests.core.trading import LONG, SHORT, Market, filled, quoted
from tests.market import ETH


@pytest.fixture
def market() -> Market:
    return quoted(10)


def test_the_stop_moves_to_break_even_after_the_ticks_asked_for(market: Market) -> None:
    market.place(1, "1", bracket=Bracket(Decimal("99.00"), None, break_even_ticks=50))
    market.at(250)
    market.print("100.30", 300)
    (stop,) = market.account.blotter.working()
    assert stop.asked.stop_price == Decimal("99.00")
    (moved,) = market.print("100.60", 310)
    assert isinstance(moved, Order) and moved.asked.stop_price == Decimal("100.13")  # 100.02 and 5 basis points twice


def test_break_even_pays_both_fees_on_the_tick_that_is_not_worse() -> None:
    tick = Decimal("0.01")
    for side, expected in ((1, "2002.01"), (-1, "1998.00")):
        position, _ = apply_fill(None, ETH, side, Decimal(1), Decimal(2000), 10, 0)
        assert position is not None
        even = break_even(position, Decimal(5), tick)
        assert even == Decimal(expected)
        gain = side * (even - 2000) - (even + 2000) * Decimal("0.0005")
        assert 0 <= gain < tick


def test_the_stop_moves_to_break_even_once_and_only_when_the_market_is_beyond_it() -> None:
    position, _ = apply_fill(None, ETH, 1, Decimal(1), Decimal(2000), 10, 0)
    assert position is not None
    bracket = Bracket(Decimal(1990), None, break_even_ticks=100)

    def moved(stop: str, price: str) -> Decimal | None:
        return moved_stop(bracket, position, Decimal(stop), Decimal(price), Decimal(5), Decimal("0.01"))  # type: ignore[arg-type]

    assert moved("1990", "2000.99") is None
    assert moved("1990", "2001.50") is None  # far enough, and still short of break-even
    assert moved("1990", "2002.02") == Decimal("2002.01")
    assert moved("2002.01", "2010") is None


def to_even(market: Market) -> tuple[list[Order], str]:
    return market.account.guards.to_break_even(ETH, market.standing)


def test_the_stop_goes_to_break_even_when_it_is_asked_to(market: Market) -> None:
    market.place(1, "1", bracket=LONG)
    market.at(250)
    market.quote("100.30", "100.32", 300)
    ((moved,), wrong) = to_even(market)
    assert (moved.asked.stop_price, moved.remaining, wrong) == (Decimal("100.13"), Decimal(1), "")  # 100.02, 5 bp twice
    assert to_even(market) == ([], "its stop stands at 100.13, break-even is 100.13")
    market.print("100.12", 400)
    (fill,) = filled(market.quote("100.13", "100.15", 510))
    assert fill.price == Decimal("100.13") and market.account.ledger.balance >= 10_000


def test_a_short_s_stop_goes_down_to_break_even(market: Market) -> None:
    market.place(-1, "1", bracket=SHORT)
    market.at(250)
    market.quote("99.70", "99.72", 300)
    ((moved,), _) = to_even(market)
    assert moved.asked.stop_price == Decimal("99.90")  # 100.00 less 5 bp twice, and never above


def test_why_the_stop_stays_is_said_by_name(market: Market) -> None:
    assert to_even(market)[1] == "there is no position in ETH/USDT"
    market.place(1, "1")
    market.at(250)
    assert to_even(market)[1] == "there is no stop to move: no bracket guards it, or its stop was triggered"
    market.place(1, "1", 300, bracket=LONG)
    market.at(450)
    assert to_even(market)[1] == "break-even is 100.13, the bid is 100: it would be hit at once"
    market.quote("100.13", "100.15", 460)
    assert to_even(market)[1].endswith("the bid is 100.13: it would be hit at once")
    market.quote("100.14", "100.16", 470)
    assert to_even(market)[1] == ""


def test_a_stop_on_its_way_to_the_market_is_not_moved(market: Market) -> None:
    market.place(1, "1", bracket=LONG)
    market.at(250)
    market.print("98.99", 300)
    assert to_even(market)[1].startswith("there is no stop to move")


def moves_only_to_safety(market: Market) -> list[Step]:
    before, position = market.account.guards.stop_of(ETH), market.account.ledger.positions.get(ETH)
    steps, wrong = to_even(market)
    assert bool(steps) is not bool(wrong)
    for step in steps:
        assert before is not None and position is not None and market.quoted is not None
        way, stop = (1 if position.quantity > 0 else -1), step.asked.stop_price
        assert stop is not None and before.asked.stop_price is not None
        assert way * (stop - before.asked.stop_price) > 0
        assert (market.quoted.bid > stop) if way > 0 else (market.quoted.ask < stop)
        assert step == replace(before, asked=replace(before.asked, stop_price=stop))
    return [*steps]
