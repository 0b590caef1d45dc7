"""An account's books as they leave the core and come back: what is stored of a change, and what a start is given."""

from dataclasses import dataclass
from decimal import Decimal

from app.core.alert import Alert, AlertRule
from app.core.equity import EquityPoint
from app.core.model import AccountOpened, Fill, Position
from app.core.orders import Order
from app.core.ruling import Ruling
from app.core.trip import Trip


@dataclass(frozen=True, slots=True)
class Booked:
    """One change of one account, in order. `position`: of a fill's symbol after it, None when flat."""

    account: str
    change: AccountOpened | Order | Fill | Ruling | AlertRule | Alert | EquityPoint | Trip
    position: Position | None = None


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
