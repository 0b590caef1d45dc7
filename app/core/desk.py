"""All market and trading state of one process. `apply` is the only place where an event changes anything.

No clock: time comes in as events. The same events in the same order give the same state.
"""

from dataclasses import replace

from app.core.book import Book
from app.core.market import Market
from app.core.model import Command, Derived, Outcome, PlaceOrder, UnlockReplay
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
    NoHistory,
    Quote,
    SourceStarted,
    StreamStatus,
    Tick,
    VenueBars,
)

CLOCK_BACK_NS = 1_000_000_000
"""A heartbeat that is further behind than this was made by a clock that has been set back."""
LOCKED = "replayed market: click “trade in replay” first"


class Desk:
    """`leverage`: of every new position. `ring_size`: ticks kept per symbol."""

    def __init__(self, leverage: int, ring_size: int = 200):
        self._leverage = leverage
        self._ring_size = ring_size
        self._unlocked = False
        self._counts: dict[str, int] = {}
        self._book = Book(leverage)
        self._closed = ""
        self._status = FeedStatus("connecting", "", 0)
        self._begin(SourceStarted("", "none", "stream", (), (), 0))

    def apply(self, event: Event | Command) -> list[Derived | Gap]:
        """What follows from the event: fills, rejections, gaps."""
        if isinstance(event, Tick):
            return self._on_tick(event)
        if isinstance(event, Quote):
            return self._on_quote(event)
        if isinstance(event, Heartbeat):
            self._beat(event.ts_ns)
        elif isinstance(event, Counted):
            for name, amount in event.amounts.items():
                self._counts[name] = self._counts.get(name, 0) + amount
        elif isinstance(event, PlaceOrder):
            return list(self.place(event))
        else:
            self._on_rare(event)
        return []

    def place(self, order: PlaceOrder, dead: str = "") -> list[Derived]:
        """An order of the user. `dead`: why no quote may be believed now; what opens is refused with it, a close waits."""
        market = self._markets.get(order.symbol)
        if market is None:
            return self._book.refuse(order, f"unknown symbol {order.symbol}")
        if self._locked():
            return self._book.refuse(order, self._locked())
        if dead and not self._book.only_reduces(order):
            return self._book.refuse(order, dead)
        alive = not dead and self._state_of(market, self._feed_view())[0] in ("live", "replay")
        live = alive and market.quote_is_current(self._source.budgets_ms[1])
        return self._book.submit(order, market.quote, live, self._now_ns, market.ring.n)

    def outcome(self, client_id: str) -> Outcome | None:
        """See `Book.outcome`."""
        return self._book.outcome(client_id)

    def snapshot(self, version: int, applied_ns: int) -> Snapshot:
        """References to what is frozen; nothing is computed here that can wait until the lock is free."""
        feed = self._feed_view()
        now_ns = self._now_ns
        views = {}
        for symbol, market in self._markets.items():
            state, source, reason = self._state_of(market, feed)
            views[symbol] = market.view(now_ns, state, source, reason, self._source.budgets_ms[1])
        book = self._book
        return Snapshot(
            epoch=self._source.epoch,
            version=version,
            now_ns=now_ns,
            applied_ns=applied_ns,
            feed=feed,
            symbols=views,
            held=book.held,
            waiting=book.waiting,
            fills=book.fills,
            rejections=book.rejections,
            realized_pnl=book.realized_pnl,
            leverage=self._leverage,
            counters=self._counters(),
            locked=self._locked(),
            notice=book.notice,
        )

    def _begin(self, source: SourceStarted) -> None:
        """Another source, or the replay anew: markets, signals and the book of the one before are gone."""
        held, filled = len(self._book.held), bool(self._book.fills)
        self._book = Book(self._leverage)
        if filled or self._status.state == "live":  # a try that never delivered hides nothing of what came before
            closed = f"{held} open position{'s' if held > 1 else ''} closed, " if held else ""
            self._closed = f"{closed}account reset" if filled else ""
        self._book.notice = self._closed  # why there is another source: FeedView.chosen_because
        self._source = source
        self._markets = {symbol: Market(symbol, self._ring_size, source.kind) for symbol in source.symbols}
        for market in self._markets.values():
            market.subscribe_anew(source.ts_recv_ns)
        for instrument in source.instruments:
            self._adopt(instrument)
        self._status = FeedStatus("connecting", source.reason, source.ts_recv_ns)
        self._since_ns = self._now_ns = source.ts_recv_ns
        self._line_ns: int | None = None
        self._gaps = self._lost = 0
        self._counts = {}

    def _on_tick(self, tick: Tick) -> list[Derived | Gap]:
        market = self._markets.get(tick.symbol)
        if market is None:
            return []
        self._arrived(tick.ts_recv_ns)
        gap = market.add(tick)
        if gap is None:
            return []
        self._count_gap(gap)
        return [gap]

    def _on_quote(self, quote: Quote) -> list[Derived | Gap]:
        market = self._markets.get(quote.symbol)
        if market is None:
            return []
        self._arrived(quote.ts_recv_ns)
        market.take_quote(quote)
        return list(self._book.on_quote(quote, market.ring.n)) if self._book else []

    def _on_rare(self, event: Event | Command) -> None:
        if isinstance(event, SourceStarted):
            self._begin(event)
        elif isinstance(event, FeedStatus):
            self._on_status(event)
        elif isinstance(event, LineAlive):
            self._advance(event.ts_recv_ns)
            self._line_ns = event.ts_recv_ns
        elif isinstance(event, UnlockReplay):
            self._unlocked = True
        elif isinstance(event, (History, NoHistory, VenueBars, Gap, Instrument, StreamStatus)) and event.symbol in self._markets:
            market = self._markets[event.symbol]
            if isinstance(event, History):
                market.seed(event)
            elif isinstance(event, NoHistory):
                market.history_problem = event.reason
            elif isinstance(event, VenueBars):
                market.correct(event)
            elif isinstance(event, Gap):
                market.note(event)
                self._count_gap(event)
            elif isinstance(event, StreamStatus):
                market.hear(event)
            else:
                self._adopt(event)

    def _on_status(self, status: FeedStatus) -> None:
        self._advance(status.ts_recv_ns)
        if status.state != self._status.state:
            self._since_ns = status.ts_recv_ns
        for market in self._markets.values():
            market.subscribe_anew(status.ts_recv_ns)
            if status.state in ("reconnecting", "down"):
                market.line_lost(status.reason)
        self._status = status

    def _adopt(self, instrument: Instrument) -> None:
        if instrument.symbol in self._markets:
            self._markets[instrument.symbol].instrument = instrument

    def _count_gap(self, gap: Gap) -> None:
        self._gaps += 1
        self._lost += gap.lost or 0

    def _beat(self, ts_ns: int) -> None:
        """A heartbeat is the clock itself, also where it was set back: then stamps from its future are taken as of now."""
        if ts_ns >= self._now_ns - CLOCK_BACK_NS:
            self._advance(ts_ns)
            return
        back_ns, self._now_ns = self._now_ns - ts_ns, ts_ns
        if self._status.retry_at_ns is not None:
            self._status = replace(self._status, retry_at_ns=self._status.retry_at_ns - back_ns)
        self._since_ns = min(self._since_ns, ts_ns)
        self._line_ns = None if self._line_ns is None else min(self._line_ns, ts_ns)
        for market in self._markets.values():
            market.clock_set_back(ts_ns)

    def _advance(self, ts_ns: int) -> None:
        self._now_ns = max(self._now_ns, ts_ns)

    def _arrived(self, ts_recv_ns: int) -> None:
        """Market data came: the line is alive, and a connection that was being made stands."""
        self._line_ns = ts_recv_ns
        self._now_ns = max(self._now_ns, ts_recv_ns)
        if self._status.state != "live":
            self._status = FeedStatus("live", "", ts_recv_ns)
            self._since_ns = ts_recv_ns

    def _state_of(self, market: Market, feed: FeedView) -> tuple[str, str, str]:
        return symbol_state(
            feed,
            self._now_ns,
            self._source.budgets_ms,
            market.subscribed_ns,
            market.last_market_ns,
            market.silence,
            market.outrun_ns,
        )

    def _locked(self) -> str:
        return LOCKED if self._source.kind == "replay" and not self._unlocked else ""

    def _feed_view(self) -> FeedView:
        source, status = self._source, self._status
        state, reason = feed_state(source, status, self._now_ns, self._line_ns)
        return FeedView(
            source.name,
            source.kind,
            state,
            reason,
            source.label,
            source.reason,
            self._since_ns,
            status.attempt,
            status.retry_at_ns,
        )

    def _counters(self) -> dict[str, int]:
        markets = self._markets.values()
        return {
            **self._counts,
            "duplicates": sum(market.duplicates for market in markets),
            "differences": sum(market.differences for market in markets),
            "gaps": self._gaps,
            "lost": self._lost,
        }
