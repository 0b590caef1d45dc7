"""Margin of a position by REST: moved once, refused with the reason, told when it is on disk."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.hub import Hub
from tests.market import ETH, hub
from tests.web.serving import client_of
from tests.web.test_api import order
from tests.web.test_placing import EVENTS, NO_TEXT


@pytest.fixture
def source() -> Hub:
    return hub(EVENTS)


@pytest.fixture
def client(source: Hub) -> Iterator[TestClient]:
    yield client_of(source)


def move(client: TestClient, **changes: Any) -> Any:
    body = {"client_id": "move-0001", "symbol": ETH, "way": "add", "amount": "50", **changes}
    return client.post("/api/positions/margin", json=body)


def test_margin_is_added_once_withdrawn_and_the_position_says_so(client: TestClient) -> None:
    order(client)
    first = move(client)
    row = first.json()["position"]
    assert (first.status_code, row["margin"], row["margin_added"]) == (201, "103.6762", "50")
    assert row["liquidation_price"] == client.get("/api/positions").json()["positions"][0]["liquidation_price"]
    again = move(client)
    assert (again.status_code, again.json()["position"]["margin"]) == (200, "103.6762")
    assert client.get("/api/account").json()["account"]["free_margin"] == "9896.3238"
    assert move(client, client_id="move-0002", way="withdraw").json()["position"]["margin_added"] == "0"


@pytest.mark.parametrize(
    ("changes", "status", "field", "message"),
    [
        ({"symbol": "DOGE/USDT"}, 404, "symbol", "unknown symbol 'DOGE/USDT'"),
        ({"symbol": "BTC/USDT"}, 409, "amount", "there is no position in BTC/USDT"),
        ({"amount": "9946.33"}, 409, "amount", "9,946.32 is free"),
        ({"way": "withdraw"}, 409, "amount", "at most 0.00 can be withdrawn: 100× needs the rest"),
        ({"amount": 50}, 422, "amount", f"amount: {NO_TEXT}"),
        ({"amount": "0"}, 422, "amount", "amount: must be above zero"),
        ({"amount": "-5"}, 422, "amount", "amount: must be a plain decimal number like 0.25"),
        ({"way": "give"}, 422, "way", "way: Input should be 'add' or 'withdraw'"),
        ({"client_id": "short"}, 422, "client_id", "client_id: String should have at least 8 characters"),
        ({"leverage": "5"}, 422, "leverage", "leverage: Extra inputs are not permitted"),
    ],
)
def test_what_can_not_be_moved_is_refused_with_field_and_reason(
    client: TestClient, changes: dict[str, Any], status: int, field: str, message: str
) -> None:
    order(client)
    answer = move(client, **changes)
    assert (answer.status_code, answer.json()["field"], answer.json()["message"]) == (status, field, message)
    assert client.get("/api/positions").json()["positions"][0]["margin_added"] == "0"


def test_the_same_id_with_another_wish_is_refused(client: TestClient) -> None:
    order(client)
    move(client)
    answer = move(client, amount="60")
    assert (answer.status_code, answer.json()["field"]) == (409, "client_id")


def test_another_site_moves_nothing(client: TestClient) -> None:
    order(client)
    body = {"client_id": "move-0001", "symbol": ETH, "way": "add", "amount": "50"}
    answer = client.post("/api/positions/margin", json=body, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403


def test_no_answer_and_no_row_before_it_is_on_disk() -> None:
    source = hub(EVENTS)
    client = client_of(source)
    source.store_with(lambda book_seq, booked: threading.Thread(target=source.durable, args=[book_seq]).start())
    order(client)
    seen: list[str] = []

    def commit(book_seq: int) -> None:
        seen.append(str(source.snapshot().account.positions[0].margin))
        source.durable(book_seq)

    source.store_with(lambda book_seq, booked: threading.Timer(0.1, commit, [book_seq]).start())
    assert move(client).json()["position"]["margin"] == "103.6762"
    assert seen == ["53.6762"]
