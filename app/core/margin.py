"""Isolated margin of one paper position: what it binds, and where it is liquidated. Pure arithmetic in Decimal.

Sums and products are exact (`EXACT`, 120 digits); a quotient is rounded once, half-even, to 18 significant digits (`ROUNDED`).
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from app.core.model import Position

EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN)
ROUNDED = Context(prec=18, rounding=ROUND_HALF_EVEN)


def initial_margin(quantity: Decimal, entry: Decimal, leverage: int) -> Decimal:
    """M = |Q| · E / leverage, in the quote currency."""
    return ROUNDED.divide(EXACT.multiply(abs(quantity), entry), Decimal(leverage))


def liquidation_price(position: Position) -> Decimal | None:
    """The mark at which the position is closed by force; None where that would be at or below zero.

    Long (Q·E − M) / (Q·(1 − r)), short (Q·E + M) / (Q·(1 + r)), with Q = |quantity|, E entry, M margin and the maintenance
    rate r = 1 / (2·leverage). Both are multiplied by 2·leverage here, so that r itself is never rounded.
    """
    with localcontext(EXACT):
        quantity = abs(position.quantity)
        doubled = 2 * position.leverage
        if position.quantity > 0:
            above, below = quantity * position.entry - position.margin, quantity * (doubled - 1)
        else:
            above, below = quantity * position.entry + position.margin, quantity * (doubled + 1)
        price = ROUNDED.divide(above * doubled, below)
    return price if price > 0 else None


def crossed(position: Position, mark: Decimal) -> bool:
    """The mark is at or beyond the liquidation price: at or below it for a long, at or above it for a short."""
    price = liquidation_price(position)
    if price is None:
        return False
    return mark <= price if position.quantity > 0 else mark >= price


def distance_percent(mark: Decimal, liquidation: Decimal) -> Decimal:
    """How far the mark (above zero) may still move before liquidation, in % of the mark: |mark − liquidation| / mark · 100."""
    with localcontext(EXACT):
        return ROUNDED.divide(abs(mark - liquidation) * 100, mark)
