"""Each section of a frame: (Snapshot, mark) → bytes and the new mark, or None when the page has it already. Pure.

A mark never changes and says what a page holds of the section; None means nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from app.core.snapshot import Snapshot, SymbolView
from app.web.tables import position_rows

BARS_DRAWN = 120
BARS_SLOT_MS = 250
STATUS_SLOT_MS = 250
STATUS_AT_LEAST_MS = 1_000
POSITIONS_SLOT_MS = 100


@dataclass(frozen=True, slots=True)
class Section:
    text: bytes
    mark: object


def build(snapshot: Snapshot, key: str, mark: Any, at_ms: float) -> Section | None:
    """The section named `key` (`ticks|ETH/USDT`, `bars|ETH/USDT|1m`, `status` …) for a page that holds `mark` of it."""
    name, _, rest = key.partition("|")
    symbol, _, interval = rest.partition("|")
    if rest and symbol not in snapshot.symbols:
        return None
    if name == "bars":
        return _bars(snapshot.symbols[symbol], interval, mark, int(at_ms // BARS_SLOT_MS))
    if rest:
        return _OF_SYMBOL[name](snapshot, snapshot.symbols[symbol], mark)
    return _positions(snapshot, mark, int(at_ms // POSITIONS_SLOT_MS)) if name == "positions" else _status(snapshot, mark, at_ms)


def _ticks(snapshot: Snapshot, market: SymbolView, mark: int | None) -> Section | None:
    if mark == market.n:
        return None
    missing = market.n - (mark or 0)
    ticks = market.ticks[-missing:] if 0 < missing < len(market.ticks) else market.ticks
    rows = [(tick.ts_event_ns / 1e6, float(tick.price), float(tick.size), tick.aggressor) for tick in ticks]
    last = ticks[-1] if ticks else None
    return _section(
        {
            "s": "ticks",
            "symbol": market.symbol,
            "n": market.n,
            "id": last.id if last else None,
            "ts_ns": last.ts_event_ns if last else None,
            "rows": [(int(at) if at.is_integer() else at, *rest) for at, *rest in rows],
        },
        market.n,
    )


def _buckets(snapshot: Snapshot, market: SymbolView, mark: tuple[int, int] | None) -> Section | None:
    buckets = market.buckets
    last_ms = buckets[-1].start_ms if buckets else -1
    if mark == (market.n, last_ms):
        return None
    if mark is None:
        fresh = buckets
    else:
        at = len(buckets)
        while at and buckets[at - 1].start_ms >= mark[1]:
            at -= 1
        fresh = buckets[at:]
    rows = [
        (bucket.start_ms, bucket.first, bucket.min, bucket.max, bucket.last, round(bucket.buy, 6), round(bucket.sell, 6))
        for bucket in fresh
    ]
    return _section(
        {"s": "buckets", "symbol": market.symbol, "reset": mark is None, "rows": rows}, (market.n, last_ms)
    )


def _bars(market: SymbolView, interval: str, mark: tuple[Any, ...] | None, slot: int) -> Section | None:
    """Mark: (revision, open time of the newest bar held, that bar, slot)."""
    series = market.series[interval]
    newest = series.open or (series.closed[-1] if series.closed else None)
    if mark is not None and mark[0] == series.revision:
        if mark[2] is newest or mark[2] == newest:
            return None
        rolled = newest is None or mark[1] != newest.open_time_ms
        if not rolled and mark[3] == slot:
            return None
        reset = mark[1] is None
    else:
        reset = True
    bars = [*series.closed[-BARS_DRAWN:], *([series.open] if series.open else [])]
    if not reset and mark is not None:
        bars = [bar for bar in bars[-BARS_DRAWN:] if bar.open_time_ms >= mark[1]]
    rows = [
        (
            bar.open_time_ms,
            float(bar.open),
            float(bar.high),
            float(bar.low),
            float(bar.close),
            float(bar.volume),
            int(bar.complete),
        )
        for bar in bars
    ]
    note = "" if market.history_source else "no history yet: bars from ticks only"
    if market.history_source == "replay":
        note = "no history before the recording" if interval in ("1s", "1m") else ""
    return _section(
        {"s": "bars", "symbol": market.symbol, "interval": interval, "reset": reset, "note": note, "rows": rows},
        (series.revision, newest.open_time_ms if newest else None, newest, slot),
    )


def _quote(snapshot: Snapshot, market: SymbolView, mark: object) -> Section | None:
    quote = market.quote
    if quote is None:
        return None
    held = (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
    if mark == held:
        return None
    names = ("bid", "bid_size", "ask", "ask_size")
    values = {name: float(value) for name, value in zip(names, held, strict=True)}
    return _section({"s": "quote", "symbol": market.symbol, **values}, held)


def _markers(snapshot: Snapshot, market: SymbolView, mark: object) -> Section | None:
    fills = tuple(fill for fill in snapshot.fills if fill.symbol == market.symbol)
    held = (market.signals, market.scores, fills)
    if mark == held:
        return None
    rows = [
        {
            "n": signal.n,
            "ts_ms": signal.ts_event_ns // 1_000_000,
            "price": float(signal.price),
            "kind": "signal",
            "side": signal.side,
            "label": f"{signal.rule}: {signal.reason}",
        }
        for signal in market.signals
    ]
    rows += [
        {
            "n": fill.n,
            "ts_ms": fill.ts_ns // 1_000_000,
            "price": float(fill.price),
            "kind": "fill",
            "side": fill.side,
            "label": f"{'bought' if fill.side > 0 else 'sold'} {fill.quantity} at {fill.price}"
            + (" (liquidated)" if fill.kind == "liquidation" else ""),
        }
        for fill in fills
    ]
    scores = [
        {"rule": score.rule, "count": score.count, "mean_move_bp": score.mean_move_bp} for score in market.scores
    ]
    return _section({"s": "markers", "symbol": market.symbol, "rows": rows, "scores": scores}, held)


def _gaps(snapshot: Snapshot, market: SymbolView, mark: object) -> Section | None:
    if mark == market.gaps:
        return None
    rows = [
        {
            "n": note.n,
            "from_ms": note.gap.from_ns / 1e6,
            "to_ms": note.gap.to_ns / 1e6,
            "lost": note.gap.lost,
            "reason": note.gap.reason,
        }
        for note in market.gaps
    ]
    return _section({"s": "gaps", "symbol": market.symbol, "rows": rows}, market.gaps)


def _positions(snapshot: Snapshot, mark: Any, slot: int) -> Section | None:
    """Mark: (the book, slot, rows by id as a tuple): rows move with the marks, the book with fills."""
    book = snapshot.held
    if mark is not None and ((mark[1] == slot and mark[0] == book) or (not book and mark[0] == book)):
        return None
    rows, foot = position_rows(snapshot)
    had = {} if mark is None else {row_id: dict(cells) for row_id, cells in mark[2]}
    upsert = []
    for row_id, row in rows.items():
        before = had.get(row_id, {})
        changed = {name: value for name, value in row.items() if before.get(name, had) != value}
        if changed:
            upsert.append({"id": row_id, **changed})
    remove = [row_id for row_id in had if row_id not in rows]
    held = tuple((row_id, tuple(row.items())) for row_id, row in rows.items())
    if mark is not None and not upsert and not remove:
        return None
    return _section(
        {"s": "positions", "reset": mark is None, "upsert": upsert, "remove": remove, "totals": foot}, (book, slot, held)
    )


def _status(snapshot: Snapshot, mark: Any, at_ms: float) -> Section | None:
    """Mark: (content without what always moves, slot, when sent)."""
    slot = int(at_ms // STATUS_SLOT_MS)
    feed = snapshot.feed
    still: list[Any] = [feed, snapshot.locked, snapshot.notice, snapshot.waiting]
    still += [(view.state, view.source, view.reason) for view in snapshot.symbols.values()]
    still += [snapshot.counters.get(name) for name in ("gaps", "lost", "refused", "inbox_dropped", "reconnects", "differences")]
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
        "waiting": snapshot.waiting,
        "notice": snapshot.notice,
    }
    return _section(content, (calm, slot, at_ms))


def _symbol_status(view: SymbolView) -> dict[str, object]:
    last, quote, instrument = (view.ticks[-1] if view.ticks else None), view.quote, view.instrument
    change = ticks = basis_points = None
    if last is not None and view.session_open:
        change = round(float((last.price - view.session_open) / view.session_open * 100), 3)
    if quote is not None:
        spread = quote.ask - quote.bid
        ticks = float(spread / instrument.tick_size) if instrument else None
        basis_points = round(float(spread / ((quote.ask + quote.bid) / 2) * 10_000), 3)
    return {
        "state": view.state,
        "source": view.source,
        "reason": view.reason,
        "tick_age_ms": view.tick_age_ms,
        "quote_age_ms": view.quote_age_ms,
        "ticks_per_s": round(view.ticks_per_s, 1),
        "change_percent": change,
        "spread_ticks": ticks,
        "spread_bp": basis_points,
        "clock_offset_ms": view.clock_offset_ms,
        "tick_size": float(instrument.tick_size) if instrument else None,
        "lot_size": float(instrument.lot_size) if instrument else None,
        "last": float(last.price) if last else None,
    }


def _section(content: dict[str, object], mark: object) -> Section:
    return Section(orjson.dumps(content), mark)


_OF_SYMBOL: dict[str, Callable[[Snapshot, SymbolView, Any], Section | None]] = {
    "ticks": _ticks,
    "buckets": _buckets,
    "quote": _quote,
    "markers": _markers,
    "gaps": _gaps,
}
