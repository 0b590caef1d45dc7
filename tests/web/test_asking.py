"""What an order would be, by REST: sizes, costs, the bracket's two ends; every refusal in words."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.admission import Terms
from app.core.dealing import Limits
from app.core.desk import Desk
from app.hub import Hub
from tests.market import ETH, quote, started
from tests.web.serving import client_of
from tests.web.test_api import order


@pytest.fixture
def source() -> Hub:
    made = Hub(Desk(Terms(100, 0), limits=Limits(0, 0)))
    made.emit([started(), quote("2683.80", "2683.81")])
    return made


@pytest.fixture
def client(source: Hub) -> Iterator[TestClient]:
    yield client_of(source)


def ask(client: TestClient, **query: str) -> Any:
    answer = client.get("/api/preview", params={"symbol": ETH, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_bracket_says_what_it_loses_and_brings_net_of_fees(client: TestClient) -> None:
    told = ask(client, quantity="1", stop="2680.00", target="2690.00")
    # (2683.81 − 2680) + 0.0005 · (2683.81 + 2680) = 3.81 + 2.681905
    assert told["stopped"] == {"money": "−6.49", "ticks": "−649"}
    # (2690 − 2683.81) − 0.0005 · 2683.81 − 0.0002 · 2690 = 6.19 − 1.341905 − 0.538
    assert told["gained"] == {"money": "+4.31", "ticks": "+431"}
    assert (told["side"], told["wrong"], told["note"]) == ("buy", "", "")


def test_a_stop_above_the_market_is_a_short_s(client: TestClient) -> None:
    assert ask(client, quantity="1", stop="2690.00")["side"] == "sell"


def test_a_size_by_risk_is_on_the_lot_and_loses_no_more(client: TestClient) -> None:
    told = ask(client, risk="50", stop="2680.00")
    assert told["quantity"] == "7.7018" and told["stopped"]["money"] == "−50.00"  # 50 / 6.491905 = 7.70189…
    assert ask(client, risk_percent="0.5", stop="2680.00")["quantity"] == told["quantity"]


def test_a_size_that_the_margin_does_not_reach_is_held_down_and_says_so(client: TestClient) -> None:
    told = ask(client, risk="9000", stop="2683.00")
    assert told["note"] == "less than the risk allows: margin, tier or guards"
    assert order(client, quantity=told["quantity"]).json()["order"]["state"] != "rejected"


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ({"risk": "50"}, "a size by risk needs a stop"),
        ({"risk": "0.0001", "stop": "2680"}, "one lot loses more than that"),
        ({"risk": "50", "stop": "2690", "side": "buy"}, "the bracket's stop must be below the entry"),
    ],
)
def test_no_size_and_why(client: TestClient, query: dict[str, str], note: str) -> None:
    told = ask(client, **query)
    assert (told["quantity"], told["note"]) == (None, note)


def test_a_target_on_the_wrong_side_is_said_before_it_is_sent(client: TestClient) -> None:
    assert ask(client, quantity="1", stop="2680", target="2681")["wrong"] == "the bracket's target must be above the entry"


def test_a_bracket_off_the_grid_is_rejected_with_the_nearest_price(client: TestClient) -> None:
    made = order(client, bracket={"stop_price": "2680.005"}).json()["order"]
    assert made["state"] == "rejected"
    assert made["reason"] == "the bracket's stop_price 2680.005 is not a multiple of 0.01: the nearest is 2680.01"


@pytest.mark.parametrize("name", ["stop", "target", "risk", "risk_percent", "price", "quantity"])
def test_what_is_no_number_is_named(client: TestClient, name: str) -> None:
    answer = client.get("/api/preview", params={"symbol": ETH, name: "1e5"})
    assert answer.status_code == 422 and answer.json()["field"] == name


def test_buying_and_selling_are_told_apart_and_what_would_be_refused_is_foreseen(client: TestClient) -> None:
    told = ask(client, quantity="1", type="market")
    # leverage 100, so the first tier's 0.1 %: (E − E/100) / (1 − 0.001) of the ask, (E + E/100) / (1 + 0.001) of the bid
    assert told["sides"]["buy"] == {"at": "liq 2,659.63 · even 2,686.50", "refused": ""}
    assert told["sides"]["sell"] == {"at": "liq 2,707.93 · even 2,681.11", "refused": ""}
    order(client, quantity="1")
    assert ask(client, quantity="1", type="market")["sides"]["sell"] == {"at": "flat", "refused": ""}
    sides = ask(client, quantity="1000", type="market")["sides"]
    assert sides["buy"]["at"] == "" and "is above 20 × the balance" in sides["buy"]["refused"]
    assert "2683.81" in ask(client, quantity="1", price="2683.805", type="limit")["sides"]["buy"]["refused"]  # off the grid


def test_a_size_at_the_tier_s_edge_still_passes_when_the_market_has_moved(source: Hub, client: TestClient) -> None:
    size = ask(client, percent="100")["quantity"]
    source.emit([quote("2688.80", "2688.81", 5)])
    assert ask(client, quantity=size, type="market")["sides"]["buy"]["refused"] == ""
