"""What was acknowledged is on disk, what is on disk comes back, and what can not be stored stops trading and is not lost."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from app.core.books import Booked, Books
from app.core.desk import LIVE, Desk
from app.core.model import Bracket, BreakEven, PlaceOrder, Refused, StoreState
from app.hub import Hub
from app.outbox import Outbox
from app.store import BadStore, Store, own_store
from tests.market import ETH, T0_NS, quote, rejected, started, terms, tick

TERMS = replace(terms(), taker_bp=Decimal(5))


def asked(name: str, side: int, quantity: str, **more: Any) -> PlaceOrder:
    return PlaceOrder(name, ETH, side, Decimal(quantity), T0_NS, by="program", **more)


class Running:
    """A hub with its outbox and a database, as run_dashboard wires them; `commit` may be held up or made to fail."""

    def __init__(self, url: str, price: str = "2000"):
        self.store = Store(url)
        self.hub = Hub(Desk(TERMS, books=self.store.books(LIVE, Decimal(10_000), TERMS)))
        self.before: Callable[[Sequence[Booked]], None] = lambda booked: None
        self.troubles: list[str] = []
        self.troubled = threading.Event()
        self.outbox = Outbox(self._commit, self.hub.durable, self._trouble)
        self.hub.store_with(self.outbox.put)
        self.outbox.start()
        self.hub.emit([started(), tick(1, price), quote(price, f"{price}.5")])

    def _commit(self, booked: Sequence[Booked]) -> None:
        self.before(booked)
        self.store.commit(booked)

    def _trouble(self, reason: str) -> None:
        self.hub.emit([StoreState(reason)])
        self.troubles.append(reason)
        self.troubled.set()

    def place(self, *args: Any, **more: Any) -> None:
        self.hub.submit(asked(*args, **more))

    def wait(self) -> None:
        self.hub.when_durable().result(10)

    def stop(self) -> None:
        self.outbox.stop(5)
        self.store.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'books.db'}"


@pytest.fixture
def running(url: str) -> Iterator[Running]:
    one = Running(url)
    yield one
    one.stop()


def test_the_books_come_back_as_they_were_working_orders_and_their_guards_included(url: str) -> None:
    first = Running(url)
    first.place("open-long", 1, "2", bracket=Bracket(Decimal("1990"), Decimal("2020"), 5))
    first.place("rests-deep", 1, "1", type="limit", price=Decimal("1950"))
    first.place("trails-it", -1, "1", type="trailing_stop", trail=Decimal("5"), reduce_only=True)
    first.hub.emit([tick(2, "2003", 100), quote("2002.5", "2003", 100)])
    first.place("close-half", -1, "1", reduce_only=True)
    first.wait()
    before = first.hub.snapshot().account
    first.stop()
    second = Running(url, "2005")
    after = second.hub.snapshot().account
    assert replace(after, revision=before.revision, over=before.over) == before
    assert {order.asked.client_id for order in after.over} == {order.asked.client_id for order in before.over}
    second.hub.emit([tick(3, "2020.01", 200), quote("2020", "2020.5", 200)])
    second.wait()
    ended = {order.asked.client_id: order.state for order in second.hub.snapshot().account.over}
    assert (ended["open-long:target"], ended["open-long:stop"]) == ("filled", "cancelled")
    second.place("open-long", 1, "2")  # the client id of before the restart is still that order's
    assert second.hub.snapshot().account.positions == ()
    second.stop()


def test_a_stop_moved_to_break_even_stands_there_after_a_restart(url: str) -> None:
    first = Running(url)
    first.place("open-long", 1, "2", bracket=Bracket(Decimal("1990"), None))
    first.hub.emit([quote("2010", "2010.5", 100)])
    (moved,) = first.hub.submit(BreakEven(ETH, T0_NS))
    first.wait()
    first.stop()
    second = Running(url, "2010")
    (stop,) = second.hub.snapshot().account.working
    assert stop == moved and stop.asked.stop_price == Decimal("2002.51")  # bought at 2000.5, 5 bp twice
    (refused,) = second.hub.submit(BreakEven(ETH, T0_NS))
    assert isinstance(refused, Refused) and refused.reason == "its stop stands at 2002.51, break-even is 2002.51"
    second.stop()


def test_before_the_commit_nobody_is_told_and_afterwards_everybody(running: Running) -> None:
    go = threading.Event()
    running.before = lambda booked: go.wait(10) and None
    running.place("open-long", 1, "2")
    waiter = running.hub.when_durable()
    held_up = running.hub.snapshot()
    assert not waiter.done() and held_up.account.positions == () and held_up.account.balance == 10_000
    assert held_up.newest is not None and len(held_up.newest.positions) == 1
    go.set()
    waiter.result(10)
    told = running.hub.snapshot()
    assert told.newest is None and len(told.account.positions) == 1 and told.account.balance < 10_000


def test_a_commit_that_fails_stops_trading_with_its_reason_and_is_made_good_without_a_loss(running: Running) -> None:
    running.place("open-long", 1, "2")
    running.wait()
    down = threading.Event()
    down.set()

    def full(booked: Sequence[Booked]) -> None:
        if down.is_set():
            raise OSError("No space left on device")

    running.before = full
    running.place("close-half", -1, "1", reduce_only=True)
    assert running.troubled.wait(10) and running.troubles == ["No space left on device"]
    assert rejected(running.hub.submit(asked("open-more", 1, "1"))) == "orders can not be stored: No space left on device"
    assert running.hub.snapshot().notice == "orders can not be stored: No space left on device"
    running.hub.emit([tick(2, "2001", 100), quote("2001", "2001.5", 100)])
    assert running.hub.snapshot().symbols[ETH].n == 2, "charts go on"
    down.clear()
    running.wait()
    assert [position.quantity for position in running.hub.snapshot().account.positions] == [1]
    running.place("close-rest", -1, "1", reduce_only=True)
    running.wait()
    assert running.hub.snapshot().account.positions == () and running.troubles[-1] == ""


def test_what_waits_at_the_stop_is_written_first(url: str) -> None:
    first = Running(url)
    first.place("open-long", 1, "2")
    first.stop()
    second = Store(url)
    assert [fill.quantity for fill in second.books(LIVE, Decimal(1), TERMS).fills] == [2]
    second.close()


def test_no_digit_is_lost_on_the_way_to_disk_and_back(url: str) -> None:
    store = Store(url)
    begun = Decimal("10000.123456789012345678901234567890")
    assert store.books(LIVE, begun, TERMS) == Books(begun)
    store.close()
    again = Store(url)
    assert again.books(LIVE, Decimal(1), TERMS) == Books(begun)
    again.close()


def test_two_dashboards_do_not_write_the_same_books(url: str) -> None:
    first = Store(url)
    with pytest.raises(BadStore, match="another dashboard uses it") as refused:
        Store(url)
    assert refused.value.busy
    first.close()


def test_a_position_that_is_not_what_the_fills_make_stops_the_start_with_its_name(url: str) -> None:
    running = Running(url)
    running.place("open-long", 1, "2")
    running.stop()
    meddle(url, "update positions set quantity = '3'")
    with pytest.raises(BadStore, match="the stored position of ETH/USDT in paper-live is not what its fills make"):
        Store(url).books(LIVE, Decimal(1), TERMS)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(url: str) -> None:
    Store(url).close()
    meddle(url, "insert into schema_version values (99)")
    with pytest.raises(BadStore, match="written by a newer version"):
        Store(url)


def test_round_trips_and_what_was_seen_beside_them_are_there_again_after_a_restart(url: str) -> None:
    running = Running(url)
    running.place("trip-in-1", 1, "2")
    running.place("trip-out1", -1, "2")
    running.hub.emit([quote("2010", "2010.5", 1_200), quote("2020", "2020.5", 1_300)])
    running.place("open-long", 1, "1")
    running.wait()
    (before,) = running.hub.snapshot().account.trips
    assert (before.mid_1s, before.end) == (Decimal("2000.25"), "closed")
    running.stop()
    again = Running(url)
    assert again.hub.snapshot().account.trips == (before,)
    again.place("close-it1", -1, "1")
    again.wait()
    first, second = again.hub.snapshot().account.trips
    assert (first, second.number, second.best, second.worst) == (before, 2, None, None)
    again.stop()


def test_books_of_an_older_version_get_their_round_trips_from_the_fills_and_nothing_is_invented(url: str) -> None:
    running = Running(url)
    running.place("trip-in-1", 1, "2")
    running.place("trip-out1", -1, "2")
    running.wait()
    (before,) = running.hub.snapshot().account.trips
    running.stop()
    for statement in ("drop table trips", "delete from schema_version", "insert into schema_version values (2)"):
        meddle(url, statement)
    again = Running(url)
    (after,) = again.hub.snapshot().account.trips
    assert (after.entry, after.exit, after.net_pnl) == (before.entry, before.exit, before.net_pnl)
    assert (after.best, after.worst, after.slippage_in, after.slippage_out, after.mid_1s) == (None,) * 5
    again.place("trip-in-2", 1, "1")
    again.place("trip-out2", -1, "1")
    again.wait()
    assert again.hub.snapshot().account.trips[1].number == 2
    again.stop()


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "books.db").write_text("not a database, but long enough to look like one to nobody" * 50)
    with pytest.raises(BadStore, match="file is not a database"):
        Store(f"sqlite:///{tmp_path / 'books.db'}")


def meddle(url: str, statement: str) -> None:
    engine = sql.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sql.text(statement))
    engine.dispose()


def test_without_a_name_each_dashboard_finds_books_of_its_own_in_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    first, second = own_store(), own_store()
    assert sorted(path.name for path in (tmp_path / "scalping-dashboard").glob("*.db")) == ["books-2.db", "books.db"]
    first.close()
    second.close()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(BadStore, match="name another place with --database"):
        own_store()
