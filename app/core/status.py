"""How alive a feed and a symbol are: pure rules from times on one clock. Dead and quiet differ.

`stale` means that the line did not answer within its budget, or that a symbol which always has quotes had neither tick
nor quote within its own; a quiet market on an answering line stays `live`.
"""

from dataclasses import replace

from app.core.snapshot import FeedView, Snapshot
from feeds.events import FeedStatus, SourceStarted

FIRST_MESSAGE_MS = 10_000


def feed_state(source: SourceStarted, status: FeedStatus, now_ns: int, line_ns: int | None) -> tuple[str, str]:
    """(state, reason): connecting · live · stale · reconnecting · replay · down."""
    if status.state != "live":
        return status.state, status.reason
    line_ms = source.budgets_ms[0]
    if line_ns is not None and now_ns - line_ns > line_ms * 1_000_000:
        return "stale", f"no message on the line for {(now_ns - line_ns) / 1e9:.1f} s"
    return ("replay" if source.kind == "replay" else "live"), ""


def symbol_state(
    feed: FeedView,
    now_ns: int,
    budgets_ms: tuple[int, int],
    subscribed_ns: int,
    last_market_ns: int | None,
    silence: str = "",
    outrun_ns: int | None = None,
) -> tuple[str, str, str]:
    """(state, source, reason) of one symbol. Source: stream · replay · stale, empty before its first value.

    `silence`: which of its streams have not spoken yet; said beside whatever does flow. `outrun_ns`: since when the quote has
    left the last print behind without another: beyond the budget the prints are dead, not quiet.
    """
    if last_market_ns is None:
        waited_ms = (now_ns - subscribed_ns) // 1_000_000
        if feed.state in ("live", "replay") and waited_ms > FIRST_MESSAGE_MS:
            return "stale", "", silence or f"no first message after {waited_ms // 1000} s: the stream is silent"
        state = "connecting" if feed.state in ("live", "replay") else feed.state
        return state, "", feed.reason or silence or "waiting for the first message"
    if feed.state not in ("live", "replay"):
        return feed.state, "stale", feed.reason
    if now_ns - last_market_ns > budgets_ms[1] * 1_000_000:
        return "stale", "stale", f"neither tick nor quote for {(now_ns - last_market_ns) / 1e9:.1f} s"
    if outrun_ns is not None and now_ns - outrun_ns > budgets_ms[1] * 1_000_000:
        return "stale", "stale", f"no print for {(now_ns - outrun_ns) / 1e9:.0f} s while the quote left the last one behind"
    return feed.state, ("replay" if feed.kind == "replay" else "stream"), silence


def stalled_reason(still_s: float) -> str:
    return f"the desk has stood still for {int(still_s)} s: restart it"


def stalled(snapshot: Snapshot, reason: str) -> Snapshot:
    """The same picture, said to be dead: nothing has been applied for so long that no age in it grows any more."""
    symbols = {
        name: replace(view, state="down", source="stale" if view.source else "", quote_source="stale", reason=reason)
        for name, view in snapshot.symbols.items()
    }
    feed = replace(snapshot.feed, state="down", reason=reason, attempt=0, retry_at_ns=None)
    return replace(snapshot, feed=feed, symbols=symbols)
