"""What may reach the server: on loopback its own names only (DNS rebinding); changes of state only on loopback, and only from
our own page or from no browser.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.config import LOOPBACK

READS = ("GET", "HEAD", "OPTIONS")
REFRESH = "/_dash-update-component"
"""Dash asks for frames by POST: nothing changes by it, so it is served read-only too."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
READ_ONLY = "served beyond loopback: read-only until users exist; start with --host 127.0.0.1 to trade"


def refusal(code: int, error: str, message: str, field: str | None = None) -> JSONResponse:
    """The shape of every error that the API gives."""
    return JSONResponse({"error": error, "field": field, "message": message}, status_code=code)


def unknown_symbol(symbol: str) -> JSONResponse:
    return refusal(404, "symbol", f"unknown symbol {symbol!r}", "symbol")


def from_our_page(headers: Mapping[str, str]) -> bool:
    """True where the browser says that the page which asks was served from here, or where no browser asks."""
    origin = headers.get("origin")
    return not origin or urlsplit(origin).netloc == headers.get("host", "")


def known_host(headers: Mapping[str, str], host: str) -> bool:
    """Whether the Host header names this server (against DNS rebinding). Beyond loopback nobody knows its names."""
    said = headers.get("host", "")
    name = said if said.endswith("]") else said.rsplit(":", 1)[0]
    return host not in LOOPBACK or name in LOOPBACK_NAMES


def attach(server: FastAPI, host: str, may_change_state: bool) -> None:
    """Checks every request: the Host header; and whatever is no mere read, whichever its path, also origin and content type."""
    server.add_middleware(Guard, host=host, may_change_state=may_change_state)


class Guard:
    """Plain ASGI, for what each request costs."""

    def __init__(self, app: ASGIApp, host: str, may_change_state: bool):
        self._app = app
        self._host = host
        self._may_change_state = may_change_state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        refused = self._refused(scope["method"], scope["path"], Headers(scope=scope))
        if refused is not None:
            return await refused(scope, receive, send)

        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":  # nobody may lay our page under theirs and have it clicked
                message["headers"] = [*message["headers"], (b"x-frame-options", b"DENY")]
            await send(message)

        await self._app(scope, receive, framed)

    def _refused(self, method: str, path: str, headers: Mapping[str, str]) -> JSONResponse | None:
        if not known_host(headers, self._host):
            return refusal(403, "host", f"this server does not answer for {headers.get('host', '')!r}")
        if method in READS:
            return None
        if not self._may_change_state and path != REFRESH:
            return refusal(403, "read_only", READ_ONLY)
        site = headers.get("sec-fetch-site", "same-origin")
        if not from_our_page(headers) or site not in ("same-origin", "none"):
            return refusal(403, "origin", "this request came from another site")
        if method == "POST" and headers.get("content-type", "").split(";")[0] != "application/json":
            return refusal(403, "content_type", "send JSON with content type application/json")
        return None
