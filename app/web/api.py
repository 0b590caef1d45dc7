"""JSON for programs: status, ticks, candles, quote; and the few routes by which the page changes something. README.md lists them.

Prices, sizes and volumes are exact decimal texts, ids texts, times integers, unknown values null.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.core.model import PlaceOrder, UnlockReplay
from app.core.paper import plain
from app.hub import Hub
from app.web.answers import candle, quote_of, receipt, symbol_status
from app.web.guard import refusal
from app.web.viewers import Viewers
from feeds.events import INTERVAL_MS

QUANTITY = re.compile(r"\d{1,12}(\.\d{1,18})?")
COUNTERS = ("received", "parsed", "refused", "duplicates", "reconnects", "gaps", "lost", "inbox_depth", "inbox_dropped")


class MarketOrder(BaseModel):
    """A market order; more types are later work, and a field of theirs is refused, not dropped."""

    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(min_length=8, max_length=64)
    symbol: str
    side: Literal["buy", "sell"]
    type: Literal["market"] = "market"
    quantity: str
    reduce_only: bool = False

    @field_validator("quantity", mode="before")
    @classmethod
    def exact(cls, value: object) -> object:
        """A JSON number may have been rounded on its way here."""
        if not isinstance(value, str):
            raise ValueError('must be a decimal text such as "0.5", in quotes: a JSON number may be rounded on its way')
        return value

    @field_validator("quantity")
    @classmethod
    def above_zero(cls, text: str) -> str:
        if not QUANTITY.fullmatch(text):
            raise ValueError("must be a plain decimal number like 0.25")
        if not Decimal(text):
            raise ValueError("must be above zero")
        return text


def attach(server: FastAPI, hub: Hub, viewers: Viewers, controls: Mapping[str, Callable[[], Any]], started_ns: int) -> None:
    """`controls`: `inbox_depth()`, `go_live()` and `try_now()`, from whoever owns the feeds."""
    router = APIRouter(prefix="/api")

    @router.get("/status")
    async def status() -> JSONResponse:
        snapshot = hub.snapshot()
        counters = {name: snapshot.counters.get(name, 0) for name in COUNTERS} | {"inbox_depth": controls["inbox_depth"]()}
        open_pages = viewers.at(time.monotonic() * 1000)
        feed = snapshot.feed
        return JSONResponse(
            {
                "epoch": snapshot.epoch,
                "version": snapshot.version,
                "uptime_ms": (time.monotonic_ns() - started_ns) // 1_000_000,
                "feed": {
                    "name": feed.name,
                    "state": feed.state,
                    "reason": feed.reason or feed.chosen_because,
                    "source": feed.kind,
                },
                "symbols": {symbol: symbol_status(view) for symbol, view in snapshot.symbols.items()},
                "counters": counters,
                "viewers": len(open_pages),
                "throttle": [
                    {
                        "page_id": viewer.page_id,
                        "transport": viewer.transport,
                        "level": viewer.state.level,
                        "interval_ms": viewer.state.interval_ms,
                    }
                    for viewer in open_pages
                ],
            }
        )

    @router.get("/ticks")
    async def ticks(symbol: str) -> JSONResponse:
        market = hub.snapshot().symbols.get(symbol)
        if market is None:
            return _unknown(symbol)
        rows = [
            {
                "id": tick.id,
                "price": plain(tick.price),
                "size": plain(tick.size),
                "aggressor": tick.aggressor,
                "ts_event_ns": tick.ts_event_ns,
                "ts_recv_ns": tick.ts_recv_ns,
            }
            for tick in market.ticks
        ]
        return JSONResponse({"symbol": symbol, "ticks": rows})

    @router.get("/candles")
    async def candles(symbol: str, interval: str, limit: Annotated[int, Query(ge=1, le=500)] = 200) -> JSONResponse:
        market = hub.snapshot().symbols.get(symbol)
        if market is None:
            return _unknown(symbol)
        if interval not in INTERVAL_MS:
            return refusal(422, "interval", f"interval must be one of {', '.join(INTERVAL_MS)}", "interval")
        series = market.series[interval]
        bars = [*series.closed, *([series.open] if series.open else [])][-limit:]
        return JSONResponse({"symbol": symbol, "interval": interval, "candles": [candle(bar) for bar in bars]})

    @router.get("/quote")
    async def quote(symbol: str) -> JSONResponse:
        market = hub.snapshot().symbols.get(symbol)
        if market is None:
            return _unknown(symbol)
        return JSONResponse({"symbol": symbol, **quote_of(market)})

    @router.get("/orders")
    async def order_of(client_id: str) -> JSONResponse:
        """The order of one client id, for who lost its answer; an empty list: none has come."""
        known = [receipt(hub, client_id)["order"]] if hub.outcome(client_id) is not None else []
        return JSONResponse({"orders": known})

    @router.post("/orders")
    async def place_order(order: MarketOrder) -> JSONResponse:
        snapshot = hub.snapshot()
        if order.symbol not in snapshot.symbols:
            return _unknown(order.symbol)
        command = PlaceOrder(
            order.client_id,
            order.symbol,
            1 if order.side == "buy" else -1,
            Decimal(order.quantity),
            snapshot.now_ns,
            order.reduce_only,
        )
        seen = hub.outcome(order.client_id)
        if seen is None:
            if snapshot.locked:
                return refusal(403, "locked", snapshot.locked)
            hub.submit(command)
            return JSONResponse(receipt(hub, order.client_id), status_code=201)
        if replace(seen.order, ts_ns=0) != replace(command, ts_ns=0):
            return refusal(409, "client_id", f"{order.client_id} was another order: give each its own client_id", "client_id")
        return JSONResponse(receipt(hub, order.client_id))

    @router.post("/replay/unlock")
    async def unlock() -> JSONResponse:
        hub.submit(UnlockReplay(hub.snapshot().now_ns))
        return JSONResponse({"locked": hub.snapshot().locked})

    @router.post("/feed/live")
    async def go_live() -> JSONResponse:
        if not controls["go_live"]():
            return refusal(409, "live", "the live feed runs already, or is being tried")
        return JSONResponse({"feed": "connecting"}, status_code=202)

    @router.post("/feed/retry")
    async def try_now() -> JSONResponse:
        why_not = controls["try_now"]()
        if why_not:
            return refusal(409, "retry", why_not)
        return JSONResponse({"feed": "connecting"}, status_code=202)

    @router.api_route(
        "/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"], include_in_schema=False
    )
    async def unknown_path(path: str, request: Request) -> JSONResponse:
        methods = sorted(
            method
            for route in router.routes
            if isinstance(route, APIRoute) and route.endpoint is not unknown_path and route.path_regex.match(request.url.path)
            for method in route.methods or ()
        )
        if methods:
            answer = refusal(405, "method", f"/api/{path} takes {' or '.join(methods)}, not {request.method}")
            answer.headers["Allow"] = ", ".join(methods)
            return answer
        return refusal(404, "path", f"there is no /api/{path}; /api/openapi.json lists what there is")

    @server.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        named = [part for part in first["loc"] if isinstance(part, str) and part not in ("body", "query")]
        field = named[-1] if named else None
        return refusal(422, "invalid", f"{field or 'body'}: {first['msg'].removeprefix('Value error, ')}", field)

    server.include_router(router)


def _unknown(symbol: str) -> JSONResponse:
    return refusal(404, "symbol", f"unknown symbol {symbol!r}", "symbol")
