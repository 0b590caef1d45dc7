"""Alerts ring once for each crossing, at once where it matters, and stay until they are seen."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.alert import Alert, AlertRule, SeeAlerts, SetRule
from app.core.desk import Derived, Desk
from app.core.model import PlaceOrder, Refused
from app.core.ruling import RiskLimits, SetLimits
from feeds.events import FeedStatus, Heartbeat
from tests.market import BTC, ETH, T0_NS, quote, started, terms, tick

MS = 1_000_000


class Desks:
    """A desk whose time goes on by itself: each step 10 s later than the one before, beyond a burst."""

    def __init__(self, *rules: AlertRule, leverage: int = 10):
        self.desk = Desk(terms(leverage))
        self.desk.apply(started())
        self.ms = self.seq = 0
        self.quote("2000")
        for rule in rules:
            self.desk.apply(SetRule(rule, T0_NS))

    def quote(self, price: str, ask: str = "", after_ms: int = 10_000, symbol: str = ETH) -> list[str]:
        self.ms += after_ms
        steps = self.desk.apply(quote(price, ask or price, self.ms, "100000", symbol))
        return texts([*steps, *self.beat()])

    def tick(self, price: str, after_ms: int = 10_000) -> list[str]:
        self.ms += after_ms
        self.seq += 1
        return texts(self.desk.apply(tick(self.seq, price, self.ms)))

    def order(self, side: int, quantity: str, **more: object) -> list[Derived]:
        self.seq += 1
        asked = PlaceOrder(f"click-{self.seq}", ETH, side, Decimal(quantity), T0_NS + self.ms * MS, by="program")
        return self.desk.apply(replace(asked, **more))  # type: ignore[arg-type]

    def beat(self, after_ms: int = 0) -> list[Derived]:
        self.ms += after_ms
        return self.desk.apply(Heartbeat(T0_NS + self.ms * MS))

    @property
    def alerts(self) -> tuple[Alert, ...]:
        return self.desk.snapshot(1, 0).account.alerts


def texts(steps: list[Derived]) -> list[str]:
    return [step.text for step in steps if isinstance(step, Alert)]


def price(level: str, way: int = 1) -> AlertRule:
    return AlertRule(0, "price", ETH, way, Decimal(level))


def test_a_price_that_trembles_at_its_level_rings_once_and_again_only_after_it_went_back() -> None:
    desk = Desks(price("2001"))
    assert desk.tick("2000.9") == []
    assert desk.tick("2001.2") == ["ETH/USDT rose to 2001.2"]
    assert desk.tick("2000.9") == desk.tick("2001.1") == []
    assert desk.tick("2000") == []
    assert desk.tick("2001") == ["ETH/USDT rose to 2001"]


def test_a_price_alert_that_is_set_beyond_the_price_waits_for_a_crossing() -> None:
    desk = Desks(price("1990"), price("2010", -1))
    assert desk.tick("2000") == [] and desk.tick("1989") == []
    assert desk.tick("1991") == ["ETH/USDT rose to 1991"]
    assert desk.tick("2011") == [] and desk.tick("2009") == ["ETH/USDT fell to 2009"]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(19_000, 21_000), min_size=1, max_size=40))
def test_a_price_alert_rings_as_often_as_the_price_comes_from_well_below_its_level(path: list[int]) -> None:
    """The oracle: a walk with two states."""
    desk, below, rang = Desks(price("2000")), None, 0
    for tenth in path:
        at = Decimal(tenth) / 10
        told = desk.tick(str(at))
        crossed = below is True and at >= 2000
        rang += crossed
        assert bool(told) == crossed
        if at >= 2000:
            below = False
        elif below is None or at <= Decimal("1999.6"):
            below = True
    assert len(desk.alerts) == rang


def test_the_margin_rings_once_at_eighty_and_once_at_ninety_five() -> None:
    desk = Desks()
    assert desk.order(1, "41.60")
    assert texts(desk.beat()) == ["Margin at 83.2 %"]
    assert desk.quote("2000") == []
    desk.order(1, "6")
    assert desk.quote("2000") == ["Margin at 95.2 %"]
    warned, act = desk.alerts
    assert (warned.severe, warned.sound, act.severe, act.sound) == (False, False, True, True)
    desk.order(-1, "9", reduce_only=True)
    assert desk.quote("2000") == []
    desk.order(1, "2")
    assert desk.quote("2000") == ["Margin at 81.2 %"]


def test_a_wide_spread_rings_and_a_burst_is_one_line() -> None:
    desk = Desks(AlertRule(0, "spread", ETH, 1, Decimal(5)))
    assert desk.quote("2000", "2000.1") == [] and desk.quote("2000", "2002") == ["ETH/USDT spread at 10.00 bp"]
    desk.quote("2000", "2000.1", 1000)
    desk.quote("2000", "2004", 1000)
    (one,) = desk.alerts
    assert (one.count, one.text) == (2, "ETH/USDT spread at 10.00 bp · ETH/USDT spread at 19.98 bp")


def test_a_lost_feed_says_which_stops_nobody_watches_and_that_it_is_back() -> None:
    desk = Desks()
    desk.quote("60000", after_ms=100, symbol=BTC)
    desk.order(1, "1")
    desk.order(-1, "1", type="stop", stop_price=Decimal(1900), reduce_only=True)
    desk.desk.apply(FeedStatus("reconnecting", "connection refused", T0_NS + desk.ms * MS))
    desk.beat(250)
    (alert,) = desk.alerts
    refused = "connection refused"
    assert alert.text == f"ETH/USDT reconnecting · 1 stop not watched: {refused} · BTC/USDT reconnecting: {refused}"
    assert alert.severe and alert.sound and alert.count == 2
    assert desk.quote("2000") == ["ETH/USDT is back after 10 s"]


def test_a_liquidation_near_and_done_rings() -> None:
    desk = Desks(leverage=100)
    desk.order(1, "1")
    assert desk.quote("1982.50") == ["ETH/USDT is 0.03 % from liquidation at 1,981.98"]
    assert desk.quote("1981") == ["liquidated: 1 ETH/USDT closed at 1,981.00"]


def test_the_lock_rings_at_its_warnings_and_when_it_holds() -> None:
    desk = Desks()
    desk.desk.apply(SetLimits(RiskLimits(Decimal(100)), "", T0_NS))
    desk.order(1, "1")
    assert desk.quote("1924") == ["75 % of the daily loss limit of 100.00 is lost"]
    assert desk.quote("1926") == desk.quote("1924") == []
    assert desk.quote("1890") == ["locked until 00:00:00 UTC: daily loss limit: 110.00 lost of 100.00"]
    assert desk.quote("1880") == []


def test_a_drawdown_is_measured_from_the_peak() -> None:
    desk = Desks()
    desk.order(1, "10")
    desk.quote("2100")
    assert desk.quote("2046") == [] and desk.quote("2044") == ["drawdown of 5.09 % from the peak"]


def test_what_was_seen_stays_in_the_history_and_what_rings_then_is_a_new_line() -> None:
    desk = Desks(price("2001"))
    desk.tick("2000"), desk.tick("2002")
    (seen,) = desk.desk.apply(SeeAlerts(0, T0_NS))
    assert isinstance(seen, Alert) and seen.seen_ns == T0_NS and desk.alerts == (seen,)
    assert desk.desk.apply(SeeAlerts(0, T0_NS)) == []
    desk.tick("1990", 1), desk.tick("2002", 1)
    assert [one.seen_ns for one in desk.alerts] == [T0_NS, 0]


def test_a_rule_turned_off_or_deleted_is_silent_and_an_unknown_one_can_not_be_changed() -> None:
    desk = Desks(price("2001"))
    desk.tick("2000")
    desk.desk.apply(SetRule(replace(price("2001"), rule_id=101, on=False), T0_NS))
    assert desk.tick("2002") == []
    desk.desk.apply(SetRule(replace(price("2001"), rule_id=101, gone=True), T0_NS))
    (refused,) = desk.desk.apply(SetRule(replace(price("2001"), rule_id=101), T0_NS))
    assert isinstance(refused, Refused) and refused.reason == "there is no rule 101"
