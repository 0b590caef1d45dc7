"""The market half of Desk: every symbol of one source, and what is known of that source. Knows no orders."""

from collections.abc import Iterator
from decimal import Decimal

from app.core.admission import Standing
from app.core.market import Market
from app.core.snapshot import FeedView, SymbolView
from app.core.source import Source
from app.core.status import symbol_state
from feeds.events import (
    Counted,
    Event,
    FeedStatus,
    Gap,
    History,
    Instrument,
    LineAlive,
    NoHistory,
    SourceStarted,
    StreamStatus,
    VenueBars,
)

ZERO, FINEST = Decimal(0), Decimal("1e-8")


class Markets:
    """Mutable; lives in Desk, one for each epoch. `ring_size`: ticks kept per symbol."""

    def __init__(self, started: SourceStarted, ring_size: int):
        self.source = Source(started)
        self._of = {symbol: Market(symbol, ring_size, started.kind) for symbol in started.symbols}
        self._gaps = self._lost = 0
        self._counts: dict[str, int] = {}
        for market in self:
            market.subscribe_anew(started.ts_recv_ns)
        for instrument in started.instruments:
            self._adopt(instrument)

    def __iter__(self) -> Iterator[Market]:
        return iter(self._of.values())

    def get(self, symbol: str) -> Market | None:
        return self._of.get(symbol)

    def states(self) -> dict[str, tuple[str, str]]:
        """(state, reason) by symbol."""
        feed = self.source.view()
        found = {market.symbol: self._state_of(market, feed) for market in self}
        return {symbol: (state, reason) for symbol, (state, _, reason) in found.items()}

    def mark(self, symbol: str) -> Decimal | None:
        """The middle of the best quote; None where there is none."""
        quote = self._of[symbol].quote if symbol in self._of else None
        return None if quote is None else (quote.bid + quote.ask) / 2

    def live_mark(self, symbol: str) -> Decimal | None:
        """The same, None where the quote is not live."""
        market = self._of.get(symbol)
        return None if market is None or self.standing(market).dead else self.mark(symbol)

    def on_rare(self, event: Event) -> None:
        """Everything but ticks, quotes and heartbeats."""
        if isinstance(event, Counted):
            for name, amount in event.amounts.items():
                self._counts[name] = self._counts.get(name, 0) + amount
        elif isinstance(event, FeedStatus):
            self._on_status(event)
        elif isinstance(event, LineAlive):
            self.source.line_spoke(event.ts_recv_ns)
        elif isinstance(event, (History, NoHistory, VenueBars, Gap, Instrument, StreamStatus)) and event.symbol in self._of:
            market = self._of[event.symbol]
            if isinstance(event, History):
                market.seed(event)
            elif isinstance(event, NoHistory):
                market.history_problem = event.reason
            elif isinstance(event, VenueBars):
                market.correct(event)
            elif isinstance(event, Gap):
                market.note(event)
                self.count(event)
            elif isinstance(event, StreamStatus):
                market.hear(event)
            else:
                self._adopt(event)

    def beat(self, ts_ns: int) -> int:
        """See `Source.beat`."""
        back_ns = self.source.beat(ts_ns)
        for market in self if back_ns else ():
            market.clock_set_back(ts_ns)
        return back_ns

    def count(self, gap: Gap) -> None:
        self._gaps += 1
        self._lost += gap.lost or 0

    def standing(self, market: Market, dead: str = "") -> Standing:
        """How it may be traded on now. `dead`: why not, for a reason of somebody else's."""
        state, _, reason = self._state_of(market, self.source.view())
        if not dead and state not in ("live", "replay"):
            dead = f"{market.symbol} is not live: {reason or state}"
        elif not dead and not market.quote_is_current(self.source.started.budgets_ms[1]):
            dead = f"{market.symbol}: {'its quote is not live' if market.quote else 'no quote yet'}"
        instrument = market.instrument
        if instrument is None:
            dead = f"{market.symbol}: its tick and lot size are not known yet"
            instrument = Instrument(market.symbol, FINEST, FINEST, ZERO, "")
        return Standing(instrument, market.quote, dead, market.ring.n)

    def views(self, feed: FeedView) -> dict[str, SymbolView]:
        now_ns, budget_ms = self.source.now_ns, self.source.started.budgets_ms[1]
        views = {}
        for market in self:
            state, told, reason = self._state_of(market, feed)
            views[market.symbol] = market.view(now_ns, state, told, reason, budget_ms)
        return views

    def counters(self) -> dict[str, int]:
        return {
            **self._counts,
            "duplicates": sum(market.duplicates for market in self),
            "differences": sum(market.differences for market in self),
            "gaps": self._gaps,
            "lost": self._lost,
        }

    def _on_status(self, status: FeedStatus) -> None:
        self.source.on_status(status)
        for market in self:
            market.subscribe_anew(status.ts_recv_ns)
            if status.state in ("reconnecting", "down"):
                market.line_lost(status.reason)

    def _adopt(self, instrument: Instrument) -> None:
        if instrument.symbol in self._of:
            self._of[instrument.symbol].instrument = instrument

    def _state_of(self, market: Market, feed: FeedView) -> tuple[str, str, str]:
        return symbol_state(
            feed,
            self.source.now_ns,
            self.source.started.budgets_ms,
            market.subscribed_ns,
            market.last_market_ns,
            market.silence,
            market.outrun_ns,
        )
