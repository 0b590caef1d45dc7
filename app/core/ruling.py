"""The words of the discipline lock: limits, the commands that change them, and what holds after each change. Frozen."""

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """`day_loss`: what a UTC day may lose, in the quote currency, None for no limit. `orders`: in ten minutes, 0 for any number.
    `losses`: so many losing round trips in a row end in a pause of `pause_ns`; 0 for none.
    """

    day_loss: Decimal | None = None
    orders: int = 0
    losses: int = 0
    pause_ns: int = 0

    def looser_than(self, other: "RiskLimits") -> bool:
        """Something that `other` would stop is let through."""
        return (
            (other.day_loss is not None and (self.day_loss is None or self.day_loss > other.day_loss))
            or bool(other.orders and (not self.orders or self.orders > other.orders))
            or bool(other.losses and (not self.losses or self.losses > other.losses or self.pause_ns < other.pause_ns))
        )


@dataclass(frozen=True, slots=True)
class SetLimits:
    """The user's limits. Stricter ones hold at once; looser ones need a `reason` and hold after a quarter of an hour."""

    limits: RiskLimits
    reason: str
    ts_ns: int


@dataclass(frozen=True, slots=True)
class Override:
    """The user's wish to end the lock early: it needs a `reason` and is done after a quarter of an hour."""

    reason: str
    ts_ns: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """What holds after one change, `what` in words. `lock`: `loss`, `losses` or empty; `why` it is, and until when.

    `pending`: `limits` or `override`, asked for with `reason`, done at `effect_ns`. `day` (since 1970, UTC) began with `base`:
    the balance plus what open positions were losing. `counted_from`: losses in a row count after that fill; below
    zero: so many came with the account before this one.
    """

    number: int = 0
    ts_ns: int = 0
    what: str = ""
    limits: RiskLimits = RiskLimits()
    lock: str = ""
    why: str = ""
    until_ns: int = 0
    pending: str = ""
    reason: str = ""
    effect_ns: int = 0
    next: RiskLimits = RiskLimits()
    day: int = 0
    base: Decimal = ZERO
    counted_from: int = 0


@dataclass(frozen=True, slots=True)
class Discipline:
    """How close the limits are: `lost` today (below zero: won), `orders` of the last ten minutes, `streak` of losses.

    `locked`: why nothing that opens risk is taken, empty when it is; `until_ns`: when that ends by itself.
    """

    lost: Decimal
    orders: int
    streak: int
    locked: str = ""
    until_ns: int = 0
    warnings: tuple[str, ...] = ()
