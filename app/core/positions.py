"""What a fill does to a position, and what a position is worth: signed quantity at an average cost, in Decimal.

P&L is before fees. Realised P&L and cost are exact; only the average entry of an added-to position is rounded, to 18
significant digits (`margin.ROUNDED`). A short is a negative quantity and nothing special.
"""

from dataclasses import replace
from decimal import Decimal, localcontext

from app.core.margin import EXACT, ROUNDED, initial_margin
from app.core.model import Position

ZERO = Decimal(0)


def apply_fill(
    position: Position | None, symbol: str, side: int, quantity: Decimal, price: Decimal, leverage: int, ts_ns: int
) -> tuple[Position | None, Decimal]:
    """(the position after a fill, None when flat; the P&L that the fill realised).

    `side` +1 bought, −1 sold; `quantity` and `price` above zero; `leverage` is that of a *new* position.

    - Adding: entry = (Q·E + q·p) / (Q + q); nothing realised; the leverage stays.
    - Closing c = min(|Q|, q) of it: realised = c · (p − E), negated for a short; entry and leverage stay, margin shrinks along.
    - Beyond flat (a flip): closed whole, and the rest opens a new position at p.
    """
    with localcontext(EXACT):
        signed = side * quantity
        if position is None:
            return _opened(symbol, signed, price, leverage, ts_ns), ZERO
        after = position.quantity + signed
        if (position.quantity > 0) == (signed > 0):
            cost = position.quantity * position.entry + signed * price
            return _resized(position, after, ROUNDED.divide(cost, after), ZERO), ZERO
        closed = min(abs(position.quantity), quantity)
        realized = -side * closed * (price - position.entry)
        if not after:
            return None, realized
        if (after > 0) != (position.quantity > 0):
            return _opened(symbol, after, price, leverage, ts_ns), realized
        return _resized(position, after, position.entry, realized), realized


def value(position: Position, mark: Decimal) -> tuple[Decimal, Decimal]:
    """(unrealised P&L = Q · (mark − E) with Q signed, the same in % of the position's margin)."""
    with localcontext(EXACT):
        pnl = position.quantity * (mark - position.entry)
        return pnl, ROUNDED.divide(pnl * 100, position.margin)


def _opened(symbol: str, signed: Decimal, price: Decimal, leverage: int, ts_ns: int) -> Position:
    return Position(symbol, signed, price, initial_margin(signed, price, leverage), leverage, ZERO, ts_ns)


def _resized(position: Position, signed: Decimal, entry: Decimal, realized: Decimal) -> Position:
    return replace(
        position,
        quantity=signed,
        entry=entry,
        margin=initial_margin(signed, entry, position.leverage),
        realized_pnl=position.realized_pnl + realized,
    )
