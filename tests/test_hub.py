"""The one lock: an event that cannot be applied is said, and takes neither the others nor the desk thread with it."""

import logging
import threading
from decimal import Decimal
from typing import Any

import pytest

from app.core.desk import Desk
from app.core.market import Market
from app.core.model import PlaceOrder
from app.hub import Hub
from feeds.events import Counted, Heartbeat, Tick
from feeds.intake import Intake
from tests.market import BTC, ETH, T0_NS, hub, quote, rejected, started, terms, tick


def test_an_event_that_breaks_the_desk_is_logged_once_and_the_next_one_is_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = Market.add

    def broken(self: Market, event: Tick) -> Any:
        if event.symbol == BTC:
            raise AttributeError("no such bar")
        return whole(self, event)

    monkeypatch.setattr(Market, "add", broken)
    hub = Hub(Desk(terms()))
    arrived = threading.Event()

    def emit(events: Any) -> None:
        hub.emit(events)
        if any(isinstance(event, Tick) and event.id == "3" for event in events):
            arrived.set()

    intake = Intake(emit)
    lane = intake.lane(lambda text, ts_recv_ns: [])
    intake.start()
    with caplog.at_level(logging.ERROR):
        for event in (started(), tick(1, "10"), tick(1, "11", symbol=BTC), tick(2, "12", symbol=BTC), tick(3, "13", 20)):
            lane.put_event(event)
        assert arrived.wait(5)
    intake.stop()
    assert [one.id for one in hub.snapshot().symbols[ETH].ticks] == ["1", "3"]
    assert [record.message[:11] for record in caplog.records] == ["not applied"]


def order(client_id: str, side: int) -> PlaceOrder:
    return PlaceOrder(client_id, ETH, side, Decimal(1), T0_NS, by="program")


def test_a_desk_that_stands_still_opens_nothing_and_lets_a_close_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    source = hub([quote("2000", "2000.5")])
    source.submit(order("open", 1))
    with monkeypatch.context() as still:
        still.setattr("app.hub.STILL_S", -1.0)
        assert rejected(source.submit(order("more", 1))).startswith("the desk has stood still for ")
        source.submit(order("close", -1))
        account = source.snapshot().account
        assert [one.quantity for one in account.positions] == [1] and [one.held_up for one in account.working] == [True]
        assert source.snapshot().feed.state == "down"  # an order that was answered does not make the desk alive
    source.emit([quote("2010", "2010.5", 100)])
    assert source.snapshot().account.positions == () and source.snapshot().account.realized_pnl == Decimal("9.5")


def test_orders_do_not_hide_that_the_desk_stands_still() -> None:
    source = hub([quote("2000", "2000.5")])
    applied_ns = source.snapshot().applied_ns
    source.submit(order("open", 1))
    assert source.snapshot().applied_ns == applied_ns and len(source.snapshot().account.fills) == 1


def test_whoever_waits_for_one_symbol_is_not_woken_by_another_but_by_all_that_is_no_market_data() -> None:
    source, woken = hub([tick(1, "100"), tick(1, "60000", symbol=BTC)]), []
    source.on_change(lambda: woken.append(source.version))
    only_eth = frozenset((ETH,))
    assert not source.watch(source.version, only_eth)
    source.emit([tick(2, "60001", 10, symbol=BTC), Counted({"received": 1, "parsed": 1, "refused": 0, "inbox_dropped": 0})])
    assert woken == [] and not source.moved(source.version - 1, only_eth)
    source.emit([tick(2, "100.5", 20)])
    assert woken == [source.version] and source.moved(source.version - 1, only_eth)
    assert not source.watch(source.version, only_eth)
    refused = Counted({"received": 1, "parsed": 0, "refused": 1, "inbox_dropped": 0})
    for other in (Heartbeat(T0_NS + 50_000_000), refused):
        source.emit([other])
        assert woken[-1] == source.version and source.watch(source.version - 1, only_eth)
        assert not source.watch(source.version, only_eth)
