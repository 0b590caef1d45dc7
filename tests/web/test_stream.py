"""The WebSocket of frames as a page meets it: rubbish ends at most its own socket, and a page that comes back keeps its own."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from app.hub import Hub
from tests.market import BTC, ETH, hub, quote, tick
from tests.web.serving import client_of

VIEW = {"type": "view", "page_id": "page-0001", "symbol": ETH, "window": "200", "charts": [f"{ETH} 1m"], "visible": True}
MOST_MESSAGES = 30
"""Far more than any of these conversations has: a test that waits for what does not come ends here."""


@pytest.fixture
def source() -> Hub:
    return hub([quote("10", "11"), tick(1, "10")])


@pytest.fixture
def client(source: Hub) -> Iterator[TestClient]:
    with client_of(source) as running:
        yield running


def frame(socket: WebSocketTestSession) -> dict[str, Any]:
    """The next frame; heartbeats are answered as a page does."""
    for _ in range(MOST_MESSAGES):
        message = json.loads(socket.receive_text())
        if message.get("type") != "beat":
            socket.send_json({"type": "ack", "epoch": message.get("epoch"), "version": message["version"], "draw_ms": 1})
            return dict(message)
        socket.send_json({"type": "beat", "id": message["id"]})
    raise AssertionError("heartbeats only")


def full(socket: WebSocketTestSession) -> dict[str, Any]:
    for _ in range(MOST_MESSAGES):
        found = frame(socket)
        if found.get("full"):
            return found
    raise AssertionError("no full frame")


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "wrong",
    [
        {"symbol": 7},
        {"symbol": {"a": [1]}},
        {"symbol": None},
        {"window": ["200"]},
        {"charts": "ETH/USDT 1m"},
        {"charts": [1, None, {}, [], "DOGE/USDT 1m", "ETH/USDT 7m", f"{BTC} 1s"]},
        {"charts": [f"{ETH} 1m"] * 300},
        {"page_id": None},
        {"page_id": ["x"]},
        {"page_id": "p" * 5_000},
        {"visible": "no"},
        {"type": "view", "version": "12"},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
def test_a_view_with_a_wrong_field_shows_what_it_can_and_the_next_good_one_works(
    client: TestClient, caplog: pytest.LogCaptureFixture, wrong: dict[str, object]
) -> None:
    with client.websocket_connect("/ws/desk") as socket:
        socket.send_json(VIEW | wrong)
        assert full(socket)["epoch"] == "e1"
        socket.send_json({**VIEW, "symbol": BTC, "visible": False})
        socket.send_json({**VIEW, "symbol": BTC})
        assert BTC in {section.get("symbol") for section in full(socket)["sections"]}
    assert said(caplog) == []


def test_a_view_without_a_page_id_is_served(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with client.websocket_connect("/ws/desk") as socket:
        socket.send_json({"type": "view"})
        assert full(socket)["epoch"] == "e1"
    assert said(caplog) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "ack"},
        {"type": "ack", "epoch": 1, "version": "1", "draw_ms": "7"},
        {"type": "ack", "epoch": ["e1"], "version": [1], "draw_ms": None},
        {"type": "ack", "epoch": "e1", "version": 10**30, "draw_ms": -5, "wait_ms": 1e300},
        {"type": "ack", "epoch": "e9", "version": -1, "draw_ms": {}},
        {"type": "beat", "id": "first"},
        {"type": "beat"},
        {"type": "unheard"},
        {"type": ["ack"]},
        {},
    ],
    ids=str,
)
def test_a_wrong_answer_is_passed_over_and_frames_go_on(
    client: TestClient, source: Hub, caplog: pytest.LogCaptureFixture, answer: dict[str, object]
) -> None:
    with client.websocket_connect("/ws/desk") as socket:
        socket.send_json(answer)  # before it said what it shows
        socket.send_json(VIEW)
        first = json.loads(socket.receive_text())
        socket.send_json(answer)
        socket.send_json({"type": "ack", "epoch": first["epoch"], "version": first["version"], "draw_ms": 1})
        source.emit([tick(2, "12", 100)])
        rows = [section["rows"] for section in frame(socket)["sections"] if section["s"] == "ticks"]
        assert [row[0][1] for row in rows] == [12.0]
    assert said(caplog) == []


@pytest.mark.parametrize(
    "text",
    ["{", "", "7", '"view"', "[1]", "null", "NaN", json.dumps({**VIEW, "more": "x" * 20_000}), "[" * 5_000, b'{"type":"view"}'],
    ids=lambda text: repr(text[:12]),
)
def test_what_is_no_small_json_object_ends_its_own_socket_with_1003_and_no_other(
    client: TestClient, caplog: pytest.LogCaptureFixture, text: str | bytes
) -> None:
    with client.websocket_connect("/ws/desk") as other:
        other.send_json(VIEW | {"page_id": "page-0002"})
        full(other)
        with client.websocket_connect("/ws/desk") as socket:
            socket.send_json(VIEW)
            full(socket)
            socket.send_bytes(text) if isinstance(text, bytes) else socket.send_text(text)
            with pytest.raises(WebSocketDisconnect) as ended:
                for _ in range(MOST_MESSAGES):
                    socket.receive_text()
            assert ended.value.code == 1003
        other.send_json({**VIEW, "page_id": "page-0002", "symbol": BTC})
        assert frame(other)
        with client.websocket_connect("/ws/desk") as again:
            again.send_json(VIEW)
            assert full(again)["epoch"] == "e1"
    assert said(caplog) == []


def test_a_page_that_was_hidden_and_comes_back_gets_everything_anew_on_the_socket_it_kept(
    client: TestClient, source: Hub
) -> None:
    def transports() -> list[str]:
        return [viewer["transport"] for viewer in client.get("/api/status").json()["throttle"]]

    with client.websocket_connect("/ws/desk") as socket:
        socket.send_json(VIEW)
        full(socket)
        socket.send_json(VIEW | {"visible": False})
        for seq in range(2, 30):
            source.emit([tick(seq, "12", seq * 100)])
        assert transports() == ["websocket"]
        socket.send_json(VIEW)
        back = full(socket)
        rows = next(section["rows"] for section in back["sections"] if section["s"] == "ticks")
        assert len(rows) == 29 and transports() == ["websocket"]


def test_a_view_that_changes_while_a_frame_is_under_way_costs_nothing(client: TestClient, source: Hub) -> None:
    with client.websocket_connect("/ws/desk") as socket:
        socket.send_json(VIEW)
        full(socket)
        source.emit([tick(2, "11", 10)])
        pending = json.loads(socket.receive_text())
        while pending.get("type") == "beat":
            pending = json.loads(socket.receive_text())
        socket.send_json({**VIEW, "window": "1m"})
        socket.send_json({"type": "ack", "epoch": "e1", "version": pending["version"], "draw_ms": 1})
        source.emit([tick(3, "12", 20)])
        frame(socket)
        (shown,) = client.get("/api/status").json()["throttle"]
        assert shown["level"] <= 1
