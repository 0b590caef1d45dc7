"""What the API answers with: snapshot → plain JSON values; only `receipt` asks the hub, for one order.

Prices, sizes and volumes are exact decimal texts, ids texts, times integers, unknown values null.
"""

from decimal import Decimal

from app.core.model import Fill, Rejected
from app.core.paper import plain
from app.core.snapshot import Snapshot, SymbolView
from app.hub import Hub
from feeds.events import Candle


def symbol_status(view: SymbolView) -> dict[str, object]:
    """How alive a symbol is, for `/api/status`."""
    return {
        "state": view.state,
        "source": view.source or None,
        "reason": view.reason,
        "tick_age_ms": view.tick_age_ms,
        "quote_age_ms": view.quote_age_ms,
        "ticks_per_s": view.ticks_per_s,
        "clock_offset_ms": view.clock_offset_ms,
    }


def candle(bar: Candle) -> dict[str, object]:
    """One bar of `/api/candles`; `count` null where the source has none."""
    prices = {name: plain(getattr(bar, name)) for name in ("open", "high", "low", "close", "volume")}
    rest = {"count": bar.count, "closed": bar.closed, "complete": bar.complete}
    return {"open_time_ms": bar.open_time_ms, **prices, **rest}


def quote_of(market: SymbolView) -> dict[str, object]:
    """Best bid and ask of `/api/quote`, all null before the first."""
    quote = market.quote
    if quote is None:
        names = ("bid", "bid_size", "ask", "ask_size", "ts_event_ns", "ts_recv_ns", "age_ms", "source")
        return dict.fromkeys(names)
    prices = {name: plain(getattr(quote, name)) for name in ("bid", "bid_size", "ask", "ask_size")}
    times = {"ts_event_ns": quote.ts_event_ns, "ts_recv_ns": quote.ts_recv_ns, "age_ms": market.quote_age_ms}
    return {**prices, **times, "source": market.quote_source}


def receipt(hub: Hub, client_id: str) -> dict[str, object]:
    """The receipt: what became of the order, its fills, and the position after it."""
    known = hub.outcome(client_id)
    assert known is not None
    command, outcome = known.order, known.events
    fills = [event for event in outcome if isinstance(event, Fill)]
    reasons = [event.reason for event in outcome if isinstance(event, Rejected)]
    filled = sum((fill.quantity for fill in fills), Decimal(0))
    state = "accepted" if not outcome else "rejected" if not fills else "cancelled" if reasons else "filled"
    snapshot = hub.snapshot()
    return {
        "order": {
            "order_id": command.client_id,
            "client_id": command.client_id,
            "symbol": command.symbol,
            "side": "buy" if command.side > 0 else "sell",
            "type": "market",
            "quantity": plain(command.quantity),
            "price": None,
            "state": state,
            "filled_quantity": plain(filled),
            "average_price": plain(fills[0].price) if fills else None,
            "fees": None,
            "reason": "; ".join(reasons) or ("waits for a live quote" if not outcome else ""),
            "ts_ms": command.ts_ns // 1_000_000,
        },
        "fills": [_fill(fill) for fill in fills],
        "position": _position(snapshot, command.symbol),
    }


def _fill(fill: Fill) -> dict[str, object]:
    return {
        "fill_id": str(fill.fill_id),
        "order_id": fill.client_id,
        "client_id": fill.client_id,
        "symbol": fill.symbol,
        "side": "buy" if fill.side > 0 else "sell",
        "quantity": plain(fill.quantity),
        "price": plain(fill.price),
        "fee": None,
        "liquidity": "taker",
        "realized_pnl": plain(fill.realized_pnl),
        "ts_ms": fill.ts_ns // 1_000_000,
    }


def _position(snapshot: Snapshot, symbol: str) -> dict[str, object] | None:
    for position in snapshot.held:
        if position.symbol == symbol:
            return {"symbol": symbol, "quantity": plain(position.quantity), "average_cost": plain(position.entry)}
    return None
