"""The WebSocket of frames, `/ws/desk`: one flush for all pages, coalesced; at most one frame unacknowledged per page. Dash,
figures and venues are unknown here.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field

import orjson
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from app.hub import Hub
from app.web.frame import Flush
from app.web.guard import from_our_page, known_host
from app.web.viewers import Cursor, Viewer, Viewers

log = logging.getLogger(__name__)

FLUSH_MS = 16.0
BEAT_MS = 500.0
LOOK_MS = 100.0
TEXT_MOST = 16_384
CLOSE_S = 0.5


@dataclass(slots=True, eq=False)
class Line:
    """One open socket, its page, and what that holds by it. `beats`: heartbeats sent and not answered, by id. `missed`: it
    could not take the last flush.
    """

    socket: WebSocket
    viewer: Viewer
    cursor: Cursor = field(default_factory=Cursor)
    last_sent_ms: float = 0.0
    beat_id: int = 0
    beats: dict[int, float] = field(default_factory=dict)
    sending: asyncio.Task[None] | None = None
    missed: bool = False


class Stream:
    """Sends; owns no state of the desk and none of a page beyond its socket."""

    def __init__(self, hub: Hub, viewers: Viewers, drill: "Drill", host: str):
        self._hub = hub
        self._host = host
        self._viewers = viewers
        self._drill = drill
        self._lines: set[Line] = set()
        self._stopping = False
        self._flushed_ms = 0.0
        self._version = -1
        self._timer: asyncio.TimerHandle | None = None

    def attach(self, server: FastAPI) -> None:
        server.add_api_websocket_route("/ws/desk", self._serve)

    def start(self) -> None:
        """Called on the event loop."""
        loop = asyncio.get_running_loop()
        self._hub.on_change(lambda: loop.call_soon_threadsafe(self._wake))
        self._look(loop)

    async def stop(self) -> None:
        """Ends every stream, so that the server need not wait for them."""
        self._stopping = True
        self._hub.on_change(None)
        closing = [asyncio.create_task(line.socket.close(1001)) for line in self._lines]
        if closing:  # a page that went in the same moment, or does not read, holds nobody up
            await asyncio.wait(closing, timeout=CLOSE_S)
        for task in closing:
            if not task.done():
                task.cancel()
            elif not task.cancelled() and task.exception() is not None:
                log.debug("while closing: %r", task.exception())

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Heartbeats, and what a section held back for its slot, go out without a change too."""
        if not self._stopping:
            if _now_ms() - self._flushed_ms >= LOOK_MS:
                self._flush()
            loop.call_later(LOOK_MS / 1000, self._look, loop)

    def _wake(self) -> None:
        """There may be something to send, and a page that takes it: now, or when `FLUSH_MS` have passed since the last flush."""
        if self._timer is None:
            early_ms = max(0.0, self._flushed_ms + FLUSH_MS - _now_ms())
            self._timer = asyncio.get_running_loop().call_later(early_ms / 1000, self._due)

    def _due(self) -> None:
        """One timer a flush: while the market moves the hub need not wake anybody."""
        self._timer = None
        if self._hub.watch(self._version):
            self._flush()

    def _flush(self) -> None:
        """A frame for every page that can take one, a heartbeat for those with nothing new. A page that cannot wakes us by
        its acknowledgement.
        """
        at_ms = _now_ms()
        ready = []
        for line in self._lines:
            free = line.cursor.pending is None and (line.sending is None or line.sending.done())
            line.missed = not free
            if free:
                ready.append(line)
        if not ready or self._stopping:
            return
        self._flushed_ms = at_ms
        try:
            flush = Flush(self._hub.snapshot(), at_ms, time.time_ns())
            self._version = flush.snapshot.version
            for line in ready:
                text = self._frame(line, flush, at_ms)
                if text is None and at_ms - line.last_sent_ms >= BEAT_MS:
                    text = self._beat(line, flush, at_ms)
                if text is not None:
                    line.last_sent_ms = at_ms
                    line.sending = asyncio.create_task(self._send(line, text))
        except Exception:  # the next flush may do; the pages see meanwhile that nothing comes
            log.exception("a flush failed")
        self._wake()

    def _frame(self, line: Line, flush: Flush, at_ms: float) -> str | None:
        viewer, cursor = line.viewer, line.cursor
        if not viewer.visible:
            return None
        gate_ms = viewer.state.interval_ms if viewer.state.level else 0.0
        if at_ms - cursor.sent_ms < gate_ms - 1 and cursor.marks is not None:
            return None
        frame = viewer.next_frame(flush, cursor, at_ms)
        cursor.build_ms = _now_ms() - at_ms
        if frame.empty:
            cursor.pending = None
            viewer.summary.skipped += 1
            return None
        return frame.text.decode()

    def _beat(self, line: Line, flush: Flush, at_ms: float) -> str:
        line.beat_id += 1
        line.beats = {line.beat_id: at_ms}
        snapshot = flush.snapshot
        return orjson.dumps(
            {
                "type": "beat",
                "epoch": snapshot.epoch,
                "version": snapshot.version,
                "now_ms": snapshot.now_ns / 1e6,
                "id": line.beat_id,
                "rtt_ms": line.viewer.rtt_ms,
            }
        ).decode()

    async def _send(self, line: Line, text: str) -> None:
        try:
            drill_ms = self._drill.cost_ms(_now_ms())
            if drill_ms:
                await asyncio.sleep(drill_ms / 1000)
            await line.socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError):  # the page went; its reader ends the line
            return

    async def _serve(self, socket: WebSocket) -> None:
        if not known_host(socket.headers, self._host) or not from_our_page(socket.headers):
            await socket.close(1008, "this page is of another site")
            return
        await socket.accept()
        line: Line | None = None
        try:
            while not self._stopping:
                text = await socket.receive_text()
                message = orjson.loads(text) if len(text) <= TEXT_MOST else None
                if not isinstance(message, dict):
                    await socket.close(1003, "expected one small JSON object")
                    break
                if message.get("type") == "view":
                    line = self._on_view(socket, line, message)
                elif line is not None:
                    self._on_answer(line, message)
        except orjson.JSONDecodeError:
            await socket.close(1003, "expected JSON")
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            if line is not None:
                self._lines.discard(line)
                if not any(other.viewer is line.viewer for other in self._lines):
                    line.viewer.transport = "interval"

    def _on_view(self, socket: WebSocket, line: Line | None, message: dict[str, object]) -> Line:
        viewer = self._viewers.seen(str(message.get("page_id"))[:64], _now_ms())
        if line is None:
            line = Line(socket, viewer)
            self._lines = {other for other in self._lines if other.viewer is not viewer} | {line}
        visible = message.get("visible") is not False
        if visible and not viewer.visible:
            line.cursor = Cursor()
        line.viewer = viewer
        viewer.visible, viewer.transport = visible, "websocket"
        viewer.view = self._viewers.view_of(message)
        line.cursor.keep(set(viewer.view.names()))
        self._version = -1  # it shows something else: to be sent even when the desk stands still
        self._wake()
        return line

    def _on_answer(self, line: Line, message: dict[str, object]) -> None:
        at_ms = _now_ms()
        viewer = line.viewer = self._viewers.seen(line.viewer.page_id, at_ms)
        cursor = line.cursor
        if message.get("type") == "beat":
            sent_ms = line.beats.pop(_whole(message.get("id")), None)
            if sent_ms is not None:
                viewer.rtt_ms = round(at_ms - sent_ms, 2)
        elif message.get("type") == "ack":
            if cursor.acknowledge(str(message.get("epoch")), _whole(message.get("version"))):
                draw_ms = _number(message.get("draw_ms"))
                waited_ms = _number(message.get("wait_ms"))  # for the animation frame: no cost of ours
                transfer_ms = max(0.0, at_ms - cursor.sent_ms - cursor.build_ms - waited_ms - draw_ms)
                parts = {"build_ms": cursor.build_ms, "transfer_ms": transfer_ms, "draw_ms": draw_ms}
                viewer.cost(sum(parts.values()), parts)
                if viewer.report_due(at_ms):
                    viewer.report(at_ms, self._hub.snapshot())
            if line.missed:
                self._version = -1  # what the others have is news to this one
            self._wake()


class Drill:
    """`--drill-cost`: MS added to every refresh in the first half of each minute since the start, so that one sees the
    throttle climb and recover.
    """

    def __init__(self, cost_ms: float):
        self._cost_ms = cost_ms
        self._began_ms = _now_ms()

    def cost_ms(self, at_ms: float) -> float:
        return self._cost_ms if (at_ms - self._began_ms) % 60_000 < 30_000 else 0.0


def _now_ms() -> float:
    return time.monotonic() * 1000


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 60_000 else 0.0


def _whole(value: object) -> int:
    return value if isinstance(value, int) else -1
