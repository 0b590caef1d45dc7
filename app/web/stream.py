"""The WebSocket of frames, `/ws/desk`: what a page says, and the line by which it is sent its frames (`flushing`). Dash, figures
and venues are unknown here.
"""

import asyncio
import logging

import orjson
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from app.hub import Hub
from app.web.flushing import Drill, Flushing, Line, Send, steady_ms
from app.web.guard import from_our_page, known_host
from app.web.viewers import Cursor, Viewers

log = logging.getLogger(__name__)

TEXT_MOST = 16_384
CLOSE_S = 0.5


class Stream:
    """The open sockets. A page has one line at most: its newest."""

    def __init__(self, hub: Hub, viewers: Viewers, drill: Drill, host: str):
        self._hub = hub
        self._host = host
        self._viewers = viewers
        self._flushing = Flushing(hub, drill)
        self._sockets: dict[Line, WebSocket] = {}
        self._stopping = False

    def attach(self, server: FastAPI) -> None:
        server.add_api_websocket_route("/ws/desk", self.serve)

    def start(self) -> None:
        """Called on the event loop."""
        self._flushing.start()

    async def stop(self) -> None:
        """Ends every stream, so that the server need not wait for them."""
        self._stopping = True
        self._flushing.stop()
        closing = [asyncio.create_task(socket.close(1001)) for socket in self._sockets.values()]
        if closing:  # a page that went in the same moment, or does not read, holds nobody up
            await asyncio.wait(closing, timeout=CLOSE_S)
        for task in closing:
            if not task.done():
                task.cancel()
            elif not task.cancelled() and task.exception() is not None:
                log.debug("while closing: %r", task.exception())
        log.debug("stopped: streams")

    async def serve(self, socket: WebSocket) -> None:
        """One socket's conversation, until either side ends it."""
        if not known_host(socket.headers, self._host) or not from_our_page(socket.headers):
            await socket.close(1008, "this page is of another site")
            return
        await socket.accept()
        await asyncio.create_task(self._converse(socket))  # of its own: else each message would pass all layers of the server

    async def _converse(self, socket: WebSocket) -> None:
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
        except (orjson.JSONDecodeError, KeyError):  # no JSON, or no text
            await socket.close(1003, "expected JSON")
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            if line is not None:
                self._end(line)

    def _on_view(self, socket: WebSocket, line: Line | None, message: dict[str, object]) -> Line:
        viewer = self._viewers.seen(message.get("page_id"), steady_ms())
        if line is None:
            line = Line(_sender(socket), viewer)
            for older in [one for one in self._sockets if one.viewer is viewer]:
                self._drop(older)
            self._sockets[line] = socket
            self._flushing.lines.add(line)
        visible = message.get("visible") is not False
        if visible and not viewer.visible:
            line.cursor = Cursor()
        line.viewer = viewer
        viewer.visible, viewer.transport = visible, "websocket"
        viewer.view = self._viewers.view_of(message)
        line.cursor.keep(set(viewer.view.names()))
        line.show()
        self._flushing.wake(line)
        return line

    def _on_answer(self, line: Line, message: dict[str, object]) -> None:
        at_ms, viewer, cursor = steady_ms(), line.viewer, line.cursor
        self._viewers.keep(viewer, at_ms)
        line.hear(at_ms)
        if message.get("type") == "beat":
            line.answered(_whole(message.get("id")), at_ms)
        elif message.get("type") == "ack":
            if cursor.acknowledge(str(message.get("epoch")), _whole(message.get("version"))):
                draw_ms = _number(message.get("draw_ms"))
                waited_ms = _number(message.get("wait_ms"))  # for the animation frame: no cost of ours
                transfer_ms = max(0.0, at_ms - cursor.sent_ms - cursor.build_ms - waited_ms - draw_ms)
                parts = {"build_ms": cursor.build_ms, "transfer_ms": transfer_ms, "draw_ms": draw_ms}
                if line in self._sockets and not line.excuses(transfer_ms):  # a socket that was left says nothing of the new one
                    viewer.cost(sum(parts.values()), parts)
                if viewer.report_due(at_ms):
                    viewer.report(at_ms, self._hub.snapshot())
            self._flushing.wake(line)

    def _drop(self, line: Line) -> None:
        self._flushing.lines.discard(line)
        self._sockets.pop(line, None)

    def _end(self, line: Line) -> None:
        self._drop(line)
        if not any(other.viewer is line.viewer for other in self._sockets):
            line.viewer.transport = "interval"


def _sender(socket: WebSocket) -> Send:
    async def send(text: str) -> None:
        try:
            await socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError):  # the page went; its reader ends the line
            return

    return send


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 60_000 else 0.0


def _whole(value: object) -> int:
    return value if isinstance(value, int) else -1
