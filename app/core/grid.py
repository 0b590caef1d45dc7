"""What an instrument takes: prices on its ticks, quantities on its lots, a least notional. Pure; says what would be valid."""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, localcontext

from app.core.margin import EXACT
from app.core.model import PlaceOrder
from app.core.paper import plain
from feeds.events import Instrument

NEEDS = {
    "market": (),
    "limit": ("price",),
    "stop": ("stop_price",),
    "stop_limit": ("price", "stop_price"),
    "take_profit": ("stop_price",),
    "trailing_stop": ("trail",),
}
PRICES = ("price", "stop_price", "trail")


def problem(order: PlaceOrder, instrument: Instrument, reference: Decimal | None) -> str:
    """Why the instrument does not take the order, with the nearest value that it takes; empty when it does.

    `reference`: a price to value a market order at (the mark), None while there is none.
    """
    if order.type not in NEEDS:
        return f"unknown order type {order.type}"
    needed = NEEDS[order.type]
    for name in PRICES:
        value = getattr(order, name)
        if name in needed and value is None:
            return f"{name} is missing: a {order.type} order needs it"
        if name not in needed and value is not None:
            return f"{name} does not belong to a {order.type} order"
        if value is not None and (wrong := _off(name, value, instrument.tick_size)):
            return wrong
    for name in ("stop_price", "target_price") if order.bracket else ():
        value = getattr(order.bracket, name)
        if value is not None and (wrong := _off(f"the bracket's {name}", value, instrument.tick_size)):
            return wrong
    if order.post_only and (order.type != "limit" or order.time_in_force != "gtc"):
        return "post-only belongs to a resting limit order"
    if wrong := _off("quantity", order.quantity, instrument.lot_size):
        return wrong
    price = order.named_price or reference
    if price is not None and not order.reduce_only:
        return _too_small(order.quantity, price, instrument)
    return ""


def nearest(value: Decimal, size: Decimal) -> Decimal:
    """The nearest multiple of `size` above zero, halves away from zero."""
    with localcontext(EXACT):
        return max((value / size).to_integral_value(ROUND_HALF_UP), Decimal(1)) * size


def _off(name: str, value: Decimal, size: Decimal) -> str:
    if value > 0 and EXACT.remainder(value, size) == 0:
        return ""
    return f"{name} {plain(value)} is not a multiple of {plain(size)}: the nearest is {plain(nearest(value, size))}"


def _too_small(quantity: Decimal, price: Decimal, instrument: Instrument) -> str:
    with localcontext(EXACT):
        notional = quantity * price
        if notional >= instrument.min_notional:
            return ""
        least = (instrument.min_notional / price / instrument.lot_size).to_integral_value(ROUND_CEILING) * instrument.lot_size
    return f"notional {plain(notional)} is below {plain(instrument.min_notional)}: the least quantity is {plain(least)}"
