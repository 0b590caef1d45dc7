"""Who is measured, and how each is started against the venue: a command line and the page's address, nothing else differs."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from bench.processes import ROOT, Child, python

VENUE_PORT = 8500
SERVER_PORT = 8510

Command = Callable[[int, int], list[str]]
"""(port to serve on, the venue's port) → command line."""


@dataclass(frozen=True, slots=True)
class Contender:
    """`symbol`: as the venue writes the symbol of the main chart."""

    name: str
    title: str
    command: Command
    symbol: str = "ETHUSDT"

    def start(self, venue_port: int = VENUE_PORT, port: int = SERVER_PORT) -> Child:
        return Child(self.name, self.command(port, venue_port), port)


def dashboard(*flags: str) -> Command:
    """The product's own command line against the bench's venue."""

    def command(port: int, venue_port: int) -> list[str]:
        venue = ["--feed", "binance", "--ws-url", f"ws://127.0.0.1:{venue_port}", "--rest-url", f"http://127.0.0.1:{venue_port}"]
        return [sys.executable, "run_dashboard.py", "--port", str(port), "--leverage", "500", *venue, *flags]

    return command


def _plain(port: int, venue_port: int) -> list[str]:
    return python("bench.plain_way", "--port", port, "--venue", f"127.0.0.1:{venue_port}")


def _limit(port: int, venue_port: int) -> list[str]:
    return python("bench.limit_server", "--port", port, "--venue", f"127.0.0.1:{venue_port}")


DESK = Contender("desk", "dashboard (WebSocket)", dashboard("--transport", "auto"))
INTERVAL = Contender("interval", "dashboard (Interval)", dashboard("--transport", "interval"))
PLAIN = Contender("plain", "plain way", _plain)
LIMIT = Contender("limit", "limit (canvas)", _limit)


def available() -> list[Contender]:
    """All four; the limit only where npm has fetched its library."""
    fetched = (ROOT / "bench/limit/node_modules/uplot").exists()
    if not fetched:
        print("the limit is left out: its library was not fetched", "(npm is missing)" if not shutil.which("npm") else "")
    return [DESK, INTERVAL, PLAIN, *([LIMIT] if fetched else [])]


def venue(rate: float, symbols: int = 2, seed: int = 1, port: int = VENUE_PORT) -> Child:
    """A venue process; each stretch gets its own, so that every contender sees the same market from its first second."""
    return Child("venue", python("bench.venue", "--port", port, "--rate", rate, "--symbols", symbols, "--seed", seed), port)
