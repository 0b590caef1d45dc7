"""What working orders cost the way of a tick: `Desk.apply` of the same messages with none, 10 and 100 of them. No I/O."""

import time
from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from app.core.admission import Terms
from app.core.dealing import Limits
from app.core.desk import Desk
from app.core.model import PlaceOrder
from feeds.events import Event, Instrument, Quote, SourceStarted, Tick

SYMBOL = "ETH/USDT"
COUNTS = (0, 10, 100)
MESSAGES = 4_000
ROUNDS = 7
T0_NS = 1_723_161_255_000_000_000
MS = 1_000_000
CENT = Decimal("0.01")


def cost_us() -> dict[int, float]:
    """Microseconds a message by number of working orders, the median of rounds that take turns."""
    events = market(MESSAGES)
    taken: dict[int, list[float]] = {count: [] for count in COUNTS}
    for _ in range(ROUNDS):
        for count in COUNTS:
            desk = with_orders(count)
            began_s = time.thread_time()
            for event in events:
                desk.apply(event)
            taken[count].append((time.thread_time() - began_s) / len(events) * 1e6)
    return {count: median(times) for count, times in taken.items()}


def market(messages: int) -> list[Event]:
    """Prints and quotes in turn, a millisecond apart, that go up and down by a dollar."""
    events: list[Event] = []
    for number in range(1, messages // 2 + 1):
        price = 2_684 + CENT * abs(number % 200 - 100)
        at_ns = T0_NS + 2 * number * MS
        events.append(Quote(SYMBOL, price - CENT, Decimal(5), price, Decimal(5), None, at_ns))
        events.append(Tick(SYMBOL, price, Decimal("0.5"), 1, at_ns + MS, at_ns + MS, str(number), number))
    return events


def with_orders(count: int) -> Desk:
    """Limits and stops in turn, too far away to be reached."""
    desk = Desk(Terms(100, 0), limits=Limits(0, 0))
    rules = (Instrument(SYMBOL, CENT, Decimal("0.0001"), Decimal(5), "as shipped"),)
    desk.apply(SourceStarted("bench", "binance", "stream", (SYMBOL,), rules, T0_NS))
    desk.apply(Quote(SYMBOL, Decimal("2683.99"), Decimal(5), Decimal(2684), Decimal(5), None, T0_NS))
    for number in range(count):
        desk.apply(_far(number))
    working = len(desk.account().working)
    if working != count:
        raise RuntimeError(f"{working} of {count} orders work")
    return desk


def _far(number: int) -> PlaceOrder:
    price = 2_500 + number % 50
    more: dict[str, object] = {"type": "limit", "price": Decimal(price)}
    if number % 2:
        more = {"type": "stop", "stop_price": Decimal(price)}
    return PlaceOrder(f"bench-{number:04}", SYMBOL, -1 if number % 2 else 1, Decimal("0.01"), T0_NS, by="program", **more)  # type: ignore[arg-type]


def orders_that_work(counts: Sequence[int] = COUNTS) -> list[int]:
    """How many do after the whole market has passed: as many as before, or the numbers say nothing."""
    found = []
    for count in counts:
        desk = with_orders(count)
        for event in market(400):
            desk.apply(event)
        found.append(len(desk.account().working))
    return found
