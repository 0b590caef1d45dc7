"""How the paper book fills a market order: at the opposite best quote, up to the size shown there. Pure; keeps no orders."""

from decimal import Decimal

from app.core.model import PlaceOrder, Position, Rejected
from feeds.events import Quote

ZERO = Decimal(0)
WAITING = "waiting for a live quote"


def fill_market(
    order: PlaceOrder, quote: Quote | None, quote_is_live: bool, position: Position | None
) -> tuple[Decimal, Decimal | None, list[Rejected]]:
    """(quantity filled, its price, what was not done and why). Nothing filled: quantity 0 and price None.

    A buy takes the ask, a sell the bid, never more than is shown. A reduce-only order never exceeds the position. Without a
    live quote nothing is filled: what would open risk is refused, what only reduces it says that it waits (`WAITING`).
    """
    most = closable(order, position) if order.reduce_only else order.quantity
    if not most:
        return ZERO, None, [_refused(order, order.quantity, _nothing_to_reduce(order, position))]
    if quote is None or not quote_is_live:
        reason = f"{order.symbol}: {WAITING}" if only_reduces(order, position) else _not_live(order, quote)
        return ZERO, None, [_refused(order, order.quantity, reason)]
    price, shown = (quote.ask, quote.ask_size) if order.side > 0 else (quote.bid, quote.bid_size)
    filled = min(most, shown)
    rest = order.quantity - filled
    if not rest:
        return filled, price, []
    why = f"only {plain(shown)} shown at {plain(price)}" if shown < most else f"reduce-only, the position is {plain(most)}"
    words = f"{plain(filled)} of {plain(order.quantity)} {order.symbol} filled; {plain(rest)} rejected: {why}"
    return filled, price if filled else None, [_refused(order, rest, words)]


def only_reduces(order: PlaceOrder, position: Position | None) -> bool:
    """Whatever of it is filled, the position only becomes smaller: such an order is never refused, it may wait."""
    most = closable(order, position)
    return bool(most) and (order.reduce_only or order.quantity <= most)


def closable(order: PlaceOrder, position: Position | None) -> Decimal:
    """How much of the order would close the position it meets; 0 where it would open or add."""
    if position is None or (position.quantity > 0) == (order.side > 0):
        return ZERO
    return min(order.quantity, abs(position.quantity))


def plain(value: Decimal) -> str:
    """Exact text without exponent and trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _refused(order: PlaceOrder, quantity: Decimal, reason: str) -> Rejected:
    return Rejected(order.client_id, order.symbol, quantity, reason, order.ts_ns)


def _nothing_to_reduce(order: PlaceOrder, position: Position | None) -> str:
    held = "there is no position" if position is None else f"the position is {'long' if position.quantity > 0 else 'short'}"
    return f"{'buy' if order.side > 0 else 'sell'} {order.symbol} rejected: reduce-only, and {held}"


def _not_live(order: PlaceOrder, quote: Quote | None) -> str:
    why = "no quote yet" if quote is None else "its quote is not live"
    return f"{'buy' if order.side > 0 else 'sell'} {plain(order.quantity)} {order.symbol} rejected: {why}"
