"""What may reach the server: on loopback its own names only (DNS rebinding); changes of state only on loopback, and only from
our own page or from no browser.
"""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from app.config import LOOPBACK

READS = ("GET", "HEAD", "OPTIONS")
REFRESH = "/_dash-update-component"
"""Dash asks for frames by POST: nothing changes by it, so it is served read-only too."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
READ_ONLY = "served beyond loopback: read-only until users exist; start with --host 127.0.0.1 to trade"


def refusal(code: int, error: str, message: str, field: str | None = None) -> JSONResponse:
    """The shape of every error that the API gives."""
    return JSONResponse({"error": error, "field": field, "message": message}, status_code=code)


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

    @server.middleware("http")
    async def check(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if not known_host(request.headers, host):
            return refusal(403, "host", f"this server does not answer for {request.headers.get('host', '')!r}")
        if request.method not in READS:
            if not may_change_state and request.url.path != REFRESH:
                return refusal(403, "read_only", READ_ONLY)
            site = request.headers.get("sec-fetch-site", "same-origin")
            if not from_our_page(request.headers) or site not in ("same-origin", "none"):
                return refusal(403, "origin", "this request came from another site")
            if request.method == "POST" and request.headers.get("content-type", "").split(";")[0] != "application/json":
                return refusal(403, "content_type", "send JSON with content type application/json")
        answer = await call_next(request)
        answer.headers["X-Frame-Options"] = "DENY"  # nobody may lay our page under theirs and have it clicked
        return answer
