"""Lock and alerts survive a restart: limits, an override on its way, what led to a lock, rules and what they rang."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.core.alert import AlertRule, SeeAlerts, SetRule
from app.core.discipline import EFFECT_NS, MINUTE_NS
from app.core.model import Refused
from app.core.ruling import Override, RiskLimits, SetLimits
from app.hub import Hub
from app.store import Store
from feeds.events import Heartbeat
from tests.market import ETH, T0_NS, quote, tick
from tests.test_store import Running, asked, meddle

MS = 1_000_000


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'books.db'}"


def lose(running: Running, name: str, at_ms: int) -> None:
    running.place(f"{name}-open", 1, "2")
    running.hub.emit([tick(at_ms, "1995", at_ms), quote("1995", "1995.5", at_ms)])
    running.place(f"{name}-shut", -1, "2", reduce_only=True)
    running.hub.emit([tick(at_ms + 1, "2000", at_ms + 1), quote("2000", "2000.5", at_ms + 1)])


def locked(hub: Hub) -> str:
    return hub.snapshot().discipline.locked


def test_a_lock_and_the_override_on_its_way_come_back_and_the_override_holds_when_it_said(url: str) -> None:
    first = Running(url)
    first.hub.submit(SetLimits(RiskLimits(losses=2, pause_ns=60 * MINUTE_NS), "", T0_NS))
    lose(first, "one", 100)
    lose(first, "two", 200)
    first.hub.emit([Heartbeat(T0_NS + 300 * MS)])
    first.hub.submit(Override("this was a rounding error", T0_NS + 300 * MS))
    assert locked(first.hub).startswith("2 losses in a row, locked until 00:54:15 UTC")
    first.wait()
    before = first.hub.snapshot().account.rulings
    first.stop()
    second = Running(url)
    assert second.hub.snapshot().account.rulings == before
    (refused,) = second.hub.submit(asked("more-risk", 1, "1"))
    assert isinstance(refused, Refused) and refused.reason.startswith("2 losses in a row")
    second.hub.emit([Heartbeat(T0_NS + 300 * MS + EFFECT_NS)])
    second.wait()
    assert locked(second.hub) == ""
    assert second.hub.snapshot().account.ruling.what == "override: this was a rounding error"
    second.stop()


def test_the_days_loss_and_the_row_of_losses_go_on_after_a_restart(url: str) -> None:
    first = Running(url)
    first.hub.submit(SetLimits(RiskLimits(Decimal(40), losses=3, pause_ns=MINUTE_NS), "", T0_NS))
    lose(first, "one", 100)
    lose(first, "two", 200)
    first.wait()
    first.hub.emit([Heartbeat(T0_NS + 250 * MS)])
    before = first.hub.snapshot().discipline
    first.stop()
    second = Running(url)
    second.hub.emit([Heartbeat(T0_NS + 300 * MS)])
    after = second.hub.snapshot().discipline
    assert (after.lost, after.streak) == (before.lost, before.streak) and after.lost > 20 and after.streak == 2
    second.stop()


def test_books_from_before_the_lock_are_taken_over(url: str) -> None:
    first = Running(url)
    first.place("open-long", 1, "2")
    first.stop()
    meddle(url, "drop table rulings")
    meddle(url, "delete from schema_version where version > 1")
    meddle(url, "insert or ignore into schema_version values (1)")
    second = Running(url)
    assert [position.quantity for position in second.hub.snapshot().account.positions] == [2]
    second.hub.submit(SetLimits(RiskLimits(Decimal(300)), "", T0_NS))
    second.stop()
    third = Store(url)
    third.close()


def test_rules_and_alerts_come_back_seen_or_not_and_a_rule_that_was_turned_off_stays_off(url: str) -> None:
    first = Running(url)
    first.hub.submit(SetRule(AlertRule(0, "price", ETH, 1, Decimal("2001.5"), sound=True), T0_NS))
    first.hub.submit(SetRule(AlertRule(7, "liquidated", on=False), T0_NS))
    first.hub.emit([tick(2, "2001", 100), tick(3, "2002", 200)])
    first.hub.submit(SeeAlerts(0, T0_NS + 300 * MS))
    first.hub.emit([tick(4, "2000", 400), tick(5, "2001.5", 500)])
    first.wait()
    before = first.hub.snapshot().account
    first.stop()
    second = Running(url)
    after = second.hub.snapshot().account
    assert (after.alerts, after.alert_rules) == (before.alerts, before.alert_rules)
    assert [(alert.text, bool(alert.seen_ns)) for alert in after.alerts] == [
        ("ETH/USDT rose to 2002", True),
        ("ETH/USDT rose to 2001.5", False),
    ]
    second.hub.emit([tick(6, "2000", 6_000), tick(7, "2003", 7_000)])
    second.wait()
    assert len(second.hub.snapshot().account.alerts) == 3 and not second.hub.snapshot().account.alert_rules[6].on
    second.stop()


def test_the_equity_curve_with_its_peak_and_extremes_comes_back(url: str) -> None:
    first = Running(url)
    first.place("open-long", 1, "2")
    for minute, price in enumerate(("2000", "2050", "1990", "2010")):
        first.hub.emit([quote(price, price, minute * 60_000), Heartbeat(T0_NS + minute * 60_000 * MS)])
    first.wait()
    before = first.hub.snapshot()
    assert len(before.account.curve) == 4 and before.equity is not None
    first.stop()
    second = Running(url)
    after = second.hub.snapshot()
    assert after.account.curve == before.account.curve and after.equity == before.equity
    second.stop()
