"""One paper account: orders that wait or work, and what their fills do to its ledger. Told what the market is; no clock.

Every method returns what follows, in order: changed orders, fills. Money is exact; fees come out of the balance, not out of
a position's margin.
"""

from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

from app.core import admission, margin, matching, orders
from app.core.admission import Standing, Terms
from app.core.blotter import Blotter
from app.core.books import Books
from app.core.guards import Guards
from app.core.ledger import Ledger
from app.core.model import Fill, PlaceOrder, Position
from app.core.orders import Order
from app.core.paper import closable, only_reduces, plain
from app.core.snapshot import AccountView
from feeds.events import Quote, Tick

ZERO = Decimal(0)
BY_USER = "cancelled by the user"
Step = Order | Fill


class Account:
    """Mutable; lives in Desk. A client id seen twice leads to one order."""

    def __init__(self, terms: Terms, books: Books):
        """Begins with what was stored: working orders work on, brackets guard again."""
        self._terms = terms
        self.blotter = Blotter(terms.latency_ns, books.orders)
        self.ledger = Ledger(books.begun_with, books.fills, books.moves)
        self._positions = self.ledger.positions
        self.guards = Guards(self.blotter, self._positions, terms.taker_bp)
        self._watched: dict[str, Any] = {}
        self._view: AccountView | None = None

    @property
    def tiers(self) -> tuple[margin.Tier, ...]:
        """The table of leverage and maintenance margin that it trades by."""
        return self._terms.tiers

    def follows(self, symbol: str) -> bool:
        """A quote of the symbol may change something: a position stands in it, or an order works."""
        return symbol in self._positions or self.blotter.busy_in(symbol)

    def view(self) -> AccountView:
        """Frozen; the same until something changes."""
        if self._view is None or self._view.revision != (self.blotter.revision, self.ledger.revision):
            ledger, blotter = self.ledger, self.blotter
            self._view = AccountView(
                revision=(blotter.revision, ledger.revision),
                balance=ledger.balance,
                used_margin=ledger.used_margin,
                free_margin=self.free_margin,
                realized_pnl=ledger.realized_pnl,
                fees=ledger.fees,
                insurance=ledger.insurance,
                positions=tuple(self._positions.values()),
                working=blotter.working(),
                over=blotter.over(),
                fills=ledger.recent,
                **self._watched,
            )
        return self._view

    def watched(self, **newest: object) -> None:
        """What its guards say now, as fields of the view: lock and alerts."""
        self._watched, self._view = {**self._watched, **newest}, None

    @property
    def free_margin(self) -> Decimal:
        """Balance − margin of positions and working orders: margin is isolated, so unrealised P&L neither adds nor takes."""
        with localcontext(margin.EXACT):
            bound = sum((order.remaining * order.unit_margin for order in self.blotter.working()), self.ledger.used_margin)
            return self.ledger.balance - bound

    def submit(self, asked: PlaceOrder, market: Standing | None, now_ns: int, wrong: str = "") -> list[Step]:
        """Accepts or rejects; what is accepted meets the market after the latency. A client id seen before changes nothing.

        `wrong`: a reason of the desk's own to reject it; `market` None: there is none, for that reason.
        """
        if self.blotter.seen(asked.client_id) is not None:
            return []
        if wrong or market is None:
            return [self.blotter.accept(asked, now_ns, wrong)]
        position = self._positions.get(asked.symbol)
        wrong = admission.problem(asked, market, position, self._terms, self.ledger.balance, self.free_margin)
        binds = admission.unit_margin(asked, market, position, self._terms.leverage)
        closing = asked.reduce_only or only_reduces(asked, position)
        return [self.blotter.accept(asked, now_ns, wrong, closing=closing, unit_margin=binds)]

    def cancel(self, order_id: int) -> list[Step]:
        """Never refused; of an order that is over already nothing changes."""
        return [*self.blotter.cancel(order_id, BY_USER)]

    def cancel_all(self, symbol: str | None = None) -> list[Step]:
        """Every working order, or those of one symbol."""
        return [
            step
            for order in self.blotter.working()
            if symbol in (None, order.asked.symbol)
            for step in self.cancel(order.order_id)
        ]

    def advance(self, symbol: str, market: Standing, now_ns: int) -> list[Step]:
        """Time has come to `now_ns`: orders whose latency is over meet the quote that stands, if it may be traded on."""
        steps: list[Step] = []
        for order in self.blotter.of(symbol):
            if order.active_ns <= now_ns and not (order.resting or order.conditional or order.awaits_quote):
                steps += self._meet(order, market, order.active_ns)
        return steps

    def on_quote(self, quote: Quote, market: Standing) -> list[Step]:
        """A new best quote (`market` holds it): triggers by the mark, orders that wait for it, queues that become known."""
        steps: list[Step] = []
        for order in self.blotter.of(quote.symbol):
            if order.resting:
                after = matching.on_quote(order, quote)
                steps += [] if after is order else [self.blotter.keep(after)]
            elif order.conditional:
                if order.asked.trigger == "mark" and market.mark is not None:
                    steps += self._look(order, market.mark, quote.ts_recv_ns)
            elif order.active_ns <= quote.ts_recv_ns:
                steps += self._meet(order, market, quote.ts_recv_ns)
        position = self._positions.get(quote.symbol)
        if position is not None and market.live and market.mark is not None and margin.crossed(position, market.mark, self.tiers):
            steps += self._liquidate(position, quote, market.n)
        return steps

    def on_tick(self, tick: Tick, market: Standing) -> list[Step]:
        """A print: what it gives to resting orders, in order of arrival, and whom it triggers."""
        steps: list[Step] = []
        for order in self.blotter.of(tick.symbol):
            if order.resting and market.live:
                after, quantity = matching.on_tick(order, tick)
                self.blotter.keep(after)
                quantity = self._allowed(after, quantity)
                if quantity and order.asked.price is not None:
                    steps += self._fill(after, quantity, order.asked.price, "maker", tick.ts_recv_ns, market.n)
            elif order.conditional and order.asked.trigger == "tick":
                steps += self._look(order, tick.price, tick.ts_recv_ns)
        return [*steps, *self.guards.on_tick(tick, market)] if self.guards else steps

    def _look(self, order: Order, price: Decimal, ts_ns: int) -> list[Step]:
        after = matching.trail(order, price)
        if after.active_ns <= ts_ns and matching.touched(after, price):
            after = replace(after, triggered_ns=ts_ns, active_ns=ts_ns + self._terms.latency_ns)
        return [] if after is order else [self.blotter.keep(after)]

    def _meet(self, order: Order, market: Standing, ts_ns: int) -> list[Step]:
        """The order reaches the market: it takes, and what remains rests or is cancelled with the reason."""
        asked, quote = order.asked, market.quote
        if quote is None or not market.live:
            return [self.blotter.keep(replace(order, held_up=True))]
        limit = None if matching.is_market(asked) else asked.price
        if asked.post_only and limit is not None and matching.crosses(asked.side, limit, quote):
            return [self.blotter.keep(orders.step(order, "rejected", f"post-only, and {plain(limit)} would trade at once"))]
        wanted = self._allowed(order, order.remaining)
        if not wanted:
            return [
                self.blotter.keep(orders.step(order, "cancelled", "reduce-only, and there is no position that it would reduce"))
            ]
        taken = matching.take(asked.side, wanted, quote, market.instrument.tick_size, self._terms.collar_bp, limit)
        if asked.time_in_force == "ioc":
            taken = matching.shown_only(taken)
        steps: list[Step] = []
        for quantity, price in taken:
            steps += self._fill(order, quantity, price, "taker", ts_ns, market.n)
            order = self.blotter[order.order_id]
        if order.over:
            return steps
        if limit is None or asked.time_in_force == "ioc":
            return [
                *steps,
                self.blotter.keep(orders.step(order, "cancelled", matching.unfilled(order, taken, self._terms.collar_bp))),
                *self.guards.stand_again(order, ts_ns),
            ]
        return [*steps, self.blotter.keep(matching.rests(order, quote))]

    def _allowed(self, order: Order, quantity: Decimal) -> Decimal:
        """Of an order that closes no more than the position holds at this moment."""
        if not (order.closing or order.asked.reduce_only):
            return quantity
        return min(quantity, closable(replace(order.asked, quantity=quantity), self._positions.get(order.asked.symbol)))

    def _fill(self, order: Order, quantity: Decimal, price: Decimal, liquidity: str, ts_ns: int, n: int) -> list[Step]:
        rate = self._terms.maker_bp if liquidity == "maker" else self._terms.taker_bp
        fee = matching.fee(quantity, price, rate)
        fill = self._book(order.asked, quantity, price, fee, ts_ns, n, liquidity=liquidity, order_id=order.order_id)
        order = self.blotter.keep(orders.fill(order, quantity, price, fee))
        return [order, fill, *self.guards.after_fill(order, ts_ns)]

    def _liquidate(self, position: Position, quote: Quote, n: int) -> list[Step]:
        """The symbol's orders are cancelled and the position closed whole at the opposite best price. What that loses beyond
        the margin is booked as insurance, not as the account's loss.
        """
        symbol = position.symbol
        steps: list[Step] = [
            self.blotter.keep(orders.step(order, "cancelled", "its position was liquidated")) for order in self.blotter.of(symbol)
        ]
        side = -1 if position.quantity > 0 else 1
        asked = PlaceOrder(f"liquidation-{self.ledger.count + 1}", symbol, side, abs(position.quantity), quote.ts_recv_ns, True)
        price = matching.opposite(quote, side)[0]
        fee = matching.fee(asked.quantity, price, self._terms.taker_bp)
        return [*steps, self._book(asked, asked.quantity, price, fee, quote.ts_recv_ns, n, kind="liquidation")]

    def _book(self, asked: PlaceOrder, quantity: Decimal, price: Decimal, fee: Decimal, ts_ns: int, n: int, **more: Any) -> Fill:
        """`n`: the number of the symbol's newest tick. The ledger gives the fill its number and what it realised."""
        leverage = self._terms.leverage
        got = Fill(
            0, asked.client_id, asked.symbol, asked.side, quantity, price, ZERO, ts_ns, n, fee=fee, leverage=leverage, **more
        )
        return self.ledger.apply(got)
