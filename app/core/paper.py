"""What an order would do to the position that it meets, and exact texts for both. Pure."""

from decimal import Decimal

from app.core.model import Fill, PlaceOrder, Position

ZERO = Decimal(0)


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


def liquidated(fill: Fill) -> str:
    """What is said of a liquidation."""
    sign = "" if fill.side < 0 else "−"
    return f"liquidated: {sign}{plain(fill.quantity)} {fill.symbol} closed at {fill.price:,.2f}"
