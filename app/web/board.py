"""The sections of a frame that show the whole desk: positions, orders and status. Pure; a mark is what the page holds."""

from collections.abc import Mapping
from typing import Any

from app.core.snapshot import Snapshot, SymbolView
from app.web.ringing import alerts_of
from app.web.risking import curve_of, risk_texts
from app.web.ruling import rule_texts
from app.web.section import Held, Section, encoded
from app.web.tables import Row, order_rows, position_rows

STATUS_SLOT_MS = 250
STATUS_AT_LEAST_MS = 1_000
POSITIONS_SLOT_MS = 100
RISK_SLOT_MS = 500
ALERTS_SHOWN = 30
ABSENT: dict[str, object] = {"upsert": [], "remove": []}
COUNTERS_SHOWN = ("gaps", "lost", "refused", "inbox_dropped", "differences")


def positions(snapshot: Snapshot, mark: Any, at_ms: float) -> Section | Held | None:
    """Mark: (the book, slot, rows by id): rows move with the marks, the book (positions, money) with orders and fills."""
    account = snapshot.account
    book = (account.positions, account.balance, account.free_margin, account.realized_pnl, account.fees)
    slot = int(at_ms // POSITIONS_SLOT_MS)
    if mark is not None and mark[0] == book:
        if not account.positions:
            return None
        if mark[1] == slot:
            return Held((slot + 1) * POSITIONS_SLOT_MS)
    rows, foot = position_rows(snapshot)
    changes = _changes(rows, mark and mark[2])
    if mark is not None and mark[0] == book and not changes:
        return None
    return encoded({"s": "positions", **ABSENT, **changes, "totals": foot}, (book, slot, rows))


def orders(snapshot: Snapshot, mark: Any, at_ms: float) -> Section | Held | None:
    """Mark: (what the rows follow from, slot, rows by id). A trailing stop moves with every print, its row once per slot."""
    states = tuple(view.state for view in snapshot.symbols.values())
    newest = snapshot.newest or snapshot.account
    book = (snapshot.account_id, snapshot.account.revision, newest.revision, states)
    slot = int(at_ms // POSITIONS_SLOT_MS)
    if mark is not None and mark[0] == book:
        return None
    rows = order_rows(snapshot)
    changes = _changes(rows, mark and mark[2])
    if not changes:
        return Section(b"", (book, mark[1], rows))
    if mark is not None and mark[1] == slot and _lives(rows) == _lives(mark[2]):
        return Held((slot + 1) * POSITIONS_SLOT_MS)
    return encoded({"s": "orders", **ABSENT, **changes}, (book, slot, rows))


def _lives(rows: Mapping[str, Row]) -> dict[str, tuple[object, object]]:
    """What of the orders is told at once."""
    return {row_id: (row["state"], row["filled"]) for row_id, row in rows.items()}


def risk(snapshot: Snapshot, mark: Any, at_ms: float) -> Section | Held | None:
    """Mark: (what the texts follow from, slot, the texts): only the texts that changed are sent."""
    held: Any = snapshot.account, snapshot.discipline
    if snapshot.account.positions:
        quotes = [view.quote for view in snapshot.symbols.values()]
        held = (*held, snapshot.returns, quotes)
    slot = int(at_ms // RISK_SLOT_MS)
    if mark is not None and mark[0] == held:
        return None
    if mark is not None and mark[1] == slot:
        return Held((slot + 1) * RISK_SLOT_MS)
    texts = {**rule_texts(snapshot), **risk_texts(snapshot)}
    changed = texts if mark is None else {name: text for name, text in texts.items() if mark[2][name] != text}
    after = (held, slot, texts)
    return encoded({"s": "risk", **changed}, after) if changed else Section(b"", after)


def equity(snapshot: Snapshot, mark: Any, at_ms: float) -> Section | None:
    """Mark: the curve, which grows by a point a minute."""
    curve = snapshot.account.curve
    return None if mark is not None and mark[0] is curve else encoded({"s": "equity", **curve_of(curve)}, (curve,))


def journal(snapshot: Snapshot, mark: Any, at_ms: float) -> Section | None:
    """Mark: the trips, the same tuple until one is added or learns more. A page that shows them asks for them."""
    trips = snapshot.account.trips
    return None if mark is not None and mark[0] is trips else encoded({"s": "journal", "count": len(trips)}, (trips,))


def alerts(snapshot: Snapshot, mark: Any, at_ms: float) -> Section | None:
    """Mark: (alerts, rules), the same tuples until one changes."""
    held = (snapshot.account.alerts, snapshot.account.alert_rules)
    if mark is not None and mark[0] is held[0] and mark[1] is held[1]:
        return None
    return encoded({"s": "alerts", **alerts_of(snapshot, ALERTS_SHOWN)}, held)


def _changes(rows: Mapping[str, Row], had: Mapping[str, Row] | None) -> dict[str, object]:
    """What of the rows a page that has `had` must be told, empty when nothing; None: it has nothing."""
    before = had or {}
    upsert = []
    for row_id, row in rows.items():
        known = before.get(row_id)
        changed = row if known is None else {name: value for name, value in row.items() if known[name] != value}
        if changed:
            upsert.append({**changed, "id": row_id})
    remove = [row_id for row_id in before if row_id not in rows]
    told: dict[str, object] = {"reset": True} if had is None else {}
    return {**told, "upsert": upsert, "remove": remove} if told or upsert or remove else {}


def status(snapshot: Snapshot, mark: Any, at_ms: float) -> Section | None:
    """Mark: (content without what always moves, slot, when sent)."""
    slot = int(at_ms // STATUS_SLOT_MS)
    feed = snapshot.feed
    still: list[Any] = [feed, snapshot.locked, snapshot.notice]
    still += [(view.state, view.source, view.reason) for view in snapshot.symbols.values()]
    still += [snapshot.counters.get(name) for name in COUNTERS_SHOWN]
    calm = tuple(still)
    if mark is not None and mark[0] == calm and (mark[1] == slot or at_ms - mark[2] < STATUS_AT_LEAST_MS):
        return None
    retry_ms = None if feed.retry_at_ns is None else max(0, feed.retry_at_ns - snapshot.now_ns) // 1_000_000
    content = {
        "s": "status",
        "feed": {
            "name": feed.name,
            "kind": feed.kind,
            "state": feed.state,
            "reason": feed.reason,
            "label": feed.label,
            "chosen_because": feed.chosen_because,
            "since_ms": feed.since_ns // 1_000_000,
            "attempt": feed.attempt,
            "retry_in_ms": retry_ms,
        },
        "symbols": {symbol: _symbol_status(view) for symbol, view in snapshot.symbols.items()},
        "counters": snapshot.counters,
        "locked": snapshot.locked,
        "notice": snapshot.notice,
    }
    return encoded(content, (calm, slot, at_ms))


def change_percent(view: SymbolView, digits: int) -> float | None:
    """Of the last price against the session's first."""
    if not view.ticks or not view.session_open:
        return None
    return round((float(view.ticks[-1].price) / float(view.session_open) - 1) * 100, digits)


def _symbol_status(view: SymbolView) -> dict[str, object]:
    last, instrument = (view.ticks[-1] if view.ticks else None), view.instrument
    return {
        "state": view.state,
        "source": view.source,
        "reason": view.reason,
        "tick_age_ms": view.tick_age_ms,
        "quote_age_ms": view.quote_age_ms,
        "ticks_per_s": round(view.ticks_per_s, 1),
        "change_percent": change_percent(view, 3),
        "clock_offset_ms": view.clock_offset_ms,
        "least_delay_ms": view.least_delay_ms,
        "tick_size": float(instrument.tick_size) if instrument else None,
        "last": float(last.price) if last else None,
    }
