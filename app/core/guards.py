"""One account's brackets at work: as large as their positions, moved to break-even, gone with what they guard.

What a leg should be is bracket.py's; the legs are orders of the account's blotter like any other.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from app.core import bracket
from app.core.admission import Standing
from app.core.blotter import Blotter
from app.core.model import Position
from app.core.orders import Order
from feeds.events import Tick


class Guards:
    """Mutable; lives in its account. `positions`: the account's, by symbol; `fee_bp`: of a side that takes."""

    def __init__(self, blotter: Blotter, positions: Mapping[str, Position], fee_bp: Decimal):
        self._blotter = blotter
        self._positions = positions
        self._fee_bp = fee_bp
        self._of = bracket.found_again(blotter.working(), blotter.seen)

    def __bool__(self) -> bool:
        return bool(self._of)

    def stop_of(self, symbol: str) -> Order | None:
        """The stop that guards the position and still waits for its trigger."""
        guard = self._of.get(symbol)
        stop = None if guard is None else self._blotter.at_work(guard.stop_id)
        return stop if stop is not None and stop.conditional else None

    def after_fill(self, order: Order, ts_ns: int) -> list[Order]:
        """The order got something: the legs are as large as the position, and go with it."""
        asked, symbol = order.asked, order.asked.symbol
        position, guard = self._positions.get(symbol), self._of.get(symbol)
        steps: list[Order] = []
        if guard is not None and (why := bracket.ends(guard, order.order_id, asked, position)):
            del self._of[symbol]
            steps += [step for leg in guard.legs for step in self._blotter.cancel(leg, why)]
            guard = None
        if position is None:
            return steps
        size = abs(position.quantity)
        if guard is not None:
            return [*steps, *(step for leg in guard.legs for step in self._blotter.resize(leg, size))]
        if (brings := bracket.begins(asked, position)) is not None:
            wanted = bracket.stop_leg(asked, brings, size, ts_ns), bracket.target_leg(asked, brings, size, ts_ns)
            made = [None if leg is None else self._blotter.accept(leg, ts_ns) for leg in wanted]
            stop_id, target_id = (None if leg is None else leg.order_id for leg in made)
            self._of[symbol] = bracket.Guard(order.order_id, asked, brings, stop_id, target_id)
            steps += [leg for leg in made if leg is not None]
        return steps

    def stand_again(self, order: Order, ts_ns: int) -> list[Order]:
        """A bracket's stop that could not close all of the position stands again for the rest."""
        guard, position = self._of.get(order.asked.symbol), self._positions.get(order.asked.symbol)
        if guard is None or position is None or order.order_id != guard.stop_id:
            return []
        name = f"{guard.entry.client_id}:stop:{len(self._blotter) + 1}"
        rest = replace(order.asked, client_id=name, quantity=abs(position.quantity), ts_ns=ts_ns)
        again = self._blotter.accept(rest, ts_ns)
        self._of[order.asked.symbol] = replace(guard, stop_id=again.order_id)
        return [again]

    def on_tick(self, tick: Tick, market: Standing) -> list[Order]:
        """A bracket's stop goes to break-even when the market went as far as its order asked for."""
        guard, position, stop = self._of.get(tick.symbol), self._positions.get(tick.symbol), self.stop_of(tick.symbol)
        if guard is None or position is None or stop is None or stop.asked.stop_price is None:
            return []
        before, tick_size = stop.asked.stop_price, market.instrument.tick_size
        price = bracket.moved_stop(guard.bracket, position, before, tick.price, self._fee_bp, tick_size)
        return [] if price is None else [self._moved(stop, price)]

    def to_break_even(self, symbol: str, market: Standing) -> tuple[list[Order], str]:
        """(the stop at break-even; why it stays where it is, in words)."""
        position, stop = self._positions.get(symbol), self.stop_of(symbol)
        if position is None:
            return [], f"there is no position in {symbol}"
        if stop is None or stop.asked.stop_price is None:
            return [], "there is no stop to move: no bracket guards it, or its stop was triggered"
        even = bracket.break_even(position, self._fee_bp, market.instrument.tick_size)
        wrong = bracket.not_to(even, position, stop.asked.stop_price, market.quote)
        return ([], wrong) if wrong else ([self._moved(stop, even)], "")

    def _moved(self, stop: Order, price: Decimal) -> Order:
        return self._blotter.keep(replace(stop, asked=replace(stop.asked, stop_price=price)))
