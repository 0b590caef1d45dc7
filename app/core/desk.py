"""All market and trading state of one process. `apply` is the only place where an event changes anything.

No clock: time comes in as events. The same events in the same order give the same state.
"""

from collections import deque
from decimal import Decimal

from app.core import margin, paper, positions
from app.core.market import Market
from app.core.model import Command, Derived, Fill, PlaceOrder, Position, Rejected, UnlockReplay
from app.core.snapshot import FeedView, Snapshot
from app.core.status import feed_state, symbol_state
from feeds.events import (
    Counted,
    Event,
    FeedStatus,
    Gap,
    Heartbeat,
    History,
    Instrument,
    LineAlive,
    Quote,
    SourceStarted,
    Tick,
    VenueBars,
)

LOCKED = "replayed market: click “trade in replay” first"
REMEMBERED = 200


class Desk:
    """`leverage`: of every new position. `ring_size`: ticks kept per symbol."""

    def __init__(self, leverage: int, ring_size: int = 200):
        self._leverage = leverage
        self._ring_size = ring_size
        self._now_ns = 0
        self._unlocked = False
        self._counts: dict[str, int] = {}
        self._positions: dict[str, Position] = {}
        self._begin(SourceStarted("", "none", "stream", (), (), 0))

    def apply(self, event: Event | Command) -> list[Derived | Gap]:
        """What follows from the event: fills, rejections, gaps."""
        if isinstance(event, Tick):
            return self._on_tick(event)
        if isinstance(event, Quote):
            return self._on_quote(event)
        if isinstance(event, Heartbeat):
            self._now_ns = max(self._now_ns, event.ts_ns)
        elif isinstance(event, Counted):
            for name, amount in event.amounts.items():
                self._counts[name] = self._counts.get(name, 0) + amount
        elif isinstance(event, PlaceOrder):
            return self._on_order(event)
        else:
            self._on_rare(event)
        return []

    def outcome(self, client_id: str) -> list[Derived] | None:
        """What an order seen before led to (empty while it waits for a live quote), None for an unknown id."""
        return self._outcomes.get(client_id)

    def snapshot(self, version: int, applied_ns: int) -> Snapshot:
        """References to what is frozen; nothing is computed here that can wait until the lock is free."""
        now = self._now_ns
        feed = self._feed_view()
        views = {}
        for symbol, market in self._markets.items():
            state, source, reason = symbol_state(
                feed, now, self._source.budgets_ms, self._line_ns, market.subscribed_ns, market.last_market_ns
            )
            views[symbol] = market.view(now, state, source, reason)
        return Snapshot(
            epoch=self._source.epoch,
            version=version,
            now_ns=now,
            applied_ns=applied_ns,
            feed=feed,
            symbols=views,
            held=tuple(self._positions.values()),
            waiting=tuple(f"close of {order.symbol} waits for a live quote" for order in self._waiting.values()),
            fills=tuple(self._fills),
            rejections=tuple(self._rejections),
            realized_pnl=self._realized,
            leverage=self._leverage,
            counters=self._counters(),
            locked=self._lock_reason(),
            notice=self._notice,
        )

    def _begin(self, source: SourceStarted) -> None:
        """Another source, or the replay anew: markets, signals and the book of the one before are gone."""
        held = len(self._positions)
        self._source = source
        self._markets = {symbol: Market(symbol, self._ring_size, source.kind) for symbol in source.symbols}
        self._adopt(source.instruments)
        for market in self._markets.values():
            market.subscribed_ns = source.ts_recv_ns
        self._status = FeedStatus("connecting", source.reason, source.ts_recv_ns)
        self._since_ns = source.ts_recv_ns
        self._line_ns: int | None = None
        self._now_ns = source.ts_recv_ns
        self._gaps = self._lost = 0
        self._positions = {}
        self._waiting: dict[str, PlaceOrder] = {}
        self._outcomes: dict[str, list[Derived]] = {}
        self._fills: deque[Fill] = deque(maxlen=REMEMBERED)
        self._rejections: deque[Rejected] = deque(maxlen=REMEMBERED)
        self._realized = Decimal(0)
        self._next_fill = 1
        closed = f": {held} open position{'s' if held > 1 else ''} closed, account reset" if held else ""
        self._notice = source.reason + closed

    def _on_tick(self, tick: Tick) -> list[Derived | Gap]:
        market = self._markets.get(tick.symbol)
        if market is None:
            return []
        self._arrived(tick.ts_recv_ns)
        gap = market.add(tick)
        if gap is None:
            return []
        self._gaps += 1
        self._lost += gap.lost or 0
        return [gap]

    def _on_quote(self, quote: Quote) -> list[Derived | Gap]:
        market = self._markets.get(quote.symbol)
        if market is None:
            return []
        self._arrived(quote.ts_recv_ns)
        market.quote = quote
        derived: list[Derived | Gap] = []
        if self._waiting:
            for order in [order for order in self._waiting.values() if order.symbol == quote.symbol]:
                del self._waiting[order.client_id]
                derived += self._execute(order, market)
        position = self._positions.get(quote.symbol)
        if position is not None and margin.crossed(position, (quote.bid + quote.ask) / 2):
            derived += self._liquidate(position, quote.ts_recv_ns)
        return derived

    def _on_rare(self, event: Event | Command) -> None:
        if isinstance(event, SourceStarted):
            self._begin(event)
        elif isinstance(event, FeedStatus):
            self._now_ns = max(self._now_ns, event.ts_recv_ns)
            if event.state != self._status.state:
                self._since_ns = event.ts_recv_ns
            if event.state in ("reconnecting", "down"):
                for market in self._markets.values():
                    market.line_lost(event.reason)
            self._status = event
        elif isinstance(event, LineAlive):
            self._now_ns = max(self._now_ns, event.ts_recv_ns)
            self._line_ns = event.ts_recv_ns
        elif isinstance(event, History):
            if event.symbol in self._markets:
                self._markets[event.symbol].seed(event)
        elif isinstance(event, VenueBars):
            if event.symbol in self._markets:
                self._markets[event.symbol].correct(event)
        elif isinstance(event, Gap):
            if event.symbol in self._markets:
                self._markets[event.symbol].note(event)
                self._gaps += 1
                self._lost += event.lost or 0
        elif isinstance(event, Instrument):
            self._adopt((event,))
        elif isinstance(event, UnlockReplay):
            self._unlocked = True

    def _adopt(self, instruments: tuple[Instrument, ...]) -> None:
        for instrument in instruments:
            if instrument.symbol in self._markets:
                self._markets[instrument.symbol].instrument = instrument

    def _arrived(self, ts_recv_ns: int) -> None:
        """Market data came: the line is alive, and a connection that was being made stands."""
        self._line_ns = ts_recv_ns
        if ts_recv_ns > self._now_ns:
            self._now_ns = ts_recv_ns
        if self._status.state != "live":
            self._status = FeedStatus("live", "", ts_recv_ns)
            self._since_ns = ts_recv_ns

    def _on_order(self, order: PlaceOrder) -> list[Derived | Gap]:
        if order.client_id in self._outcomes:
            return []
        market = self._markets.get(order.symbol)
        locked = self._lock_reason()
        if market is None or locked:
            reason = locked or f"unknown symbol {order.symbol}"
            return self._settle(order, [Rejected(order.client_id, order.symbol, order.quantity, reason, order.ts_ns)])
        if order.reduce_only and order.symbol in self._positions and not self._is_live(market):
            self._outcomes[order.client_id] = []
            self._waiting[order.client_id] = order
            return []
        return list(self._execute(order, market))

    def _execute(self, order: PlaceOrder, market: Market) -> list[Derived]:
        position = self._positions.get(order.symbol)
        quantity, price, rejections = paper.fill_market(order, market.quote, self._is_live(market), position)
        derived: list[Derived] = list(rejections)
        if quantity and price is not None:
            derived.insert(0, self._book(order.client_id, order.symbol, order.side, quantity, price, self._now_ns, "order"))
        return self._settle(order, derived)

    def _settle(self, order: PlaceOrder, derived: list[Derived]) -> list[Derived]:
        self._outcomes[order.client_id] = derived
        for event in derived:
            if isinstance(event, Rejected):
                self._rejections.append(event)
                self._notice = event.reason
        return derived

    def _book(
        self, client_id: str, symbol: str, side: int, quantity: Decimal, price: Decimal, ts_ns: int, kind: str
    ) -> Fill:
        after, realized = positions.apply_fill(
            self._positions.get(symbol), symbol, side, quantity, price, self._leverage, ts_ns
        )
        if after is None:
            self._positions.pop(symbol, None)
        else:
            self._positions[symbol] = after
        self._realized += realized
        fill = Fill(self._next_fill, client_id, symbol, side, quantity, price, realized, ts_ns, self._markets[symbol].ring.n, kind)
        self._next_fill += 1
        self._fills.append(fill)
        return fill

    def _liquidate(self, position: Position, ts_ns: int) -> list[Derived | Gap]:
        price = margin.liquidation_price(position)
        if price is None:
            return []
        side = -1 if position.quantity > 0 else 1
        fill = self._book(
            f"liquidation-{self._next_fill}", position.symbol, side, abs(position.quantity), price, ts_ns, "liquidation"
        )
        self._notice = f"liquidated: {position.quantity} {position.symbol} closed at {price}"
        return [fill]

    def _is_live(self, market: Market) -> bool:
        state, _, _ = symbol_state(
            self._feed_view(),
            self._now_ns,
            self._source.budgets_ms,
            self._line_ns,
            market.subscribed_ns,
            market.last_market_ns,
        )
        return state in ("live", "replay")

    def _lock_reason(self) -> str:
        return LOCKED if self._source.kind == "replay" and not self._unlocked else ""

    def _feed_view(self) -> FeedView:
        state, reason = feed_state(self._source, self._status, self._now_ns, self._line_ns)
        return FeedView(
            name=self._source.name,
            kind=self._source.kind,
            state=state,
            reason=reason,
            label=self._source.label,
            chosen_because=self._source.reason,
            since_ns=self._since_ns,
            attempt=self._status.attempt,
            retry_at_ns=self._status.retry_at_ns,
        )

    def _counters(self) -> dict[str, int]:
        return {
            **self._counts,
            "duplicates": sum(market.duplicates for market in self._markets.values()),
            "differences": sum(market.differences for market in self._markets.values()),
            "gaps": self._gaps,
            "lost": self._lost,
        }
