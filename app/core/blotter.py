"""All orders of one account, by number and by client id, and which of them still work. Knows no market and no money."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from app.core import orders
from app.core.margin import EXACT
from app.core.model import PlaceOrder
from app.core.orders import Order


class Blotter:
    """Mutable; lives in its account. `latency_ns`: an order meets the market so long after it was accepted."""

    def __init__(self, latency_ns: int) -> None:
        self._latency_ns = latency_ns
        self._orders: dict[int, Order] = {}
        self._working: dict[int, Order] = {}
        self._by_client: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def __getitem__(self, order_id: int) -> Order:
        return self._orders[order_id]

    def all(self) -> tuple[Order, ...]:
        """In order of arrival."""
        return tuple(self._orders.values())

    def working(self) -> tuple[Order, ...]:
        return tuple(self._working.values())

    def at_work(self, order_id: int | None) -> Order | None:
        return None if order_id is None else self._working.get(order_id)

    def seen(self, client_id: str) -> Order | None:
        """The order that this client id made, None for an unknown one."""
        number = self._by_client.get(client_id)
        return None if number is None else self._orders[number]

    def of(self, symbol: str) -> Iterator[Order]:
        """The symbol's working orders as they are when their turn comes: one's fill may change or cancel another."""
        for order_id in [order.order_id for order in self._working.values() if order.asked.symbol == symbol]:
            if order_id in self._working:
                yield self._working[order_id]

    def accept(self, asked: PlaceOrder, now_ns: int, wrong: str = "") -> Order:
        """A new order, rejected where something is wrong."""
        order = Order(len(self._orders) + 1, asked, "pending", now_ns + self._latency_ns)
        self._by_client[asked.client_id] = order.order_id
        return self.keep(orders.step(order, "rejected" if wrong else "accepted", wrong))

    def keep(self, order: Order) -> Order:
        """The order as it is now."""
        self._orders[order.order_id] = order
        if order.over:
            self._working.pop(order.order_id, None)
        else:
            self._working[order.order_id] = order
        return order

    def cancel(self, order_id: int | None, reason: str) -> list[Order]:
        """Never refused; of an order that is over already nothing changes."""
        order = self.at_work(order_id)
        return [] if order is None else [self.keep(orders.step(order, "cancelled", reason))]

    def resize(self, order_id: int, remaining: Decimal) -> list[Order]:
        """A working order asks for so much more than it has got."""
        order = self.at_work(order_id)
        if order is None or order.remaining == remaining:
            return []
        return [self.keep(replace(order, asked=replace(order.asked, quantity=EXACT.add(order.filled, remaining))))]
