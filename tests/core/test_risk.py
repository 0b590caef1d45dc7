"""What may be lost: value at risk against a plain sort, the chance of a liquidation against a walk, exposure and equity."""

import math
import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.equity import Equity
from app.core.margin import liquidation_price
from app.core.model import PlaceOrder
from app.core.returns import Returns, RiskTerms, returns_of
from app.core.risk import book_risk, due, touch_chance, value_at_risk, volatility
from feeds.events import Candle, Heartbeat
from tests.market import BTC, ETH, T0_NS, desk, quote

FINITE = st.floats(-0.2, 0.2, allow_nan=False)
MS = 1_000_000


def bar(number: int, close: str, seconds: int = 60) -> Candle:
    price = Decimal(close)
    return Candle(number * seconds * 1000, price, price, price, price, Decimal(1), 1)


def test_returns_are_simple_and_a_missing_minute_gives_none_to_its_neighbour() -> None:
    bars = {ETH: [bar(1, "100"), bar(2, "101"), bar(3, "99.99"), bar(5, "120"), bar(6, "126")], BTC: [bar(2, "10"), bar(3, "11")]}
    told = returns_of("e1", bars, RiskTerms())
    assert told.own[ETH] == pytest.approx((0.01, -0.01, 0.05)) and told.own[BTC] == pytest.approx((0.1,))
    assert told.symbols == (ETH, BTC) and [pytest.approx(row) for row in told.joint] == [(-0.01, 0.1)]


def test_the_newest_sixty_returns_count_and_no_bars_give_none() -> None:
    bars = [bar(number, str(100 + number)) for number in range(100)]
    told = returns_of("e1", {ETH: bars}, RiskTerms())
    assert len(told.own[ETH]) == len(told.joint) == 60 and told.own[ETH][-1] == pytest.approx(1 / 198)
    assert returns_of("e1", {}, RiskTerms()) == Returns("e1")
    assert returns_of("e1", {ETH: [], BTC: [bar(1, "5")]}, RiskTerms()).own == {ETH: (), BTC: ()}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(FINITE, FINITE), min_size=2, max_size=60), st.integers(-5000, 5000), st.integers(-5000, 5000))
def test_value_at_risk_is_the_loss_between_the_neighbours_in_a_sorted_list(
    returns: list[tuple[float, float]], first: int, second: int
) -> None:
    """The oracle: sort, and go by hand to the place at 5 %."""
    made = sorted(one * first + other * second for one, other in returns)
    place = 0.05 * (len(made) - 1)
    low = math.floor(place)
    quantile = made[low] + (place - low) * (made[min(low + 1, len(made) - 1)] - made[low])
    found = value_at_risk(returns, [Decimal(first), Decimal(second)], 5)
    assert found == pytest.approx(max(0.0, -quantile), abs=1e-9)


def test_before_the_second_return_nothing_is_said() -> None:
    assert value_at_risk([[0.01]], [Decimal(100)], 5) is None and value_at_risk([], [], 5) is None


def test_volatility_needs_a_minute_and_forgets_what_is_older_than_five() -> None:
    calm = [bar(number, "100", 1) for number in range(60)]
    assert volatility(calm) is None
    assert volatility([*calm, bar(60, "100", 1)]) == 0
    wild = [bar(number, "100" if number % 2 else "101", 1) for number in range(100)]
    after = [*wild, *(bar(number, "100", 1) for number in range(100, 500))]
    assert volatility(wild) == pytest.approx(math.log(1.01), rel=1e-6) and volatility(after) == 0


def test_the_chance_of_touching_is_what_a_random_walk_finds() -> None:
    """The oracle: 4,000 walks of 400 steps. A walk in steps sees a little less than one that never pauses."""
    dice, sigma, horizon, far = random.Random(7), 0.0004, 60.0, 0.003
    step, hits = sigma * math.sqrt(horizon / 400), 0
    for _ in range(4000):
        at = 0.0
        for _ in range(400):
            at += dice.gauss(0, step)
            if at <= -far:
                hits += 1
                break
    told = touch_chance(Decimal(2000), Decimal(2000) * Decimal(math.exp(-far)), sigma, horizon)
    assert told is not None and hits / 4000 - 0.01 < told < hits / 4000 + 0.04


def test_the_chance_of_touching_at_its_ends() -> None:
    assert touch_chance(Decimal(2000), None, 0.001, 10) == 0 and touch_chance(None, Decimal(1), 0.001, 10) is None
    assert touch_chance(Decimal(2000), Decimal(1990), None, 10) is None
    assert touch_chance(Decimal(2000), Decimal(2000), 0.001, 10) == 1 and touch_chance(Decimal(2000), Decimal(1990), 0.0, 10) == 0


def test_a_book_of_a_long_and_a_short_is_measured_jointly_and_its_worth_follows_the_mark() -> None:
    made = desk([quote("2000", "2000"), quote("60000", "60000", symbol=BTC)], leverage=10)
    for symbol, side, quantity in ((ETH, 1, "3"), (BTC, -1, "0.1")):
        made.apply(PlaceOrder(f"open-{symbol}", symbol, side, Decimal(quantity), T0_NS, by="program"))
    together = [(0.01 * number, 0.01 * number) for number in range(-30, 30)]
    own = {symbol: tuple(one for one, _ in together) for symbol in (ETH, BTC)}
    made.apply(Returns("e1", own, (ETH, BTC), tuple(together)))
    risk = book_risk(made.snapshot(1, 0))
    eth, btc = risk.positions
    assert eth.value_at_risk == pytest.approx(6000 * 0.2705) and btc.value_at_risk == pytest.approx(6000 * 0.2605)
    assert risk.value_at_risk == pytest.approx(0) and (eth.returns, risk.returns) == (60, 60)
    assert risk.assets == (("ETH", 6000), ("BTC", -6000))
    assert risk.sectors == (("smart contracts", 6000), ("store of value", -6000))
    made.apply(quote("1900", "1900", 1))
    lower = book_risk(made.snapshot(2, 0))
    assert lower.positions[0].value_at_risk == pytest.approx(5700 * 0.2705)
    assert lower.value_at_risk == pytest.approx(300 * 0.2605)
    assert set(due(made.snapshot(2, 0))) == {ETH, BTC}


def test_returns_of_another_epoch_are_not_taken() -> None:
    made = desk([quote("2000", "2000")])
    made.apply(Returns("another", {ETH: (0.1, 0.2)}))
    assert made.snapshot(1, 0).returns.own == {}


def test_a_round_trip_costs_both_fees_and_the_spread_in_percent_of_the_margin() -> None:
    made = desk([quote("1999", "2001")], leverage=100)
    made.apply(PlaceOrder("open-0001", ETH, 1, Decimal(1), T0_NS, by="program"))
    (position,) = book_risk(made.snapshot(1, 0)).positions
    assert position.cost_percent is not None and float(position.cost_percent) == pytest.approx(2 / 20.01 * 100)
    assert liquidation_price(made.snapshot(1, 0).account.positions[0]) is not None


def test_the_curve_keeps_peak_drawdown_best_and_worst_and_goes_on_from_its_last_point() -> None:
    equity = Equity()
    minute = 60_000 * MS
    assert equity.note(Decimal(100), Decimal(0), False, 0) == []
    for number, pnl in enumerate((0, 20, -10, 5, None, 5)):
        equity.note(Decimal(100), None if pnl is None else Decimal(pnl), True, number * minute)
    assert [one.equity for one in equity.curve] == [100, 120, 90, 105]
    newest = equity.newest
    assert newest is not None and (newest.peak, newest.deepest, newest.deepest_ns) == (120, 25, 2 * minute)
    assert (newest.best, newest.best_ns, newest.worst, newest.worst_ns) == (20, minute, -10, 2 * minute)
    again = Equity(equity.curve)
    again.note(Decimal(130), Decimal(0), False, 9 * minute)
    assert again.newest is not None and (again.newest.peak, again.newest.deepest, again.newest.worst) == (130, 25, -10)


def test_a_desk_that_never_traded_books_no_curve() -> None:
    made = desk([quote("2000", "2000")])
    assert made.apply(Heartbeat(T0_NS + 61_000 * MS)) == [] and made.snapshot(1, 0).account.curve == ()
