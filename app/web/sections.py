"""The sections of a frame that show one symbol: (Snapshot, mark) → bytes and the new mark, None when the page has it. Pure.

A mark never changes and says what a page holds of the section; None means nothing.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from app.core.paper import plain
from app.core.snapshot import SeriesView, Snapshot, SymbolView
from app.web import board
from app.web.lines import lines
from app.web.section import Held, Section, encoded
from feeds.events import Candle

BARS_SLOT_MS = 250
QUOTE_SLOT_MS = 30


def build(snapshot: Snapshot, key: str, mark: Any, at_ms: float) -> Section | Held | None:
    """The section named `key` (`ticks|ETH/USDT`, `bars|ETH/USDT|1m`, `status` …) for a page that holds `mark` of it."""
    name, symbol, interval = _parts(key)
    if not symbol:
        return _OF_DESK[name](snapshot, mark, at_ms)
    if symbol not in snapshot.symbols:
        return None
    if name == "bars":
        return _bars(snapshot.symbols[symbol], interval, mark, int(at_ms // BARS_SLOT_MS))
    if name == "quote":
        return _quote(snapshot.symbols[symbol], mark, int(at_ms // QUOTE_SLOT_MS))
    if name == "lines":
        return lines(snapshot, snapshot.symbols[symbol], mark, at_ms)
    return _OF_SYMBOL[name](snapshot, snapshot.symbols[symbol], mark)


@lru_cache(1024)
def _parts(key: str) -> tuple[str, str, str]:
    """(name, symbol, interval), empty where there is none."""
    name, symbol, interval, *_ = *key.split("|"), "", ""
    return name, symbol, interval


def _ticks(snapshot: Snapshot, market: SymbolView, mark: int | None) -> Section | None:
    if mark == market.n:
        return None
    missing = market.n - (mark or 0)
    ticks = market.ticks[-missing:] if 0 < missing < len(market.ticks) else market.ticks
    rows = [(_ms(tick.ts_event_ns), float(tick.price), float(tick.size), tick.aggressor) for tick in ticks]
    last = ticks[-1] if ticks else None
    return encoded(
        {
            "s": "ticks",
            "symbol": market.symbol,
            "n": market.n,
            "id": last.id if last else None,
            "rows": rows,
        },
        market.n,
    )


def _ms(ts_ns: int) -> float:
    """Whole milliseconds as such (what most venues send, and shorter), else to the microsecond."""
    whole, rest = divmod(ts_ns, 1_000_000)
    return whole + rest // 1_000 / 1_000 if rest else whole


def _buckets(snapshot: Snapshot, market: SymbolView, mark: tuple[int, int] | None) -> Section | None:
    newest = market.open_bucket
    last_ms = newest.start_ms if newest else -1
    if mark == (market.n, last_ms):
        return None
    at = 0
    if mark is not None:
        at = len(market.buckets)
        while at and market.buckets[at - 1].start_ms >= mark[1]:
            at -= 1
    fresh = [*market.buckets[at:], *([newest] if newest else [])]
    rows = [
        (one.start_ms, one.first, one.min, one.max, one.last, round(one.buy, 6), round(one.sell, 6), one.count) for one in fresh
    ]
    head = {"s": "buckets", "symbol": market.symbol, **({"reset": True} if mark is None else {})}
    return encoded({**head, "rows": rows}, (market.n, last_ms))


def _bars(market: SymbolView, interval: str, mark: tuple[Any, ...] | None, slot: int) -> Section | Held | None:
    """Mark: (revision, open time of the newest bar held, that bar, slot, the note, the closed bars held)."""
    series, note = market.series[interval], _note(market, market.series[interval])
    newest = series.open or (series.closed[-1] if series.closed else None)
    if mark is not None and mark[0] == series.revision:
        if (mark[2] is newest or mark[2] == newest) and mark[4] == note:
            return None
        rolled = newest is None or mark[1] != newest.open_time_ms
        if not rolled and mark[3] == slot:
            return Held((slot + 1) * BARS_SLOT_MS)
    bars = series.bars
    reset = mark is None or mark[1] is None  # then all that are kept: the newest are drawn, the others when someone zooms out
    if mark is not None and not reset:
        if mark[0] != series.revision:
            bars, reset = _corrected(bars, mark[5], mark[1])
        else:
            at = len(bars)
            while at and bars[at - 1].open_time_ms >= mark[1]:
                at -= 1
            bars = bars[at:]
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
    said = {**({"reset": True} if reset else {}), **({"note": note} if note else {})}
    return encoded(
        {"s": "bars", "symbol": market.symbol, "interval": interval, **said, "rows": rows},
        (series.revision, newest.open_time_ms if newest else None, newest, slot, note, series.closed),
    )


def _corrected(bars: list[Candle], held: tuple[Candle, ...], newest_ms: int) -> tuple[list[Candle], bool]:
    """(what a page must be told that holds the closed bars `held` and one from `newest_ms`; whether it must forget all)."""
    known = {bar.open_time_ms: bar for bar in held}
    times = {bar.open_time_ms for bar in bars}
    gone = [at_ms for at_ms in (*known, newest_ms) if at_ms not in times and at_ms >= min(times, default=0)]
    return (bars, True) if gone else ([bar for bar in bars if known.get(bar.open_time_ms) != bar], False)


def _note(market: SymbolView, series: SeriesView) -> str:
    """Where a panel's history starts, or why it has none."""
    if market.history_problem:
        return f"no history: {market.history_problem}"
    if not market.history_source:
        return "no history yet: bars from ticks only"
    first = series.closed[0] if series.closed else series.open
    if market.history_source != "replay" or first is None:
        return ""
    start = f"{datetime.fromtimestamp(first.open_time_ms / 1000, UTC):%Y-%m-%d %H:%M}"
    return f"history from {start} UTC" if first.count is None else "no history before the recording"


def _quote(market: SymbolView, mark: Any, slot: int) -> Section | Held | None:
    """Mark: (what is held, slot, fields held): only the fields that changed are sent. The change since the session's start goes
    with it, so that it does not lag the price beside it.
    """
    quote, change = market.quote, board.change_percent(market, 2)
    if quote is None:
        return None
    held = (quote.bid, quote.bid_size, quote.ask, quote.ask_size, change)
    if mark is not None and mark[0] == held:
        return None
    if mark is not None and mark[1] == slot:
        return Held((slot + 1) * QUOTE_SLOT_MS)
    spread = quote.ask - quote.bid
    fields: dict[str, float | None] = {
        **{name: float(value) for name, value in zip(("bid", "bid_size", "ask", "ask_size"), held[:4], strict=True)},
        "spread_ticks": float(spread / market.instrument.tick_size) if market.instrument else None,
        "spread_bp": round(float(spread / ((quote.ask + quote.bid) / 2) * 10_000), 2),
        "change_percent": change,
    }
    changed = fields if mark is None else {name: value for name, value in fields.items() if mark[2][name] != value}
    return encoded({"s": "quote", "symbol": market.symbol, **changed}, (held, slot, fields))


def _markers(snapshot: Snapshot, market: SymbolView, mark: object) -> Section | None:
    held = (market.signals, market.scores, snapshot.account.fills)
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
            "label": f"{'bought' if fill.side > 0 else 'sold'} {plain(fill.quantity)} at {plain(fill.price)}"
            + (" (liquidated)" if fill.kind == "liquidation" else ""),
        }
        for fill in snapshot.account.fills
        if fill.symbol == market.symbol and fill.ts_ns >= snapshot.began_ns  # an earlier one counted other ticks
    ]
    scores = [{"rule": score.rule, "count": score.count, "mean_move_bp": score.mean_move_bp} for score in market.scores]
    return encoded({"s": "markers", "symbol": market.symbol, "rows": rows, "scores": scores}, held)


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
    return encoded({"s": "gaps", "symbol": market.symbol, "rows": rows}, market.gaps)


_OF_DESK: dict[str, Callable[[Snapshot, Any, float], Section | Held | None]] = {
    "positions": board.positions,
    "orders": board.orders,
    "risk": board.risk,
    "alerts": board.alerts,
    "equity": board.equity,
    "journal": board.journal,
    "status": board.status,
}
_OF_SYMBOL: dict[str, Callable[[Snapshot, SymbolView, Any], Section | None]] = {
    "ticks": _ticks,
    "buckets": _buckets,
    "markers": _markers,
    "gaps": _gaps,
}
