"""The discipline lock by REST: limits are set, a locked order is refused by name with its end, an override needs a reason."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.hub import Hub
from feeds.events import Heartbeat
from tests.market import T0_NS, hub, quote
from tests.web.serving import client_of
from tests.web.test_api import order


@pytest.fixture
def source() -> Hub:
    return hub([quote("2000", "2000.5")], leverage=10)


@pytest.fixture
def client(source: Hub) -> Iterator[TestClient]:
    yield client_of(source)


def limits(client: TestClient, **changes: Any) -> Any:
    return client.post("/api/discipline", json=changes)


def test_nothing_is_limited_until_a_limit_is_set_and_three_percent_of_the_balance_are_proposed(client: TestClient) -> None:
    told = client.get("/api/discipline").json()
    assert told["limits"] == {"day_loss": None, "orders": 0, "losses": 0, "pause_minutes": 0}
    assert (told["proposed_day_loss"], told["locked"], told["history"]) == ("300", None, [])


def test_a_locked_order_is_refused_by_name_with_its_end_and_a_close_passes(client: TestClient, source: Hub) -> None:
    assert limits(client, day_loss="50").json()["limits"]["day_loss"] == "50"
    assert order(client, quantity="2").status_code == 201
    source.emit([quote("1970", "1970.5", 100), Heartbeat(T0_NS + 200_000_000)])
    answer = order(client, client_id="click-0002")
    assert (answer.status_code, answer.json()["error"]) == (403, "discipline")
    assert answer.json()["message"] == (
        "daily loss limit: 60.50 lost of 50.00, locked until 00:00:00 UTC (5 min 45 s): "
        "reduce-only orders, cancel and flatten pass"
    )
    assert int(answer.headers["Retry-After"]) == 345
    closed = order(client, client_id="click-0003", side="sell", reduce_only=True)
    assert (closed.status_code, closed.json()["order"]["state"]) == (201, "filled")
    told = client.get("/api/discipline").json()
    assert told["day"] == {"begins": "00:00 UTC", "lost": "61"} and told["until_ms"] == 1_723_161_600_000
    assert [one["what"] for one in told["history"]] == [
        "limits: daily loss 50.00",
        "locked: daily loss limit: 60.50 lost of 50.00",
    ]


def test_an_override_without_a_reason_or_without_a_lock_is_refused(client: TestClient, source: Hub) -> None:
    answer = client.post("/api/discipline/override", json={"reason": "because I say so"})
    assert (answer.status_code, answer.json()["error"]) == (409, "unlocked")
    limits(client, day_loss="50")
    order(client, quantity="2")
    source.emit([quote("1970", "1970.5", 100), Heartbeat(T0_NS + 200_000_000)])
    answer = client.post("/api/discipline/override", json={"reason": ""})
    assert (answer.status_code, answer.json()["field"]) == (422, "reason")
    answer = client.post("/api/discipline/override", json={"reason": "because I say so"})
    assert answer.status_code == 200
    assert answer.json()["pending"] == {
        "what": "override",
        "reason": "because I say so",
        "effect_ms": 1_723_162_155_200,
        "limits": None,
    }
    assert order(client, client_id="click-0004").status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"day_loss": "0"}, "day_loss"),
        ({"day_loss": 300}, "day_loss"),
        ({"day_loss": "-5"}, "day_loss"),
        ({"orders": -1}, "orders"),
        ({"orders": "many"}, "orders"),
        ({"losses": 2, "pause_minutes": 0}, "pause_minutes"),
        ({"dayloss": "300"}, "dayloss"),
    ],
)
def test_a_wrong_limit_is_named_and_nothing_is_changed(client: TestClient, body: dict[str, Any], field: str) -> None:
    answer = limits(client, **body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert client.get("/api/discipline").json()["history"] == []
