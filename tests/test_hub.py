"""The one lock: an event that cannot be applied is said, and takes neither the others nor the desk thread with it."""

import logging
import threading
from typing import Any

import pytest

from app.core.desk import Desk
from app.core.market import Market
from app.hub import Hub
from feeds.events import Tick
from feeds.intake import Intake
from tests.market import BTC, ETH, started, tick


def test_an_event_that_breaks_the_desk_is_logged_once_and_the_next_one_is_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = Market.add

    def broken(self: Market, event: Tick) -> Any:
        if event.symbol == BTC:
            raise AttributeError("no such bar")
        return whole(self, event)

    monkeypatch.setattr(Market, "add", broken)
    hub = Hub(Desk(100))
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
