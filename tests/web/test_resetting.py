"""The account begun anew by REST: a question, its answer, and what is told in between."""

import threading

from app.core.desk import Desk
from app.hub import Hub
from tests.market import hub, started, terms
from tests.web.serving import client_of
from tests.web.test_api import order
from tests.web.test_placing import EVENTS

PATH = "/api/account/reset"


def test_it_is_refused_while_open_asked_once_and_done_when_confirmed() -> None:
    client = client_of(hub(EVENTS))
    order(client)
    answer = client.post(PATH, json={})
    assert (answer.status_code, answer.json()["error"]) == (409, "open")
    assert answer.json()["message"] == "still open: long 2 ETH/USDT: close and cancel first"
    client.post("/api/flatten", json={})
    asked = client.post(PATH, json={})
    assert (asked.status_code, asked.json()["error"], asked.json()["confirm"]) == (409, "confirm", "paper-live")
    assert len(client.get("/api/fills").json()["fills"]) == 2
    done = client.post(PATH, json={"confirm": "paper-live"})
    assert (done.status_code, done.json()["account"]["balance"]) == (200, "10000")
    for path, name in (("/api/fills", "fills"), ("/api/orders", "orders"), ("/api/positions", "positions")):
        assert client.get(path).json()[name] == []


def test_a_wrong_body_and_another_site_reset_nothing() -> None:
    client = client_of(hub(EVENTS))
    order(client)
    client.post("/api/flatten", json={})
    assert client.post(PATH, json={"confirm": 1}).json()["field"] == "confirm"
    assert client.post(PATH, json={"sure": "yes"}).json()["field"] == "sure"
    answer = client.post(PATH, json={"confirm": "paper-live"}, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403 and len(client.get("/api/fills").json()["fills"]) == 2


def test_the_books_of_before_are_shown_until_the_new_beginning_is_on_disk() -> None:
    source = Hub(Desk(terms()))
    source.store_with(lambda book_seq, booked: threading.Thread(target=source.durable, args=[book_seq]).start())
    source.emit([started(), *EVENTS])
    client = client_of(source)
    order(client)
    client.post("/api/flatten", json={})
    seen: list[int] = []

    def commit(book_seq: int) -> None:
        seen.append(len(source.snapshot().account.fills))
        source.durable(book_seq)

    source.store_with(lambda book_seq, booked: threading.Timer(0.1, commit, [book_seq]).start())
    assert client.post(PATH, json={"confirm": "paper-live"}).status_code == 200
    assert seen == [2] and source.snapshot().account.fills == ()
