"""When a page gets its frame by WebSocket: coalesced, gated by its throttle, at most one unacknowledged; beats in between.

One timer for all pages stands at the next moment at which something may have to go out; while the market moves nobody need be
woken besides. Knows no sockets: a line has a `send`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import inf

import orjson

from app.hub import Hub
from app.web.frame import Flush
from app.web.viewers import Cursor, Viewer

log = logging.getLogger(__name__)

FLUSH_MS = 16.0
ASIDE_MS = 100.0
"""What a page shows of other symbols than its main one may wait so long: nothing of it moves more often."""
BEAT_MS = 500.0
BLOCKED_MS = 100.0
BURST_MS = 10_000.0
OUTAGE_MS = 1_000.0
"""Two heartbeats without an answer: what is acknowledged next was held up by the line, and cost nothing of the kind."""

Clock = Callable[[], float]
Send = Callable[[str], Awaitable[None]]


def steady_ms() -> float:
    return time.monotonic() * 1000


@dataclass(slots=True, eq=False)
class Line:
    """One open channel to a page. `version`: of the snapshot it was last looked at with. `due_ms`: when a section that was held
    back for its slot may go. `gave_ms`: when it got its last frame, 0 when the next is not to wait for the throttle. `beats`:
    heartbeats sent and not answered, by id.
    """

    send: Send
    viewer: Viewer
    cursor: Cursor = field(default_factory=Cursor)
    version: int = -1
    due_ms: float = inf
    looked_ms: float = 0.0
    gave_ms: float = 0.0
    last_sent_ms: float = 0.0
    beat_id: int = 0
    beats: dict[int, float] = field(default_factory=dict)
    unheard_ms: float | None = None
    cut: bool = False
    excused: bool = False
    sending: asyncio.Task[None] | None = None

    @property
    def blocked(self) -> bool:
        """What was sent last is still on its way into the channel."""
        return self.sending is not None and not self.sending.done()

    @property
    def beat_ms(self) -> float:
        return self.last_sent_ms + BEAT_MS

    def opens_ms(self) -> float:
        """When the page can take a frame: never while hidden or before it acknowledged the last one."""
        if not self.viewer.visible or self.cursor.pending is not None:
            return inf
        state = self.viewer.state
        return self.gave_ms + state.interval_ms if state.level and self.cursor.marks is not None else 0.0

    @property
    def hot(self) -> str:
        """The symbol whose every move is shown at once."""
        return self.viewer.view.symbol

    def wants_ms(self, hub: Hub) -> float:
        """When it has to be looked at again, the desk being where it is now."""
        if self.version < 0 or hub.moved(self.version, (self.hot,)):
            return self.opens_ms()
        aside_ms = self.looked_ms + ASIDE_MS if self.version != hub.version else inf
        return max(self.opens_ms(), min(self.due_ms, aside_ms))

    def show(self) -> None:
        """What the page shows has changed: due at once, whatever the desk does."""
        self.version = -1
        self.gave_ms = 0.0

    def hear(self, at_ms: float) -> None:
        """The page said something, whatever it is."""
        self.cut = self.cut or (self.unheard_ms is not None and at_ms - self.unheard_ms > OUTAGE_MS)
        self.unheard_ms = None

    def excuses(self, transfer_ms: float) -> bool:
        """Was the frame that is acknowledged now held up by an outage? Never two in a row: that would be a slow line."""
        self.excused = self.cut and transfer_ms > OUTAGE_MS and not self.excused
        self.cut = False
        return self.excused

    def answered(self, beat_id: int, at_ms: float) -> None:
        sent_ms = self.beats.pop(beat_id, None)
        if sent_ms is not None:
            self.viewer.rtt_ms = round(at_ms - sent_ms, 2)


class Flushing:
    """Sends; owns no state of the desk and none of a page beyond its line. Lives on the event loop."""

    def __init__(self, hub: Hub, drill: "Drill", clock: Clock = steady_ms):
        self._hub = hub
        self._drill = drill
        self._clock = clock
        self._flushed_ms = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ms = inf
        self._quiet_until_ms = 0.0
        self.lines: set[Line] = set()

    def start(self) -> None:
        """Called on the event loop."""
        loop = asyncio.get_running_loop()
        self._hub.on_change(lambda: loop.call_soon_threadsafe(self._woken))

    def stop(self) -> None:
        self._hub.on_change(None)
        if self._timer is not None:
            self._timer.cancel()
        self.lines = set()

    def wake(self, line: Line) -> None:
        """The line can take something again, or wants something else."""
        wants_ms = line.wants_ms(self._hub)
        changed = wants_ms > 0.0 and line.opens_ms() < inf and self._watch(line.version)
        self._look_at(0.0 if changed else min(wants_ms, line.beat_ms))

    def _watch(self, version: int) -> bool:
        return self._hub.watch(version, frozenset(line.hot for line in self.lines))

    def _woken(self) -> None:
        """The desk changed: now, where the last flush is long enough ago."""
        if self._clock() < self._flushed_ms + FLUSH_MS:
            return self._look_at(0.0)
        if self._timer is not None:
            self._timer.cancel()
        self._look()

    def _look_at(self, at_ms: float) -> None:
        at_ms = max(at_ms, self._flushed_ms + FLUSH_MS)
        if at_ms < self._timer_ms and self.lines:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_ms = at_ms
            self._timer = asyncio.get_running_loop().call_later(max(0.0, at_ms - self._clock()) / 1000, self._look)

    def _look(self) -> None:
        """Whoever is due gets a frame, or a heartbeat where there is nothing new; then the timer is set anew."""
        self._timer, self._timer_ms = None, inf
        at_ms = self._clock() + 0.5
        due = [line for line in self.lines if line.wants_ms(self._hub) <= at_ms or (line.beat_ms <= at_ms and not line.blocked)]
        if due:
            self._flushed_ms = at_ms = self._clock()
            try:
                flush = Flush(self._hub.snapshot(), at_ms, time.time_ns())
                for line in due:
                    self._serve(line, flush, at_ms)
            except Exception:  # the next look may do; the pages see meanwhile that nothing comes
                self._trouble(at_ms, "no page could be served")
        self._rest(at_ms)

    def _trouble(self, at_ms: float, words: str) -> None:
        """The exception being handled, once a burst."""
        if at_ms >= self._quiet_until_ms:
            self._quiet_until_ms = at_ms + BURST_MS
            log.exception(words)

    def _rest(self, at_ms: float) -> None:
        """Sets the timer; where a page is up to date and could take more, the next change of the desk wakes us."""
        version, next_ms, curious = self._hub.version, inf, False
        for line in self.lines:
            beat_ms = max(line.beat_ms, at_ms + BLOCKED_MS) if line.blocked else line.beat_ms
            next_ms = min(next_ms, line.wants_ms(self._hub), beat_ms)
            curious = curious or line.opens_ms() < inf
        changed = curious and self._watch(version)
        self._look_at(0.0 if changed else next_ms)

    def _serve(self, line: Line, flush: Flush, at_ms: float) -> None:
        """One page's trouble is its own: the others are served, and it is said once a burst."""
        try:
            text = self._frame(line, flush, at_ms) if line.opens_ms() <= at_ms + 0.5 else None
            if text is None and line.beat_ms <= at_ms + 0.5:
                text = self._beat(line, flush, at_ms)
        except Exception:
            line.last_sent_ms, line.version, line.due_ms = (
                at_ms,
                flush.snapshot.version,
                inf,
            )  # again with the next change or beat
            self._trouble(at_ms, f"page {line.viewer.page_id}: no frame could be built")
            return
        if text is not None:
            line.last_sent_ms = at_ms
            line.sending = asyncio.create_task(self._send(line, text))

    def _frame(self, line: Line, flush: Flush, at_ms: float) -> str | None:
        viewer, cursor = line.viewer, line.cursor
        frame = viewer.next_frame(flush, cursor, in_order=True)
        line.version, line.due_ms, line.looked_ms = flush.snapshot.version, frame.due_ms, at_ms
        if frame.empty:
            viewer.summary.skipped += 1
            return None
        cursor.give(frame, at_ms)
        line.gave_ms = at_ms
        cursor.build_ms = self._clock() - at_ms
        return frame.text.decode()

    def _beat(self, line: Line, flush: Flush, at_ms: float) -> str:
        line.beat_id += 1
        line.beats = {line.beat_id: at_ms}
        snapshot = flush.snapshot
        head = {"type": "beat", "epoch": snapshot.epoch, "version": snapshot.version, "now_ms": round(snapshot.now_ns / 1e6, 1)}
        waits = {"waits": True} if line.cursor.pending is not None else {}
        return orjson.dumps({**head, "id": line.beat_id, "rtt_ms": line.viewer.rtt_ms, **waits}).decode()

    async def _send(self, line: Line, text: str) -> None:
        drill_ms = self._drill.cost_ms(self._clock())
        if drill_ms:
            await asyncio.sleep(drill_ms / 1000)
        await line.send(text)
        if line.unheard_ms is None:
            line.unheard_ms = self._clock()


class Drill:
    """`--drill-cost`: MS added to every refresh in the first half of each minute since the start, so that one sees the
    throttle climb and recover.
    """

    def __init__(self, cost_ms: float):
        self._cost_ms = cost_ms
        self._began_ms = steady_ms()

    def cost_ms(self, at_ms: float) -> float:
        return self._cost_ms if (at_ms - self._began_ms) % 60_000 < 30_000 else 0.0
