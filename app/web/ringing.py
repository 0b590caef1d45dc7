"""REST for alerts and their rules, and the rows of their place on the page. The core rings; README.md lists the routes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.core.alert import FALLING, OF_SYMBOL, UNITS, Alert, AlertRule, SeeAlerts, SetRule
from app.core.model import Command, Refused
from app.core.paper import plain
from app.core.snapshot import Snapshot
from app.hub import Hub
from app.web.asking import NUMBER
from app.web.guard import refusal, unknown_symbol
from app.web.placing import NOT_STORED, when_on_disk

STATUS_OF = {"unknown": 404, "full": 409}
MOST_PERCENT = Decimal(100)


class RuleBody(BaseModel):
    """A rule; with a `rule_id` it takes the place of that one. `way`: of a price, whether it rises or falls to the level."""

    model_config = ConfigDict(extra="forbid")

    rule_id: Annotated[str, Field(pattern=r"^\d{1,9}$")] | None = None
    kind: Literal["price", "spread", "margin", "liquidation", "drawdown", "lock", "feed", "liquidated"]
    symbol: str | None = None
    way: Literal["rises", "falls"] | None = None
    level: str | None = None
    severe: bool = False
    sound: bool = False
    notify: bool = False
    on: bool = True

    @field_validator("level", mode="before")
    @classmethod
    def _level(cls, value: object) -> object:
        if value is not None and not (isinstance(value, str) and NUMBER.fullmatch(value) and Decimal(value)):
            raise ValueError('must be a number above zero as a text such as "80"')
        return value

    def wrong(self, snapshot: Snapshot) -> tuple[str, str]:
        """(field, what is wrong with it); empty when nothing is."""
        if self.kind in OF_SYMBOL and self.symbol not in snapshot.symbols:
            return "symbol", f"a {self.kind} alert needs one of {', '.join(snapshot.symbols)}"
        if self.kind not in OF_SYMBOL and self.symbol:
            return "symbol", f"a {self.kind} alert is of the account, not of one symbol"
        if (UNITS[self.kind] is None) != (self.level is None):
            return "level", f"a {self.kind} alert {'has no level' if self.level else 'needs a level'}"
        if (self.kind == "price") != (self.way is not None):
            return "way", "a price alert needs rises or falls, no other has a way"
        if UNITS[self.kind] == "%" and Decimal(self.level or 0) > MOST_PERCENT:
            return "level", "must be at most 100 %"
        return "", ""

    def rule(self) -> AlertRule:
        falls = self.way == "falls" or self.kind in FALLING
        flags = self.severe, self.sound, self.notify, self.on
        number, level = int(self.rule_id or 0), Decimal(self.level or 0)
        return AlertRule(number, self.kind, self.symbol or "", -1 if falls else 1, level, *flags)


class SeenBody(BaseModel):
    """`alert_id` null: all of them."""

    model_config = ConfigDict(extra="forbid")

    alert_id: Annotated[str, Field(pattern=r"^\d{1,9}$")] | None = None


def attach(router: APIRouter, hub: Hub) -> None:
    @router.get("/alerts")
    async def alerts() -> JSONResponse:
        """What rang, oldest first, and the rules."""
        return JSONResponse(alerts_of(hub.snapshot()))

    @router.post("/alerts/rules")
    async def set_rule(body: RuleBody) -> JSONResponse:
        """A new rule, or another in the place of one."""
        snapshot = hub.snapshot()
        field, wrong = body.wrong(snapshot)
        if field == "symbol" and body.symbol and body.kind in OF_SYMBOL:
            return unknown_symbol(body.symbol)
        if field:
            return refusal(422, "invalid", f"{field}: {wrong}", field)
        return await _told(hub, SetRule(body.rule(), snapshot.now_ns))

    @router.delete("/alerts/rules/{rule_id}")
    async def delete_rule(rule_id: str) -> JSONResponse:
        """It rings no more; what it rang stays."""
        snapshot = hub.snapshot()
        known = next((rule for rule in snapshot.account.alert_rules if str(rule.rule_id) == rule_id), None)
        if known is None:
            return refusal(404, "unknown", f"there is no rule {rule_id}", "rule_id")
        gone = AlertRule(known.rule_id, known.kind, known.symbol, known.way, known.level, on=False, gone=True)
        return await _told(hub, SetRule(gone, snapshot.now_ns))

    @router.post("/alerts/seen")
    async def seen(body: SeenBody) -> JSONResponse:
        """Acknowledges one alert, or all."""
        snapshot, number = hub.snapshot(), int(body.alert_id or 0)
        if number and all(alert.alert_id != number for alert in snapshot.account.alerts):
            return refusal(404, "unknown", f"there is no alert {number}", "alert_id")
        return await _told(hub, SeeAlerts(number, snapshot.now_ns))


async def _told(hub: Hub, command: Command) -> JSONResponse:
    refused = next((step for step in hub.submit(command) if isinstance(step, Refused)), None)
    if refused is not None:
        return refusal(STATUS_OF[refused.code], refused.code, refused.reason, "rule_id")
    if not await when_on_disk(hub):
        return refusal(503, "store", NOT_STORED)
    return JSONResponse(alerts_of(hub.snapshot()))


def alerts_of(snapshot: Snapshot, most: int = 100) -> dict[str, object]:
    """`/api/alerts` and the section of frames: numbers and times of alerts, rules with their words."""
    return {
        "alerts": [_alert(alert) for alert in snapshot.account.alerts[-most:]],
        "rules": [_rule(rule) for rule in snapshot.account.alert_rules],
    }


def _alert(alert: Alert) -> Mapping[str, object]:
    return {
        "alert_id": str(alert.alert_id),
        "rule_id": str(alert.rule_id),
        "kind": alert.kind,
        "symbol": alert.symbol or None,
        "text": alert.text,
        "severe": alert.severe,
        "sound": alert.sound,
        "notify": alert.notify,
        "ts_ms": alert.ts_ns // 1_000_000,
        "last_ms": alert.last_ns // 1_000_000,
        "count": alert.count,
        "seen_ms": alert.seen_ns // 1_000_000 or None,
    }


def _rule(rule: AlertRule) -> Mapping[str, object]:
    return {
        "rule_id": str(rule.rule_id),
        "kind": rule.kind,
        "symbol": rule.symbol or None,
        "way": ("rises" if rule.way > 0 else "falls") if rule.kind == "price" else None,
        "level": None if UNITS[rule.kind] is None else plain(rule.level),
        "severe": rule.severe,
        "sound": rule.sound,
        "notify": rule.notify,
        "on": rule.on,
        "words": words(rule),
    }


def words(rule: AlertRule) -> str:
    """What it rings for, in words."""
    level = plain(rule.level)
    return {
        "price": f"{rule.symbol} {'rises' if rule.way > 0 else 'falls'} to {level}",
        "spread": f"{rule.symbol} spread from {level} bp",
        "margin": f"margin from {level} %",
        "liquidation": f"liquidation nearer than {level} %",
        "drawdown": f"drawdown from {level} %",
        "lock": "the lock: 75 %, 90 %, locked",
        "feed": "the feed: stale, back, stops not watched",
        "liquidated": "a liquidation",
    }[rule.kind]
