"""What an order would cost, said before it is sent: pure, from a snapshot. Nothing is promised, the market moves on."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext

from app.core import bracket, margin, matching, positions
from app.core.model import PlaceOrder
from app.core.snapshot import Snapshot

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Preview:
    """Money in the quote currency. `fees`: of getting in and out by market orders. `liquidation`, `break_even`: of the position
    as it would be; None where there is none. `ticks`: the same fees as a move of the price that pays for them.
    """

    quantity: Decimal
    price: Decimal
    notional: Decimal
    margin: Decimal
    fees: Decimal
    fee_ticks: Decimal
    break_even: Decimal | None
    liquidation: Decimal | None


def size_for(snapshot: Snapshot, symbol: str, side: int, percent: Decimal) -> Decimal | None:
    """The quantity, on the lot, whose margin is `percent` of the free margin, as far as tier and guards allow.

    None where there is no quote.
    """
    market, terms = snapshot.symbols[symbol], snapshot.terms
    if market.quote is None or market.instrument is None:
        return None
    price, lot = matching.opposite(market.quote, side)[0], market.instrument.lot_size
    with localcontext(margin.EXACT):
        notional = max(ZERO, snapshot.account.free_margin) * percent / 100 * terms.leverage
        if terms.most_balances:
            notional = min(notional, snapshot.account.balance * terms.most_balances)
        allowed = [tier.most for tier in margin.EXAMPLE_TIERS if tier.leverage >= terms.leverage and tier.most is not None]
        if allowed:
            notional = min(notional, allowed[-1] - _held(snapshot, symbol, side))
        return max(ZERO, (margin.ROUNDED.divide(notional, price) / lot).to_integral_value(ROUND_FLOOR) * lot)


def _held(snapshot: Snapshot, symbol: str, side: int) -> Decimal:
    """What the tier's notional holds already."""
    same = [one for one in snapshot.account.positions if one.symbol == symbol and (one.quantity > 0) == (side > 0)]
    return sum((abs(one.cost) for one in same), ZERO)


def preview(snapshot: Snapshot, asked: PlaceOrder) -> Preview | None:
    """None where there is no quote, or the grid of the symbol is not known."""
    market, terms = snapshot.symbols[asked.symbol], snapshot.terms
    if market.quote is None or market.instrument is None:
        return None
    price = asked.price or asked.stop_price or matching.opposite(market.quote, asked.side)[0]
    rate = terms.taker_bp if matching.is_market(asked) or matching.crosses(asked.side, price, market.quote) else terms.maker_bp
    held = next((one for one in snapshot.account.positions if one.symbol == asked.symbol), None)
    after, _ = positions.apply_fill(held, asked.symbol, asked.side, asked.quantity, price, terms.leverage, asked.ts_ns)
    tick = market.instrument.tick_size
    with localcontext(margin.EXACT):
        notional = asked.quantity * price
        fees = matching.fee(asked.quantity, price, rate) + matching.fee(asked.quantity, price, terms.taker_bp)
        return Preview(
            asked.quantity,
            price,
            notional,
            margin.ROUNDED.divide(notional, Decimal(terms.leverage)),
            fees,
            margin.ROUNDED.divide(fees, asked.quantity * tick),
            None if after is None else bracket.break_even(after, terms.taker_bp, tick),
            None if after is None else margin.liquidation_price(after, margin.EXAMPLE_TIERS),
        )
