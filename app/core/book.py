"""One paper account: orders in, fills out, positions held. Told what is live; knows no feed and no clock."""

from collections import deque
from dataclasses import replace
from decimal import Decimal

from app.core import margin, paper, positions
from app.core.model import Derived, Fill, Outcome, PlaceOrder, Position, Rejected
from feeds.events import Quote

REMEMBERED = 200
OUTCOMES_KEPT = 1_000


class Book:
    """Mutable; lives in Desk. A client id seen twice leads to one order.

    Remembered are the newest 1,000 orders, and every one that still waits: a repeated click comes within seconds of the first.
    """

    def __init__(self, leverage: int):
        self._leverage = leverage
        self._positions: dict[str, Position] = {}
        self._waiting: dict[str, PlaceOrder] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._fills: deque[Fill] = deque(maxlen=REMEMBERED)
        self._rejections: deque[Rejected] = deque(maxlen=REMEMBERED)
        self._next_fill = 1
        self.realized_pnl = Decimal(0)
        self.notice = ""

    def __bool__(self) -> bool:
        return bool(self._positions or self._waiting)

    @property
    def held(self) -> tuple[Position, ...]:
        return tuple(self._positions.values())

    @property
    def fills(self) -> tuple[Fill, ...]:
        return tuple(self._fills)

    @property
    def rejections(self) -> tuple[Rejected, ...]:
        return tuple(self._rejections)

    @property
    def waiting(self) -> tuple[str, ...]:
        return tuple(f"close of {order.symbol} waits for a live quote" for order in self._waiting.values())

    def outcome(self, client_id: str) -> Outcome | None:
        """What an order led to, None for an id that is unknown or no longer remembered."""
        return self._outcomes.get(client_id)

    def submit(self, order: PlaceOrder, quote: Quote | None, live: bool, now_ns: int, n: int) -> list[Derived]:
        """Fills or refuses a new order; one that only reduces waits while its quote is not live, and reduces only then too."""
        if order.client_id in self._outcomes:
            return []
        live = live and quote is not None
        if not live and self.only_reduces(order):
            self._waiting[order.client_id] = replace(order, reduce_only=True)
            self._remember(Outcome(order, ()))
            return []
        return self._execute(order, quote, live, now_ns, n)

    def only_reduces(self, order: PlaceOrder) -> bool:
        """See `paper.only_reduces`."""
        return paper.only_reduces(order, self._positions.get(order.symbol))

    def refuse(self, order: PlaceOrder, reason: str) -> list[Derived]:
        """Not done, and why; remembered like any other outcome."""
        if order.client_id in self._outcomes:
            return []
        return self._settle(order, [Rejected(order.client_id, order.symbol, order.quantity, reason, order.ts_ns)])

    def on_quote(self, quote: Quote, n: int) -> list[Derived]:
        """A live quote: what waited for it is done at its price, and a position beyond its margin is liquidated."""
        derived: list[Derived] = []
        if self._waiting:
            for order in [order for order in self._waiting.values() if order.symbol == quote.symbol]:
                del self._waiting[order.client_id]
                derived += self._execute(order, quote, True, quote.ts_recv_ns, n)
        position = self._positions.get(quote.symbol)
        if position is not None and margin.crossed(position, (quote.bid + quote.ask) / 2):
            derived.append(self._liquidate(position, quote.ts_recv_ns, n))
        return derived

    def _execute(self, order: PlaceOrder, quote: Quote | None, live: bool, now_ns: int, n: int) -> list[Derived]:
        position = self._positions.get(order.symbol)
        quantity, price, rejections = paper.fill_market(order, quote, live, position)
        derived: list[Derived] = list(rejections)
        if quantity and price is not None:
            derived.insert(0, self._fill(order.client_id, order.symbol, order.side, quantity, price, now_ns, n, "order"))
        return self._settle(order, derived)

    def _settle(self, order: PlaceOrder, derived: list[Derived]) -> list[Derived]:
        given = self._outcomes.get(order.client_id)
        self._remember(Outcome(given.order if given else order, tuple(derived)))
        self.notice = "; ".join(event.reason for event in derived if isinstance(event, Rejected))
        self._rejections += [event for event in derived if isinstance(event, Rejected)]
        return derived

    def _remember(self, outcome: Outcome) -> None:
        self._outcomes[outcome.order.client_id] = outcome
        if len(self._outcomes) > OUTCOMES_KEPT:
            oldest = next((client_id for client_id in self._outcomes if client_id not in self._waiting), None)
            if oldest is not None:
                del self._outcomes[oldest]

    def _fill(
        self, client_id: str, symbol: str, side: int, quantity: Decimal, price: Decimal, ts_ns: int, n: int, kind: str
    ) -> Fill:
        after, realized = positions.apply_fill(self._positions.get(symbol), symbol, side, quantity, price, self._leverage, ts_ns)
        if after is None:
            self._positions.pop(symbol, None)
        else:
            self._positions[symbol] = after
        self.realized_pnl = margin.EXACT.add(self.realized_pnl, realized)
        fill = Fill(self._next_fill, client_id, symbol, side, quantity, price, realized, ts_ns, n, kind)
        self._next_fill += 1
        self._fills.append(fill)
        return fill

    def _liquidate(self, position: Position, ts_ns: int, n: int) -> Fill:
        """Closed at the liquidation price itself; `margin.crossed` says True only where there is one."""
        price = margin.liquidation_price(position)
        assert price is not None
        side = -1 if position.quantity > 0 else 1
        client_id = f"liquidation-{self._next_fill}"
        quantity = abs(position.quantity)
        fill = self._fill(client_id, position.symbol, side, quantity, price, ts_ns, n, "liquidation")
        self.notice = f"liquidated: {paper.plain(position.quantity).replace('-', '−')} {position.symbol} closed at {price:,.2f}"
        return fill
