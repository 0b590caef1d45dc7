"""What the outside world says, as frozen records: made by a venue's `parse`, checked once there, applied by `Desk`.

Prices and sizes are exact (`Decimal`, from the wire's text). `ts_event_ns` is the venue's clock, `ts_recv_ns` the clock of
whoever received it (ours live, the recording's in replay); both are nanoseconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

INTERVAL_MS: Mapping[str, int] = {
    "1s": 1_000,
    "1m": 60_000,
    "5m": 300_000,
    "15m": 900_000,
    "1h": 3_600_000,
    "1d": 86_400_000,
}

BARS_KEPT = 500
"""Closed bars of one interval: as many are asked for at the venue, and as many are kept."""
LARGEST_EXPONENT = 18
"""No price or size of any market is beyond 10¹⁸ or, but for zero, below 10⁻¹⁸; such a number would be infinite once drawn."""


class Refused(ValueError):
    """A value that may not enter: not a number, not positive, or of an unknown symbol. The message names the field."""


def positive(text: object, field: str) -> Decimal:
    """The exact value of a price: finite and above zero, else `Refused`."""
    value = finite(text, field)
    if value <= 0:
        raise Refused(f"{field} must be above zero, got {text!r}")
    return value


def not_negative(text: object, field: str) -> Decimal:
    """The exact value of a size: finite and at least zero, else `Refused`."""
    value = finite(text, field)
    if value < 0:
        raise Refused(f"{field} must not be negative, got {text!r}")
    return value


def finite(text: object, field: str) -> Decimal:
    try:
        value = Decimal(text)  # type: ignore[arg-type]  # whatever the wire held; what is no number is refused below
    except (InvalidOperation, TypeError, ValueError):
        raise Refused(f"{field} is not a number: {text!r}") from None
    if not value.is_finite():
        raise Refused(f"{field} is not finite: {text!r}")
    if abs(value.adjusted()) > LARGEST_EXPONENT:
        raise Refused(f"{field} is out of all proportion: {text!r}")
    return value


@dataclass(frozen=True, slots=True)
class Tick:
    """One market print. `aggressor`: who crossed the spread, +1 buyer, −1 seller, 0 unknown.

    `seq` counts prints of this symbol at the venue without holes (None where the venue has no such number).
    """

    symbol: str
    price: Decimal
    size: Decimal
    aggressor: int
    ts_event_ns: int
    ts_recv_ns: int
    id: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class Quote:
    """Best bid and ask. `ts_event_ns` is None where the venue does not say (Binance spot)."""

    symbol: str
    bid: Decimal
    bid_size: Decimal
    ask: Decimal
    ask_size: Decimal
    ts_event_ns: int | None
    ts_recv_ns: int


@dataclass(frozen=True, slots=True)
class Candle:
    """Open, high, low, close of one interval of event time. `count` is None where the source has none.

    `closed`: the interval is over. `complete`: nothing inside it is known to be missing.
    """

    open_time_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    count: int | None
    closed: bool = True
    complete: bool = True


@dataclass(frozen=True, slots=True)
class History:
    """Bars of one symbol from before `seam_ms` (a whole second, venue clock), oldest first, by interval.

    Everything before the seam is in here and nothing from the seam on: the last bar of an interval may therefore be open
    (`closed=False`), built up to the seam. Ticks with event time ≥ seam continue it without a double count.
    `source`: `rest_snapshot` or `replay`.
    """

    symbol: str
    seam_ms: int
    series: Mapping[str, tuple[Candle, ...]]
    source: str
    ts_recv_ns: int


@dataclass(frozen=True, slots=True)
class NoHistory:
    """The bars of one symbol could not be had, and why; it is asked for again unless that cannot help."""

    symbol: str
    reason: str
    ts_recv_ns: int


@dataclass(frozen=True, slots=True)
class VenueBars:
    """Closed bars as the venue itself reports them: Desk compares them with its own, counts differences, takes these."""

    symbol: str
    interval: str
    candles: tuple[Candle, ...]
    ts_recv_ns: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of event time in which prints are missing. `lost` is None when nobody can say how many."""

    symbol: str
    from_ns: int
    to_ns: int
    lost: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """What the venue says of one symbol: steps of price and quantity, least notional; `origin` says who says so."""

    symbol: str
    tick_size: Decimal
    lot_size: Decimal
    min_notional: Decimal
    origin: str


@dataclass(frozen=True, slots=True)
class SourceStarted:
    """A source takes over: everything before it is forgotten. `epoch` is a new random id, made by the sender.

    `kind`: `stream` or `replay`. `reason`: why this source, in words for the banner. `label`: what stands on the charts
    (`REPLAY 2024-08-08`), empty when live. `budgets_ms`: (line, symbol), how long silence may last before it is stale.
    """

    epoch: str
    name: str
    kind: str
    symbols: tuple[str, ...]
    instruments: tuple[Instrument, ...]
    ts_recv_ns: int
    reason: str = ""
    label: str = ""
    budgets_ms: tuple[int, int] = (3_000, 5_000)


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """What the owner of the connection says: `connecting`, `reconnecting` or `down`, why, and when it tries again.

    `live` is never said here: Desk concludes it from market data.
    """

    state: str
    reason: str
    ts_recv_ns: int
    attempt: int = 0
    retry_at_ns: int | None = None


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """A stream of one symbol that the venue acknowledged and that has not spoken in time: why, in words; empty: it speaks."""

    symbol: str
    stream: str
    reason: str
    ts_recv_ns: int


@dataclass(frozen=True, slots=True)
class LineAlive:
    """The connection answered without market data in it: an acknowledgement, a ping."""

    ts_recv_ns: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Time is a feed too: sent every 250 ms on the clock of the source (the recording's in replay)."""

    ts_ns: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted outside the core since the last such event, by name: received, parsed, refused, inbox_dropped …"""

    amounts: Mapping[str, int]


Event = (
    Tick
    | Quote
    | History
    | NoHistory
    | VenueBars
    | Gap
    | Instrument
    | SourceStarted
    | FeedStatus
    | StreamStatus
    | LineAlive
    | Heartbeat
    | Counted
)
