"""One paper account: orders that wait or work, fills, positions, money. Told what the market is; knows no feed and no clock.

Every method returns what follows, in order: changed orders, fills. Money is exact; fees come out of the balance, not out of
a position's margin.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, localcontext

from app.core import admission, margin, matching, orders, positions
from app.core.admission import Standing, Terms
from app.core.model import Fill, PlaceOrder, Position
from app.core.orders import Order
from app.core.paper import closable, plain
from feeds.events import Quote, Tick

ZERO = Decimal(0)
Step = Order | Fill


class Account:
    """Mutable; lives in Desk. A client id seen twice leads to one order."""

    def __init__(self, terms: Terms, balance: Decimal):
        self._terms = terms
        self._orders: dict[int, Order] = {}
        self._working: dict[int, Order] = {}
        self._by_client: dict[str, int] = {}
        self._positions: dict[str, Position] = {}
        self._fills: list[Fill] = []
        self._start = balance
        self.realized_pnl = ZERO
        self.fees = ZERO
        self.insurance = ZERO

    @property
    def balance(self) -> Decimal:
        """What the account began with + realised P&L − fees + what liquidations lost beyond their margin (`insurance`)."""
        with localcontext(margin.EXACT):
            return self._start + self.realized_pnl - self.fees + self.insurance

    @property
    def used_margin(self) -> Decimal:
        with localcontext(margin.EXACT):
            return sum((position.margin for position in self._positions.values()), ZERO)

    @property
    def free_margin(self) -> Decimal:
        """Balance − used margin: margin is isolated, so unrealised P&L neither adds nor takes."""
        return margin.EXACT.subtract(self.balance, self.used_margin)

    @property
    def orders(self) -> tuple[Order, ...]:
        """In order of arrival."""
        return tuple(self._orders.values())

    @property
    def working(self) -> tuple[Order, ...]:
        return tuple(self._working.values())

    @property
    def fills(self) -> tuple[Fill, ...]:
        return tuple(self._fills)

    def position(self, symbol: str) -> Position | None:
        return self._positions.get(symbol)

    def seen(self, client_id: str) -> Order | None:
        """The order that this client id made, None for an unknown one."""
        number = self._by_client.get(client_id)
        return None if number is None else self._orders[number]

    def submit(self, asked: PlaceOrder, market: Standing, now_ns: int) -> list[Step]:
        """Accepts or rejects; what is accepted meets the market after the latency. A client id seen before changes nothing."""
        if asked.client_id in self._by_client:
            return []
        order = Order(len(self._orders) + 1, asked, "pending", now_ns + self._terms.latency_ns)
        self._by_client[asked.client_id] = order.order_id
        wrong = admission.problem(asked, market, self._positions.get(asked.symbol), self._terms, self.free_margin)
        return [self._keep(orders.step(order, "rejected", wrong) if wrong else orders.step(order, "accepted"))]

    def cancel(self, order_id: int, reason: str = "cancelled by the user") -> list[Step]:
        """Never refused; of an order that is over already nothing changes."""
        order = self._working.get(order_id)
        return [] if order is None else [self._keep(orders.step(order, "cancelled", reason))]

    def advance(self, symbol: str, market: Standing, now_ns: int) -> list[Step]:
        """Time has come to `now_ns`: orders whose latency is over meet the quote that stands, if it may be traded on."""
        steps: list[Step] = []
        for order in self._of(symbol):
            if order.active_ns <= now_ns and not (order.resting or order.conditional or order.awaits_quote):
                steps += self._meet(order, market, order.active_ns)
        return steps

    def on_quote(self, quote: Quote, market: Standing) -> list[Step]:
        """A new best quote (`market` holds it): triggers by the mark, orders that wait for it, queues that become known."""
        steps: list[Step] = []
        for order in self._of(quote.symbol):
            if order.resting:
                self._keep(matching.on_quote(order, quote))
            elif order.conditional:
                if order.asked.trigger == "mark" and market.mark is not None:
                    self._look(order, market.mark, quote.ts_recv_ns)
            elif order.active_ns <= quote.ts_recv_ns:
                steps += self._meet(order, market, quote.ts_recv_ns)
        position = self._positions.get(quote.symbol)
        if position is not None and market.live and market.mark is not None and margin.crossed(position, market.mark):
            steps += self._liquidate(position, quote, market.n)
        return steps

    def on_tick(self, tick: Tick, market: Standing) -> list[Step]:
        """A print: what it gives to resting orders, in order of arrival, and whom it triggers."""
        steps: list[Step] = []
        for order in self._of(tick.symbol):
            if order.resting:
                after, quantity = matching.on_tick(order, tick)
                self._keep(after)
                quantity = self._allowed(after, quantity)
                if quantity and order.asked.price is not None:
                    steps += self._fill(after, quantity, order.asked.price, "maker", tick.ts_recv_ns, market.n)
            elif order.conditional and order.asked.trigger == "tick":
                self._look(order, tick.price, tick.ts_recv_ns)
        return steps

    def _of(self, symbol: str) -> list[Order]:
        return [order for order in self._working.values() if order.asked.symbol == symbol]

    def _look(self, order: Order, price: Decimal, ts_ns: int) -> None:
        order = matching.trail(order, price)
        if order.active_ns <= ts_ns and matching.touched(order, price):
            order = replace(order, triggered_ns=ts_ns, active_ns=ts_ns + self._terms.latency_ns)
        self._keep(order)

    def _meet(self, order: Order, market: Standing, ts_ns: int) -> list[Step]:
        """The order reaches the market: it takes, and what remains rests or is cancelled with the reason."""
        asked, quote = order.asked, market.quote
        if quote is None or not market.live:
            return [self._keep(replace(order, held_up=True))]
        limit = None if matching.is_market(asked) else asked.price
        if asked.post_only and limit is not None and matching.crosses(asked.side, limit, quote):
            return [self._keep(orders.step(order, "rejected", f"post-only, and {plain(limit)} would trade at once"))]
        wanted = self._allowed(order, order.remaining)
        if not wanted:
            return [self._keep(orders.step(order, "cancelled", "reduce-only, and there is no position that it would reduce"))]
        taken = matching.take(asked.side, wanted, quote, market.instrument.tick_size, self._terms.collar_bp, limit)
        if asked.time_in_force == "ioc":
            taken = matching.shown_only(taken)
        steps: list[Step] = []
        for quantity, price in taken:
            steps += self._fill(order, quantity, price, "taker", ts_ns, market.n)
            order = self._orders[order.order_id]
        if order.over:
            return steps
        if limit is None or asked.time_in_force == "ioc":
            return [*steps, self._keep(orders.step(order, "cancelled", self._unfilled(order, taken)))]
        self._keep(matching.rests(order, quote))
        return steps

    def _unfilled(self, order: Order, taken: matching.Takes) -> str:
        rest = plain(order.remaining)
        if order.asked.time_in_force == "ioc":
            return f"{rest} not shown at {plain(order.asked.price or ZERO)} or better"
        where = f"beyond the collar of {plain(self._terms.collar_bp)} bp" if taken else "nothing is shown"
        return f"{rest} not filled: {where}"

    def _allowed(self, order: Order, quantity: Decimal) -> Decimal:
        """Of a reduce-only order no more than the position holds at this moment."""
        if not order.asked.reduce_only:
            return quantity
        return min(quantity, closable(replace(order.asked, quantity=quantity), self._positions.get(order.asked.symbol)))

    def _fill(self, order: Order, quantity: Decimal, price: Decimal, liquidity: str, ts_ns: int, n: int) -> list[Step]:
        rate = self._terms.maker_bp if liquidity == "maker" else self._terms.taker_bp
        fee = matching.fee(quantity, price, rate)
        fill = self._book(order.asked, quantity, price, fee, ts_ns, n, liquidity=liquidity)
        return [self._keep(orders.fill(order, quantity, price, fee)), fill]

    def _liquidate(self, position: Position, quote: Quote, n: int) -> list[Step]:
        """The symbol's orders are cancelled and the position closed whole at the opposite best price. What that loses beyond
        the margin is booked as insurance, not as the account's loss.
        """
        symbol = position.symbol
        steps: list[Step] = [
            self._keep(orders.step(order, "cancelled", "its position was liquidated")) for order in self._of(symbol)
        ]
        side = -1 if position.quantity > 0 else 1
        asked = PlaceOrder(f"liquidation-{len(self._fills) + 1}", symbol, side, abs(position.quantity), quote.ts_recv_ns, True)
        price = matching.opposite(quote, side)[0]
        fee = matching.fee(asked.quantity, price, self._terms.taker_bp)
        fill = self._book(asked, asked.quantity, price, fee, quote.ts_recv_ns, n, kind="liquidation")
        with localcontext(margin.EXACT):
            self.insurance += max(ZERO, -fill.realized_pnl - position.margin)
        return [*steps, fill]

    def _book(self, asked: PlaceOrder, quantity: Decimal, price: Decimal, fee: Decimal, ts_ns: int, n: int, **more: str) -> Fill:
        """The only place where a fill changes position and money."""
        symbol, side = asked.symbol, asked.side
        before = self._positions.get(symbol)
        after, realized = positions.apply_fill(before, symbol, side, quantity, price, self._terms.leverage, ts_ns)
        if after is None:
            self._positions.pop(symbol, None)
        else:
            self._positions[symbol] = after
        with localcontext(margin.EXACT):
            self.realized_pnl += realized
            self.fees += fee
        number = len(self._fills) + 1
        fill = Fill(number, asked.client_id, symbol, side, quantity, price, realized, ts_ns, n, fee=fee, **more)
        self._fills.append(fill)
        return fill

    def _keep(self, order: Order) -> Order:
        self._orders[order.order_id] = order
        if order.over:
            self._working.pop(order.order_id, None)
        else:
            self._working[order.order_id] = order
        return order


def filled(steps: Iterable[Step]) -> list[Fill]:
    return [step for step in steps if isinstance(step, Fill)]
