"""The words of alerts: rules, what rang, and the commands that change them. Frozen."""

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)

UNITS = {
    "price": "",
    "spread": "bp",
    "margin": "%",
    "liquidation": "%",
    "drawdown": "%",
    "lock": None,
    "feed": None,
    "liquidated": None,
}
"""Every kind of rule with the unit of its level; None: it has none."""
OF_SYMBOL = ("price", "spread")
FALLING = ("liquidation",)
"""Kinds that ring below their level, not above it; a price rings either way."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """Rings when the value of `kind` comes to `level`. `way` +1 from below, −1 from above; `symbol` empty: the account.

    `severe`: act now, not only look. `sound`, `notify`: the page makes a sound, asks the desktop to show it. `gone`: deleted.
    """

    rule_id: int
    kind: str
    symbol: str = ""
    way: int = 1
    level: Decimal = ZERO
    severe: bool = False
    sound: bool = False
    notify: bool = False
    on: bool = True
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """What rang, `count` times in one burst, from `ts_ns` to `last_ns`. `seen_ns`: when the user acknowledged it, 0: not."""

    alert_id: int
    rule_id: int
    kind: str
    symbol: str
    severe: bool
    sound: bool
    notify: bool
    text: str
    ts_ns: int
    last_ns: int
    count: int = 1
    seen_ns: int = 0


@dataclass(frozen=True, slots=True)
class SetRule:
    """The user's rule; `rule_id` 0 for a new one."""

    rule: AlertRule
    ts_ns: int


@dataclass(frozen=True, slots=True)
class SeeAlerts:
    """The user has seen an alert; 0 for all."""

    alert_id: int
    ts_ns: int


DEFAULTS = (
    AlertRule(1, "margin", level=Decimal(80)),
    AlertRule(2, "margin", level=Decimal(95), severe=True, sound=True),
    AlertRule(3, "liquidation", way=-1, level=Decimal("0.05"), severe=True, sound=True),
    AlertRule(4, "drawdown", level=Decimal(5)),
    AlertRule(5, "lock", sound=True),
    AlertRule(6, "feed", sound=True),
    AlertRule(7, "liquidated", severe=True, sound=True),
)
FIRST_OWN = 101
"""Numbers below are those of the rules above, which may be changed and turned off."""
