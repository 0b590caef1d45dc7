"""What a test needs to hear a live feed: the real inbox and desk thread, and all events in order, to be waited for."""

import dataclasses
import threading
from collections.abc import Callable, Sequence

from feeds.adapter import Adapter, Budgets, adapter
from feeds.events import Event, FeedStatus, History, Tick
from feeds.intake import Intake

SYMBOLS = ("ETH/USDT", "BTC/USDT")

QUICK = Budgets(
    line_ms=1_200,
    symbol_ms=800,
    first_ms=300,
    silent_ms=1_000,
    connect_ms=1_000,
    overlap_ms=1_500,
    change_again_s=0.2,
    retry_first_s=0.05,
    retry_cap_s=0.2,
    blocked_s=0.3,
)


def quick(name: str, **numbers: float) -> Adapter:
    """A venue whose budgets are short enough for a test."""
    return dataclasses.replace(adapter(name), budgets=dataclasses.replace(QUICK, **numbers))  # type: ignore[arg-type]


class Listener:
    """`events`: everything that reached the desk thread's end, in order. Use as a context."""

    def __init__(self, venue: Adapter, symbols: Sequence[str] = SYMBOLS):
        self.events: list[Event] = []
        self._heard = threading.Condition()
        self._intake = Intake(self._emit)
        self.lane = self._intake.lane(venue.parser(symbols))

    def __enter__(self) -> "Listener":
        self._intake.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._intake.stop()

    def wait(self, condition: Callable[[], object], timeout_s: float = 6.0) -> None:
        """Until it is true; looked at after every batch of events and with each heartbeat. Fails when it does not become so."""
        with self._heard:
            happened = self._heard.wait_for(lambda: bool(condition()), timeout_s)
        assert happened, f"it did not happen; statuses: {self.of(FeedStatus)}"

    def of(self, kind: type) -> list[object]:
        return [event for event in list(self.events) if isinstance(event, kind)]

    def ticks(self, symbol: str = "ETH/USDT") -> list[Tick]:
        return [event for event in list(self.events) if isinstance(event, Tick) and event.symbol == symbol]

    def statuses(self, state: str) -> list[FeedStatus]:
        return [event for event in list(self.events) if isinstance(event, FeedStatus) and event.state == state]

    def histories(self, symbol: str = "ETH/USDT") -> list[History]:
        return [event for event in list(self.events) if isinstance(event, History) and event.symbol == symbol]

    def counted(self, name: str) -> int:
        return sum(event.amounts.get(name, 0) for event in list(self.events) if hasattr(event, "amounts"))

    def _emit(self, events: Sequence[Event]) -> None:
        with self._heard:
            self.events.extend(events)
            self._heard.notify_all()
