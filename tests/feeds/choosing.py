"""The sources as run_dashboard puts them together, with a real desk behind them and nobody looking at the page."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from fastapi.testclient import TestClient

from app.config import read_config
from app.core.desk import Desk
from app.core.snapshot import Snapshot
from app.hub import Hub
from app.web.server import create_app
from feeds.events import Event, SourceStarted
from feeds.intake import Intake
from feeds.recording import Recording
from run_dashboard import _sources
from tests.market import ETH

PATIENT_S = 30.0
"""A wait that no test may come to the end of: whatever happens in time happened for another reason."""


class Running:
    """Sources, inbox and hub as in the dashboard. `starts`: every source's beginning; `said`: each (kind, state, source) seen."""

    def __init__(self, recording: Recording, flags: Sequence[str]):
        self.config = read_config(flags, {})
        self.hub = Hub(Desk(self.config.terms))
        self.starts: list[SourceStarted] = []
        self.said: set[tuple[str, str, str]] = set()
        self._changed = threading.Condition()
        self._intake = Intake(self._emit)
        self.sources = _sources(self.config, self._intake, lambda: recording)

    def __enter__(self) -> "Running":
        self._intake.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.sources.stop()
        self._intake.stop()

    def begin(self) -> "Running":
        self.sources.start()
        return self

    def until(self, condition: Callable[[Snapshot], object], timeout_s: float = 6.0) -> Snapshot:
        """The first state in which it is true; looked at after each batch."""
        with self._changed:
            happened = self._changed.wait_for(lambda: bool(condition(self.hub.snapshot())), timeout_s)
        assert happened, f"it did not happen: {self.hub.snapshot().feed}"
        return self.hub.snapshot()

    def until_state(self, state: str, timeout_s: float = 6.0) -> Snapshot:
        return self.until(lambda snapshot: snapshot.feed.state == state and snapshot.symbols[ETH].n, timeout_s)

    def status(self) -> Any:
        controls = {"inbox_depth": lambda: self._intake.depth, "go_live": self.sources.go_live, "recording": lambda: None}
        server, _ = create_app(self.hub, controls, self.config)
        return TestClient(server, base_url="http://127.0.0.1:8051").get("/api/status").json()

    def _emit(self, events: Sequence[Event]) -> None:
        self.hub.emit(events)
        snapshot = self.hub.snapshot()
        with self._changed:
            self.starts += [event for event in events if isinstance(event, SourceStarted)]
            for view in snapshot.symbols.values():
                self.said |= {(snapshot.feed.kind, snapshot.feed.state, view.state), (snapshot.feed.kind, "source", view.source)}
            self._changed.notify_all()


Run = Callable[..., Running]


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"ws://127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def mute_listener() -> Iterator[tuple[str, socket.socket]]:
    """(address, socket) of a server that takes connections and never answers, not even the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENT_S / 2)
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}", listener


def taken(listener: socket.socket, stack: ExitStack) -> None:
    """A connection has come and begun to ask for something."""
    connection, _ = listener.accept()
    stack.enter_context(connection)
    assert connection.recv(3) == b"GET"
