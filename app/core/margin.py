"""Isolated margin of one paper position: what it binds, and where it is liquidated. Pure arithmetic in Decimal.

Sums and products are exact (`EXACT`, 120 digits); a quotient is rounded once, half-even, to 18 significant digits (`ROUNDED`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, localcontext

from app.core.model import Position

EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN)
ROUNDED = Context(prec=18, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Tier:
    """Up to a notional of `most` (quote currency; None: any) at most `leverage`, and `rate` of it as maintenance margin."""

    most: Decimal | None
    leverage: int
    rate: Decimal


EXAMPLE_TIERS = (
    Tier(Decimal(50_000), 500, Decimal("0.001")),
    Tier(Decimal(250_000), 125, Decimal("0.004")),
    Tier(Decimal(1_000_000), 50, Decimal("0.01")),
    Tier(None, 10, Decimal("0.05")),
)
"""An example, and called one wherever it is shown: no venue's table. A real one comes by file."""


def tiers_in(text: str) -> tuple[Tier, ...]:
    """A table from lines `notional up to, highest leverage, maintenance rate in %`; the last line's notional is `any`.

    ValueError with the line and what is wrong with it: steps grow, leverage falls, rates rise, and no tier liquidates at once
    (rate below 1 / leverage).
    """
    found: list[Tier] = []
    rows = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.lstrip().startswith("#")]
    for n, line in rows:
        cells = [cell.strip() for cell in line.split(",")]
        tier, last = _tier(cells), found[-1] if found else None
        if tier is None:
            raise ValueError(f"line {n}, {line.strip()!r}, is not like 50000, 500, 0.1 or any, 10, 5")
        if tier.rate * tier.leverage >= 1:
            raise ValueError(f"line {n}: at {tier.leverage}× a rate of {cells[2]} % would liquidate at once")
        if last is not None and (last.most is None or (tier.most is not None and tier.most <= last.most)):
            raise ValueError(f"line {n}: its notional must be above the one before, and only the last is any")
        if last is not None and (tier.leverage > last.leverage or tier.rate < last.rate):
            raise ValueError(f"line {n}: leverage must not rise and the rate must not fall with the notional")
        found.append(tier)
    if not found or found[-1].most is not None:
        raise ValueError("the last line must be for any notional, like any, 10, 5")
    return tuple(found)


def _tier(cells: list[str]) -> Tier | None:
    if len(cells) != 3 or not cells[1].isdecimal() or not 1 <= int(cells[1]) <= 1000:
        return None
    try:
        most, rate = None if cells[0] == "any" else Decimal(cells[0]), EXACT.divide(Decimal(cells[2]), Decimal(100))
    except InvalidOperation:
        return None
    fits = rate.is_finite() and 0 < rate < 1 and (most is None or (most.is_finite() and most > 0))
    return Tier(most, int(cells[1]), rate) if fits else None


def tier_of(notional: Decimal, tiers: Sequence[Tier] = EXAMPLE_TIERS) -> Tier:
    """The first tier that holds the notional (|Q| · price); the last one holds any."""
    return next(tier for tier in tiers if tier.most is None or notional <= tier.most)


def initial_margin(quantity: Decimal, entry: Decimal, leverage: int) -> Decimal:
    """M = |Q| · E / leverage, in the quote currency."""
    return ROUNDED.divide(EXACT.multiply(abs(quantity), entry), Decimal(leverage))


def liquidation_price(position: Position, tiers: Sequence[Tier] | None = None) -> Decimal | None:
    """The mark at which margin + unrealised P&L = maintenance margin (Q · mark · r); None where that would be at or below zero.

    Long (Q·E − M) / (Q·(1 − r)), short (Q·E + M) / (Q·(1 + r)), with Q = |quantity|, Q·E its cost, M margin and r the
    maintenance rate: that of the position's tier, without tiers 1 / (2·leverage), which is never rounded.
    """
    with localcontext(EXACT):
        quantity, cost = abs(position.quantity), abs(position.cost)
        rate, of = (Decimal(1), 2 * position.leverage) if tiers is None else (tier_of(cost, tiers).rate, 1)
        if position.quantity > 0:
            above, below = cost - position.margin, quantity * (of - rate)
        else:
            above, below = cost + position.margin, quantity * (of + rate)
        price = ROUNDED.divide(above * of, below)
    return price if price > 0 else None


def crossed(position: Position, mark: Decimal, tiers: Sequence[Tier] | None = None) -> bool:
    """The mark is at or beyond the liquidation price: at or below it for a long, at or above it for a short."""
    price = liquidation_price(position, tiers)
    if price is None:
        return False
    return mark <= price if position.quantity > 0 else mark >= price


def added(position: Position) -> Decimal:
    """What of its margin is beyond the initial margin at its leverage: so much may be withdrawn, as far as the mark allows."""
    return EXACT.subtract(position.margin, initial_margin(position.quantity, position.entry, position.leverage))


def unmovable(position: Position, amount: Decimal, free_margin: Decimal, mark: Decimal | None, tiers: Sequence[Tier]) -> str:
    """Why `amount` may not go into its margin, below zero out of it; empty when it may. `mark` None: none that holds."""
    if amount > 0:
        return f"{down(free_margin)} is free" if amount > free_margin else ""
    if -amount > added(position):
        return f"at most {down(added(position))} can be withdrawn: {position.leverage}× needs the rest"
    if mark is None:
        return "nothing is withdrawn without a live quote"
    left = replace(position, margin=EXACT.add(position.margin, amount))
    if crossed(left, mark, tiers):
        return f"it would be liquidated at once: at {liquidation_price(left, tiers):,.2f}, the mark is {mark:,.2f}"
    return ""


def down(value: Decimal) -> str:
    return f"{max(value, Decimal(0)).quantize(Decimal('0.01'), ROUND_DOWN):,f}"


def utilisation(balance: Decimal, free_margin: Decimal, open_pnl: Decimal) -> Decimal:
    """What positions and working orders bind, in % of the equity: (balance − free margin) / (balance + open P&L) · 100; at most
    999, which is also said where nothing is left.
    """
    with localcontext(EXACT):
        bound, equity = balance - free_margin, balance + open_pnl
        if not bound:
            return Decimal(0)
        return min(Decimal(999), ROUNDED.divide(bound * 100, equity)) if equity > 0 else Decimal(999)


def distance_percent(mark: Decimal, liquidation: Decimal) -> Decimal:
    """How far the mark (above zero) may still move before liquidation, in % of the mark: |mark − liquidation| / mark · 100."""
    with localcontext(EXACT):
        return ROUNDED.divide(abs(mark - liquidation) * 100, mark)
