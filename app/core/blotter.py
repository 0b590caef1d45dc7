"""All orders of one account, by number and by client id, and which of them still work. Knows no market and no money."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import takewhile
from typing import Any

from app.core import orders
from app.core.margin import EXACT
from app.core.model import PlaceOrder
from app.core.orders import Order

RECENT = 200


class Blotter:
    """Mutable; lives in its account. `latency_ns`: an order meets the market so long after it was accepted."""

    def __init__(self, latency_ns: int, orders: Iterable[Order] = ()) -> None:
        self._latency_ns = latency_ns
        self._orders: dict[int, Order] = {}
        self._working: dict[int, Order] = {}
        self._of_symbol: dict[str, dict[int, None]] = {}
        self._by_client: dict[str, int] = {}
        self._over: deque[int] = deque(maxlen=RECENT)
        self.revision = 0
        for order in orders:
            self._by_client[order.asked.client_id] = order.order_id
            self.keep(order)

    def __len__(self) -> int:
        return len(self._orders)

    def __getitem__(self, order_id: int) -> Order:
        return self._orders[order_id]

    @property
    def busy(self) -> bool:
        """Some order works."""
        return bool(self._working)

    def busy_in(self, symbol: str) -> bool:
        return bool(self._of_symbol.get(symbol))

    def working(self) -> tuple[Order, ...]:
        """In order of arrival."""
        return tuple(self._working.values())

    def over(self) -> tuple[Order, ...]:
        """The newest 200 that are over, in the order in which they ended."""
        return tuple(self._orders[order_id] for order_id in self._over)

    def newest(self, since_ns: int) -> Iterator[Order]:
        """Those that were asked for after that, newest first."""
        return takewhile(lambda order: order.asked.ts_ns > since_ns, reversed(self._orders.values()))

    def by_number(self, order_id: int) -> Order | None:
        return self._orders.get(order_id)

    def at_work(self, order_id: int | None) -> Order | None:
        return None if order_id is None else self._working.get(order_id)

    def seen(self, client_id: str) -> Order | None:
        """The order that this client id made, None for an unknown one."""
        number = self._by_client.get(client_id)
        return None if number is None else self._orders[number]

    def of(self, symbol: str) -> Iterator[Order]:
        """The symbol's working orders as they are when their turn comes: one's fill may change or cancel another."""
        at_work = self._of_symbol.get(symbol)
        for order_id in tuple(at_work) if at_work else ():
            if order_id in self._working:
                yield self._working[order_id]

    def accept(self, asked: PlaceOrder, now_ns: int, wrong: str = "", **more: Any) -> Order:
        """A new order, rejected where something is wrong; `more`: further fields of it."""
        order = Order(len(self._orders) + 1, asked, "pending", now_ns + self._latency_ns, **more)
        self._by_client[asked.client_id] = order.order_id
        return self.keep(orders.step(order, "rejected" if wrong else "accepted", wrong))

    def keep(self, order: Order) -> Order:
        """The order as it is now."""
        order_id, known = order.order_id, self._orders.get(order.order_id)
        if known is order or known == order:  # by far the most often: a print that did nothing to it
            return order
        self.revision += 1
        self._orders[order_id] = order
        at_work = self._of_symbol.setdefault(order.asked.symbol, {})
        if order.over:
            self._working.pop(order_id, None)
            at_work.pop(order_id, None)
            self._over.append(order_id)
        else:
            self._working[order_id] = order
            at_work[order_id] = None
        return order

    def cancel(self, order_id: int | None, reason: str) -> list[Order]:
        """Never refused; of an order that is over already nothing changes."""
        order = self.at_work(order_id)
        return [] if order is None else [self.keep(orders.step(order, "cancelled", reason))]

    def clock_set_back(self, back_ns: int) -> None:
        """Working orders meet the market after the same wait as before."""
        for order in self.working():
            self.keep(replace(order, active_ns=order.active_ns - back_ns))

    def resize(self, order_id: int, remaining: Decimal) -> list[Order]:
        """A working order asks for so much more than it has got."""
        order = self.at_work(order_id)
        if order is None or order.remaining == remaining:
            return []
        return [self.keep(replace(order, asked=replace(order.asked, quantity=EXACT.add(order.filled, remaining))))]
