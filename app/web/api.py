"""JSON for programs: status, ticks, candles, quote; and the few routes by which the page changes something. README.md lists them.

Prices, sizes and volumes are exact decimal texts, ids texts, times integers, unknown values null.
"""

import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from app.core.model import UnlockReplay
from app.core.paper import plain
from app.hub import Hub
from app.web import journaling, margining, placing, resetting, ringing, ruling
from app.web.answers import candle, quote_of, symbol_status
from app.web.guard import refusal, unknown_symbol
from app.web.viewers import Viewers
from feeds.events import INTERVAL_MS

COUNTERS = ("received", "parsed", "refused", "duplicates", "reconnects", "gaps", "lost", "inbox_depth", "inbox_dropped")


def attach(server: FastAPI, hub: Hub, viewers: Viewers, controls: Mapping[str, Callable[[], Any]], started_ns: int) -> None:
    """`controls`: `inbox_depth()`, `recording()`, `go_live()` and `try_now()`, from whoever owns the feeds."""
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
                "recording": controls["recording"](),
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
            return unknown_symbol(symbol)
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
            return unknown_symbol(symbol)
        if interval not in INTERVAL_MS:
            return refusal(422, "interval", f"interval must be one of {', '.join(INTERVAL_MS)}", "interval")
        bars = market.series[interval].bars[-limit:]
        return JSONResponse({"symbol": symbol, "interval": interval, "candles": [candle(bar) for bar in bars]})

    @router.get("/quote")
    async def quote(symbol: str) -> JSONResponse:
        market = hub.snapshot().symbols.get(symbol)
        if market is None:
            return unknown_symbol(symbol)
        return JSONResponse({"symbol": symbol, **quote_of(market)})

    placing.attach(router, hub)
    margining.attach(router, hub)
    resetting.attach(router, hub)
    ruling.attach(router, hub)
    ringing.attach(router, hub)
    journaling.attach(router, hub)

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
