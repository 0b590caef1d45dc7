"""stub until the real one lands"""
from decimal import Decimal
from app.core.model import Position
def apply_fill(position, symbol, side, quantity, price, leverage, ts_ns):
    q = side * quantity
    if position is None:
        return Position(symbol, q, price, quantity * price / leverage, leverage, Decimal(0), ts_ns), Decimal(0)
    total = position.quantity + q
    if position.quantity * q > 0:
        entry = (position.quantity * position.entry + q * price) / total
        return Position(symbol, total, entry, abs(total) * entry / leverage, leverage, position.realized_pnl, ts_ns), Decimal(0)
    closed = min(abs(position.quantity), quantity)
    realized = closed * (price - position.entry) * (1 if position.quantity > 0 else -1)
    if total == 0:
        return None, realized
    entry = position.entry if total * position.quantity > 0 else price
    return Position(symbol, total, entry, abs(total) * entry / leverage, leverage, realized, ts_ns), realized
def value(position, mark):
    pnl = position.quantity * (mark - position.entry)
    return pnl, pnl / position.margin * 100
