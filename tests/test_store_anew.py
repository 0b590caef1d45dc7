"""What a restart finds of margin moved and of an account begun anew, and what an older database is made into."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from app.core.alert import AlertRule, SetRule
from app.core.desk import LIVE
from app.core.model import ResetAccount
from app.core.moving import MoveMargin
from tests.market import ETH, T0_NS
from tests.test_store import Running, meddle


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'books.db'}"


def test_margin_moved_between_fills_is_there_after_a_restart_and_is_not_moved_twice(url: str) -> None:
    first = Running(url)
    first.place("open-long", 1, "2")
    added = MoveMargin("move-0001", ETH, Decimal("75.5"), T0_NS)
    first.hub.submit(added)
    first.place("close-half", -1, "1", reduce_only=True)
    first.hub.submit(MoveMargin("move-0002", ETH, Decimal("-0.25"), T0_NS))
    first.wait()
    before = first.hub.snapshot().account
    assert before.positions[0].margin == Decimal("57.505")  # 20.005 at 100×, half of the 75.5, and 0.25 less
    first.stop()
    second = Running(url)
    after = second.hub.snapshot().account
    assert (after.positions, after.free_margin) == (before.positions, before.free_margin)
    assert second.hub.submit(added) == []
    second.hub.submit(MoveMargin("move-0003", ETH, Decimal(1), T0_NS))
    second.wait()
    assert second.hub.snapshot().account.positions[0].margin == Decimal("58.505")
    second.stop()
    third = Running(url)
    assert third.hub.snapshot().account.positions == second.hub.snapshot().account.positions
    third.stop()


def test_a_reset_keeps_what_was_and_a_restart_finds_the_new_beginning(url: str) -> None:
    first = Running(url)
    rule = AlertRule(0, "price", ETH, 1, Decimal(2100))
    first.hub.submit(SetRule(rule, T0_NS))
    first.place("open-long", 1, "2")
    first.place("close-all", -1, "2", reduce_only=True)
    first.hub.submit(ResetAccount(LIVE, T0_NS))
    first.wait()
    assert first.hub.snapshot().account.balance == 10_000
    first.place("second-run", -1, "1")
    first.stop()
    second = Running(url)
    account = second.hub.snapshot().account
    assert [(fill.fill_id, fill.client_id) for fill in account.fills] == [(1, "second-run")]
    assert account.alert_rules == first.hub.snapshot().account.alert_rules and account.alert_rules[-1].level == 2100
    second.stop()
    assert _asked(url, "select run, count(*) from fills group by run order by run") == [(1, 2), (2, 1)]
    assert _asked(url, "select run, begun_with from accounts order by run") == [(1, "10000"), (2, "10000")]


@pytest.mark.parametrize("cut_off", [False, True])
def test_an_older_database_learns_from_its_fills_what_its_positions_paid(url: str, cut_off: bool) -> None:
    """`cut_off`: its last upgrade added the columns and was killed then."""
    running = Running(url)
    running.place("open-long", 1, "2")
    running.place("close-half", -1, "1", reduce_only=True)
    running.stop()
    before = running.hub.snapshot().account.positions
    for name in ("open_fees", "closed_fees"):
        meddle(url, f"alter table positions drop column {name}")
        if cut_off:
            meddle(url, f"alter table positions add column {name} text")
    meddle(url, "update schema_version set version = 2")
    again = Running(url)
    assert again.hub.snapshot().account.positions == before and before[0].open_fees and before[0].closed_fees
    again.stop()


def _asked(url: str, question: str) -> list[Any]:
    engine = sql.create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sql.text(question))]
    engine.dispose()
    return found
