"""The journal by REST: exact, filtered, with unknown things left unknown, and a table that no spreadsheet runs."""

import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.hub import Hub
from app.web import sections
from app.web.journaling import bare, csv_of
from app.web.section import Section
from feeds.events import Heartbeat
from tests.market import BTC, ETH, T0_NS, hub, quote, tick
from tests.web.serving import client_of

S_NS = 1_000_000_000
LEFT_OUT = ("mid_after", "moved_after")


def place(client: TestClient, name: str, side: str, quantity: str, symbol: str = ETH) -> None:
    body = {"client_id": f"journal-{name}", "symbol": symbol, "side": side, "quantity": quantity, "by": "program"}
    assert client.post("/api/orders", json=body).status_code == 201


def quotes(source: Hub, *rows: tuple[int, str, str, str]) -> None:
    for at_ms, symbol, bid, ask in rows:
        source.emit([quote(bid, ask, at_ms, symbol=symbol), Heartbeat(T0_NS + at_ms * 1_000_000)])


@pytest.fixture
def source() -> Hub:
    """A short that won and a long that lost, the second after midnight UTC (T0 is 23:54:15)."""
    made = hub(leverage=1)
    client = client_of(made)
    client.get("/api/status")  # making the first server takes a while, and a desk that is told nothing meanwhile is called dead
    made.emit([tick(1, "100"), quote("99", "101"), tick(1, "5000", symbol=BTC), quote("4990", "5010", symbol=BTC)])
    place(client, "short-in", "sell", "2")
    quotes(made, (1_500, ETH, "89", "91"))
    place(client, "short-out", "buy", "2")
    quotes(made, (400_000, ETH, "89", "91"), (400_000, BTC, "4990", "5010"))
    place(client, "long-in", "buy", "0.1", BTC)
    place(client, "long-out", "sell", "0.1", BTC)
    return made


@pytest.fixture
def client(source: Hub) -> TestClient:
    return client_of(source)


def ids(client: TestClient, **asked: str) -> list[str]:
    answer = client.get("/api/journal", params=asked)
    assert answer.status_code == 200, answer.text
    return [trip["trip_id"] for trip in answer.json()["trips"]]


def test_a_trip_is_told_exactly_and_what_nobody_knows_is_null(client: TestClient) -> None:
    told = client.get("/api/journal").json()
    trip = told["trips"][0]
    assert {name: value for name, value in trip.items() if name not in LEFT_OUT} == {
        "trip_id": "1", "symbol": ETH, "side": "short", "quantity": "2", "entry": "99", "exit": "91",
        "opened_ms": T0_NS // 1_000_000, "closed_ms": T0_NS // 1_000_000 + 1_500, "duration_ms": 1_500,
        "pnl": "16", "fees": "0", "net_pnl": "16", "end": "closed", "slippage_in": "1", "slippage_out": "1",
        "best": "9", "worst": "-1",
    }  # fmt: skip
    assert trip["mid_after"] == {"1s": "100", "5s": None, "30s": None, "60s": None}, "nothing was heard for six minutes"
    assert trip["moved_after"]["1s"] == "-1"
    assert told["totals"] == {"count": 2, "won": 1, "lost": 1, "net_pnl": "14", "fees": "0"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"symbol": ETH}, ["1"]),
        ({"side": "long"}, ["2"]),
        ({"result": "won"}, ["1"]),
        ({"result": "lost"}, ["2"]),
        ({"from": "2024-08-09"}, ["2"]),
        ({"to": "2024-08-08"}, ["1"]),
        ({"from": "2024-08-08", "to": "2024-08-09"}, ["1", "2"]),
        ({"symbol": ETH, "side": "long"}, []),
    ],
)
def test_the_filter_chooses_the_same_in_all_three_forms(client: TestClient, asked: dict[str, str], found: list[str]) -> None:
    assert ids(client, **asked) == found
    rows = client.get("/api/journal/rows", params=asked).json()["rows"]
    assert [row["id"] for row in rows] == found[::-1], "the newest first"
    assert [row["trip"] for row in table(client, **asked)] == found


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"symbol": "DOGE/USDT"}, 404, "symbol"),
        ({"side": "up"}, 422, "side"),
        ({"from": "2024-13-01"}, 422, "from"),
        ({"to": "yesterday"}, 422, "to"),
        ({"from": "2024-08-09", "to": "2024-08-08"}, 422, "to"),
    ],
)
@pytest.mark.parametrize("path", ["/api/journal", "/api/journal/rows", "/api/journal.csv"])
def test_a_filter_that_means_nothing_is_one_clear_error(
    client: TestClient, asked: dict[str, str], status: int, field: str, path: str
) -> None:
    answer = client.get(path, params=asked)
    assert (answer.status_code, answer.json()["field"]) == (status, field)


def table(client: TestClient, **asked: str) -> list[dict[str, Any]]:
    answer = client.get("/api/journal.csv", params=asked)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="journal-paper-live.csv"'
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_table_has_bare_numbers_utc_times_and_empty_cells_for_what_nobody_knows(client: TestClient) -> None:
    first = table(client)[0]
    assert (first["opened_utc"], first["closed_utc"], first["seconds"]) == (
        "2024-08-08 23:54:15.000",
        "2024-08-08 23:54:16.500",
        "1.5",
    )
    assert (first["net_pnl"], first["worst"], first["mid_after_1s"], first["mid_after_5s"]) == ("16", "-1", "100", "")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", '=HYPERLINK("x")'])
def test_no_text_of_the_table_is_a_formula(source: Hub, text: str) -> None:
    assert bare(text) == f"'{text}" and bare("ETH/USDT") == "ETH/USDT"
    (row,) = csv.DictReader(io.StringIO(csv_of(text, source.snapshot().account.trips[:1]), newline=""))
    assert row["account"] == f"'{text}"


def test_the_page_gets_texts_and_is_told_only_when_the_journal_is_another(source: Hub, client: TestClient) -> None:
    told = client.get("/api/journal/rows").json()
    assert told["words"].startswith("2 round trips · 1 won, 1 lost · net +14.00 · fees 0.00")
    long, short = told["rows"]
    assert (short["net"], short["slip_in"], short["best"], short["worst"]) == ("+16.00", "+101.01", "+909.09", "−101.01")
    assert (long["net"], long["entry"], long["after"]) == ("−2.00", "5,010.00", [None] * 4)
    first = sections.build(source.snapshot(), "journal", None, 0)
    assert isinstance(first, Section) and first.text == b'{"s":"journal","count":2}'
    source.emit([quote("89", "91", 400_100)])
    assert sections.build(source.snapshot(), "journal", first.mark, 1_000) is None
    quotes(source, (401_500, BTC, "5000", "5020"))
    assert isinstance(sections.build(source.snapshot(), "journal", first.mark, 2_000), Section), "it learned the mid after 1 s"
    assert client.get("/api/journal/rows").json()["rows"][0]["after"][0] == "−19.96"


def test_an_empty_journal_says_what_will_stand_there() -> None:
    told = client_of(hub()).get("/api/journal/rows").json()
    assert told["rows"] == [] and "no round trip yet" in told["words"]
