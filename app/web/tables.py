"""Rows of the tables, and what an order would cost, as texts ready to show: pure, no arithmetic that valuation has not done."""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal

from app.core import matching
from app.core.margin import EXACT, added, down
from app.core.markets import FINEST
from app.core.model import PlaceOrder
from app.core.orders import Order
from app.core.paper import plain
from app.core.preview import Outcome, Preview
from app.core.snapshot import PositionView, Snapshot
from app.core.valuation import equity, net_total, totals, value_positions
from feeds.events import Instrument

Row = Mapping[str, object]
CENT = Decimal("0.01")
PARTS = (Decimal("0.25"), Decimal("0.5"))
ENDED_SHOWN = 20


def signed(value: Decimal | None, step: Decimal = CENT) -> str | None:
    """'+12.40', '−3.00', '0.00': the sign always stands before the number."""
    if value is None:
        return None
    rounded = value.quantize(step)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{abs(rounded):,f}"


def position_rows(snapshot: Snapshot) -> tuple[dict[str, Row], Row]:
    """(rows by id, totals), see docs/frames.md."""
    views = value_positions(snapshot)
    rows = {view.position.symbol: _row(snapshot, view) for view in views}
    pnl, used, percent = totals(views)
    foot: Row = {
        "pnl": signed(pnl),
        "pnl_percent": signed(percent),
        "net": signed(net_total(views)),
        "margin": f"{used.quantize(CENT):,f}",
        "realized": signed(EXACT.subtract(snapshot.account.realized_pnl, snapshot.account.fees)),
        "sign": _sign(pnl),
        "count": len(views),
        "balance": _money(snapshot.account.balance),
        "equity": _money(equity(snapshot)),
        "free": _money(snapshot.account.free_margin),
        "fees": _money(snapshot.account.fees),
    }
    return rows, foot


def _row(snapshot: Snapshot, view: PositionView) -> Row:
    position = view.position
    instrument = instrument_of(snapshot, position.symbol)
    step = instrument.tick_size if instrument else FINEST
    half = step / 10 if instrument else step  # a mark may stand between two steps; always room for it, or its digits would jump
    return {
        "id": position.symbol,
        "symbol": position.symbol,
        "side": "long" if position.quantity > 0 else "short",
        "quantity": ("+" if position.quantity > 0 else "−") + plain(abs(position.quantity)),
        "entry": price_text(position.entry, step),
        "mark": price_text(view.mark, half),
        "pnl": signed(view.pnl),
        "pnl_percent": signed(view.pnl_percent),
        "net": signed(view.net),
        "paid": _money(position.open_fees),
        "exit_fee": _money(view.exit_fee),
        "margin": f"{position.margin.quantize(CENT):,f}",
        "added": down(added(position)),
        "leverage": f"{position.leverage}×",
        "liquidation": price_text(view.liquidation_price, step),
        "distance": signed(view.distance_percent),
        "age_ms": view.mark_age_ms,
        "source": view.mark_source,
        "sign": _sign(view.pnl),
        "close_side": "sell" if position.quantity > 0 else "buy",
        "close_quantity": plain(abs(position.quantity)),
        "close_parts": [plain(_part(abs(position.quantity), part, instrument)) for part in PARTS],
        "flip_quantity": plain(abs(position.quantity) * 2),
    }


def order_rows(snapshot: Snapshot) -> dict[str, Row]:
    """Working orders and the newest that are over, by number; one that is not on disk yet is `pending`."""
    account, newest = snapshot.account, snapshot.newest
    shown = {order.order_id: _order_row(snapshot, order) for order in (*account.over[-ENDED_SHOWN:], *account.working)}
    for order in () if newest is None else (*newest.over[-ENDED_SHOWN:], *newest.working):
        if order.order_id not in shown:
            shown[order.order_id] = _order_row(snapshot, order) | {"state": "pending", "filled": "0", "note": ""}
    return {str(order_id): shown[order_id] for order_id in sorted(shown)}


def _order_row(snapshot: Snapshot, order: Order) -> dict[str, object]:
    asked, instrument = order.asked, instrument_of(snapshot, order.asked.symbol)
    step = instrument.tick_size if instrument else FINEST
    market = snapshot.symbols.get(asked.symbol)
    watched = market is not None and market.state in ("live", "replay")
    state = "not watched" if order.conditional and not order.over and not watched else order.state
    return {
        "id": str(order.order_id),
        "client_id": asked.client_id,
        "at_ms": asked.ts_ns // 1_000_000,
        "symbol": asked.symbol,
        "side": "buy" if asked.side > 0 else "sell",
        "type": asked.type.replace("_", " ") + (" reduce" if asked.reduce_only and asked.type == "market" else ""),
        "quantity": plain(asked.quantity),
        "filled": plain(order.filled),
        "price": _order_price(order, step),
        "average": price_text(order.average_price, step),
        "fees": f"{order.fees:,.2f}",
        "state": state,
        "note": order.reason or ("waits for a live quote" if order.held_up and not order.over else ""),
        "works": not order.over,
    }


COSTS = ("quantity", "notional", "margin", "fees", "fee_ticks", "break_even", "liquidation", "stopped", "gained")


def preview_of(snapshot: Snapshot, asked: PlaceOrder, told: Preview | None) -> Row:
    """What an order would cost, all null where that can not be said."""
    side = {"side": "buy" if asked.side > 0 else "sell", "tiers": snapshot.terms.tiers_named}
    if told is None:
        return {**side, **dict.fromkeys(COSTS)}
    instrument = instrument_of(snapshot, asked.symbol)
    step = instrument.tick_size if instrument else FINEST
    return {
        **side,
        "quantity": plain(told.quantity),
        "notional": _money(told.notional),
        "margin": _money(told.margin),
        "fees": _money(told.fees),
        "fee_ticks": f"{told.fee_ticks:,.0f}",
        "break_even": price_text(told.break_even, step),
        "liquidation": price_text(told.liquidation, step),
        "stopped": _outcome(told.stopped),
        "gained": _outcome(told.gained),
    }


def stands_at(snapshot: Snapshot, symbol: str, told: Preview) -> str:
    """Where the position would stand after the order, for the button that sends it."""
    instrument = instrument_of(snapshot, symbol)
    step = instrument.tick_size if instrument else FINEST
    if told.break_even is None:
        return "flat"
    return f"liq {price_text(told.liquidation, step) or 'none'} · even {price_text(told.break_even, step)}"


def _outcome(told: Outcome | None) -> Row | None:
    return None if told is None else {"money": signed(told.money), "ticks": signed(told.ticks, Decimal(1))}


def _order_price(order: Order, step: Decimal) -> str:
    """Where it is to trade, and where it is triggered; of a trailing stop before the first print, how far behind it trails."""
    trigger = matching.trigger_price(order)
    if trigger is None and order.asked.trail is not None:
        return f"⌁ trails by {plain(order.asked.trail)}"
    parts = [f"⌁ {price_text(trigger, step)}" if trigger is not None else "", price_text(order.asked.price, step) or ""]
    return " → ".join(part for part in parts if part) or "market"


def _part(quantity: Decimal, part: Decimal, instrument: Instrument | None) -> Decimal:
    """So much of it, on the lot and one lot at least."""
    lot = instrument.lot_size if instrument else FINEST
    return min(quantity, max(lot, (quantity * part / lot).to_integral_value(ROUND_FLOOR) * lot))


def instrument_of(snapshot: Snapshot, symbol: str) -> Instrument | None:
    market = snapshot.symbols.get(symbol)
    return None if market is None else market.instrument


def price_text(value: Decimal | None, step: Decimal) -> str | None:
    return None if value is None else f"{value.quantize(step.normalize()):,f}"


def _money(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:,.2f}".replace("-", "−")


def _sign(value: Decimal | None) -> int:
    return 0 if not value else 1 if value > 0 else -1
