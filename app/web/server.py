"""create_app: Dash on FastAPI, our routes, our stream. Starts nothing; whoever owns the server runs it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash
from fastapi import FastAPI
from fastapi.responses import FileResponse

from app.config import Config
from app.hub import Hub
from app.web import api, callbacks, guard
from app.web.flushing import Drill, steady_ms
from app.web.frame import View
from app.web.layout import layout
from app.web.measuring import Measuring
from app.web.stream import Stream
from app.web.viewers import Viewers
from feeds.events import INTERVAL_MS

ROOT = Path(__file__).resolve().parents[2]
BOOTSTRAP = Path(find_spec("flask_bootstrap").origin).parent / "static/bootstrap5/css/bootstrap.min.css"  # type: ignore[union-attr,arg-type]
"""Found, not imported: the package would bring all of Flask for one style sheet."""
BOOTSTRAP_URL = "/vendor/bootstrap.min.css"
PLOTLY_URL = "/_dash-component-suites/plotly/package_data/plotly.min.js"


def create_app(hub: Hub, controls: Mapping[str, Callable[[], Any]], config: Config) -> tuple[FastAPI, Stream]:
    """`controls`: plain callables of the composition root, see `api.attach`. The stream ends when `Stream.stop` is awaited."""
    viewers = Viewers(
        config.throttle,
        View(config.symbols[0], "200", config.side_charts),
        {"symbols": config.symbols, "intervals": INTERVAL_MS},
    )
    drill = Drill(config.drill_cost)
    stream = Stream(hub, viewers, drill, config.host)
    measuring = Measuring(hub, lambda: bool(viewers.at(steady_ms())))
    server = FastAPI(
        title="Scalping dashboard",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_lifespan(measuring, stream),
    )
    measuring.attach(server)
    guard.attach(server, config.host, config.may_change_state)
    api.attach(server, hub, viewers, controls, time.monotonic_ns())
    stream.attach(server)

    @server.get(BOOTSTRAP_URL, include_in_schema=False)
    async def bootstrap() -> FileResponse:
        return FileResponse(BOOTSTRAP, media_type="text/css", headers={"Cache-Control": "max-age=86400"})

    app = Dash(
        __name__,
        server=False,  # `init_app` below: given one here, Dash loads all of Flask only to ask whether it is a Flask
        backend="fastapi",
        title="Scalping desk",
        update_title=None,
        assets_folder=str(ROOT / "assets"),
        external_stylesheets=[BOOTSTRAP_URL],
        external_scripts=[{"src": PLOTLY_URL, "defer": "defer"}],  # else it is fetched only when the tree stands
        serve_locally=True,
    )
    app.init_app(server)
    app.backend.websocket_capability = False  # frames have a channel of their own: the page need not open Dash's as well
    app.layout = lambda: dbc.Container(layout(page_options(config)), fluid=True, className="desk-root")
    callbacks.register(app, hub, viewers, drill, picture=config.transport != "websocket")
    return server, stream


def page_options(config: Config) -> dict[str, Any]:
    """The settings that the page needs, as plain values."""
    return {
        "symbols": config.symbols,
        "charts": config.side_charts,
        "leverage": config.leverage,
        "tiers": config.terms.tiers_named,
        "account_kind": config.kind.words,
        "ring": config.ticks,
        "state_changes_allowed": config.may_change_state,
        "transport": config.transport,
        "interval_ms": config.throttle.interval_ms[config.throttle.start_level],
        "line_stale_ms": config.budgets_ms[0],
        "symbol_stale_ms": config.budgets_ms[1],
    }


def _lifespan(measuring: Measuring, stream: Stream) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(server: FastAPI) -> AsyncIterator[None]:
        stream.start()
        running = asyncio.get_running_loop().create_task(measuring.run())
        yield
        measuring.stop()
        await running

    return lifespan
