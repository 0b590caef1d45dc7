"""The server as run_dashboard makes it, without a socket: asked by a client that names it rightly."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from app.config import read_config
from app.hub import Hub
from app.web.server import create_app

HOST = "127.0.0.1:8051"


def client_of(source: Hub, *flags: str, **controls: Callable[[], Any]) -> TestClient:
    """`controls`: in place of those that say yes to everything."""
    given = {"inbox_depth": lambda: 7, "go_live": lambda: True, "try_now": lambda: ""}
    given |= {"recording": lambda: None, **controls}
    server, _ = create_app(source, given, read_config(flags, {}))
    return TestClient(server, base_url=f"http://{HOST}", headers={"host": HOST})
