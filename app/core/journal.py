"""The account's round trips, made from its fills, and the market beside them: while they run, and for a minute after they began.

Pure; told the fills, the mids and the time. A mid is None where it is not known: then what rests on it is unknown for good.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.core.margin import EXACT, ROUNDED
from app.core.model import Fill
from app.core.orders import Order
from app.core.trip import AFTER, HORIZONS_S, Trip
from feeds.events import Gap

SECOND_NS = 1_000_000_000
KEPT = 2_000
AWAITED = 400
ASKED = 1_000

MidOf = Callable[[str], Decimal | None]
"""The mid of a symbol's live quote now; None where there is none."""


class Journal:
    """Mutable; lives in Dealing. Begins with the account's fills, and with what was stored of the trips that they make.

    `ended`: the newest 2,000 trips that are over, oldest first. `open`, `awaited`: symbols in which a trip runs, and in which
    a mid after one is waited for.
    """

    def __init__(self, fills: Iterable[Fill] = (), trips: Iterable[Trip] = ()):
        self.open: dict[str, Trip] = {}
        self.awaited: dict[str, list[tuple[int, int, str]]] = {}
        self._ended: dict[int, Trip] = {}
        self._count = 0
        self._asked: dict[str, Decimal | None] = {}
        self._since_ns: int | None = None
        for fill in fills:
            self._on_fill(fill)
        stored = {trip.number: trip for trip in trips}
        self._ended = {number: _beside(trip, stored.get(number)) for number, trip in self._ended.items()}
        self.open = {symbol: _beside(trip, stored.get(trip.number)).saw(None) for symbol, trip in self.open.items()}
        self.ended = tuple(self._ended.values())

    def asked(self, client_id: str, mid: Decimal | None) -> None:
        """An order arrives with the mid there: what its fills are compared with. The newest 1,000 are remembered."""
        self._asked.setdefault(client_id, mid)
        if len(self._asked) > ASKED:
            del self._asked[next(iter(self._asked))]

    def note(self, steps: Sequence[object], mid_of: MidOf) -> list[Trip]:
        """What followed from an event: the trips that its fills changed, as they are now."""
        changed: dict[int, Trip] = {}
        for step in steps:
            if isinstance(step, Gap):
                self.see(step.symbol, None)
            elif isinstance(step, Fill):
                self._since_ns = step.ts_ns if self._since_ns is None else self._since_ns
                changed |= {trip.number: trip for trip in self._on_fill(step, mid_of(step.symbol))}
        for step in steps:
            if isinstance(step, Order) and step.over:
                self._asked.pop(step.asked.client_id, None)
        if any(trip.end for trip in changed.values()):
            self.ended = tuple(self._ended.values())
        return list(changed.values())

    def see(self, symbol: str, mid: Decimal | None) -> None:
        """The mid of a running trip's symbol moved; None: it is not known, or was not for a moment."""
        trip = self.open.get(symbol)
        if trip is not None:
            self.open[symbol] = trip.saw(mid)

    def take_mids(self, symbol: str, mid_of: MidOf, before_ns: int) -> list[Trip]:
        """The mid stood since the last look: it is that of every moment before `before_ns` that is waited for."""
        waiting, changed = self.awaited[symbol], dict[int, Trip]()
        since_ns = self._since_ns = before_ns if self._since_ns is None else self._since_ns
        mid = mid_of(symbol) if waiting and waiting[0][0] < before_ns else None
        while waiting and waiting[0][0] < before_ns:
            due_ns, number, name = waiting.pop(0)
            trip = self.open.get(symbol)
            if trip is None or trip.number != number:
                trip = self._ended.get(number)
            if trip is None or mid is None or due_ns < since_ns:
                continue
            changed[number] = trip = replace(trip, **{name: mid})  # type: ignore[arg-type]
            if trip.end:
                self._ended[number] = trip
            else:
                self.open[symbol] = trip
        if not waiting:
            del self.awaited[symbol]
        if any(trip.end for trip in changed.values()):
            self.ended = tuple(self._ended.values())
        return list(changed.values())

    def look(self, now_ns: int, mid_of: MidOf) -> list[Trip]:
        """Four times a second: the mid where it moved no more, and where it is not known any more."""
        changed: list[Trip] = []
        for symbol in tuple(self.open):
            self.see(symbol, mid_of(symbol))
        for symbol in tuple(self.awaited):
            changed += self.take_mids(symbol, mid_of, now_ns + 1)
        return changed

    def interrupt(self) -> None:
        """Somebody else is watched for a while: what the mid does meanwhile is not seen."""
        self.open = {symbol: trip.saw(None) for symbol, trip in self.open.items()}
        self._since_ns = None

    def clock_set_back(self, back_ns: int) -> None:
        """What is waited for comes as much earlier."""
        self.awaited = {
            symbol: [(due_ns - back_ns, number, name) for due_ns, number, name in waiting]
            for symbol, waiting in self.awaited.items()
        }
        self._since_ns = None if self._since_ns is None else self._since_ns - back_ns

    def _on_fill(self, fill: Fill, mid: Decimal | None = None) -> list[Trip]:
        """A fill beyond flat is two: the rest of it opens the next trip, with its share of the fee."""
        asked, running = self._asked.get(fill.client_id), self.open.get(fill.symbol)
        changed: list[Trip] = []
        quantity, fee = fill.quantity, fill.fee
        if running is not None and fill.side != running.side:
            closes = min(quantity, EXACT.subtract(running.opened, running.closed))
            share = fee if closes == quantity else ROUNDED.divide(EXACT.multiply(fee, closes), quantity)
            changed.append(self._keep(running.saw(mid).filled(fill, closes, share, asked)))
            quantity, fee, running = EXACT.subtract(quantity, closes), EXACT.subtract(fee, share), None
        if not quantity:
            return changed
        if running is None:
            self._count += 1
            running = Trip(self._count, fill.symbol, fill.side, fill.ts_ns)
            waiting = self.awaited.setdefault(fill.symbol, [])
            waiting += [(fill.ts_ns + s * SECOND_NS, self._count, name) for s, name in zip(HORIZONS_S, AFTER, strict=True)]
            waiting.sort()
            del waiting[AWAITED:]
        changed.append(self._keep(running.filled(fill, quantity, fee, asked).saw(mid)))
        return changed

    def _keep(self, trip: Trip) -> Trip:
        if not trip.end:
            self.open[trip.symbol] = trip
            return trip
        del self.open[trip.symbol]
        self._ended[trip.number] = trip
        if len(self._ended) > KEPT:
            del self._ended[next(iter(self._ended))]
        return trip


def _beside(trip: Trip, stored: Trip | None) -> Trip:
    """What the fills tell of a trip, with what was stored of the market beside it; unknown where nothing was."""
    names: dict[str, Any] = dict.fromkeys(("asked_in", "asked_out", "high", "low", *AFTER)) | {"watched": False}
    if stored is not None:
        names = {name: getattr(stored, name) for name in names}
    return replace(trip, **names)
