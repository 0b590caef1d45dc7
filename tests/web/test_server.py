"""What the server gives besides JSON: the page with its style, and the requests by which a page asks for another try."""

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.market import hub, quote, tick
from tests.web.serving import client_of


@pytest.fixture
def client() -> TestClient:
    return client_of(hub([quote("10", "11"), tick(1, "10")]))


def test_the_page_and_its_style_come_from_here(client: TestClient) -> None:
    with client:
        assert "bootstrap.min.css" in client.get("/").text
        assert "--bs-body-bg" in client.get("/vendor/bootstrap.min.css").text


@pytest.mark.parametrize("named", [("127.0.0.1:8051", "evil.example"), ("evil.example:8051", "evil.example:8051")])
def test_a_page_of_another_site_gets_no_frames_and_our_own_does(client: TestClient, named: tuple[str, str]) -> None:
    host, origin = named
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/ws/desk", headers={"host": host, "origin": f"http://{origin}"}),
    ):
        pass
    with client.websocket_connect("/ws/desk", headers={"host": "127.0.0.1:8051", "origin": "http://127.0.0.1:8051"}):
        pass


def test_another_try_is_begun_or_refused_with_the_reason(client: TestClient) -> None:
    begun = client.post("/api/feed/retry", json={})
    assert (begun.status_code, begun.json()) == (202, {"feed": "connecting"})
    refused = client_of(hub(), try_now=lambda: "the venue asked us to wait: 40 s to go").post("/api/feed/retry", json={})
    assert refused.status_code == 409
    assert refused.json() == {"error": "retry", "field": None, "message": "the venue asked us to wait: 40 s to go"}


def test_another_site_can_not_ask_for_another_try(client: TestClient) -> None:
    answer = client.post("/api/feed/retry", json={}, headers={"origin": "http://evil.example"})
    assert (answer.status_code, answer.json()["error"]) == (403, "origin")
