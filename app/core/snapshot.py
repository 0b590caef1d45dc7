"""Everything a screen needs at one version: frozen, made once per version, shared by every reader."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.core.admission import Terms
from app.core.alert import Alert, AlertRule
from app.core.equity import EquityPoint
from app.core.model import Fill, Position, Signal
from app.core.orders import Order
from app.core.returns import Returns, RiskTerms
from app.core.ruling import Discipline, Ruling
from app.core.trip import Trip
from feeds.events import Candle, Gap, Instrument, Quote, Tick

NO_RULING = Ruling()


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One interval's bars, oldest first: `closed` (at most 500, the same tuple until a bar closes) and the open bar."""

    closed: tuple[Candle, ...]
    open: Candle | None
    revision: int
    """Grows whenever `closed` changed other than by one bar appended: who drew it before must take all of it anew."""

    @property
    def bars(self) -> list[Candle]:
        """Oldest first, the open one last."""
        return [*self.closed, *([self.open] if self.open else [])]


@dataclass(frozen=True, slots=True)
class Bucket:
    """100 ms of ticks without loss, for drawing only (floats): volume by aggressor."""

    start_ms: int
    first: float
    min: float
    max: float
    last: float
    buy: float
    sell: float
    count: int


@dataclass(frozen=True, slots=True)
class GapMark:
    """A gap and where it stands: before tick number `n` (count since the epoch began)."""

    n: int
    gap: Gap


@dataclass(frozen=True, slots=True)
class RuleScore:
    """How one rule did so far: firings, and their mean move after 10 s in basis points (None before the first)."""

    rule: str
    count: int
    mean_move_bp: float | None


@dataclass(frozen=True, slots=True)
class SymbolView:
    """One symbol's market state. `n`: ticks applied since the epoch began; `ticks[-1]` is number n.

    `buckets`: closed ones, oldest first.
    """

    symbol: str
    instrument: Instrument | None
    n: int
    ticks: Sequence[Tick]
    quote: Quote | None
    session_open: Decimal | None
    buckets: Sequence[Bucket]
    open_bucket: Bucket | None
    series: Mapping[str, SeriesView]
    history_source: str
    history_problem: str
    gaps: tuple[GapMark, ...]
    signals: tuple[Signal, ...]
    scores: tuple[RuleScore, ...]
    state: str
    source: str
    quote_source: str
    reason: str
    tick_age_ms: int | None
    quote_age_ms: int | None
    ticks_per_s: float
    clock_offset_ms: float | None
    least_delay_ms: float | None

    @property
    def mark(self) -> Decimal | None:
        """The middle of the best quote: what positions are valued at. None before the first quote."""
        return None if self.quote is None else (self.quote.bid + self.quote.ask) / 2


@dataclass(frozen=True, slots=True)
class FeedView:
    """The source as a whole. `state`: connecting · live · stale · reconnecting · replay · down."""

    name: str
    kind: str
    state: str
    reason: str
    label: str
    chosen_because: str
    since_ns: int
    attempt: int
    retry_at_ns: int | None


@dataclass(frozen=True, slots=True)
class PositionView:
    """A position valued: money in the quote currency, None where the value is not known. `pnl` at the mark, before fees; `net`
    what closing it now at `exit_price` would leave, after the fees paid for it and `exit_fee`.
    """

    position: Position
    mark: Decimal | None
    pnl: Decimal | None
    pnl_percent: Decimal | None
    liquidation_price: Decimal | None
    distance_percent: Decimal | None
    mark_age_ms: int | None
    mark_source: str
    exit_price: Decimal | None = None
    exit_fee: Decimal | None = None
    net: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account's books, money in the quote currency. `positions`: open ones (valued by `app.core.valuation`). `working`:
    orders that are not over, `over`: the newest 200 that are, `fills`: the newest 200. `revision`: equal while nothing changed.
    `rulings`: the newest 50 of the discipline, `alerts`: the newest 100, `trips`: the newest 2,000 that are over; oldest first.
    """

    revision: tuple[int, int]
    balance: Decimal
    used_margin: Decimal
    free_margin: Decimal
    realized_pnl: Decimal
    fees: Decimal
    insurance: Decimal
    positions: tuple[Position, ...]
    working: tuple[Order, ...]
    over: tuple[Order, ...]
    fills: tuple[Fill, ...]
    rulings: tuple[Ruling, ...] = ()
    alert_rules: tuple[AlertRule, ...] = ()
    alerts: tuple[Alert, ...] = ()
    curve: tuple[EquityPoint, ...] = ()
    trips: tuple[Trip, ...] = ()

    @property
    def ruling(self) -> Ruling:
        """The discipline that holds."""
        return self.rulings[-1] if self.rulings else NO_RULING


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`began_ns`, `now_ns`: when the epoch began and now, on the source's clock. `applied_ns`: when the newest batch went in, on
    this machine's clock.

    `account`: the books as they are on disk; `newest`: as they are, where that is further. `locked`: why the ticket takes no
    order, empty when it does. `notice`: the last thing to say.
    """

    epoch: str
    version: int
    began_ns: int
    now_ns: int
    applied_ns: int
    feed: FeedView
    symbols: Mapping[str, SymbolView]
    account_id: str
    account: AccountView
    terms: Terms
    counters: Mapping[str, int]
    locked: str
    notice: str
    newest: AccountView | None = None
    discipline: Discipline = Discipline(Decimal(0), 0, 0)
    equity: EquityPoint | None = None
    risk_terms: RiskTerms = RiskTerms()
    returns: Returns = Returns("")

    def canonical(self) -> bytes:
        """The market and trading state as text: equal byte for byte for the same events in the same order.

        Keys sorted, decimals as text; no wall clock, epoch, version or counters of transport.
        """
        state = {
            "symbols": {name: _canonical_symbol(view) for name, view in self.symbols.items()},
            "account": self.account,
        }
        return json.dumps(state, sort_keys=True, allow_nan=False, default=_plain).encode()


def _canonical_symbol(view: SymbolView) -> dict[str, object]:
    return {
        "n": view.n,
        "ticks": [*view.ticks],
        "quote": view.quote,
        "buckets": [*view.buckets, *([view.open_bucket] if view.open_bucket else [])],
        "series": {interval: series.bars for interval, series in view.series.items()},
        "gaps": view.gaps,
        "signals": view.signals,
        "scores": view.scores,
    }


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    names = getattr(type(value), "__dataclass_fields__", None)
    if names is None:
        raise TypeError(f"{type(value).__name__} has no canonical form")
    return {name: getattr(value, name) for name in names}
