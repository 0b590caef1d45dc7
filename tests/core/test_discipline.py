"""The lock that a trader puts on himself: it holds when he would rather it did not, and ends when it said."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.desk import Derived, Desk
from app.core.discipline import DAY_NS, MINUTE_NS
from app.core.model import CancelOrder, Flatten, PlaceOrder, Refused
from app.core.orders import Order
from app.core.ruling import Override, RiskLimits, Ruling, SetLimits
from feeds.events import Heartbeat, Quote
from tests.core.trading import filled
from tests.market import ETH, T0_NS, quote, started, terms

MIN_MS = 60_000
NOON_NS = (T0_NS // DAY_NS + 1) * DAY_NS + DAY_NS // 2
NOON_MS = (NOON_NS - T0_NS) // 1_000_000
WHY = "a reason that was typed"


class Trading:
    """A desk at noon UTC, its time in minutes from there."""

    def __init__(self, limits: RiskLimits | None = None):
        self.desk = Desk(terms(3))
        self.desk.apply(started())
        self.clicks = 0
        self.now_ms = NOON_MS
        self.at(0)
        self.quote("2000")
        if limits is not None:
            self.limit(limits)

    def at(self, minutes: float) -> list[Derived]:
        self.now_ms = NOON_MS + round(minutes * MIN_MS)
        return self.desk.apply(Heartbeat(T0_NS + self.now_ms * 1_000_000))

    def quote(self, price: str) -> list[Derived]:
        made: Quote = quote(price, price, self.now_ms, "50")
        return self.desk.apply(made)

    def limit(self, limits: RiskLimits, reason: str = "") -> list[Derived]:
        return self.desk.apply(SetLimits(limits, reason, T0_NS + self.now_ms * 1_000_000))

    def override(self, reason: str = WHY) -> list[Derived]:
        return self.desk.apply(Override(reason, T0_NS + self.now_ms * 1_000_000))

    def order(self, side: int, quantity: str = "1", **more: object) -> list[Derived]:
        self.clicks += 1
        asked = PlaceOrder(f"click-{self.clicks}", ETH, side, Decimal(quantity), T0_NS + self.now_ms * 1_000_000, by="program")
        return self.desk.apply(replace(asked, **more))  # type: ignore[arg-type]

    def lose(self, money: int) -> None:
        self.quote("2000")
        assert filled(self.order(1))
        self.quote(str(2000 - money))
        assert filled(self.order(-1, reduce_only=True))

    def beat(self) -> list[Derived]:
        return self.desk.apply(Heartbeat(T0_NS + self.now_ms * 1_000_000))

    @property
    def locked(self) -> str:
        return self.desk.snapshot(1, 0).discipline.locked

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.desk.snapshot(1, 0).discipline.warnings


def refused(steps: list[Derived]) -> str:
    (one,) = [step for step in steps if isinstance(step, Refused)]
    assert not filled(steps)
    return one.reason


def test_a_day_that_lost_its_limit_takes_no_new_risk_until_midnight_utc_and_says_so() -> None:
    trader = Trading(RiskLimits(Decimal(300)))
    trader.lose(299)
    assert filled(trader.order(1)) and filled(trader.order(-1))
    trader.lose(2)
    why = refused(trader.order(1))
    assert why == (
        "daily loss limit: 301.00 lost of 300.00, locked until 00:00:00 UTC (12 h 0 min): "
        "reduce-only orders, cancel and flatten pass"
    )
    trader.at(719)
    trader.quote("2000")
    assert "locked until 00:00:00 UTC (1 min 0 s)" in refused(trader.order(1))
    trader.at(720)
    trader.quote("2000")
    assert trader.locked == "" and filled(trader.order(1))


def test_what_is_locked_can_still_be_closed_cancelled_and_flattened() -> None:
    trader = Trading(RiskLimits(Decimal(300)))
    trader.order(1, "4")
    stop = trader.order(-1, "1", type="stop", stop_price=Decimal(1500), reduce_only=True)[-1]
    entry = trader.order(1, "1", type="limit", price=Decimal("1990"))[-1]
    assert isinstance(stop, Order) and isinstance(entry, Order)
    trader.quote("1925")  # the open loss counts
    steps = trader.beat()
    assert [(step.order_id, step.state) for step in steps if isinstance(step, Order)] == [(entry.order_id, "cancelled")]
    assert "daily loss limit: 300.00 lost of 300.00" in trader.locked
    assert refused(trader.order(-1, "5"))  # a flip opens
    assert filled(trader.order(-1, "1", reduce_only=True)) and filled(trader.order(-1, "1"))
    (cancelled,) = trader.desk.apply(CancelOrder(stop.order_id, T0_NS))
    assert isinstance(cancelled, Order) and cancelled.state == "cancelled"
    assert filled(trader.desk.apply(Flatten("flat-0001", T0_NS)))
    assert trader.desk.snapshot(1, 0).account.positions == ()


def test_an_open_profit_does_not_buy_more_loss() -> None:
    trader = Trading(RiskLimits(Decimal(100)))
    trader.order(1)
    trader.quote("2500")
    trader.beat()
    assert trader.desk.snapshot(1, 0).discipline.lost == 0
    trader.quote("1910")
    trader.beat()
    assert trader.warnings == ("90 % of the daily loss limit of 100.00 is lost",)


def test_three_losses_in_a_row_are_followed_by_a_pause_and_a_win_ends_the_row() -> None:
    trader = Trading(RiskLimits(losses=3, pause_ns=20 * MINUTE_NS))
    trader.lose(1), trader.lose(1), trader.lose(-1), trader.lose(1), trader.lose(1)
    assert trader.locked == ""
    trader.at(5)
    trader.lose(1)
    assert refused(trader.order(1)).startswith("3 losses in a row, locked until 12:25:00 UTC (20 min 0 s)")
    trader.at(24.9)
    assert trader.locked
    trader.at(25)
    trader.lose(1), trader.lose(1)
    trader.quote("2000")
    assert filled(trader.order(1))


def test_so_many_orders_in_ten_minutes_and_the_next_when_the_first_of_them_is_ten_minutes_old() -> None:
    trader = Trading(RiskLimits(orders=4))
    for minute in (0, 1, 2):
        trader.at(minute)
        trader.quote("2000")
        assert filled(trader.order(1, "0.1"))
    assert trader.warnings == ("75 % of the 4 orders in 10 minutes are used",)
    assert filled(trader.order(-1, "0.1", reduce_only=True)) and filled(trader.order(1, "0.1"))
    assert refused(trader.order(1, "0.1")).startswith("4 orders in 10 minutes, locked until 12:10:00 UTC (8 min 0 s)")
    trader.at(10.01)
    trader.quote("2000")
    assert filled(trader.order(1, "0.1"))


def test_an_override_needs_a_typed_reason_and_a_quarter_of_an_hour_and_then_the_loss_is_counted_anew() -> None:
    trader = Trading(RiskLimits(Decimal(300)))
    assert refused(trader.override()) == "there is no lock that an override would end"
    trader.lose(310)
    trader.beat()
    assert refused(trader.override("  because  ")) == "an override needs a typed reason of at least 10 letters"
    (asked,) = trader.override()
    assert isinstance(asked, Ruling) and asked.what == f"override asked: {WHY}; it holds at 12:15:00 UTC (in 15 min 0 s)"
    assert refused(trader.override()).startswith("an override was asked for already")
    trader.at(14.9)
    trader.quote("2000")
    assert refused(trader.order(1))
    trader.at(15)
    assert trader.locked == ""
    trader.lose(290)
    trader.quote("2000")
    assert filled(trader.order(1)), "another 300 may be lost"
    trader.quote("1980")
    assert refused(trader.order(1))


def test_a_looser_limit_waits_as_an_override_does_and_a_stricter_one_holds_at_once() -> None:
    trader = Trading(RiskLimits(Decimal(300), 10))
    for looser in (RiskLimits(Decimal(301), 10), RiskLimits(None, 10), RiskLimits(Decimal(300)), RiskLimits(Decimal(300), 11)):
        assert refused(trader.limit(looser)) == "a looser limit needs a typed reason of at least 10 letters"
    trader.limit(RiskLimits(Decimal(600), 10), WHY)
    trader.lose(310)
    trader.beat()
    assert trader.locked
    trader.at(15)
    assert trader.locked == "" and trader.desk.snapshot(1, 0).account.ruling.limits == RiskLimits(Decimal(600), 10)
    trader.limit(RiskLimits(Decimal(305), 10))
    assert trader.locked.startswith("daily loss limit: 310.00 lost of 305.00")


def test_a_replay_that_begins_anew_keeps_the_limits_and_not_the_lock() -> None:
    trader = Trading(RiskLimits(Decimal(300)))
    trader.lose(310)
    steps = trader.desk.apply(started("replay", epoch="e2"))
    ruling = trader.desk.snapshot(1, 0).account.ruling
    assert ruling.limits == RiskLimits(Decimal(300)) and ruling.lock == "" and ruling in steps


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-120, 120).filter(bool), max_size=14), st.integers(50, 300))
def test_the_lock_is_there_exactly_when_the_closed_losses_of_the_day_reach_the_limit(results: list[int], limit: int) -> None:
    """The oracle: a plain sum."""
    trader = Trading(RiskLimits(Decimal(limit)))
    total = 0
    for result in results:
        trader.quote("2000")
        opened = trader.order(1)
        if -total >= limit:
            assert refused(opened)
            break
        assert filled(opened)
        low = min(0, result)
        trader.quote(str(2000 + low))
        trader.quote(str(2000 + result))
        trader.order(-1, reduce_only=True)
        total += result
    trader.beat()
    assert bool(trader.locked) == (-total >= limit)


@pytest.mark.parametrize("other", [RiskLimits(Decimal(5)), RiskLimits(orders=5), RiskLimits(losses=2, pause_ns=9)])
def test_limits_are_looser_than_themselves_never_and_than_others_when_something_more_passes(other: RiskLimits) -> None:
    assert not other.looser_than(other) and not other.looser_than(RiskLimits()) and RiskLimits().looser_than(other)
