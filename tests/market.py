"""Events for tests, made by hand: a desk that has seen a source start, and prints and quotes with round numbers."""

from collections.abc import Iterable
from decimal import Decimal

from app.core.admission import Terms
from app.core.desk import Desk
from app.core.orders import Order
from app.hub import Hub
from feeds.events import Event, Instrument, Quote, SourceStarted, Tick

T0_NS = 1_723_161_255_000_000_000
"""2024-08-08 23:54:15 UTC, a whole second."""
ETH, BTC = "ETH/USDT", "BTC/USDT"
STEPS = (Decimal("0.01"), Decimal("0.0001"), Decimal(5))


def started(kind: str = "stream", symbols: tuple[str, ...] = (ETH, BTC), epoch: str = "e1", **more: object) -> SourceStarted:
    instruments = tuple(Instrument(symbol, *STEPS, "as shipped") for symbol in symbols)
    return SourceStarted(epoch, "binance" if kind == "stream" else "replay", kind, symbols, instruments, T0_NS, **more)  # type: ignore[arg-type]


def tick(
    seq: int, price: str, at_ms: int = 0, size: str = "1", aggressor: int = 1, symbol: str = ETH, recv_ms: int | None = None
) -> Tick:
    """A print `at_ms` after T0 on the venue's clock, received then too unless `recv_ms` says otherwise."""
    at_ns, recv_ns = T0_NS + at_ms * 1_000_000, T0_NS + (at_ms if recv_ms is None else recv_ms) * 1_000_000
    return Tick(symbol, Decimal(price), Decimal(size), aggressor, at_ns, recv_ns, str(seq), seq)


def quote(bid: str, ask: str, at_ms: int = 0, size: str = "5", symbol: str = ETH) -> Quote:
    return Quote(symbol, Decimal(bid), Decimal(size), Decimal(ask), Decimal(size), None, T0_NS + at_ms * 1_000_000)


def terms(leverage: int = 100) -> Terms:
    """No latency and no fees."""
    return Terms(leverage, 0, Decimal(0), Decimal(0))


def rejected(steps: Iterable[object]) -> str:
    """Why the one order of these steps was rejected."""
    (order,) = steps
    assert isinstance(order, Order) and order.state == "rejected"
    return order.reason


def desk(events: Iterable[Event] = (), *, kind: str = "stream", leverage: int = 100, ring: int = 200) -> Desk:
    made = Desk(terms(leverage), ring)
    made.apply(started(kind))
    for event in events:
        made.apply(event)
    return made


def hub(events: Iterable[Event] = (), *, kind: str = "stream", leverage: int = 100) -> Hub:
    made = Hub(Desk(terms(leverage)))
    made.emit([started(kind), *events])
    return made
