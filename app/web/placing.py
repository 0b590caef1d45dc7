"""REST for orders, fills, positions and the account, shaped for programs and used by the page. README.md lists the routes."""

import asyncio
import re
import secrets
import time
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.core.model import Bracket, BreakEven, CancelOrder, Flatten, PlaceOrder, Refused
from app.core.orders import Order
from app.hub import Hub
from app.web import asking
from app.web.answers import account_of, fill_of, on_disk, order_of, positions_of, receipt
from app.web.guard import refusal, unknown_symbol

STATUS_OF = {"locked": 403, "discipline": 403, "limit": 429, "duplicate": 409, "break_even": 409}
SETTLED_S, LOOK_S, STORED_S = 1.0, 0.02, 8.0
NOT_STORED = "not on disk yet, so whether it was done is not known: ask again, for an order with the same client_id"

ClientId = Annotated[str, Field(min_length=8, max_length=64, pattern="^[0-9A-Za-z_.-]*$")]


def decimal_text(value: object) -> object:
    """A JSON number may have been rounded on its way here."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError('must be a decimal text such as "0.5", in quotes: a JSON number may be rounded on its way')
    if not asking.NUMBER.fullmatch(value):
        raise ValueError("must be a plain decimal number like 0.25")
    if not Decimal(value):
        raise ValueError("must be above zero")
    return value


class BracketBody(BaseModel):
    """A stop and a target for what the order opens."""

    model_config = ConfigDict(extra="forbid")

    stop_price: str | None = None
    target_price: str | None = None
    break_even_ticks: Annotated[int, Field(ge=0, le=100_000)] = 0

    _numbers = field_validator("stop_price", "target_price", mode="before")(decimal_text)

    def wanted(self) -> Bracket:
        return Bracket(_decimal(self.stop_price), _decimal(self.target_price), self.break_even_ticks)


class OrderBody(BaseModel):
    """An order; fields that its type does not take are refused, not dropped. Numbers are decimal texts."""

    model_config = ConfigDict(extra="forbid")

    client_id: ClientId
    symbol: str
    side: Literal["buy", "sell"]
    type: Literal["market", "limit", "stop", "stop_limit", "take_profit", "trailing_stop"] = "market"
    quantity: str
    price: str | None = None
    stop_price: str | None = None
    trail: str | None = None
    time_in_force: Literal["gtc", "ioc"] = "gtc"
    post_only: bool = False
    reduce_only: bool = False
    trigger: Literal["tick", "mark"] = "tick"
    bracket: BracketBody | None = None
    by: Literal["click", "key", "program"] = "click"
    confirm: Annotated[str, Field(max_length=64)] = ""

    _numbers = field_validator("quantity", "price", "stop_price", "trail", mode="before")(decimal_text)

    def command(self, ts_ns: int) -> PlaceOrder:
        return PlaceOrder(
            self.client_id,
            self.symbol,
            1 if self.side == "buy" else -1,
            Decimal(self.quantity),
            ts_ns,
            reduce_only=self.reduce_only,
            type=self.type,
            price=_decimal(self.price),
            stop_price=_decimal(self.stop_price),
            trail=_decimal(self.trail),
            time_in_force=self.time_in_force,
            post_only=self.post_only,
            trigger=self.trigger,
            bracket=self.bracket.wanted() if self.bracket else None,
            by=self.by,
            confirm=self.confirm,
        )


class FlattenBody(BaseModel):
    """The same client id twice flattens once."""

    model_config = ConfigDict(extra="forbid")

    client_id: ClientId | None = None


class BreakEvenBody(BaseModel):
    """Whose stop."""

    model_config = ConfigDict(extra="forbid")

    symbol: str


def attach(router: APIRouter, hub: Hub) -> None:
    asking.attach(router, hub)

    @router.get("/orders")
    async def orders(client_id: str = "") -> JSONResponse:
        """Working orders and the newest 200 that are over; with `client_id` that one, for who lost its answer."""
        if client_id:
            found = hub.seen(client_id)
            return JSONResponse({"orders": [order_of(on_disk(hub.snapshot(), found))] if found else []})
        account = hub.snapshot().account
        return JSONResponse({"orders": [order_of(order) for order in (*account.over, *account.working)]})

    @router.post("/orders")
    async def place_order(order: OrderBody) -> JSONResponse:
        """201 is the receipt; 200 the same order again for a client id that was seen before."""
        snapshot = hub.snapshot()
        if order.symbol not in snapshot.symbols:
            return unknown_symbol(order.symbol)
        command = order.command(snapshot.now_ns)
        seen = hub.seen(order.client_id)
        if seen is not None and seen.asked.wish != command.wish:
            return refusal(409, "client_id", f"{order.client_id} was another order: give each its own client_id", "client_id")
        refused = next((step for step in hub.submit(command) if isinstance(step, Refused)), None) if seen is None else None
        if refused is not None:
            return _refused(refused)
        if not await when_on_disk(hub):
            return refusal(503, "store", NOT_STORED)
        made = hub.seen(order.client_id)
        assert made is not None
        return JSONResponse(receipt(hub.snapshot(), made), status_code=201 if seen is None else 200)

    @router.delete("/orders/{order_id}")
    async def cancel(order_id: str) -> JSONResponse:
        """Never refused; an order that is over stays as it is."""
        known = hub.order(int(order_id)) if re.fullmatch(r"[0-9]{1,18}", order_id) else None
        if known is None:
            return refusal(404, "order_id", f"there is no order {order_id}", "order_id")
        hub.submit(CancelOrder(known.order_id, hub.snapshot().now_ns))
        if not await when_on_disk(hub):
            return refusal(503, "store", NOT_STORED)
        return JSONResponse({"order": order_of(on_disk(hub.snapshot(), hub.order(known.order_id) or known))})

    @router.delete("/orders")
    async def cancel_all() -> JSONResponse:
        """Every working order, one by one what became of it."""
        steps = hub.submit(CancelOrder(0, hub.snapshot().now_ns))
        if not await when_on_disk(hub):
            return refusal(503, "store", NOT_STORED)
        return JSONResponse({"orders": [order_of(step) for step in steps if isinstance(step, Order)]})

    @router.post("/break-even")
    async def break_even(body: BreakEvenBody) -> JSONResponse:
        """The stop that guards the position goes to break-even, fees both ways included; the stop as it then is."""
        snapshot = hub.snapshot()
        if body.symbol not in snapshot.symbols:
            return unknown_symbol(body.symbol)
        (step,) = hub.submit(BreakEven(body.symbol, snapshot.now_ns))
        if isinstance(step, Refused):
            return _refused(step)
        if not await when_on_disk(hub):
            return refusal(503, "store", NOT_STORED)
        assert isinstance(step, Order)
        return JSONResponse({"order": order_of(step)})

    @router.post("/flatten")
    async def flatten(body: Annotated[FlattenBody, Body(default_factory=FlattenBody)]) -> JSONResponse:
        """Cancels every order and closes every position, and reports leg by leg what was done and what was not."""
        before = hub.snapshot()
        client_id = body.client_id or secrets.token_hex(8)
        hub.submit(Flatten(client_id, before.now_ns))
        names = {position.symbol: f"{client_id}:{position.symbol}" for position in before.account.positions}
        until_s = time.monotonic() + SETTLED_S
        while time.monotonic() < until_s and any(_under_way(hub.seen(name)) for name in names.values()):
            await asyncio.sleep(LOOK_S)
        if not await when_on_disk(hub):
            return refusal(503, "store", NOT_STORED)
        account = before.account_id
        legs = [{"position_id": f"{account}:{symbol}", **_leg(hub.seen(name))} for symbol, name in names.items()]
        return JSONResponse({"legs": legs})

    @router.get("/fills")
    async def fills() -> JSONResponse:
        """The newest 200, oldest first."""
        return JSONResponse({"fills": [fill_of(fill) for fill in hub.snapshot().account.fills]})

    @router.get("/positions")
    async def positions() -> JSONResponse:
        return JSONResponse(positions_of(hub.snapshot(), time.time_ns() // 1_000_000))

    @router.get("/account")
    async def account() -> JSONResponse:
        return JSONResponse({"account": account_of(hub.snapshot())})


async def when_on_disk(hub: Hub) -> bool:
    """Nobody is told what is not on disk; False when that takes too long."""
    done = hub.when_durable()
    if not done.done():
        await asyncio.wait([asyncio.wrap_future(done)], timeout=STORED_S)
    return done.done()


def _refused(refused: Refused) -> JSONResponse:
    answer = {"error": refused.code, "field": None, "message": refused.reason}
    if refused.confirm:
        answer["confirm"] = refused.confirm
    wait = {"Retry-After": str(-(-refused.wait_ns // 1_000_000_000))} if refused.wait_ns else {}
    return JSONResponse(answer, STATUS_OF[refused.code], wait)


def _under_way(order: Order | None) -> bool:
    return order is not None and not order.over and not order.held_up


def _leg(order: Order | None) -> dict[str, str]:
    if order is None:
        return {"result": "not done", "reason": "it was flattened before, or closed meanwhile"}
    if order.over:
        return {"result": "closed" if order.state == "filled" else order.state, "reason": order.reason}
    return {"result": "waiting", "reason": "waits for a live quote" if order.held_up else f"{order.state}, not filled yet"}


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
