"""The stop and the target that guard a position: as large as it, gone with it, one cancelling the other. Pure.

The legs are reduce-only orders of the account; this file says what they should be, the account keeps them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from app.core.margin import EXACT
from app.core.matching import BP
from app.core.model import Bracket, PlaceOrder, Position
from app.core.orders import Order
from app.core.paper import plain
from feeds.events import Quote


@dataclass(frozen=True, slots=True)
class Guard:
    """One symbol's bracket at work, brought by `entry`; the legs' ids, None where there is no such leg."""

    entry_id: int
    entry: PlaceOrder
    bracket: Bracket
    stop_id: int | None
    target_id: int | None

    @property
    def legs(self) -> tuple[int, ...]:
        return tuple(leg for leg in (self.stop_id, self.target_id) if leg is not None)


def found_again(working: Iterable[Order], seen: Callable[[str], Order | None]) -> dict[str, Guard]:
    """The guards by symbol, from the orders alone: a leg is named after the order that brought it."""
    guards: dict[str, Guard] = {}
    for leg in working:
        name, colon, kind = leg.asked.client_id.partition(":")
        entry = seen(name) if colon and kind.startswith(("stop", "target")) else None
        if entry is None or entry.asked.bracket is None:
            continue
        guard = guards.get(leg.asked.symbol) or Guard(entry.order_id, entry.asked, entry.asked.bracket, None, None)
        if kind.startswith("stop"):
            guards[leg.asked.symbol] = replace(guard, stop_id=leg.order_id)
        else:
            guards[leg.asked.symbol] = replace(guard, target_id=leg.order_id)
    return guards


def ends(guard: Guard, filled_id: int, filled: PlaceOrder, position: Position | None) -> str:
    """Why a guard ends with this fill: the position is gone or turned, or another order brought a bracket. Empty: it stays."""
    if position is None or (position.quantity > 0) != (guard.entry.side > 0):
        return "its position is closed"
    return "a newer bracket took its place" if filled.bracket is not None and filled_id != guard.entry_id else ""


def begins(filled: PlaceOrder, position: Position | None) -> Bracket | None:
    """The bracket that this fill brings: only what opens or adds to the position is guarded by its own bracket."""
    return filled.bracket if position is not None and (position.quantity > 0) == (filled.side > 0) else None


def stop_leg(entry: PlaceOrder, bracket: Bracket, size: Decimal, ts_ns: int) -> PlaceOrder | None:
    """The order that limits the loss of what `entry` opened."""
    if bracket.stop_price is None:
        return None
    asked = PlaceOrder(f"{entry.client_id}:stop", entry.symbol, -entry.side, size, ts_ns, True, "stop")
    return replace(asked, stop_price=bracket.stop_price, trigger=entry.trigger)


def target_leg(entry: PlaceOrder, bracket: Bracket, size: Decimal, ts_ns: int) -> PlaceOrder | None:
    """The order that takes the profit of what `entry` opened: a limit that rests."""
    if bracket.target_price is None:
        return None
    asked = PlaceOrder(f"{entry.client_id}:target", entry.symbol, -entry.side, size, ts_ns, True, "limit")
    return replace(asked, price=bracket.target_price)


def problem(asked: PlaceOrder, reference: Decimal | None) -> str:
    """Why its bracket makes no sense: a leg on the wrong side of the price that the order is expected to get."""
    bracket = asked.bracket
    if bracket is None:
        return ""
    if asked.reduce_only:
        return "a bracket belongs to an order that opens a position"
    if bracket.stop_price is None and bracket.target_price is None:
        return "a bracket needs a stop_price or a target_price"
    price = asked.named_price or reference
    if price is None:
        return ""
    side, names = asked.side, ("below", "above") if asked.side > 0 else ("above", "below")
    if bracket.stop_price is not None and side * (price - bracket.stop_price) <= 0:
        return f"the bracket's stop must be {names[0]} the entry"
    if bracket.target_price is not None and side * (bracket.target_price - price) <= 0:
        return f"the bracket's target must be {names[1]} the entry"
    return ""


def break_even(position: Position, fee_bp: Decimal, tick_size: Decimal) -> Decimal:
    """Where closing brings back entry and both fees: E · (1 + f) / (1 − f) for a long, E · (1 − f) / (1 + f) for a short, with f
    the fee of one side; on the tick that is not worse.
    """
    with localcontext(EXACT):
        rate = fee_bp * BP
        if position.quantity > 0:
            ticks = position.entry * (1 + rate) / ((1 - rate) * tick_size)
            return ticks.to_integral_value(ROUND_CEILING) * tick_size
        ticks = position.entry * (1 - rate) / ((1 + rate) * tick_size)
        return ticks.to_integral_value(ROUND_FLOOR) * tick_size


def moved_stop(
    bracket: Bracket, position: Position, stop: Decimal, price: Decimal, fee_bp: Decimal, tick_size: Decimal
) -> Decimal | None:
    """The stop's new price once the market went far enough; None while it stays. Never one that the market touches already."""
    if not bracket.break_even_ticks:
        return None
    way = 1 if position.quantity > 0 else -1
    even = break_even(position, fee_bp, tick_size)
    gone = EXACT.multiply(Decimal(way), EXACT.subtract(price, position.entry))
    far = gone >= bracket.break_even_ticks * tick_size
    return even if far and way * (even - stop) > 0 and way * (price - even) > 0 else None


def not_to(even: Decimal, position: Position, stop: Decimal, quote: Quote | None) -> str:
    """Why the stop does not go to break-even, in words; empty when it may. It never moves back, nor to where it would be hit
    at once. The last quote known decides, as a stop that is not watched is hit by the first one that comes.
    """
    way = 1 if position.quantity > 0 else -1
    if way * (even - stop) <= 0:
        return f"its stop stands at {plain(stop)}, break-even is {plain(even)}"
    if quote is None:
        return "no quote yet: where the market stands is not known"
    name, price = ("bid", quote.bid) if way > 0 else ("ask", quote.ask)
    return (
        f"break-even is {plain(even)}, the {name} is {plain(price)}: it would be hit at once" if way * (price - even) <= 0 else ""
    )
