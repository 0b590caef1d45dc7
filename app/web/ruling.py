"""REST for the discipline lock, and the texts of its place on the page. The core decides; README.md lists the routes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.core.discipline import MINUTE_NS, at, clock, worded
from app.core.model import Refused
from app.core.paper import plain
from app.core.ruling import Override, RiskLimits, SetLimits
from app.core.snapshot import Snapshot
from app.hub import Hub
from app.web.asking import NUMBER
from app.web.guard import refusal
from app.web.placing import NOT_STORED, when_on_disk
from app.web.risking import risk_of

STATUS_OF = {"reason": 422, "unlocked": 409, "pending": 409}
PROPOSED = Decimal("0.03")
CENT = Decimal("0.01")

Reason = Annotated[str, Field(max_length=300)]


class LimitsBody(BaseModel):
    """All limits at once; null or 0 turns one off. `reason`: why one gets looser."""

    model_config = ConfigDict(extra="forbid")

    day_loss: str | None = None
    orders: Annotated[int, Field(ge=0, le=100_000)] = 0
    losses: Annotated[int, Field(ge=0, le=1000)] = 0
    pause_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    reason: Reason = ""

    @field_validator("day_loss", mode="before")
    @classmethod
    def _money(cls, value: object) -> object:
        if value is not None and not (isinstance(value, str) and NUMBER.fullmatch(value) and Decimal(value)):
            raise ValueError('must be an amount above zero as a text such as "300", or null for no limit')
        return value

    def limits(self) -> RiskLimits:
        pause_ns = self.pause_minutes * MINUTE_NS if self.losses else 0
        return RiskLimits(None if self.day_loss is None else Decimal(self.day_loss), self.orders, self.losses, pause_ns)


class OverrideBody(BaseModel):
    """Why the lock should end before its time."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


def attach(router: APIRouter, hub: Hub) -> None:
    @router.get("/discipline")
    async def discipline() -> JSONResponse:
        """The limits, how close they are, the lock, and what was changed by whom and why."""
        return JSONResponse(discipline_of(hub.snapshot()))

    @router.get("/risk")
    async def risk() -> JSONResponse:
        """Margin, value at risk, the chance of a liquidation, exposure, the equity curve."""
        return JSONResponse(risk_of(hub.snapshot()))

    @router.post("/discipline")
    async def set_limits(body: LimitsBody) -> JSONResponse:
        """Stricter limits hold at once; looser ones need a reason and hold after 15 minutes."""
        return await _told(hub, SetLimits(body.limits(), body.reason, hub.snapshot().now_ns))

    @router.post("/discipline/override")
    async def override(body: OverrideBody) -> JSONResponse:
        """Ends the lock 15 minutes from now."""
        return await _told(hub, Override(body.reason, hub.snapshot().now_ns))


async def _told(hub: Hub, command: SetLimits | Override) -> JSONResponse:
    refused = next((step for step in hub.submit(command) if isinstance(step, Refused)), None)
    if refused is not None:
        return refusal(STATUS_OF[refused.code], refused.code, refused.reason, "reason" if refused.code == "reason" else None)
    if not await when_on_disk(hub):
        return refusal(503, "store", NOT_STORED)
    return JSONResponse(discipline_of(hub.snapshot()))


def discipline_of(snapshot: Snapshot) -> dict[str, object]:
    """`/api/discipline`; `lost` below zero is won; `proposed`: 3 % of the balance, what the page proposes as a day's limit."""
    ruling, now = snapshot.account.ruling, snapshot.discipline
    return {
        "account": snapshot.account_id,
        "limits": _limits(ruling.limits),
        "proposed_day_loss": plain(proposed(snapshot)),
        "day": {"begins": "00:00 UTC", "lost": plain(now.lost) if ruling.limits.day_loss is not None else None},
        "orders_10m": now.orders if ruling.limits.orders else None,
        "losses_in_a_row": now.streak,
        "warnings": list(now.warnings),
        "locked": now.locked or None,
        "until_ms": now.until_ns // 1_000_000 if now.locked else None,
        "pending": {
            "what": ruling.pending,
            "reason": ruling.reason,
            "effect_ms": ruling.effect_ns // 1_000_000,
            "limits": _limits(ruling.next) if ruling.pending == "limits" else None,
        }
        if ruling.pending
        else None,
        "history": [
            {"number": one.number, "ts_ms": one.ts_ns // 1_000_000, "what": one.what} for one in snapshot.account.rulings
        ],
    }


def rule_texts(snapshot: Snapshot) -> Mapping[str, object]:
    """What the page shows of it, ready to show: a line for each limit, the lock, what is pending, and the newest change."""
    ruling, now, limits = snapshot.account.ruling, snapshot.discipline, snapshot.account.ruling.limits
    lost = "off" if limits.day_loss is None else f"{now.lost:,.2f} of {limits.day_loss:,.2f}".replace("-", "−")
    anew = ", counted anew" if ruling.lock == "losses" else ""
    pending = ""
    if ruling.pending:
        what = "override" if ruling.pending == "override" else f"limits {worded(ruling.next)}"
        pending = f"{what}, {at(ruling.effect_ns, snapshot.now_ns)}: {ruling.reason}"
    return {
        "day_loss": None if limits.day_loss is None else plain(limits.day_loss),
        "orders": limits.orders,
        "losses": limits.losses,
        "pause_minutes": limits.pause_ns // MINUTE_NS,
        "proposed": plain(proposed(snapshot)),
        "lost_today": lost,
        "orders_10m": f"{now.orders} of {limits.orders}" if limits.orders else "off",
        "in_a_row": f"{now.streak} of {limits.losses}{anew}" if limits.losses else "off",
        "locked": now.locked,
        "can_override": bool(ruling.lock) and ruling.pending != "override",
        "warnings": " · ".join(now.warnings),
        "pending": pending,
        "newest": f"{clock(ruling.ts_ns)} {ruling.what}" if ruling.number else "",
    }


def proposed(snapshot: Snapshot) -> Decimal:
    return (snapshot.account.balance * PROPOSED).quantize(CENT)


def _limits(limits: RiskLimits) -> dict[str, object]:
    return {
        "day_loss": None if limits.day_loss is None else plain(limits.day_loss),
        "orders": limits.orders,
        "losses": limits.losses,
        "pause_minutes": limits.pause_ns // MINUTE_NS,
    }
