"""May the account take this order? The instrument's grid, a live quote, the tier's leverage and the free margin. Pure."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from app.core import bracket, grid, margin, matching
from app.core.model import PlaceOrder, Position
from app.core.paper import closable, plain
from feeds.events import Instrument, Quote

ZERO = Decimal(0)
NOTHING_TO_REDUCE = "reduce-only, and there is no position that it would reduce"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the account trades on: fees and collar in basis points, the latency in ns of event time.

    `most_quantity`, `most_balances`: an order for more, or worth more than so many balances, was a slip of the hand; 0 for none.
    """

    leverage: int
    latency_ns: int = 100_000_000
    maker_bp: Decimal = Decimal(2)
    taker_bp: Decimal = Decimal(5)
    collar_bp: Decimal = Decimal(20)
    most_quantity: Decimal = ZERO
    most_balances: Decimal = Decimal(20)
    tiers: tuple[margin.Tier, ...] = margin.EXAMPLE_TIERS

    @property
    def tiers_named(self) -> str:
        """What the tiers are called wherever they are shown."""
        return "example tiers" if self.tiers == margin.EXAMPLE_TIERS else "tiers of --tiers"


@dataclass(frozen=True, slots=True)
class Standing:
    """One symbol's market now. `dead`: why its quote may not be traded on, empty when it may. `n`: its newest tick's number."""

    instrument: Instrument
    quote: Quote | None
    dead: str
    n: int

    @property
    def live(self) -> bool:
        return not self.dead

    @property
    def mark(self) -> Decimal | None:
        return None if self.quote is None else (self.quote.bid + self.quote.ask) / 2


def unit_margin(asked: PlaceOrder, market: Standing, position: Position | None, leverage: int) -> Decimal:
    """The margin that each unit of the order binds while it works: that of the part that opens, spread over all of it."""
    opens = asked.quantity - closable(asked, position)
    if asked.reduce_only or not opens or market.quote is None:
        return ZERO
    return margin.ROUNDED.divide(margin.EXACT.multiply(opens, expected_price(asked, market.quote)), asked.quantity * leverage)


def problem(
    asked: PlaceOrder, market: Standing, position: Position | None, terms: Terms, balance: Decimal, free_margin: Decimal
) -> str:
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
    if market.quote is None or market.dead:
        return market.dead or "no quote yet"
    if wrong := _slip(asked, market.quote, terms, balance):
        return wrong
    return _unaffordable(asked, asked.quantity - closes, market.quote, position, terms, free_margin)


def _slip(asked: PlaceOrder, quote: Quote, terms: Terms, balance: Decimal) -> str:
    """Why it looks like a slip of the hand: too much, or a price that would trade beyond the collar."""
    if terms.most_quantity and asked.quantity > terms.most_quantity:
        return f"quantity {plain(asked.quantity)} is above the largest that is allowed, {plain(terms.most_quantity)}"
    with localcontext(margin.EXACT):
        notional, most = asked.quantity * expected_price(asked, quote), balance * terms.most_balances
        if terms.most_balances and notional > most:
            times = plain(terms.most_balances)
            return f"a notional of {notional:,.2f} is above {times} × the balance, {most:,.2f}"
        if asked.price is None or asked.type != "limit":
            return ""
        best = matching.opposite(quote, asked.side)[0]
        worst = best + asked.side * best * terms.collar_bp * matching.BP
        beyond = asked.price > worst if asked.side > 0 else asked.price < worst
    return f"price {plain(asked.price)} is more than {plain(terms.collar_bp)} bp beyond the best, {plain(best)}" if beyond else ""


def _unaffordable(
    asked: PlaceOrder, opens: Decimal, quote: Quote, position: Position | None, terms: Terms, free_margin: Decimal
) -> str:
    """Why the tier's leverage or the margin do not allow the part that opens risk."""
    with localcontext(margin.EXACT):
        adds = opens * expected_price(asked, quote)
        notional = adds
        if position is not None and (position.quantity > 0) == (asked.side > 0):
            notional += abs(position.cost)
    most, leverage = margin.tier_of(notional, terms.tiers).leverage, terms.leverage
    if leverage > most:
        return f"a notional of {notional:,.2f} is allowed at most {most}× ({terms.tiers_named}), the leverage is {leverage}×"
    needed = margin.ROUNDED.divide(adds, Decimal(leverage))
    return f"its margin is {needed:,.2f}, {free_margin:,.2f} is free" if needed > free_margin else ""


def expected_price(asked: PlaceOrder, quote: Quote) -> Decimal:
    """What it is expected to cost."""
    return asked.named_price or matching.opposite(quote, asked.side)[0]
