"""Orders, fills, positions and the account by REST: shaped as programs rely on, done once, refused with the reason."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.admission import Terms
from app.core.dealing import Limits
from app.core.desk import Desk
from app.hub import Hub
from feeds.events import FeedStatus, Heartbeat
from tests.market import T0_NS, hub, quote, started, terms, tick
from tests.web.serving import client_of
from tests.web.test_api import order

MS = 1_000_000
NO_TEXT = 'must be a decimal text such as "0.5", in quotes: a JSON number may be rounded on its way'
EVENTS = (quote("2683.80", "2683.81"), tick(7, "2683.80", 100, "0.5", -1), tick(8, "2683.81", 1250, "0.25"))


def hub_of(some: Terms, limits: Limits) -> Hub:
    made = Hub(Desk(some, limits=limits))
    made.emit([started(), *EVENTS])
    return made


@pytest.fixture
def source() -> Hub:
    return hub(EVENTS)


@pytest.fixture
def client(source: Hub) -> Iterator[TestClient]:
    yield client_of(source)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quantity": "0"}, "quantity: must be above zero"),
        ({"quantity": "two"}, "quantity: must be a plain decimal number like 0.25"),
        ({"quantity": 0.5}, f"quantity: {NO_TEXT}"),
        ({"quantity": True}, f"quantity: {NO_TEXT}"),
        ({"side": "up"}, "side: Input should be 'buy' or 'sell'"),
    ],
)
def test_a_wrong_field_is_named_with_the_reason_and_nothing_else(
    client: TestClient, changes: dict[str, str], message: str
) -> None:
    answer = order(client, **changes)
    assert (answer.status_code, answer.json()["message"]) == (422, message)


def test_an_order_is_done_once_however_often_it_is_sent(client: TestClient, source: Hub) -> None:
    first = order(client)
    assert first.status_code == 201
    assert first.json()["order"]["state"] == "filled"
    assert first.json()["fills"][0]["price"] == "2683.81"
    assert order(client).status_code == 200
    assert source.snapshot().account.positions[0].quantity == Decimal(2)


def test_a_sell_opens_a_short(client: TestClient, source: Hub) -> None:
    answer = order(client, side="sell").json()
    assert answer["fills"][0]["price"] == "2683.8"
    assert answer["position"]["quantity"] == "-2"


def test_an_order_beyond_what_is_shown_says_what_it_got_and_why_not_the_rest(client: TestClient) -> None:
    answer = order(client, quantity="74", type="limit", price="2683.81", time_in_force="ioc").json()["order"]
    assert (answer["filled_quantity"], answer["state"]) == ("5", "cancelled")
    assert answer["reason"] == "69 not shown at 2683.81 or better"


def test_who_lost_an_answer_asks_what_became_of_the_order(client: TestClient) -> None:
    assert client.get("/api/orders", params={"client_id": "click-0001"}).json() == {"orders": []}
    receipt = order(client).json()["order"]
    assert client.get("/api/orders", params={"client_id": "click-0001"}).json() == {"orders": [receipt]}


def test_a_seen_client_id_with_another_body_is_refused_and_the_receipt_stays_that_of_the_first(client: TestClient) -> None:
    first = order(client).json()
    other = order(client, side="sell", quantity="1")
    assert other.status_code == 409 and other.json()["field"] == "client_id"
    assert order(client).json() == first


def test_a_field_of_an_order_that_is_not_known_is_refused_not_dropped(client: TestClient, source: Hub) -> None:
    answer = order(client, iceberg="1")
    assert answer.status_code == 422 and answer.json()["field"] == "iceberg"
    assert source.snapshot().account.positions == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": "limit", "price": "2683.805"}, "price 2683.805 is not a multiple of 0.01: the nearest is 2683.81"),
        ({"type": "limit"}, "price is missing: a limit order needs it"),
        ({"price": "2683.80"}, "price does not belong to a market order"),
        ({"quantity": "0.0001"}, "notional 0.2683805 is below 5: the least quantity is 0.0019"),
        ({"type": "limit", "price": "2700"}, "price 2700 is more than 20 bp beyond the best, 2683.81"),
        ({"quantity": "80"}, "a notional of 214,704.80 is above 20 × the balance, 200,000.00"),
        ({"quantity": "2", "bracket": {"stop_price": "2690"}}, "the bracket's stop must be below the entry"),
    ],
)
def test_an_order_that_can_not_be_is_rejected_with_a_reason_that_helps(
    client: TestClient, changes: dict[str, Any], words: str
) -> None:
    answer = order(client, **changes)
    made = answer.json()["order"]
    assert (answer.status_code, made["state"], made["reason"]) == (201, "rejected", words)


@pytest.mark.parametrize("quantity", ["NaN", "-1", "0", "Infinity", "two", "", "1e999999", "1_0", " 1"])
def test_a_bad_quantity_is_refused_and_nothing_is_done(client: TestClient, source: Hub, quantity: str) -> None:
    answer = order(client, quantity=quantity)
    assert answer.status_code == 422 and answer.json()["field"] == "quantity"
    assert source.snapshot().account.positions == ()


def test_the_receipt_comes_at_once_and_the_fill_after_the_latency() -> None:
    source = hub_of(replace(terms(), latency_ns=100 * MS, taker_bp=Decimal(5)), Limits())
    client = client_of(source)
    first = order(client).json()
    assert (first["order"]["state"], first["order"]["filled_quantity"], first["fills"], first["position"]) == (
        "accepted",
        "0",
        [],
        None,
    )
    source.emit([Heartbeat(T0_NS + 1349 * MS)])
    assert order(client).json()["order"]["state"] == "accepted"
    source.emit([Heartbeat(T0_NS + 1350 * MS)])
    then = order(client).json()
    assert (then["order"]["state"], then["order"]["average_price"], then["order"]["fees"]) == ("filled", "2683.81", "2.68381")
    assert then["fills"][0]["order_id"] == then["order"]["order_id"] and then["position"]["quantity"] == "2"


def test_a_repeated_click_is_asked_about_once_and_key_presses_are_orders_each() -> None:
    client = client_of(hub(EVENTS))
    order(client)
    again = order(client, client_id="click-0002")
    assert (again.status_code, again.json()["error"]) == (409, "duplicate")
    wrong = order(client, client_id="click-0002", confirm="again-9")
    assert wrong.status_code == 409
    confirmed = order(client, client_id="click-0002", confirm=wrong.json()["confirm"])
    assert (confirmed.status_code, confirmed.json()["position"]["quantity"]) == (201, "4")
    assert order(client, client_id="click-0003").status_code == 201, "never two confirmations in a row"
    for number in (4, 5):
        assert order(client, client_id=f"press-000{number}", by="key").status_code == 201


def test_the_order_after_the_last_of_a_minute_waits_and_says_how_long_while_closing_is_never_limited() -> None:
    source = hub_of(terms(), Limits(orders_a_minute=3))
    client = client_of(source)
    for number in range(3):
        assert order(client, client_id=f"press-{number:04}", quantity="0.1", by="key").status_code == 201
    assert order(client, client_id="press-0000", quantity="0.1", by="key").status_code == 200
    answer = order(client, client_id="press-0009", quantity="0.1", by="key")
    assert (answer.status_code, answer.json()["error"], answer.headers["retry-after"]) == (429, "limit", "60")
    assert order(client, client_id="close-0001", side="sell", quantity="0.3", reduce_only=True).status_code == 201
    source.emit([quote("2683.80", "2683.81", 61_300)])
    assert order(client, client_id="press-0009", quantity="0.1", by="key").status_code == 201


def test_a_resting_order_is_listed_until_it_is_cancelled_and_then_stays_as_it_ended(client: TestClient) -> None:
    made = order(client, type="limit", price="2600").json()["order"]
    assert client.get("/api/orders").json()["orders"] == [made]
    gone = client.request("DELETE", f"/api/orders/{made['order_id']}", headers={"Content-Type": "application/json"}).json()[
        "order"
    ]
    assert (gone["state"], gone["reason"]) == ("cancelled", "cancelled by the user")
    again = client.request("DELETE", f"/api/orders/{made['order_id']}", headers={"Content-Type": "application/json"})
    assert (again.status_code, again.json()["order"]) == (200, gone)
    assert client.get("/api/orders").json()["orders"] == [gone]
    unknown = client.request("DELETE", "/api/orders/99", headers={"Content-Type": "application/json"})
    assert (unknown.status_code, unknown.json()["field"]) == (404, "order_id")


def test_flatten_cancels_closes_and_says_of_each_leg_what_became_of_it(client: TestClient, source: Hub) -> None:
    order(client)
    order(client, client_id="click-0002", type="limit", price="2600")
    source.emit([quote("60000", "60001", symbol="BTC/USDT")])
    order(client, client_id="click-0003", symbol="BTC/USDT", side="sell", quantity="0.01")
    source.emit([FeedStatus("reconnecting", "reset by peer", T0_NS + 2000 * MS), quote("2684", "2684.01", 2100)])
    legs = client.post("/api/flatten", json={"client_id": "flat-0001"}).json()["legs"]
    assert legs == [
        {"position_id": "paper-live:ETH/USDT", "result": "closed", "reason": ""},
        {"position_id": "paper-live:BTC/USDT", "result": "waiting", "reason": "waits for a live quote"},
    ]
    account = source.snapshot().account
    assert [one.symbol for one in account.positions] == ["BTC/USDT"] and [one.asked.symbol for one in account.working] == [
        "BTC/USDT"
    ]
    source.emit([quote("59000", "59001", 2200, symbol="BTC/USDT")])
    assert source.snapshot().account.positions == () and client.post("/api/flatten", json={}).json() == {"legs": []}


def test_positions_and_account_say_the_same_in_exact_texts(client: TestClient) -> None:
    order(client, side="sell")
    found = client.get("/api/positions").json()
    (row,) = found["positions"]
    assert (found["account"], row["position_id"], row["side"], row["quantity"]) == (
        "paper-live",
        "paper-live:ETH/USDT",
        "short",
        "-2",
    )
    assert (row["average_cost"], row["mid"], row["pnl_dollars"], row["margin"]) == ("2683.8", "2683.805", "-0.01", "53.676")
    assert (row["exit_price"], row["exit_fee"], row["fees_paid"], row["pnl_net"], row["realized_net"]) == (
        "2683.81",
        "0",
        "0",
        "-0.02",
        "0",
    )
    account = client.get("/api/account").json()["account"]
    assert (account["balance"], account["equity"], account["used_margin"]) == ("10000", "9999.99", "53.676")
    assert (account["instrument"], account["funding"], account["mark"]) == ("synthetic perpetual on spot", "no funding", "mid")
    assert (account["max_leverage"], account["tiers"]) == (500, "example tiers")
    assert (account["free_margin"], account["realized_pnl"], account["locked"]) == ("9946.324", "0", False)
    assert [fill["price"] for fill in client.get("/api/fills").json()["fills"]] == ["2683.8"]


def test_an_order_number_that_none_can_have_is_unknown(client: TestClient) -> None:
    for wrong in ("9" * 5000, "٣", "-1", "x"):
        assert client.delete(f"/api/orders/{wrong}").status_code == 404


def test_the_stop_goes_to_break_even_by_rest_and_why_not_is_said(client: TestClient, source: Hub) -> None:
    def even(symbol: str = "ETH/USDT") -> Any:
        return client.post("/api/break-even", json={"symbol": symbol})

    assert even("DOGE/USDT").status_code == 404
    answer = even()
    assert (answer.status_code, answer.json()) == (
        409,
        {"error": "break_even", "field": None, "message": "there is no position in ETH/USDT"},
    )
    order(client, bracket={"stop_price": "2680.00"})
    assert even().json()["message"] == "break-even is 2683.81, the bid is 2683.8: it would be hit at once"
    source.emit([quote("2684.00", "2684.01", 2000)])
    made = even().json()["order"]
    assert (made["type"], made["stop_price"], made["state"]) == ("stop", "2683.81", "accepted")
    assert client.post("/api/break-even", json={}).json()["field"] == "symbol"
