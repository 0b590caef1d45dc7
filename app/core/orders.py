"""One order's life: what was asked, the states it may pass through, what each step makes of it. Pure; knows no market."""

from dataclasses import dataclass, replace
from decimal import Decimal

from app.core.margin import EXACT, ROUNDED
from app.core.model import PlaceOrder

ZERO = Decimal(0)

LEGAL = {
    "pending": ("accepted", "rejected", "unknown"),
    "accepted": ("partially filled", "filled", "cancelled", "rejected"),
    "partially filled": ("partially filled", "filled", "cancelled"),
    "unknown": ("accepted", "partially filled", "filled", "cancelled", "rejected"),
    "filled": (),
    "cancelled": (),
    "rejected": (),
}
"""From each state the states that may follow. An order whose fate is not known is `unknown`: never failed, never forgotten."""

OVER = frozenset(state for state, following in LEGAL.items() if not following)


class IllegalStep(ValueError):
    """An order was to take a step that its state does not allow, or to fill more than was asked."""


@dataclass(frozen=True, slots=True)
class Order:
    """`active_ns`: it meets the market from then on. `cost`: Σ quantity · price of its fills, exact. `fees`: paid so far.

    `resting`: it waits in the market at its price. `ahead`: what has to trade at that price before it, None while that is
    not known. `triggered_ns`: when a stop or target was touched. `extreme`: a trailing stop's best price so far. `held_up`: its
    market was dead when it came. `closing`: when it was accepted it could only reduce the position, and it never does more.
    `unit_margin`: bound for each unit that is not filled.
    """

    order_id: int
    asked: PlaceOrder
    state: str
    active_ns: int
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    fees: Decimal = ZERO
    reason: str = ""
    resting: bool = False
    ahead: Decimal | None = None
    triggered_ns: int | None = None
    extreme: Decimal | None = None
    held_up: bool = False
    closing: bool = False
    unit_margin: Decimal = ZERO

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def remaining(self) -> Decimal:
        return EXACT.subtract(self.asked.quantity, self.filled)

    @property
    def average_price(self) -> Decimal | None:
        """Cost / filled, to 18 significant digits; None before the first fill."""
        return ROUNDED.divide(self.cost, self.filled) if self.filled else None

    @property
    def conditional(self) -> bool:
        """It waits for its trigger before it meets the market."""
        return self.asked.type in ("stop", "stop_limit", "take_profit", "trailing_stop") and self.triggered_ns is None

    @property
    def awaits_quote(self) -> bool:
        """Only a new quote can give it something: it was triggered, or its market was dead when it came."""
        return self.triggered_ns is not None or self.held_up


def step(order: Order, state: str, reason: str = "") -> Order:
    """The order in another state. `IllegalStep` where the table above does not allow it."""
    if state not in LEGAL[order.state]:
        raise IllegalStep(f"order {order.order_id}: {order.state} → {state}")
    return replace(order, state=state, reason=reason, resting=order.resting and state not in OVER)


def fill(order: Order, quantity: Decimal, price: Decimal, fee: Decimal) -> Order:
    """The order after one more fill; `filled` when nothing remains."""
    if not ZERO < quantity <= order.remaining:
        raise IllegalStep(f"order {order.order_id}: fill of {quantity}, {order.remaining} remain")
    filled = EXACT.add(order.filled, quantity)
    moved = step(order, "filled" if filled == order.asked.quantity else "partially filled")
    cost = EXACT.add(order.cost, EXACT.multiply(quantity, price))
    return replace(moved, filled=filled, cost=cost, fees=EXACT.add(order.fees, fee))
