"""May the account take this order? The instrument's grid, a live quote, the tier's leverage and the free margin. Pure."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from app.core import bracket, grid, margin, matching
from app.core.model import PlaceOrder, Position
from app.core.paper import closable
from feeds.events import Instrument, Quote

ZERO = Decimal(0)
NOTHING_TO_REDUCE = "reduce-only, and there is no position that it would reduce"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the account trades on: fees and collar in basis points, the latency in ns of event time."""

    leverage: int
    latency_ns: int = 100_000_000
    maker_bp: Decimal = Decimal(2)
    taker_bp: Decimal = Decimal(5)
    collar_bp: Decimal = Decimal(20)


@dataclass(frozen=True, slots=True)
class Standing:
    """One symbol's market now. `live`: its quote may be traded on. `n`: the number of its newest tick."""

    instrument: Instrument
    quote: Quote | None
    live: bool
    n: int

    @property
    def mark(self) -> Decimal | None:
        return None if self.quote is None else (self.quote.bid + self.quote.ask) / 2


def problem(asked: PlaceOrder, market: Standing, position: Position | None, terms: Terms, free_margin: Decimal) -> str:
    """Why not, in words for the screen; empty when it may. What only reduces risk is refused for its grid alone."""
    if wrong := grid.problem(asked, market.instrument, market.mark):
        return wrong
    if wrong := bracket.problem(asked, market.mark):
        return wrong
    closes = closable(asked, position)
    if asked.reduce_only:
        return "" if closes else NOTHING_TO_REDUCE
    if closes == asked.quantity:
        return ""
    if market.quote is None or not market.live:
        return "its quote is not live" if market.quote else "no quote yet"
    return _unaffordable(asked, asked.quantity - closes, market.quote, position, terms.leverage, free_margin)


def _unaffordable(
    asked: PlaceOrder, opens: Decimal, quote: Quote, position: Position | None, leverage: int, free_margin: Decimal
) -> str:
    """Why the tier's leverage or the margin do not allow the part that opens risk."""
    price = asked.price or asked.stop_price or matching.opposite(quote, asked.side)[0]
    with localcontext(margin.EXACT):
        adds = opens * price
        notional = adds
        if position is not None and (position.quantity > 0) == (asked.side > 0):
            notional += abs(position.cost)
    most = margin.tier_of(notional).leverage
    if leverage > most:
        return f"a notional of {notional:,.2f} is allowed at most {most}× (example tiers), the leverage is {leverage}×"
    needed = margin.ROUNDED.divide(adds, Decimal(leverage))
    return f"its margin is {needed:,.2f}, {free_margin:,.2f} is free" if needed > free_margin else ""
