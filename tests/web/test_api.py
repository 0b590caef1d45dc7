"""JSON for programs: exact texts, right signs, one clear error each, and no change of state from elsewhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.hub import Hub
from feeds.events import StreamStatus
from tests.market import BTC, ETH, hub, quote, tick
from tests.web.serving import client_of

JSON = {"content-type": "application/json", "host": "127.0.0.1:8051"}


@pytest.fixture
def source() -> Hub:
    return hub(
        [
            quote("2683.80", "2683.81"),
            tick(7, "2683.80000000", 100, "0.50000000", -1),
            tick(8, "2683.81000000", 1250, "0.25000000", 1),
        ]
    )


@pytest.fixture
def client(source: Hub) -> Iterator[TestClient]:
    yield client_of(source)


def order(client: TestClient, **changes: Any) -> Any:
    body = {"client_id": "click-0001", "symbol": ETH, "side": "buy", "quantity": "2", **changes}
    return client.post("/api/orders", json=body)


def test_ticks_are_exact_texts_oldest_first(client: TestClient) -> None:
    answer = client.get("/api/ticks", params={"symbol": ETH}).json()
    assert answer["symbol"] == ETH
    assert answer["ticks"][0] == {
        "id": "7",
        "price": "2683.8",
        "size": "0.5",
        "aggressor": -1,
        "ts_event_ns": 1_723_161_255_100_000_000,
        "ts_recv_ns": 1_723_161_255_100_000_000,
    }
    assert [row["id"] for row in answer["ticks"]] == ["7", "8"]


def test_candles_end_with_the_open_bar(client: TestClient) -> None:
    answer = client.get("/api/candles", params={"symbol": ETH, "interval": "1s", "limit": 2}).json()
    assert answer["candles"] == [
        {"open_time_ms": 1723161255000, "open": "2683.8", "high": "2683.8", "low": "2683.8", "close": "2683.8"}
        | {"volume": "0.5", "count": 1, "closed": True, "complete": False},
        {"open_time_ms": 1723161256000, "open": "2683.81", "high": "2683.81", "low": "2683.81", "close": "2683.81"}
        | {"volume": "0.25", "count": 1, "closed": False, "complete": True},
    ]


def test_a_quote_not_yet_seen_is_null_and_one_seen_is_exact(client: TestClient) -> None:
    assert client.get("/api/quote", params={"symbol": BTC}).json()["bid"] is None
    found = client.get("/api/quote", params={"symbol": ETH}).json()
    assert (found["bid"], found["ask"], found["source"]) == ("2683.8", "2683.81", "stream")


def test_status_has_every_counter_and_state(client: TestClient) -> None:
    found = client.get("/api/status").json()
    assert found["feed"] == {"name": "binance", "state": "live", "reason": "", "source": "stream"}
    assert found["symbols"][ETH]["state"] == "live"
    assert found["symbols"][BTC]["state"] == "connecting"
    assert found["counters"]["inbox_depth"] == 7
    names = {"received", "parsed", "refused", "duplicates", "reconnects", "gaps", "lost", "inbox_depth", "inbox_dropped"}
    assert set(found["counters"]) == names and all(isinstance(count, int) for count in found["counters"].values())
    assert (found["epoch"], found["viewers"], found["throttle"]) == ("e1", 0, []) and found["version"] >= 1
    assert client.get("/api/status").json()["uptime_ms"] >= found["uptime_ms"] >= 0


def test_status_says_how_the_recording_goes_and_null_when_there_is_none(client: TestClient, source: Hub) -> None:
    assert client.get("/api/status").json()["recording"] is None
    state = {"folder": "there", "file": "a.jsonl.gz", "frames": 7, "bytes": 512, "lost": 0, "problem": ""}
    assert client_of(source, recording=lambda: state).get("/api/status").json()["recording"] == state


def test_status_names_a_silent_stream_of_a_live_symbol(client: TestClient, source: Hub) -> None:
    words = "prints are silent: ethusdt@trade acknowledged, no first message in 10 s"
    source.emit([StreamStatus(ETH, "ethusdt@trade", words, source.snapshot().now_ns)])
    found = client.get("/api/status").json()["symbols"][ETH]
    assert (found["state"], found["reason"]) == ("live", words)


@pytest.mark.parametrize(
    ("path", "code", "field"),
    [
        ("/api/ticks?symbol=DOGE/USDT", 404, "symbol"),
        ("/api/ticks", 422, "symbol"),
        ("/api/candles?symbol=ETH/USDT&interval=7m", 422, "interval"),
        ("/api/candles?symbol=ETH/USDT&interval=1m&limit=501", 422, "limit"),
        ("/api/candles?symbol=ETH/USDT&interval=1m&limit=many", 422, "limit"),
        ("/api/typo", 404, None),
    ],
)
def test_a_wrong_request_gets_one_error_that_names_the_field(client: TestClient, path: str, code: int, field: str | None) -> None:
    answer = client.get(path)
    assert answer.status_code == code
    assert answer.json()["field"] == field and answer.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/status", "GET"),
        ("POST", "/api/ticks", "GET"),
        ("PUT", "/api/candles", "GET"),
        ("PUT", "/api/orders", "DELETE, GET, POST"),
        ("GET", "/api/feed/live", "POST"),
    ],
)
def test_a_known_path_asked_in_a_way_it_does_not_take_says_which_it_takes(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path, headers=JSON)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json() == {
        "error": "method",
        "field": None,
        "message": f"{path} takes {' or '.join(allowed.split(', '))}, not {method}",
    }


def test_the_replay_takes_no_order_until_it_is_unlocked() -> None:
    client = client_of(hub([quote("10", "11"), tick(1, "10")], kind="replay"))
    assert order(client).status_code == 403
    assert client.post("/api/replay/unlock", json={}).json() == {"locked": ""}
    assert order(client).status_code == 201


def test_beyond_loopback_everything_that_changes_state_is_refused(source: Hub) -> None:
    asked: list[str] = []
    controls = {"go_live": lambda: asked.append("live"), "try_now": lambda: asked.append("now")}
    client = client_of(source, "--host", "0.0.0.0", **controls)
    for path in ("/api/orders", "/api/replay/unlock", "/api/feed/live", "/api/feed/retry"):
        answer = client.post(path, json={})
        assert answer.status_code == 403 and "read-only" in answer.json()["message"]
    assert asked == []
    assert client.get("/api/status").status_code == 200


def test_a_desk_that_stands_still_is_not_called_live(source: Hub, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/api/status").json()["feed"]["state"] == "live"
    monkeypatch.setattr("app.hub.STILL_S", -1.0)
    found = client.get("/api/status").json()
    assert found["feed"]["state"] == "down" and "stood still" in found["feed"]["reason"]
    assert found["symbols"][ETH]["source"] == "stale"
    refused = order(client)
    assert (refused.status_code, refused.json()["order"]["state"]) == (201, "rejected")
    assert "stood still" in refused.json()["order"]["reason"] and refused.json()["position"] is None


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"content-type": "text/plain"},
        {"host": "evil.example:8051"},
    ],
)
def test_another_site_can_not_trade(client: TestClient, source: Hub, headers: dict[str, str]) -> None:
    body = '{"client_id": "click-0001", "symbol": "ETH/USDT", "side": "buy", "quantity": "2"}'
    answer = client.post("/api/orders", content=body, headers=JSON | headers)
    assert answer.status_code == 403
    assert source.snapshot().account.positions == ()
