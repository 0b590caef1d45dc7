"""An account's books as they leave the core and come back: what is stored of a change, and what a start is given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.core.alert import Alert, AlertRule
from app.core.equity import EquityPoint
from app.core.model import AccountOpened, Fill, Position
from app.core.moving import MarginMoved
from app.core.orders import Order
from app.core.ruling import Ruling
from app.core.trip import Trip

Change = AccountOpened | Order | Fill | MarginMoved | Ruling | AlertRule | Alert | EquityPoint | Trip


@dataclass(frozen=True, slots=True)
class Booked:
    """One change of one account, in order. `position`: after a fill or a move of margin, None when flat."""

    account: str
    change: Change
    position: Position | None = None


def booked(account: str, steps: Iterable[object], held: Mapping[str, Position]) -> list[Booked]:
    """What has to be stored of the steps, `held` being what they led to."""
    return [
        Booked(account, step, held.get(step.symbol) if isinstance(step, (Fill, MarginMoved)) else None)
        for step in steps
        if isinstance(step, Change)
    ]


@dataclass(frozen=True, slots=True)
class Books:
    """What was stored of an account: its orders as they stand, fills, rulings, alerts, round trips, in order of their numbers."""

    begun_with: Decimal
    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    alert_rules: tuple[AlertRule, ...] = ()
    alerts: tuple[Alert, ...] = ()
    curve: tuple[EquityPoint, ...] = ()
    trips: tuple[Trip, ...] = ()
    moves: tuple[MarginMoved, ...] = ()
