"""All market and trading state of one process. `apply` is the only place where an event changes anything.

No clock: time comes in as events. The same events in the same order give the same state.
"""

from collections.abc import Iterable
from decimal import Decimal

from app.core.account import Account
from app.core.admission import Standing, Terms
from app.core.alert import SeeAlerts, SetRule
from app.core.books import Booked, Books, booked
from app.core.dealing import Dealing, Limits, Move
from app.core.market import Market
from app.core.markets import Markets
from app.core.model import (
    AccountOpened,
    BreakEven,
    CancelOrder,
    Command,
    Fill,
    Flatten,
    Obeyed,
    RecorderStopped,
    ResetAccount,
    StoreState,
    UnlockReplay,
)
from app.core.moving import MoveMargin
from app.core.orders import Order
from app.core.paper import liquidated
from app.core.positions import open_loss
from app.core.resetting import for_replay, reset
from app.core.returns import Returns, RiskTerms
from app.core.ruling import Override, SetLimits
from app.core.snapshot import AccountView, Snapshot
from feeds.events import Event, Gap, Heartbeat, Quote, SourceStarted, Tick

BEGUN = Books(Decimal(10_000))
LIVE, REPLAYED = "paper-live", "paper-replay"
LOCKED = "replayed market: click “trade in replay” first"

Derived = Move | AccountOpened | Gap


class Desk:
    """`ring_size`: ticks kept per symbol. `books`: those of the live account as they were stored; a replay leaves them alone and
    begins each time anew, with the balance `replayed_with`, as does an account that is reset.
    """

    def __init__(
        self,
        terms: Terms,
        ring_size: int = 200,
        books: Books = BEGUN,
        limits: Limits | None = None,
        replayed_with: Decimal = BEGUN.begun_with,
        risk: RiskTerms | None = None,
    ):
        self._terms = terms
        self._begin_with = (terms, replayed_with, limits or Limits())
        self._risk = risk or RiskTerms()
        self._returns = Returns("")
        self._ring_size = ring_size
        self._unlocked = False
        self._closed = self._unstored = self._unrecorded = ""
        self._markets = Markets(SourceStarted("", "none", "stream", (), (), 0), ring_size)
        self._live = self._dealing = Dealing(terms, books, self._begin_with[2])
        self._begin(self._markets.source.started)

    def apply(self, event: Event | Command | StoreState | RecorderStopped) -> list[Derived]:
        """What follows from the event: orders that changed, fills, refusals, gaps."""
        if isinstance(event, Tick):
            return self._on_tick(event)
        if isinstance(event, Quote):
            return self._on_quote(event)
        if isinstance(event, Heartbeat):
            if back_ns := self._markets.beat(event.ts_ns):
                self._dealing.clock_set_back(back_ns)
            now_ns, markets = self._markets.source.now_ns, self._markets
            steps = [*self._meet(markets), *self._dealing.look(now_ns, markets.states(), markets.mark)]
            return self._journaled([*steps, *self._dealing.journal.look(now_ns, markets.live_mark)])
        if isinstance(event, Obeyed):
            return self.obey(event)
        if isinstance(event, SourceStarted):
            return self._begin(event)
        if isinstance(event, UnlockReplay):
            self._unlocked = True
        elif isinstance(event, StoreState):
            self._unstored = f"orders can not be stored: {event.reason}" if event.reason else ""
        elif isinstance(event, RecorderStopped):
            self._unrecorded = event.reason
        else:
            self._markets.on_rare(event)
        return []

    def obey(self, command: Obeyed, dead: str = "") -> list[Derived]:
        """A command of the user. `dead`: why no quote may be believed now; what opens is rejected with it, a close waits."""
        now_ns, dealing = self._markets.source.now_ns, self._dealing
        if isinstance(command, CancelOrder):
            return [*dealing.cancel(command.order_id)]
        if isinstance(command, Returns):
            self._returns = command if command.epoch == self._markets.source.started.epoch else self._returns
            return []
        if isinstance(command, (SetRule, SeeAlerts)):
            return [*dealing.bell.obey(command)]
        if isinstance(command, (SetLimits, Override)):
            judged = dealing.warden.judge(now_ns, self._open_loss), dealing.warden.obey(command, now_ns)
            return [*judged[0], *judged[1], *dealing.warden.judge(now_ns, self._open_loss)]
        if isinstance(command, Flatten):
            standings = {market.symbol: self._standing(market, dead) for market in self._markets}
            return self._journaled([*dealing.flatten(command.client_id, standings, now_ns)])
        shut = ("store", self._unstored) if self._unstored else ("locked", self._locked())
        if isinstance(command, ResetAccount):
            return self._reset(command, shut)
        market = self._markets.get(command.symbol)
        standing = self._standing(market, dead) if market else None
        if isinstance(command, BreakEven):
            return [*dealing.break_even(command.symbol, standing, now_ns)]
        if isinstance(command, MoveMargin):
            return [*dealing.move_margin(command, standing, now_ns, shut, self._open_loss)]
        return self._journaled([*dealing.place(command, standing, now_ns, self._locked(), self._open_loss)])

    def seen(self, client_id: str) -> Order | None:
        """The order that this client id made, None for an unknown one."""
        return self._account.blotter.seen(client_id)

    def order(self, order_id: int) -> Order | None:
        """The order of this number, None for an unknown one."""
        return self._account.blotter.by_number(order_id)

    def booked(self, steps: Iterable[Derived]) -> list[Booked]:
        """What has to be stored of the steps that came back last."""
        return booked(self.account_id, steps, self._account.ledger.positions)

    @property
    def account_id(self) -> str:
        """Live and replay have accounts of their own."""
        return LIVE if self._dealing is self._live else REPLAYED

    def account(self) -> AccountView:
        return self._account.view()

    def snapshot(self, version: int, applied_ns: int, on_disk: AccountView | None = None) -> Snapshot:
        """References to what is frozen; nothing is computed here that can wait until the lock is free.

        `on_disk`: the books as far as they are stored, where the newest ones are not.
        """
        source = self._markets.source
        feed = source.view()
        discipline = self._dealing.warden.view(source.now_ns, self._open_loss)
        said = [f"locked: {discipline.locked}"] if discipline.locked else [*discipline.warnings]
        return Snapshot(
            epoch=source.started.epoch,
            version=version,
            began_ns=source.began_ns,
            now_ns=source.now_ns,
            applied_ns=applied_ns,
            feed=feed,
            symbols=self._markets.views(feed),
            account_id=self.account_id,
            account=on_disk or self._account.view(),
            newest=self._account.view() if on_disk else None,
            terms=self._terms,
            counters=self._markets.counters(),
            locked=self._locked(),
            notice=" · ".join(part for part in (self._unstored, *said, self._unrecorded, self._notice) if part),
            discipline=discipline,
            equity=self._dealing.equity.newest,
            risk_terms=self._risk,
            returns=self._returns,
        )

    @property
    def _account(self) -> Account:
        return self._dealing.account

    def _begin(self, started: SourceStarted) -> list[Derived]:
        """Another source, or the replay anew: markets and signals of the one before are gone, and the account of a replay."""
        replayed = None if self._dealing is self._live else self._account.ledger
        held, filled = (0, False) if replayed is None else (len(replayed.positions), bool(replayed.count))
        opened: list[Derived] = []
        before, self._dealing = self._dealing, self._live
        before.journal.interrupt()
        if started.kind == "replay":
            self._dealing, opened[:] = for_replay(before, self._begin_with, started.ts_recv_ns)
        if filled or self._markets.source.status.state == "live":  # a try that never delivered hides nothing of what came before
            closed = f"{held} open position{'s' if held > 1 else ''} closed, " if held else ""
            self._closed = f"{closed}account reset" if filled else ""
        self._notice = self._closed  # why there is another source: FeedView.chosen_because
        self._markets, self._returns = Markets(started, self._ring_size), Returns(started.epoch)
        return opened

    def _reset(self, command: ResetAccount, shut: tuple[str, str]) -> list[Derived]:
        now_ns = self._markets.source.now_ns
        fresh, steps = reset(self._dealing, command, self.account_id, self._begin_with, shut, now_ns, self._open_loss)
        if fresh is not None:
            self._live, self._dealing = (fresh if self._dealing is self._live else self._live), fresh
            self._notice = f"{self.account_id} begun anew with {self._begin_with[1]:,.2f}"
        return [*steps]

    def _on_tick(self, tick: Tick) -> list[Derived]:
        market = self._markets.get(tick.symbol)
        if market is None:
            return []
        self._markets.source.arrived(tick.ts_recv_ns)
        derived = self._meet((market,))
        gap = market.add(tick)
        if gap is not None:
            self._markets.count(gap)
            derived.append(gap)
        if self._account.blotter.busy_in(tick.symbol):
            derived += self._account.on_tick(tick, self._standing(market))
        if tick.symbol in self._dealing.bell.prices:
            derived += self._dealing.bell.on_tick(tick)
        return self._journaled(derived)

    def _on_quote(self, quote: Quote) -> list[Derived]:
        market = self._markets.get(quote.symbol)
        if market is None:
            return []
        self._markets.source.arrived(quote.ts_recv_ns)
        met, journal = self._journaled(self._meet((market,))), self._dealing.journal
        derived: list[Derived] = []
        if quote.symbol in journal.awaited:
            derived += journal.take_mids(quote.symbol, self._markets.live_mark, quote.ts_recv_ns)
        market.take_quote(quote)
        if quote.symbol in self._dealing.bell.spreads:
            derived += self._dealing.bell.on_quote(quote)
        if quote.symbol in journal.open:
            journal.see(quote.symbol, (quote.bid + quote.ask) / 2)
        if self._account.follows(quote.symbol):
            derived += self._account.on_quote(quote, self._standing(market))
            for step in derived:
                if isinstance(step, Fill) and step.kind == "liquidation":
                    self._notice = liquidated(step)
        return met + self._journaled(derived)

    def _journaled(self, steps: list[Derived]) -> list[Derived]:
        """The same, and the round trips that they changed."""
        return [*steps, *self._dealing.trips_of(steps, self._markets.live_mark)] if steps else steps

    def _meet(self, markets: Iterable[Market]) -> list[Derived]:
        """Orders whose latency is over meet the market as it stands."""
        account, derived = self._account, list[Derived]()
        if account.blotter.busy:
            for market in markets:
                if account.blotter.busy_in(market.symbol):
                    derived += account.advance(market.symbol, self._standing(market), self._markets.source.now_ns)
        return derived

    def _open_loss(self) -> Decimal:
        """See `discipline.OpenLoss`."""
        return open_loss(self._account.ledger.positions.values(), self._markets.mark)

    def _standing(self, market: Market, dead: str = "") -> Standing:
        return self._markets.standing(market, self._unstored or dead)

    def _locked(self) -> str:
        return LOCKED if self._markets.source.started.kind == "replay" and not self._unlocked else ""
