"""The throttle counts what refreshes cost, not for how long the network was away."""

import asyncio
from typing import Any

import pytest

from app.core import throttle
from app.hub import Hub
from app.web import stream
from app.web.flushing import Drill, Flushing, Line
from app.web.stream import Stream
from app.web.viewers import Viewers
from tests.market import BTC, ETH, hub, quote, tick
from tests.web.test_frame import VIEW, flush


class Talk:
    """One page on one socket, on a clock that is set by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.at_ms = 0.0
        self.seq = 1
        monkeypatch.setattr(stream, "steady_ms", lambda: self.at_ms)
        self.hub: Hub = hub([quote("9", "11"), tick(1, "10")])
        viewers = Viewers(throttle.PROFILES["scalping"], VIEW, {"symbols": (ETH, BTC), "intervals": ("1s", "1m")})
        self.stream = Stream(self.hub, viewers, Drill(0), "127.0.0.1")
        self.flushing = Flushing(self.hub, Drill(0), lambda: self.at_ms)
        self.viewer = viewers.seen("page", 0)
        self.line = self.open()
        for _ in range(4):
            self.refresh(10)

    def open(self) -> Line:
        async def swallow(text: str) -> None:
            return

        line = Line(swallow, self.viewer)
        self.stream._sockets = {line: Any}  # type: ignore[dict-item]
        return line

    def give(self) -> None:
        self.seq += 1
        self.hub.emit([tick(self.seq, "10", self.seq * 10)])
        self.line.cursor.give(self.viewer.next_frame(flush(self.hub, self.at_ms), self.line.cursor), self.at_ms)
        asyncio.run(self.flushing._send(self.line, "a frame"))

    def answer(self, line: Line, kind: str = "ack", draw_ms: float = 1.0) -> None:
        pending = line.cursor.pending
        named = {"epoch": pending.epoch, "version": pending.version} if pending else {}
        self.stream._on_answer(line, {"type": kind, "draw_ms": draw_ms, "wait_ms": 0, **named})

    def refresh(self, cost_ms: float, draw_ms: float = 1.0) -> None:
        self.give()
        self.at_ms += cost_ms
        self.answer(self.line, draw_ms=draw_ms)


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    made = Talk(monkeypatch)
    assert made.viewer.state.level == 0
    return made


@pytest.mark.parametrize("beat_first", [False, True])
def test_a_refresh_that_the_network_held_up_does_not_count(talk: Talk, beat_first: bool) -> None:
    talk.give()
    talk.at_ms += 5_000
    if beat_first:  # it is answered at once, a frame only when it is drawn
        talk.answer(talk.line, "beat")
    talk.answer(talk.line)
    assert talk.viewer.state.level == 0 and talk.viewer.summary.costs("cost")[-1] < 100


def test_a_line_that_is_always_that_slow_still_counts(talk: Talk) -> None:
    talk.refresh(5_000)
    talk.refresh(5_000)
    assert talk.viewer.state.level == 3


def test_a_page_that_draws_for_seconds_counts_at_once(talk: Talk) -> None:
    talk.refresh(5_000, draw_ms=4_900)
    assert talk.viewer.state.level == 3


def test_what_a_socket_that_was_left_still_had_to_say_counts_neither_before_nor_after_the_new_ones_first_frame(
    talk: Talk,
) -> None:
    left = talk.line
    talk.give()
    talk.line = talk.open()
    talk.at_ms += 900
    talk.give()
    talk.answer(left)
    talk.at_ms += 900  # everything at once, after an outage
    talk.answer(talk.line)
    assert talk.viewer.state.level == 0
