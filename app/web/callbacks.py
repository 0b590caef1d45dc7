"""The one Dash callback: each beat of the Interval brings throttle state, health and, when it is the transport, the picture.

With `--transport websocket` it never is: then the picture comes by WebSocket or not at all.
"""

import asyncio
import time
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from app.hub import Hub
from app.web import ids
from app.web.flushing import Drill
from app.web.frame import Flush, Frame
from app.web.viewers import Viewer, Viewers

WITNESS_MS = 1_000
BEGIN_MS = 50


def register(app: Dash, hub: Hub, viewers: Viewers, drill: Drill, *, picture: bool) -> None:
    """At most one request is in flight: the Interval is disabled while one runs. `picture`: whether it may carry it."""

    @app.callback(
        Output(ids.FRAME, "data"),
        Output(ids.BEAT, "interval"),
        Input(ids.BEAT, "n_intervals"),
        State(ids.PAGE_STATE, "data"),
        running=[(Output(ids.BEAT, "disabled"), True, False)],
        prevent_initial_call=False,
    )
    async def refresh(beats: int | None, page: dict[str, Any] | None) -> tuple[str, float]:
        at_ms = time.monotonic() * 1000
        drill_ms = drill.cost_ms(at_ms)
        if drill_ms:
            await asyncio.sleep(drill_ms / 1000)
        return answer(hub, viewers, page or {}, at_ms, picture=picture)

    app.clientside_callback(ClientsideFunction(*ids.RECEIVE), Input(ids.FRAME, "data"), prevent_initial_call=True)


def answer(hub: Hub, viewers: Viewers, page: dict[str, Any], at_ms: float, *, picture: bool = True) -> tuple[str, float]:
    """(the frame's text, the next interval in ms) for a page that says what it holds (docs/frames.md, `page-state`)."""
    if not page.get("page_id"):  # the page's own scripts have not begun
        return "", BEGIN_MS
    viewer = viewers.seen(str(page["page_id"])[:64], at_ms)
    flush = Flush(hub.snapshot(), at_ms, time.time_ns())
    if not picture and viewer.transport == "interval":  # the name for "no socket stands"
        viewer.transport = "none"
    if not picture or page.get("transport") == "websocket":
        deaf = page.get("transport") == "none"  # the page has no socket, though the server may still hold one
        text = flush.witness(viewer.throttle(), health=deaf or viewer.transport != "websocket")
        return text.decode(), WITNESS_MS
    cursor = viewer.polled
    applied = cursor.claim(str(page.get("epoch")), _version(page))
    viewer.view = viewers.view_of(page)
    cursor.keep(set(viewer.view.names()))
    _count_cost(viewer, page, applied)
    if viewer.report_due(at_ms):
        viewer.report(at_ms, flush.snapshot)
    frame = viewer.next_frame(flush, cursor)
    cursor.give(frame, at_ms)
    cursor.build_ms = time.monotonic() * 1000 - at_ms
    if frame.empty:
        viewer.summary.skipped += 1
    return frame.text.decode(), viewer.state.interval_ms


def _count_cost(viewer: Viewer, page: dict[str, Any], applied: Frame | None) -> None:
    """A refresh in which nothing had changed counts neither way."""
    cost_ms, draw_ms = page.get("cost_ms"), page.get("draw_ms")
    if applied is None or applied.empty or not isinstance(cost_ms, (int, float)) or not isinstance(draw_ms, (int, float)):
        return
    build_ms = viewer.polled.build_ms
    parts = {"build_ms": build_ms, "transfer_ms": max(0.0, cost_ms - draw_ms - build_ms), "draw_ms": draw_ms}
    viewer.cost(cost_ms, parts)


def _version(page: dict[str, Any]) -> int:
    version = page.get("version")
    return version if isinstance(version, int) else -1
