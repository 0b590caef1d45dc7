"""What is known of the source of all events: its state, since when, when its line last spoke, and the time on its clock.

No clock of our own: time is what events and heartbeats bring.
"""

from dataclasses import replace

from app.core.snapshot import FeedView
from app.core.status import feed_state
from feeds.events import FeedStatus, SourceStarted

CLOCK_BACK_NS = 1_000_000_000
"""A heartbeat that is further behind than this was made by a clock that has been set back."""


class Source:
    """Mutable; lives in Desk, one for each epoch."""

    def __init__(self, started: SourceStarted):
        self.started = started
        self.status = FeedStatus("connecting", started.reason, started.ts_recv_ns)
        self.began_ns = self.now_ns = self._since_ns = started.ts_recv_ns
        self._line_ns: int | None = None

    def on_status(self, status: FeedStatus) -> None:
        self.advance(status.ts_recv_ns)
        if status.state != self.status.state:
            self._since_ns = status.ts_recv_ns
        self.status = status

    def arrived(self, ts_recv_ns: int) -> None:
        """Market data came: the line is alive, and a connection that was being made stands."""
        self._line_ns = ts_recv_ns
        self.advance(ts_recv_ns)
        if self.status.state != "live":
            self.status = FeedStatus("live", "", ts_recv_ns)
            self._since_ns = ts_recv_ns

    def line_spoke(self, ts_recv_ns: int) -> None:
        self.advance(ts_recv_ns)
        self._line_ns = ts_recv_ns

    def advance(self, ts_ns: int) -> None:
        self.now_ns = max(self.now_ns, ts_ns)

    def beat(self, ts_ns: int) -> int:
        """A heartbeat is the clock itself. By how many ns it was set back: stamps from its future are then as of now."""
        if ts_ns >= self.now_ns - CLOCK_BACK_NS:
            self.advance(ts_ns)
            return 0
        back_ns, self.now_ns = self.now_ns - ts_ns, ts_ns
        if self.status.retry_at_ns is not None:
            self.status = replace(self.status, retry_at_ns=self.status.retry_at_ns - back_ns)
        self.began_ns, self._since_ns = min(self.began_ns, ts_ns), min(self._since_ns, ts_ns)
        self._line_ns = None if self._line_ns is None else min(self._line_ns, ts_ns)
        return back_ns

    def view(self) -> FeedView:
        started, status = self.started, self.status
        state, reason = feed_state(started, status, self.now_ns, self._line_ns)
        return FeedView(
            started.name,
            started.kind,
            state,
            reason,
            started.label,
            started.reason,
            self._since_ns,
            status.attempt,
            status.retry_at_ns,
        )
