"""All market and trading state of one process. `apply` is the only place where an event changes anything.

No clock: time comes in as events. The same events in the same order give the same state.
"""

from collections.abc import Iterable
from decimal import Decimal

from app.core.account import Account, Step
from app.core.admission import Standing, Terms
from app.core.dealing import Dealing, Limits
from app.core.market import Market
from app.core.model import CancelOrder, Command, Fill, Flatten, PlaceOrder, Refused, UnlockReplay
from app.core.orders import Order
from app.core.paper import liquidated
from app.core.snapshot import FeedView, Snapshot
from app.core.source import Source
from app.core.status import symbol_state
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

BALANCE = Decimal(10_000)
ZERO, FINEST = Decimal(0), Decimal("1e-8")
LOCKED = "replayed market: click “trade in replay” first"

Derived = Step | Refused | Gap


class Desk:
    """`terms`, `balance`, `limits`: of the account, which every source begins anew. `ring_size`: ticks kept per symbol."""

    def __init__(self, terms: Terms, ring_size: int = 200, balance: Decimal = BALANCE, limits: Limits | None = None):
        self._terms = terms
        self._balance = balance
        self._limits = limits or Limits()
        self._ring_size = ring_size
        self._unlocked = False
        self._closed = ""
        self._source = Source(SourceStarted("", "none", "stream", (), (), 0))
        self._dealing = self._account_anew()
        self._begin(self._source.started)

    def apply(self, event: Event | Command) -> list[Derived]:
        """What follows from the event: orders that changed, fills, refusals, gaps."""
        if isinstance(event, Tick):
            return self._on_tick(event)
        if isinstance(event, Quote):
            return self._on_quote(event)
        if isinstance(event, Heartbeat):
            return self._beat(event.ts_ns)
        if isinstance(event, Counted):
            for name, amount in event.amounts.items():
                self._counts[name] = self._counts.get(name, 0) + amount
        elif isinstance(event, (PlaceOrder, CancelOrder, Flatten)):
            return self.obey(event)
        else:
            self._on_rare(event)
        return []

    def obey(self, command: PlaceOrder | CancelOrder | Flatten, dead: str = "") -> list[Derived]:
        """A command of the user. `dead`: why no quote may be believed now; what opens is rejected with it, a close waits."""
        now_ns, dealing = self._source.now_ns, self._dealing
        if isinstance(command, CancelOrder):
            return [*dealing.cancel(command.order_id)]
        if isinstance(command, Flatten):
            standings = {symbol: self._standing(market, dead) for symbol, market in self._markets.items()}
            return [*dealing.flatten(command.client_id, standings, now_ns)]
        market = self._markets.get(command.symbol)
        return [*dealing.place(command, self._standing(market, dead) if market else None, now_ns, self._locked())]

    def seen(self, client_id: str) -> Order | None:
        """The order that this client id made, None for an unknown one."""
        return self._account.blotter.seen(client_id)

    def order(self, order_id: int) -> Order | None:
        """The order of this number, None for an unknown one."""
        return self._account.blotter.by_number(order_id)

    def snapshot(self, version: int, applied_ns: int) -> Snapshot:
        """References to what is frozen; nothing is computed here that can wait until the lock is free."""
        source, feed = self._source, self._source.view()
        views = {}
        for symbol, market in self._markets.items():
            state, told, reason = self._state_of(market, feed)
            views[symbol] = market.view(source.now_ns, state, told, reason, source.started.budgets_ms[1])
        return Snapshot(
            epoch=source.started.epoch,
            version=version,
            now_ns=source.now_ns,
            applied_ns=applied_ns,
            feed=feed,
            symbols=views,
            account=self._account.view(),
            terms=self._terms,
            counters=self._counters(),
            locked=self._locked(),
            notice=self._notice,
        )

    @property
    def _account(self) -> Account:
        return self._dealing.account

    def _account_anew(self) -> Dealing:
        return Dealing(self._terms, self._balance, self._limits)

    def _begin(self, started: SourceStarted) -> None:
        """Another source, or the replay anew: markets, signals and the account of the one before are gone."""
        held = len(self._account.ledger.positions)
        self._dealing = self._account_anew()
        if held or self._source.status.state == "live":  # a try that never delivered hides nothing of what came before
            self._closed = f"{held} open position{'s' if held > 1 else ''} closed, account reset" if held else ""
        self._notice = "; ".join(part for part in (started.reason, self._closed) if part)
        self._source = Source(started)
        self._markets = {symbol: Market(symbol, self._ring_size, started.kind) for symbol in started.symbols}
        for market in self._markets.values():
            market.subscribe_anew(started.ts_recv_ns)
        for instrument in started.instruments:
            self._adopt(instrument)
        self._gaps = self._lost = 0
        self._counts: dict[str, int] = {}

    def _on_tick(self, tick: Tick) -> list[Derived]:
        market = self._markets.get(tick.symbol)
        if market is None:
            return []
        self._source.arrived(tick.ts_recv_ns)
        derived = self._meet((market,))
        gap = market.add(tick)
        if gap is not None:
            self._count_gap(gap)
            derived.append(gap)
        if self._account:
            derived += self._account.on_tick(tick, self._standing(market))
        return derived

    def _on_quote(self, quote: Quote) -> list[Derived]:
        market = self._markets.get(quote.symbol)
        if market is None:
            return []
        self._source.arrived(quote.ts_recv_ns)
        derived = self._meet((market,))
        market.take_quote(quote)
        if self._account:
            derived += self._account.on_quote(quote, self._standing(market))
            for step in derived:
                if isinstance(step, Fill) and step.kind == "liquidation":
                    self._notice = liquidated(step)
        return derived

    def _meet(self, markets: Iterable[Market]) -> list[Derived]:
        """Orders whose latency is over meet the market as it stands."""
        account, derived = self._account, list[Derived]()
        if account:
            for market in markets:
                if account.blotter.busy_in(market.symbol):
                    derived += account.advance(market.symbol, self._standing(market), self._source.now_ns)
        return derived

    def _standing(self, market: Market, dead: str = "") -> Standing:
        state, _, reason = self._state_of(market, self._source.view())
        if not dead and state not in ("live", "replay"):
            dead = f"{market.symbol} is not live: {reason or state}"
        elif not dead and not market.quote_is_current(self._source.started.budgets_ms[1]):
            dead = f"{market.symbol}: {'its quote is not live' if market.quote else 'no quote yet'}"
        instrument = market.instrument
        if instrument is None:
            dead, instrument = (
                f"{market.symbol}: its tick and lot size are not known yet",
                Instrument(market.symbol, FINEST, FINEST, ZERO, ""),
            )
        return Standing(instrument, market.quote, dead, market.ring.n)

    def _on_rare(self, event: Event | Command) -> None:
        if isinstance(event, SourceStarted):
            self._begin(event)
        elif isinstance(event, FeedStatus):
            self._on_status(event)
        elif isinstance(event, LineAlive):
            self._source.line_spoke(event.ts_recv_ns)
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
        self._source.on_status(status)
        for market in self._markets.values():
            market.subscribe_anew(status.ts_recv_ns)
            if status.state in ("reconnecting", "down"):
                market.line_lost(status.reason)

    def _adopt(self, instrument: Instrument) -> None:
        if instrument.symbol in self._markets:
            self._markets[instrument.symbol].instrument = instrument

    def _count_gap(self, gap: Gap) -> None:
        self._gaps += 1
        self._lost += gap.lost or 0

    def _beat(self, ts_ns: int) -> list[Derived]:
        if self._source.beat(ts_ns):
            for market in self._markets.values():
                market.clock_set_back(ts_ns)
        return self._meet(self._markets.values())

    def _state_of(self, market: Market, feed: FeedView) -> tuple[str, str, str]:
        return symbol_state(
            feed,
            self._source.now_ns,
            self._source.started.budgets_ms,
            market.subscribed_ns,
            market.last_market_ns,
            market.silence,
            market.outrun_ns,
        )

    def _locked(self) -> str:
        return LOCKED if self._source.started.kind == "replay" and not self._unlocked else ""

    def _counters(self) -> dict[str, int]:
        markets = self._markets.values()
        return {
            **self._counts,
            "duplicates": sum(market.duplicates for market in markets),
            "differences": sum(market.differences for market in markets),
            "gaps": self._gaps,
            "lost": self._lost,
        }
