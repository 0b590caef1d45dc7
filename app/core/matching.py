"""How the paper venue fills an order: what it takes from a quote, how it rests, what prints give it. Pure and conservative.

Not modelled: other orders' cancels (they only shorten a real queue) and our own effect on the market.
"""

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal, localcontext

from app.core.margin import EXACT
from app.core.model import PlaceOrder
from app.core.orders import Order
from app.core.paper import plain
from feeds.events import Quote, Tick

ZERO = Decimal(0)
HALF_BP = Decimal("0.00005")
BP = Decimal("0.0001")

Takes = list[tuple[Decimal, Decimal]]
"""(quantity, price) of each level, best first."""


def opposite(quote: Quote, side: int) -> tuple[Decimal, Decimal]:
    """(price, size shown) that an order of `side` meets: the ask for a buy, the bid for a sell."""
    return (quote.ask, quote.ask_size) if side > 0 else (quote.bid, quote.bid_size)


def own(quote: Quote, side: int) -> tuple[Decimal, Decimal]:
    """(price, size shown) on the order's own side."""
    return (quote.bid, quote.bid_size) if side > 0 else (quote.ask, quote.ask_size)


def crosses(side: int, price: Decimal, quote: Quote) -> bool:
    """A limit at `price` would trade against the quote at once."""
    return price >= quote.ask if side > 0 else price <= quote.bid


def take(
    side: int, quantity: Decimal, quote: Quote, tick_size: Decimal, collar_bp: Decimal, limit: Decimal | None = None
) -> Takes:
    """What an order takes, level by level: the opposite best quote up to its size; each further multiple of that size pays
    one tick more and at least half a basis point; at most `quantity`, nothing beyond the collar (basis points from the best
    quote) or the order's limit.
    """
    best, shown = opposite(quote, side)
    taken: Takes = []
    if not shown:
        return taken
    with localcontext(EXACT):
        step = max(tick_size, (best * HALF_BP / tick_size).to_integral_value(ROUND_CEILING) * tick_size)
        worst = best + side * best * collar_bp * BP
        if limit is not None:
            worst = min(worst, limit) if side > 0 else max(worst, limit)
        price = best
        while quantity and (price <= worst if side > 0 else price >= worst) and price > 0:
            part = min(quantity, shown)
            taken.append((part, price))
            quantity -= part
            price += side * step
    return taken


def shown_only(taken: Takes) -> Takes:
    """What an immediate-or-cancel order takes: the first level, which is what the market shows."""
    return taken[:1]


def unfilled(order: Order, taken: Takes, collar_bp: Decimal) -> str:
    """Why the rest of an order that took `taken` is cancelled."""
    rest, asked = plain(order.remaining), order.asked
    if asked.time_in_force == "ioc" and asked.price is not None:
        return f"{rest} not shown at {plain(asked.price)} or better"
    return f"{rest} not filled: {f'beyond the collar of {plain(collar_bp)} bp' if taken else 'nothing is shown'}"


def rests(order: Order, quote: Quote) -> Order:
    """The order comes to rest at its limit, against the quote of that moment."""
    return on_quote(replace(order, resting=True), quote, first=True)


def on_quote(order: Order, quote: Quote, *, first: bool = False) -> Order:
    """A resting order learns what is ahead of it: at the best price the size shown when it came, inside the spread nothing,
    deeper the size shown when its price first becomes the best. `first`: it came just now.
    """
    price = order.asked.price
    if order.ahead is not None or price is None:
        return order
    best, shown = own(quote, order.asked.side)
    if price == best:
        return replace(order, ahead=shown)
    inside = price > best if order.asked.side > 0 else price < best
    return replace(order, ahead=ZERO) if inside and first else order


def on_tick(order: Order, tick: Tick) -> tuple[Order, Decimal]:
    """(the resting order, the quantity that this print gives it at its own price): all of it when the print is beyond that
    price; at it, what the opposite aggressor brings after the quantity that was ahead.
    """
    price, side = order.asked.price, order.asked.side
    if price is None:
        return order, ZERO
    if tick.price < price if side > 0 else tick.price > price:
        return order, order.remaining
    if tick.price != price or tick.aggressor != -side or order.ahead is None:
        return order, ZERO
    after = EXACT.subtract(tick.size, order.ahead)
    if after <= 0:
        return replace(order, ahead=-after), ZERO
    return replace(order, ahead=ZERO), min(after, order.remaining)


def trail(order: Order, price: Decimal) -> Order:
    """A trailing stop notes the best price since it was accepted: the highest when it sells, the lowest when it buys."""
    if order.asked.type != "trailing_stop":
        return order
    before = order.extreme
    better = before is None or (price > before if order.asked.side < 0 else price < before)
    return replace(order, extreme=price) if better else order


def trigger_price(order: Order) -> Decimal | None:
    """Where it is triggered now: the stop price, or the extreme less (plus, for a buy) the trail."""
    asked = order.asked
    if asked.type != "trailing_stop":
        return asked.stop_price
    if order.extreme is None or asked.trail is None:
        return None
    return EXACT.add(order.extreme, EXACT.multiply(Decimal(asked.side), asked.trail))


def touched(order: Order, price: Decimal) -> bool:
    """The price is at or beyond the trigger: above for a buy stop, below for a sell stop; the other way for a target."""
    level = trigger_price(order)
    if level is None:
        return False
    rising = order.asked.side > 0
    if order.asked.type == "take_profit":
        rising = not rising
    return price >= level if rising else price <= level


def fee(quantity: Decimal, price: Decimal, rate_bp: Decimal) -> Decimal:
    """Quantity · price · rate, the rate in basis points of the notional; exact."""
    with localcontext(EXACT):
        return quantity * price * rate_bp * BP


def is_market(order: PlaceOrder) -> bool:
    """It takes at any price within the collar once it meets the market."""
    return order.type in ("market", "stop", "take_profit", "trailing_stop")
