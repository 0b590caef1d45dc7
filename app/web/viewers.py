"""The open pages: what each shows, has drawn and what that cost it. Lives on the server's event loop; no lock, no Dash.

A page keeps one cursor whatever carries its frames: a frame given out is *pending* until the page says that it applied it.
"""

import logging
import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.core import throttle
from app.core.snapshot import Snapshot
from app.web.frame import Flush, Frame, Marks, View

log = logging.getLogger(__name__)

FORGET_MS = 60_000
MOST = 500
SUMMARY_MS = 30_000
NO_ID = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(slots=True)
class Cursor:
    """What a page holds by one transport: marks of the last frame it applied, and the frame given out since (`pending`)."""

    epoch: str = ""
    version: int = -1
    marks: Marks | None = None
    pending: Frame | None = None
    sent_ms: float = 0.0
    build_ms: float = 0.0

    def acknowledge(self, epoch: str, version: int) -> Frame | None:
        """The page has applied the pending frame, which comes back. Any other one is long gone: nothing changes."""
        pending = self.pending
        if pending is None or (pending.epoch, pending.version) != (epoch, version):
            return None
        self.epoch, self.version, self.marks, self.pending = epoch, version, pending.marks, None
        return pending

    def claim(self, epoch: str, version: int) -> Frame | None:
        """Where each request says what the page holds (the Interval): as `acknowledge`. What we do not know comes anew, and so
        does everything when the last answer is not claimed: it may have been applied since, and what went to and fro between
        the two would be left out.
        """
        applied = self.acknowledge(epoch, version)
        if self.pending is not None or (self.epoch, self.version) != (epoch, version):
            self.marks = None
        self.pending = None
        return applied

    def give(self, frame: Frame, at_ms: float) -> None:
        """The frame is on its way to the page."""
        self.pending, self.sent_ms = frame, at_ms

    def keep(self, names: set[str]) -> None:
        """Of what the page no longer shows nothing is held: it comes anew when it is shown again."""
        if self.marks is not None:
            self.marks = {name: mark for name, mark in self.marks.items() if name in names}


@dataclass(slots=True)
class Viewer:
    """One page. `polled`: its cursor by the Interval; the one by WebSocket belongs to the open socket."""

    page_id: str
    view: View
    state: throttle.State
    seen_ms: float
    transport: str = "interval"
    visible: bool = True
    polled: Cursor = field(default_factory=Cursor)
    refreshes: int = 0
    rtt_ms: float | None = None
    summary: throttle.Summary = field(default_factory=throttle.Summary)
    summary_ms: float = 0.0
    broken: set[str] = field(default_factory=set)
    told: tuple[tuple[int, str], bytes] = ((-1, ""), b"")

    def next_frame(self, flush: Flush, cursor: Cursor, *, in_order: bool = False) -> Frame:
        """Everything since the cursor; a new epoch begins anew. Side charts in turn, by throttle level."""
        anew = cursor.marks is None or cursor.epoch != flush.snapshot.epoch
        self.refreshes += 1
        with_side = self.refreshes % self.state.side_every == 0
        marks = None if anew else cursor.marks
        frame = flush.frame(self.view, marks, with_side=with_side, throttle=self.throttle(), in_order=in_order)
        if frame.errors.keys() != self.broken:
            for key, error in frame.errors.items():
                log.error("page %s: %s could not be shown", self.page_id, key, exc_info=error)
            self.broken = set(frame.errors)
        if anew:
            self.state = throttle.resumed(self.state)
        return frame

    def cost(self, total_ms: float, parts: Mapping[str, float]) -> None:
        """One refresh's real cost moves the throttle; every change of level is one line."""
        before = self.state
        self.state = throttle.step(before, total_ms)
        if not before.skip_next:
            self.summary.add(total_ms, before.level, **parts)
        if self.state.level != before.level:
            log.info(throttle.level_line(self.page_id, before, self.state, total_ms))

    def report_due(self, at_ms: float) -> bool:
        return at_ms - self.summary_ms >= SUMMARY_MS

    def report(self, at_ms: float, snapshot: Snapshot) -> None:
        """One line from which the throttle can be tuned: every 30 s, when it is due."""
        if self.summary_ms and self.summary.n:
            market = snapshot.symbols.get(self.view.symbol)
            ticks_per_s = market.ticks_per_s if market else 0.0
            log.info(throttle.summary_line(self.page_id, self.transport, self.state, self.summary, ticks_per_s))
        self.summary = throttle.Summary()
        self.summary_ms = at_ms

    def throttle(self) -> bytes:
        """The throttle's section of a frame."""
        state = self.state
        if self.told[0] == (state.level, self.transport):
            return self.told[1]
        text = orjson.dumps(
            {
                "s": "throttle",
                "level": state.level,
                "interval_ms": state.interval_ms,
                "side_every": state.side_every,
                "transport": self.transport,
                "profile": state.profile.name,
            }
        )
        self.told = (state.level, self.transport), text
        return text


class Viewers:
    """A bounded map of pages by their random id; one not heard of for 60 s is forgotten."""

    def __init__(self, profile: throttle.Profile, default_view: View, known: Mapping[str, Iterable[str]]):
        self._profile = profile
        self._default = default_view
        self._symbols = set(known["symbols"])
        self._intervals = set(known["intervals"])
        self._viewers: OrderedDict[str, Viewer] = OrderedDict()

    def at(self, at_ms: float) -> list[Viewer]:
        """Those heard of in the last 60 s."""
        self._forget(at_ms)
        return list(self._viewers.values())

    def seen(self, said: object, at_ms: float) -> Viewer:
        """The record of the page that calls itself so, made when it is new. Its id stands in the log: no spaces, no line ends."""
        page_id = NO_ID.sub("_", str(said))[:64]
        viewer = self._viewers.get(page_id)
        if viewer is None:
            viewer = Viewer(page_id, self._default, throttle.start(self._profile), at_ms)
        self.keep(viewer, at_ms)
        return viewer

    def keep(self, viewer: Viewer, at_ms: float) -> None:
        """Heard of just now. A page that was silent for long, and is the same: what it shows is not forgotten."""
        self._viewers[viewer.page_id] = viewer
        self._viewers.move_to_end(viewer.page_id)
        viewer.seen_ms = at_ms
        self._forget(at_ms)

    def _forget(self, at_ms: float) -> None:
        while self._viewers:
            oldest = next(iter(self._viewers.values()))
            if len(self._viewers) <= MOST and at_ms - oldest.seen_ms <= FORGET_MS:
                return
            self._viewers.popitem(last=False)

    def view_of(self, message: Mapping[str, Any]) -> View:
        """What a page says it shows; unknown symbols, windows and charts, or what is no text, fall back to the defaults."""
        symbol, window, named = str(message.get("symbol")), str(message.get("window")), message.get("charts")
        charts = []
        for name in named if isinstance(named, list) else ():
            chart_symbol, _, interval = str(name).rpartition(" ")
            if chart_symbol in self._symbols and interval in self._intervals:
                charts.append((chart_symbol, interval))
        return View(
            symbol if symbol in self._symbols else self._default.symbol,
            window if window in ("200", "1m", "5m") else "200",
            tuple(charts[:4]) if isinstance(named, list) else self._default.charts,
        )
