"""Who is sent what, and when: one frame under way, gated by the page's level, sooner or later everything, and nobody starves."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from app.core import throttle
from app.hub import Hub
from app.web import flushing
from app.web.flushing import Drill, Flushing, Line
from app.web.frame import View
from app.web.viewers import Viewer
from feeds.events import Heartbeat
from tests.market import ETH, T0_NS, hub, quote, tick

VIEW = View(ETH, "200", ((ETH, "1m"),))
SCALPING = throttle.PROFILES["scalping"]
LIMIT_S = 5.0


class Rig:
    """A desk, its flushing, and pages that note what they are sent. Runs on a real loop; waits only for what must happen."""

    def __init__(self) -> None:
        self.hub: Hub = hub([quote("100.00", "100.02"), tick(1, "100.01")])
        self.flushing = Flushing(self.hub, Drill(0))
        self.flushing.start()
        self.snapshots = 0
        take = self.hub.snapshot

        def counted() -> Any:
            self.snapshots += 1
            return take()

        self.hub.snapshot = counted  # type: ignore[method-assign]

    def page(self, name: str, level: int = 0, **more: Any) -> "Page":
        return Page(self, name, level, **more)


class Page:
    def __init__(self, rig: Rig, name: str, level: int, answers: bool = True, visible: bool = True):
        self._rig = rig
        self.answers = answers
        self.messages: list[dict[str, Any]] = []
        self._news = asyncio.Event()
        state = replace(throttle.start(SCALPING), level=level)
        self.line = Line(self._receive, Viewer(name, VIEW, state, 0.0, visible=visible))
        rig.flushing.lines.add(self.line)
        rig.flushing.wake(self.line)

    async def _receive(self, text: str) -> None:
        message = json.loads(text)
        self.messages.append(message)
        self._news.set()
        if self.answers and "sections" in message:
            asyncio.get_running_loop().call_soon(self.acknowledge)

    def acknowledge(self) -> None:
        pending = self.line.cursor.pending
        assert pending is not None
        self.line.cursor.acknowledge(pending.epoch, pending.version)
        self._rig.flushing.wake(self.line)
        self._news.set()

    async def settled(self) -> None:
        """It has what there was, and acknowledged it."""
        await self.until(lambda: self.frames and self.line.cursor.pending is None)

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if "sections" in message]

    def shown(self, name: str) -> list[dict[str, Any]]:
        return [section for frame in self.frames for section in frame["sections"] if section["s"] == name]

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                self._news.clear()
                await self._news.wait()


def played(scene: Callable[[Rig], Awaitable[None]]) -> None:
    async def play() -> None:
        rig = Rig()
        try:
            await scene(rig)
        finally:
            rig.flushing.stop()

    asyncio.run(play())


def newest(page: Page) -> int:
    return max((section["n"] for section in page.shown("ticks")), default=0)


def test_a_change_wakes_and_reaches_every_page_that_can_take_it() -> None:
    async def scene(rig: Rig) -> None:
        pages = [rig.page("a"), rig.page("b")]
        for page in pages:
            await page.until(lambda page=page: newest(page) == 1)
        rig.hub.emit([tick(2, "100.03", 10)])
        for page in pages:
            await page.until(lambda page=page: newest(page) == 2)

    played(scene)


def test_at_most_one_frame_is_under_way_and_the_next_one_brings_all_that_came_meanwhile() -> None:
    async def scene(rig: Rig) -> None:
        slow, quick = rig.page("slow", answers=False), rig.page("quick")
        await slow.until(lambda: len(slow.frames) == 1)
        for seq in range(2, 6):
            rig.hub.emit([tick(seq, "100.03", seq * 10)])
            await quick.until(lambda seq=seq: newest(quick) == seq)
        assert len(slow.frames) == 1
        slow.acknowledge()
        await slow.until(lambda: len(slow.frames) == 2)
        assert len(slow.frames[1]["sections"][0]["rows"]) == 4

    played(scene)


def test_a_page_that_missed_the_last_change_gets_it_although_nothing_else_happens() -> None:
    async def scene(rig: Rig) -> None:
        slow, quick = rig.page("slow", answers=False), rig.page("quick")
        await slow.until(lambda: slow.frames)
        rig.hub.emit([tick(2, "100.03", 10)])
        await quick.until(lambda: newest(quick) == 2)
        slow.acknowledge()
        await slow.until(lambda: newest(slow) == 2)

    played(scene)


def test_a_quote_that_was_held_back_for_its_slot_goes_out_without_another_change() -> None:
    async def scene(rig: Rig) -> None:
        page = rig.page("a")
        await page.until(lambda: page.frames)
        for cents in range(1, 9):
            rig.hub.emit([quote(f"100.0{cents}", "100.20", cents)])
            await page.until(lambda cents=cents: page.shown("quote")[-1]["bid"] == float(f"100.0{cents}"))

    played(scene)


def test_a_higher_level_spaces_frames_and_a_lone_change_after_a_rest_is_sent_at_once() -> None:
    async def scene(rig: Rig) -> None:
        page = rig.page("a", level=3)
        await page.settled()
        line, sent_ms = page.line, page.line.cursor.sent_ms
        assert line.opens_ms() == sent_ms + SCALPING.interval_ms[3]
        rig.hub.emit([Heartbeat(T0_NS + 1)])  # nothing that the page shows: no frame, and the gate does not begin anew
        line.cursor.sent_ms = sent_ms - 2_000
        rig.flushing.wake(line)
        rig.hub.emit([tick(2, "100.03", 10)])
        await page.until(lambda: newest(page) == 2)
        assert line.cursor.sent_ms > sent_ms

    played(scene)


def test_what_a_page_shows_anew_is_not_gated() -> None:
    async def scene(rig: Rig) -> None:
        page = rig.page("a", level=3)
        await page.settled()
        page.line.viewer.view = View(ETH, "1m", ())
        page.line.show()
        assert page.line.wants_ms(rig.hub) < flushing.steady_ms()
        rig.flushing.wake(page.line)
        await page.until(lambda: page.shown("buckets"))

    played(scene)


def test_a_hidden_page_gets_heartbeats_only_and_no_snapshot_is_made_for_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flushing, "BEAT_MS", 30.0)

    async def scene(rig: Rig) -> None:
        page = rig.page("a", visible=False)
        for seq in range(2, 40):
            rig.hub.emit([tick(seq, "100.03", seq * 10)])
            await asyncio.sleep(0)
        await page.until(lambda: len(page.messages) >= 3)
        assert page.frames == [] and rig.snapshots <= len(page.messages) + 1
        assert [message["type"] for message in page.messages] == ["beat"] * len(page.messages)

    played(scene)


def test_a_page_that_did_not_acknowledge_still_hears_that_the_server_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flushing, "BEAT_MS", 30.0)

    async def scene(rig: Rig) -> None:
        page = rig.page("a", answers=False)
        await page.until(lambda: len(page.messages) >= 4)
        assert len(page.frames) == 1
        beat = page.messages[-1]
        assert beat["waits"]
        page.line.answered(beat["id"], page.line.last_sent_ms + 7)
        assert page.line.viewer.rtt_ms == 7

    played(scene)


def test_one_pages_trouble_is_its_own_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(rig: Rig) -> None:
        broken, sound = rig.page("broken"), rig.page("sound")
        broken.line.viewer.refreshes = cast(Any, None)
        broken.line.show()
        await sound.until(lambda: sound.frames)
        for seq in range(2, 8):
            rig.hub.emit([tick(seq, "100.03", seq * 10)])
            await sound.until(lambda seq=seq: newest(sound) == seq)

    played(scene)
    assert sum("no frame could be built" in record.message for record in caplog.records) == 1


def test_a_snapshot_that_could_not_be_made_does_not_end_the_frames() -> None:
    async def scene(rig: Rig) -> None:
        page = rig.page("a")
        await page.settled()
        whole, failed = rig.hub.snapshot, asyncio.Event()

        def torn() -> Any:
            rig.hub.snapshot = whole  # type: ignore[method-assign]
            failed.set()
            raise RuntimeError("torn")

        rig.hub.snapshot = torn  # type: ignore[method-assign]
        rig.hub.emit([tick(2, "100.03", 10)])
        await asyncio.wait_for(failed.wait(), LIMIT_S)
        await page.until(lambda: newest(page) == 2)

    played(scene)


def test_at_rest_nothing_is_built_and_the_next_change_wakes() -> None:
    async def scene(rig: Rig) -> None:
        page = rig.page("a")
        await page.until(lambda: page.frames)
        rig.hub.emit([Heartbeat(T0_NS + 1)])
        before = rig.snapshots
        rig.hub.emit([tick(2, "100.03", 10)])
        await page.until(lambda: newest(page) == 2)
        assert rig.snapshots - before <= 4

    played(scene)
