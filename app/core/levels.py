"""The prices that matter to an open position, as lines on its chart: entry, break-even, stop, target, liquidation. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.core import bracket, margin, matching
from app.core.model import Position
from app.core.orders import Order
from app.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Level:
    """`kind`: entry, even, stop, target or liquidation. `away_percent`: how far the mark is from it, in % of the mark."""

    kind: str
    price: Decimal
    away_percent: Decimal | None


def levels(snapshot: Snapshot, symbol: str) -> tuple[Level, ...]:
    """Of the symbol's position; empty where it has none. Stops and targets are the working orders that would close it."""
    position = next((one for one in snapshot.account.positions if one.symbol == symbol), None)
    if position is None:
        return ()
    market = snapshot.symbols[symbol]
    mark = market.mark
    found = [("entry", position.entry)]
    if market.instrument is not None:
        found.append(("even", bracket.break_even(position, snapshot.terms.taker_bp, market.instrument.tick_size)))
    found += [level for order in snapshot.account.working for level in _of_order(order, position)]
    liquidation = margin.liquidation_price(position, snapshot.terms.tiers)
    if liquidation is not None:
        found.append(("liquidation", liquidation))
    return tuple(
        Level(kind, price, None if mark is None or not mark else margin.distance_percent(mark, price)) for kind, price in found
    )


def _of_order(order: Order, position: Position) -> Iterator[tuple[str, Decimal]]:
    asked = order.asked
    if asked.symbol != position.symbol or (asked.side > 0) == (position.quantity > 0):
        return
    trigger = matching.trigger_price(order) if order.conditional else None
    if trigger is not None:
        yield "target" if asked.type == "take_profit" else "stop", trigger
    elif asked.type == "limit" and asked.price is not None:
        yield "target", asked.price
