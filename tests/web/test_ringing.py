"""Alerts by REST: rules are made, changed and deleted, what rang is read and acknowledged, what is wrong is named."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.hub import Hub
from tests.market import ETH, hub, quote, tick
from tests.web.serving import client_of

PRICE = {"kind": "price", "symbol": ETH, "way": "rises", "level": "2001"}


@pytest.fixture
def source() -> Hub:
    return hub([quote("2000", "2000.5"), tick(1, "2000")])


@pytest.fixture
def client(source: Hub) -> Iterator[TestClient]:
    yield client_of(source)


def rule(client: TestClient, **body: Any) -> Any:
    return client.post("/api/alerts/rules", json=body)


def test_a_price_alert_is_made_rings_once_and_is_acknowledged(client: TestClient, source: Hub) -> None:
    made = rule(client, **PRICE, sound=True).json()["rules"][-1]
    assert (made["rule_id"], made["words"], made["on"]) == ("101", "ETH/USDT rises to 2001", True)
    source.emit([tick(2, "2000.5", 100), tick(3, "2001", 200), tick(4, "2001.1", 300)])
    (alert,) = client.get("/api/alerts").json()["alerts"]
    assert (alert["text"], alert["sound"], alert["seen_ms"], alert["count"]) == ("ETH/USDT rose to 2001", True, None, 1)
    assert client.post("/api/alerts/seen", json={"alert_id": alert["alert_id"]}).json()["alerts"][0]["seen_ms"] is not None
    unknown = client.post("/api/alerts/seen", json={"alert_id": "99"})
    assert (unknown.status_code, unknown.json()["field"]) == (404, "alert_id")


def test_a_rule_is_changed_in_its_place_and_deleted(client: TestClient) -> None:
    rule(client, **PRICE)
    rules = rule(client, **PRICE | {"level": "2002"}, rule_id="101", on=False).json()["rules"]
    assert [(one["words"], one["on"]) for one in rules if one["kind"] == "price"] == [("ETH/USDT rises to 2002", False)]
    assert all(one["kind"] != "price" for one in client.delete("/api/alerts/rules/101").json()["rules"])
    assert client.delete("/api/alerts/rules/101").status_code == 404
    assert rule(client, **PRICE, rule_id="101").status_code == 404


def test_the_margin_is_watched_without_being_asked_and_may_be_watched_elsewhere(client: TestClient) -> None:
    levels = [one["level"] for one in client.get("/api/alerts").json()["rules"] if one["kind"] == "margin"]
    assert levels == ["80", "95"]
    changed = rule(client, kind="margin", level="50", rule_id="1").json()["rules"]
    assert [one["level"] for one in changed if one["kind"] == "margin"] == ["50", "95"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (PRICE | {"symbol": "XRP/USDT"}, 404, "symbol"),
        (PRICE | {"symbol": None}, 422, "symbol"),
        (PRICE | {"level": None}, 422, "level"),
        (PRICE | {"level": "0"}, 422, "level"),
        (PRICE | {"level": "NaN"}, 422, "level"),
        (PRICE | {"level": 2001}, 422, "level"),
        (PRICE | {"way": None}, 422, "way"),
        ({"kind": "margin", "level": "101"}, 422, "level"),
        ({"kind": "feed", "level": "5"}, 422, "level"),
        ({"kind": "weather"}, 422, "kind"),
        ({"kind": "feed", "loud": True}, 422, "loud"),
    ],
)
def test_a_rule_that_can_not_be_is_refused(client: TestClient, body: dict[str, Any], status: int, field: str) -> None:
    before = client.get("/api/alerts").json()
    answer = rule(client, **body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert client.get("/api/alerts").json() == before
