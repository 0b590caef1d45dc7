"""What an order would cost, said before it is sent: pure, from a snapshot. Nothing is promised, the market moves on."""

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_FLOOR, Context, Decimal, localcontext

from app.core import admission, bracket, margin, matching, positions
from app.core.model import Bracket, PlaceOrder
from app.core.snapshot import Snapshot

ZERO = Decimal(0)
DOWN = Context(prec=18, rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Leaving at `price`: money net of fees both ways, and the same as a move of the price. Below zero it is lost."""

    price: Decimal
    money: Decimal
    ticks: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """Money in the quote currency. `fees`: of getting in and out by market orders. `liquidation`, `break_even`: of the position
    as it would be; None where there is none. `fee_ticks`: the same fees as a move of the price that pays for them. `stopped`,
    `gained`: what the order brings at its bracket's stop and target. `wrong`: why its bracket makes no sense.
    """

    quantity: Decimal
    price: Decimal
    notional: Decimal
    margin: Decimal
    fees: Decimal
    fee_ticks: Decimal
    break_even: Decimal | None
    liquidation: Decimal | None
    stopped: Outcome | None = None
    gained: Outcome | None = None
    wrong: str = ""


def side_of(asked: PlaceOrder, snapshot: Snapshot) -> int:
    """The side that the bracket belongs to: a buy's stop is below the entry, its target above. +1 where nothing tells."""
    market, legs = snapshot.symbols[asked.symbol], asked.bracket
    price = asked.price or market.mark
    if legs is None or price is None:
        return 1
    if legs.stop_price is not None:
        return 1 if legs.stop_price < price else -1
    return -1 if legs.target_price is not None and legs.target_price < price else 1


def size_for(snapshot: Snapshot, symbol: str, side: int, percent: Decimal, at: Decimal | None = None) -> Decimal | None:
    """The quantity, on the lot, whose margin is `percent` of the free margin, as far as tier and guards allow.

    `at`: the price of a limit. None where there is no quote.
    """
    market, terms = snapshot.symbols[symbol], snapshot.terms
    if market.quote is None or market.instrument is None:
        return None
    price, lot = at or matching.opposite(market.quote, side)[0], market.instrument.lot_size
    with localcontext(margin.EXACT):
        notional = max(ZERO, snapshot.account.free_margin) * percent / 100 * terms.leverage
        room = 1 - terms.collar_bp * matching.BP  # the market moves before it is sent
        if terms.most_balances:
            notional = min(notional, snapshot.account.balance * terms.most_balances * room)
        fitting = [tier.most for tier in terms.tiers if tier.leverage >= terms.leverage]
        if not fitting:
            return ZERO
        if fitting[-1] is not None:
            notional = min(notional, fitting[-1] * room - _held(snapshot, symbol, side))
        return max(ZERO, (margin.ROUNDED.divide(notional, price) / lot).to_integral_value(ROUND_FLOOR) * lot)


def capped(snapshot: Snapshot, symbol: str, side: int, size: Decimal, percent: Decimal) -> bool:
    """`percent` of the free margin would bind more than this size: tier or guards allow no more."""
    market, terms = snapshot.symbols[symbol], snapshot.terms
    if market.quote is None or market.instrument is None:
        return False
    with localcontext(margin.EXACT):
        more = (size + market.instrument.lot_size) * matching.opposite(market.quote, side)[0]
        return more * 100 <= snapshot.account.free_margin * percent * terms.leverage


def size_at_risk(
    snapshot: Snapshot, asked: PlaceOrder, money: Decimal | None, percent: Decimal | None
) -> tuple[Decimal, Decimal] | None:
    """(the quantity that loses `money`, or else `percent` of the balance, at the bracket's stop, fees both ways included; so much
    of it as free margin, tier and guards allow), both on the lot and never above. None where there is no quote or no stop.

    money / (|p − s| + p · f + s · f'), with p the entry, s the stop, f and f' the fees of getting in and out.
    """
    instrument, one = snapshot.symbols[asked.symbol].instrument, preview(snapshot, replace(asked, quantity=Decimal(1)))
    most = size_for(snapshot, asked.symbol, asked.side, Decimal(100), asked.price)
    if instrument is None or one is None or one.stopped is None or most is None or one.wrong:
        return None
    with localcontext(margin.EXACT):
        lost = snapshot.account.balance * (percent or ZERO) / 100 if money is None else money
        lots = DOWN.divide(max(ZERO, lost), -one.stopped.money * instrument.lot_size).to_integral_value(ROUND_FLOOR)
        return lots * instrument.lot_size, min(lots * instrument.lot_size, most)


def _held(snapshot: Snapshot, symbol: str, side: int) -> Decimal:
    """What the tier's notional holds already."""
    same = [one for one in snapshot.account.positions if one.symbol == symbol and (one.quantity > 0) == (side > 0)]
    return sum((abs(one.cost) for one in same), ZERO)


def preview(snapshot: Snapshot, asked: PlaceOrder) -> Preview | None:
    """None where there is no quote, or the grid of the symbol is not known."""
    market, terms = snapshot.symbols[asked.symbol], snapshot.terms
    if market.quote is None or market.instrument is None:
        return None
    price = admission.expected_price(asked, market.quote)
    rate = terms.taker_bp if matching.is_market(asked) or matching.crosses(asked.side, price, market.quote) else terms.maker_bp
    held = next((one for one in snapshot.account.positions if one.symbol == asked.symbol), None)
    after, _ = positions.apply_fill(held, asked.symbol, asked.side, asked.quantity, price, terms.leverage, asked.ts_ns)
    tick = market.instrument.tick_size
    legs = asked.bracket or Bracket(None, None)
    liquidation = None if after is None else margin.liquidation_price(after, terms.tiers)
    with localcontext(margin.EXACT):
        notional = asked.quantity * price
        enters = matching.fee(asked.quantity, price, rate)
        fees = enters + matching.fee(asked.quantity, price, terms.taker_bp)
        return Preview(
            asked.quantity,
            price,
            notional,
            margin.ROUNDED.divide(notional, Decimal(terms.leverage)),
            fees,
            margin.ROUNDED.divide(fees, asked.quantity * tick),
            None if after is None else bracket.break_even(after, terms.taker_bp, tick),
            liquidation,
            _outcome(asked, price, enters, legs.stop_price, terms.taker_bp, tick),
            _outcome(asked, price, enters, legs.target_price, terms.maker_bp, tick),
            bracket.problem(asked, market.mark) or _too_far(asked, legs.stop_price, liquidation, tick),
        )


def refusal(snapshot: Snapshot, asked: PlaceOrder) -> str:
    """Why it would be refused as things stand, were its quote live; empty when nothing is known against it."""
    market, account = snapshot.symbols[asked.symbol], snapshot.newest or snapshot.account
    if market.instrument is None or market.quote is None:
        return ""
    standing = admission.Standing(market.instrument, market.quote, "", market.n)
    held = next((one for one in account.positions if one.symbol == asked.symbol), None)
    return admission.problem(asked, standing, held, snapshot.terms, account.balance, account.free_margin)


def _too_far(asked: PlaceOrder, stop: Decimal | None, liquidation: Decimal | None, tick: Decimal) -> str:
    """A stop at or beyond the liquidation price never comes to work."""
    if stop is None or liquidation is None or asked.side * (stop - liquidation) > 0:
        return ""
    return f"liquidation at {liquidation.quantize(tick):,f} comes before the stop"


def _outcome(
    asked: PlaceOrder, price: Decimal, enters: Decimal, leaves_at: Decimal | None, fee_bp: Decimal, tick: Decimal
) -> Outcome | None:
    """side · q · (leaves − price) − both fees: a stop leaves as taker, a target that rests as maker. None without such a leg."""
    if leaves_at is None:
        return None
    fees = enters + matching.fee(asked.quantity, leaves_at, fee_bp)
    money = asked.side * asked.quantity * (leaves_at - price) - fees
    return Outcome(leaves_at, money, margin.ROUNDED.divide(money, asked.quantity * tick))
