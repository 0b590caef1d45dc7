"""What a fill does to a position, and what a position is worth: signed quantity at an exact cost, in Decimal.

Like a ledger: whatever is taken off the cost is realised, so realised + unrealised = cash flow + worth, to the last digit. A
short has a negative quantity and a negative cost, and is nothing special.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal, localcontext

from app.core.margin import EXACT, ROUNDED, added, initial_margin
from app.core.model import Position

ZERO = Decimal(0)


def apply_fill(
    position: Position | None,
    symbol: str,
    side: int,
    quantity: Decimal,
    price: Decimal,
    leverage: int,
    ts_ns: int,
    fee: Decimal = ZERO,
) -> tuple[Position | None, Decimal]:
    """(the position after a fill, None when flat; the P&L that the fill realised, before fees).

    `side` +1 bought, −1 sold; `quantity` and `price` above zero; `leverage` is that of a *new* position. With Q the signed
    quantity and C the signed cost (Q times the average entry):

    - Adding: C grows by side · q · p, the fees of what is open by the fee; nothing realised; the leverage stays.
    - Closing c = min(|Q|, q) of it: the share C · c / |Q| leaves the cost (rounded once, to 18 significant digits), and what
      c brings beyond it is realised; entry and leverage stay, margin shrinks along, what was
      added to it too. The fees' share c / |Q| is no longer one of
      what is open.
    - Beyond flat (a flip): closed whole, and the rest opens a new position at p, with its share of the fee.
    """
    with localcontext(EXACT):
        signed = side * quantity
        if position is None:
            return _opened(symbol, signed, price, leverage, ts_ns, fee), ZERO
        after = position.quantity + signed
        if (position.quantity > 0) == (signed > 0):
            grown = replace(position, open_fees=position.open_fees + fee)
            return _resized(grown, after, position.cost + signed * price, ZERO), ZERO
        if not after:
            return None, -signed * price - position.cost
        if (after > 0) != (position.quantity > 0):
            opens = ROUNDED.divide(fee * abs(after), quantity)
            return _opened(symbol, after, price, leverage, ts_ns, opens), position.quantity * price - position.cost
        share = ROUNDED.divide(position.cost * quantity, abs(position.quantity))
        paid = ROUNDED.divide(position.open_fees * quantity, abs(position.quantity))
        left = replace(position, open_fees=position.open_fees - paid, closed_fees=position.closed_fees + paid + fee)
        realized = -signed * price - share
        return _resized(left, after, position.cost - share, realized, position.entry), realized


def value(position: Position, mark: Decimal) -> tuple[Decimal, Decimal]:
    """(unrealised P&L = Q · mark − C with Q and C signed, the same in % of the position's margin)."""
    with localcontext(EXACT):
        pnl = position.quantity * mark - position.cost
        return pnl, ROUNDED.divide(pnl * 100, position.margin)


def open_loss(held: Iterable[Position], mark_of: Callable[[str], Decimal | None]) -> Decimal:
    """What they lose together at these marks, zero or below; one without a mark counts for nothing."""
    return min(ZERO, open_pnl([position for position in held if mark_of(position.symbol) is not None], mark_of) or ZERO)


def open_pnl(held: Iterable[Position], mark_of: Callable[[str], Decimal | None]) -> Decimal | None:
    """Their unrealised P&L together, Σ Q · mark − C; None while one has no mark."""
    pnl = ZERO
    with localcontext(EXACT):
        for position in held:
            mark = mark_of(position.symbol)
            if mark is None:
                return None
            pnl += position.quantity * mark - position.cost
    return pnl


def _opened(symbol: str, signed: Decimal, price: Decimal, leverage: int, ts_ns: int, fee: Decimal) -> Position:
    margin = initial_margin(signed, price, leverage)
    return Position(symbol, signed, price, margin, leverage, ZERO, ts_ns, signed * price, open_fees=fee)


def _resized(position: Position, signed: Decimal, cost: Decimal, realized: Decimal, entry: Decimal | None = None) -> Position:
    """`entry` None: the average price of the new cost, rounded to 18 significant digits."""
    extra = added(position)
    if extra and entry is not None:
        extra = ROUNDED.divide(extra * abs(signed), abs(position.quantity))
    entry = ROUNDED.divide(cost, signed) if entry is None else entry
    return replace(
        position,
        quantity=signed,
        entry=entry,
        margin=initial_margin(signed, entry, position.leverage) + extra,
        realized_pnl=position.realized_pnl + realized,
        cost=cost,
    )
