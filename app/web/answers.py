"""What the API answers with: snapshot → plain JSON values. Pure.

Prices, sizes, money and volumes are exact decimal texts, ids texts, times integers, unknown values null.
"""

from dataclasses import replace
from decimal import Decimal

from app.core.kinds import kind_of
from app.core.margin import EXACT, added
from app.core.model import Fill
from app.core.orders import Order
from app.core.paper import plain
from app.core.snapshot import PositionView, Snapshot, SymbolView
from app.core.valuation import equity, value_positions
from feeds.events import Candle

ZERO = Decimal(0)


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


def order_of(order: Order) -> dict[str, object]:
    """One order as it is now."""
    asked = order.asked
    return {
        "order_id": str(order.order_id),
        "client_id": asked.client_id,
        "symbol": asked.symbol,
        "side": _side(asked.side),
        "type": asked.type,
        "quantity": plain(asked.quantity),
        "price": _text(asked.price),
        "stop_price": _text(asked.stop_price),
        "trail": _text(asked.trail),
        "time_in_force": asked.time_in_force,
        "post_only": asked.post_only,
        "reduce_only": asked.reduce_only,
        "state": order.state,
        "filled_quantity": plain(order.filled),
        "average_price": _text(order.average_price),
        "fees": plain(order.fees),
        "reason": order.reason or ("waits for a live quote" if order.held_up and not order.over else ""),
        "ts_ms": asked.ts_ns // 1_000_000,
    }


def on_disk(snapshot: Snapshot, order: Order) -> Order:
    """The order as far as it is stored: what happened since is not told, and one that is not stored at all is `pending`."""
    account, newest = snapshot.account, snapshot.newest
    for known in (*account.working, *account.over):
        if known.order_id == order.order_id:
            return known
    fresh = newest is not None and any(one.order_id == order.order_id for one in (*newest.working, *newest.over))
    return replace(order, state="pending", filled=ZERO, cost=ZERO, fees=ZERO, reason="") if fresh else order


def fill_of(fill: Fill) -> dict[str, object]:
    """One fill; `order_id` null for a liquidation, which nobody ordered."""
    return {
        "fill_id": str(fill.fill_id),
        "order_id": str(fill.order_id) if fill.order_id else None,
        "client_id": fill.client_id,
        "symbol": fill.symbol,
        "side": _side(fill.side),
        "quantity": plain(fill.quantity),
        "price": plain(fill.price),
        "fee": plain(fill.fee),
        "liquidity": fill.liquidity,
        "realized_pnl": plain(fill.realized_pnl),
        "ts_ms": fill.ts_ns // 1_000_000,
    }


def receipt(snapshot: Snapshot, order: Order) -> dict[str, object]:
    """What became of an order so far: its fills, and the position beside it."""
    fills = [fill_of(fill) for fill in snapshot.account.fills if fill.order_id == order.order_id]
    views = {view.position.symbol: view for view in value_positions(snapshot)}
    position = views.get(order.asked.symbol)
    return {
        "order": order_of(on_disk(snapshot, order)),
        "fills": fills,
        "position": None if position is None else position_of(snapshot, position),
    }


def position_of(snapshot: Snapshot, view: PositionView) -> dict[str, object]:
    """One position of `/api/positions`: `pnl_dollars` at the mark and `realized_pnl` before fees; `pnl_net` at the exit side (bid
    for a long, ask for a short) after `fees_paid` for what is open and `exit_fee`; `realized_net` after what was paid to close.
    """
    position, market = view.position, snapshot.symbols.get(view.position.symbol)
    quote, ticks = (None, ()) if market is None else (market.quote, market.ticks)
    last = ticks[-1] if ticks else None
    inside = quote is not None and last is not None and quote.bid <= last.price <= quote.ask
    return {
        "position_id": f"{snapshot.account_id}:{position.symbol}",
        "con_id": None,
        "symbol": position.symbol,
        "sec_type": "CRYPTO",
        "currency": position.symbol.partition("/")[2],
        "side": "long" if position.quantity > 0 else "short",
        "multiplier": "1",
        "quantity": plain(position.quantity),
        "average_cost": plain(position.entry),
        "bid": None if quote is None else plain(quote.bid),
        "ask": None if quote is None else plain(quote.ask),
        "last": None if last is None else plain(last.price),
        "mid": _text(view.mark),
        "market_price": plain(last.price) if inside and last is not None else _text(view.mark),
        "last_tick_ts": None if last is None else last.ts_recv_ns // 1_000_000,
        "tick_source": view.mark_source or "none",
        "reason": "not among the symbols of this start" if market is None else market.reason,
        "margin": plain(position.margin),
        "margin_added": plain(added(position)),
        "leverage": position.leverage,
        "liquidation_price": _text(view.liquidation_price),
        "pnl_dollars": _text(view.pnl),
        "pnl_percent": _text(view.pnl_percent),
        "realized_pnl": plain(position.realized_pnl),
        "exit_price": _text(view.exit_price),
        "exit_fee": _text(view.exit_fee),
        "fees_paid": plain(position.open_fees),
        "pnl_net": _text(view.net),
        "realized_net": plain(EXACT.subtract(position.realized_pnl, position.closed_fees)),
    }


def positions_of(snapshot: Snapshot, as_of_ms: int) -> dict[str, object]:
    """`/api/positions`: the whole list; an empty one means flat. `as_of_ms`: when it is sent."""
    account = snapshot.account
    values = {"balance": account.balance, "used_margin": account.used_margin, "free_margin": account.free_margin}
    return {
        "epoch": snapshot.epoch,
        "version": snapshot.version,
        "as_of": as_of_ms,
        "account": snapshot.account_id,
        "account_values": {name: {"value": plain(value), "currency": "USDT"} for name, value in values.items()},
        "positions": [position_of(snapshot, view) for view in value_positions(snapshot)],
    }


def account_of(snapshot: Snapshot) -> dict[str, object]:
    """`/api/account`; `realized_pnl` before `fees`; `equity` null while a position can not be valued."""
    account = snapshot.account
    return {
        "id": snapshot.account_id,
        "kind": "paper",
        "instrument": kind_of(snapshot.feed.name).instrument,
        "funding": kind_of(snapshot.feed.name).funding,
        "mark": kind_of(snapshot.feed.name).mark,
        "max_leverage": snapshot.terms.tiers[0].leverage,
        "tiers": snapshot.terms.tiers_named,
        "balance": plain(account.balance),
        "equity": _text(equity(snapshot)),
        "used_margin": plain(account.used_margin),
        "free_margin": plain(account.free_margin),
        "realized_pnl": plain(account.realized_pnl),
        "fees": plain(account.fees),
        "insurance": plain(account.insurance),
        "leverage": snapshot.terms.leverage,
        "locked": bool(snapshot.locked),
    }


def _side(side: int) -> str:
    return "buy" if side > 0 else "sell"


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
