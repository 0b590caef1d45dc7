"""One connection of a venue, kept open: the link that speaks, and during a planned change the one that follows it.

Looked at by its owner's thread (`feeds.runner`); says what went wrong, never retries by itself.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from feeds.adapter import Adapter, Connection, Parse
from feeds.events import LineAlive, StreamStatus
from feeds.handover import Handover
from feeds.intake import Lane
from feeds.link import Failure, Link

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Changed:
    """Another connection took over. `lossless`: without a hole, as far as print numbers tell."""

    lossless: bool


class Line:
    """`wake` is called from the links' threads when there is something to look at."""

    def __init__(
        self, venue: Adapter, connection: Connection, lane: Lane, parse: Parse, wake: Callable[[], None], first_url: int
    ):
        self.connection = connection
        self._venue = venue
        self._lane = lane
        self._parse = parse
        self._wake = wake
        self._first_url = first_url
        self._link = self._made(lane.put_text)
        self._next: Link | None = None
        self._handover: Handover | None = None
        self._wanted = ""
        self._lossless = True
        self._change_at_s = 0.0
        self._probed_s = 0.0
        self._named: set[str] = set()
        self._link.start()

    @property
    def opened_s(self) -> float:
        """When the speaking link opened (monotonic), 0 before."""
        return self._link.opened_s

    @property
    def host(self) -> str:
        return self._link.host

    def change(self, reason: str, lossless: bool = True) -> None:
        """Ask for a new connection beside the old one, which speaks until the new one does."""
        self._lossless = self._lossless and lossless
        if not self._wanted:
            log.info("%s: the connection to %s is changed: %s", self.connection.name, self.host, reason)
            self._wanted = reason

    def look(self, now_s: float) -> Failure | Changed | None:
        """What ended this line, or that a changed connection took over just now."""
        link, budgets = self._link, self._venue.budgets
        changed = self._look_at_next(now_s)
        if changed is not None:
            return changed
        if link.failure is not None:
            return link.failure
        if link.opened_s:
            silence_ms = (now_s - link.heard_s) * 1000
            if silence_ms > budgets.line_ms:
                return Failure(f"no message on the line for {silence_ms / 1000:.1f} s")
            if silence_ms > budgets.line_ms / 2 and self._probed_s < link.heard_s:
                self._probed_s = now_s
                link.probe()
            if link.farewell:
                self.change("the venue shuts this connection down")
            if now_s - link.opened_s > budgets.lifetime_s:
                self.change("before the venue's limit of its lifetime")
            self._name_silent_streams(now_s)
        if self._wanted and self._next is None and now_s >= self._change_at_s:
            self._begin_change()
        return None

    def close(self) -> None:
        self._link.close()
        if self._next is not None:
            self._next.close()

    def join(self, timeout_s: float) -> None:
        self._link.join(timeout_s)

    def _made(self, sink: Callable[[bytes, int], None]) -> Link:
        return Link(self._venue, self.connection, sink, self._note_alive, self._wake, self._first_url)

    def _note_alive(self, ts_recv_ns: int) -> None:
        self._lane.put_event(LineAlive(ts_recv_ns))

    def _begin_change(self) -> None:
        self._handover = Handover(self._lane.put_text, self._parse)
        self._link.sink = self._handover.old
        self._next = self._made(self._handover.new)
        self._next.start()

    def _look_at_next(self, now_s: float) -> Changed | None:
        link, handover, budgets = self._next, self._handover, self._venue.budgets
        if link is None or handover is None:
            return None
        overlap_over = bool(link.opened_s) and (now_s - link.opened_s) * 1000 > budgets.overlap_ms
        speaks = len(link.silent) < len(self.connection.streams)
        if link.failure is not None or (overlap_over and not speaks):
            reason = link.failure.reason if link.failure else "it is silent"
            log.warning("%s: the change of connection waits: %s", self.connection.name, reason)
            self._drop_next(now_s)
            return None
        old_is_gone = self._link.failure is not None
        if speaks and (old_is_gone or overlap_over or (not link.silent and handover.joined)):
            changed = Changed(self._lossless and handover.joined)
            handover.finish()
            self._link.close()
            link.sink = self._lane.put_text
            self._link, self._next, self._handover = link, None, None
            self._wanted, self._lossless = "", True
            self._change_at_s = now_s + budgets.change_again_s
            log.info("%s: changed over to %s", self.connection.name, link.host)
            return changed
        return None

    def _drop_next(self, now_s: float) -> None:
        if self._next is not None:
            self._next.close()
        self._link.sink = self._lane.put_text
        self._next = self._handover = None
        self._change_at_s = now_s + self._venue.budgets.change_again_s

    def _name_silent_streams(self, now_s: float) -> None:
        """Each once when its time for a first message is over, and once more when that has come after all."""
        first_ms = self._venue.budgets.first_ms
        overdue = bool(self._link.silent) and (now_s - self._link.opened_s) * 1000 > first_ms
        silent = self._link.silent & self.connection.streams.keys() if overdue else set()
        for stream in sorted(silent - self._named):
            log.warning("%s: no first message on %s: acknowledged, but silent", self.host, stream)
            what = self.connection.kinds[stream]
            self._say(stream, f"{what} are silent: {stream} acknowledged, no first message in {first_ms / 1000:g} s")
        for stream in sorted(self._named - silent):
            self._say(stream, "")
        self._named = silent

    def _say(self, stream: str, reason: str) -> None:
        self._lane.put_event(StreamStatus(self.connection.streams[stream], stream, reason, time.time_ns()))
