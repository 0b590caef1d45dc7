"""Beside the frames: while a position is open, its returns are measured after every closed bar and fill, in a thread."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.returns import RiskTerms, returns_of
from app.core.risk import due
from app.hub import Hub

log = logging.getLogger(__name__)

LOOK_S, STANDS_S = 0.5, 1.5


class Measuring:
    """Owns one task on the event loop. Pandas takes a third of a second to load: not in the start but once the first page has
    stood for a moment, or a position is open. Plotly looks at it as soon as it is half there, so no page of Dash's is made
    meanwhile: such a request waits. The API and the WebSocket of frames never do.
    """

    def __init__(self, hub: Hub, page_stands: Callable[[], bool]):
        self._hub = hub
        self._page_stands = page_stands
        self._being_made = 0
        self._rest = asyncio.Event()
        self._rest.set()
        self._whole = asyncio.Event()
        self._whole.set()
        self._loaded = False
        self._stopped = asyncio.Event()

    def attach(self, server: FastAPI) -> None:
        server.add_middleware(Gate, measuring=self)

    @contextlib.asynccontextmanager
    async def page(self) -> AsyncIterator[None]:
        """While a page of Dash's is made, nothing is loaded; while something is, it waits."""
        await self._whole.wait()
        self._being_made += 1
        self._rest.clear()
        try:
            yield
        finally:
            self._being_made -= 1
            if not self._being_made:
                self._rest.set()

    @property
    def loaded(self) -> bool:
        return self._loaded

    def stop(self) -> None:
        self._stopped.set()

    async def run(self) -> None:
        """Until it is stopped."""
        measured: object = None
        stands_s: float | None = None
        while not self._stopped.is_set():
            snapshot = self._hub.snapshot()
            bars = due(snapshot)
            if stands_s is None and self._page_stands():
                stands_s = time.monotonic()
            if not self._loaded and (bars or (stands_s is not None and time.monotonic() - stands_s > STANDS_S)):
                await self._load()
            newest = tuple((symbol, of[-1].open_time_ms if of else 0, len(of)) for symbol, of in bars.items())
            wanted = snapshot.epoch, newest, len(snapshot.account.fills) and snapshot.account.fills[-1].fill_id
            if bars and wanted != measured:
                measured = wanted
                try:
                    self._hub.submit(await asyncio.to_thread(returns_of, snapshot.epoch, bars, snapshot.risk_terms))
                except Exception:  # the estimate is missing then, and nothing else
                    log.exception("no value at risk")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), LOOK_S)

    async def _load(self) -> None:
        while self._being_made:
            await self._rest.wait()
        self._whole.clear()
        try:
            await asyncio.to_thread(returns_of, "", {}, RiskTerms())
        finally:
            self._loaded = True
            self._whole.set()


class Gate:
    """The middleware of `Measuring`: plain ASGI, for what each request costs."""

    def __init__(self, app: ASGIApp, measuring: Measuring):
        self._app = app
        self._measuring = measuring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._measuring.loaded or scope["path"].startswith("/api/"):
            return await self._app(scope, receive, send)
        async with self._measuring.page():
            await self._app(scope, receive, send)
