"""Nobody is told what is not on disk: neither that an order was made nor that it is gone."""

import threading

import pytest

from app.web import placing
from tests.market import hub
from tests.web.serving import client_of
from tests.web.test_api import order
from tests.web.test_placing import EVENTS


def test_no_receipt_and_no_row_before_the_order_is_on_disk() -> None:
    source = hub(EVENTS)
    seen: list[tuple[str, int]] = []

    def told() -> int:
        account = source.snapshot().account
        return len(account.positions) + len(account.over) + len(account.fills)

    def commit(book_seq: int) -> None:
        seen.append(("before", told()))
        assert client.get("/api/orders", params={"client_id": "click-0001"}).json()["orders"][0]["state"] == "pending"
        source.durable(book_seq)
        seen.append(("after", told()))

    source.store_with(lambda book_seq, booked: threading.Timer(0.2, commit, [book_seq]).start())
    client = client_of(source)
    answer = order(client)
    seen.append(("receipt", told()))
    assert seen == [("before", 0), ("after", 3), ("receipt", 3)]
    assert (answer.status_code, answer.json()["order"]["state"]) == (201, "filled")


def test_what_never_reaches_the_disk_is_neither_cancelled_nor_closed_to_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "STORED_S", 0.05)
    source = hub(EVENTS)
    client = client_of(source)
    source.store_with(lambda book_seq, booked: threading.Thread(target=source.durable, args=[book_seq]).start())
    order(client)
    number = order(client, client_id="click-0002", type="limit", price="2680").json()["order"]["order_id"]
    source.store_with(lambda book_seq, booked: None)
    answers = [client.delete(f"/api/orders/{number}"), client.delete("/api/orders"), client.post("/api/flatten", json={})]
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(503, "store")] * 3
    assert "not on disk yet" in answers[0].json()["message"]
    assert len(client.get("/api/positions").json()["positions"]) == 1
