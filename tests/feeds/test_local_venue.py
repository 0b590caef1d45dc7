"""The local Binance that other tests lean on: what it says is what the real venue says, and its bars are its prints."""

import gc
import gzip
import json
import time
import urllib.error
import urllib.request
import warnings
from decimal import Decimal
from pathlib import Path
from socket import create_connection as knock_at

import pytest
from websocket import WebSocket, WebSocketTimeoutException, create_connection

from tests.servers.binance import LocalBinance


@pytest.fixture
def still() -> "LocalBinance":
    """A venue whose prints are made by the test."""
    with LocalBinance(rate=0, quote_rate=0) as running:
        yield running


def opened(venue: LocalBinance, path: str) -> WebSocket:
    """A socket that the venue serves: it has answered a question."""
    found = create_connection(venue.ws_url + path, timeout=2)
    found.send('{"method":"LIST_SUBSCRIPTIONS","id":0}')
    assert json.loads(found.recv())["id"] == 0
    return found


def asked(venue: LocalBinance, path: str) -> object:
    with urllib.request.urlopen(venue.rest_url + path) as answer:
        return json.load(answer)


def test_a_combined_stream_wraps_the_venues_fields(still: LocalBinance) -> None:
    socket = opened(still, "/stream?streams=ethusdt@trade")
    made = still.trade("ETHUSDT", price=268_439, lots=430)
    message = json.loads(socket.recv())
    socket.close()
    assert message == {
        "stream": "ethusdt@trade",
        "data": {
            "e": "trade",
            "E": made.time_ms,
            "s": "ETHUSDT",
            "t": made.id,
            "p": "2684.39000000",
            "q": "0.04300000",
            "T": made.time_ms,
            "m": made.maker,
            "M": True,
        },
    }


def test_a_raw_stream_is_subscribed_by_message_and_acknowledged(still: LocalBinance) -> None:
    socket = opened(still, "/ws")
    socket.send('{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":7}')
    assert json.loads(socket.recv()) == {"result": None, "id": 7}
    still.quote("BTCUSDT")
    quote = json.loads(socket.recv())
    socket.close()
    assert sorted(quote) == ["A", "B", "a", "b", "s", "u"]
    assert Decimal(quote["b"]) < Decimal(quote["a"])


@pytest.mark.parametrize(("sent", "code"), [("{", 3), ('{"method":"DANCE","id":1}', 2)])
def test_a_wrong_request_gets_the_venues_code(still: LocalBinance, sent: str, code: int) -> None:
    socket = opened(still, "/ws")
    socket.send(sent)
    assert json.loads(socket.recv())["code"] == code
    socket.close()


def test_a_futures_route_acknowledges_what_it_never_delivers(still: LocalBinance) -> None:
    market = opened(still, "/market/stream?streams=ethusdt@aggTrade/ethusdt@bookTicker")
    still.quote("ETHUSDT")
    made = still.trade("ETHUSDT")
    assert json.loads(market.recv())["data"]["a"] == made.id
    market.settimeout(0.2)
    with pytest.raises(WebSocketTimeoutException):
        market.recv()
    market.close()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v3/klines?symbol=XYZ&interval=1m", 400, -1121),
        ("/api/v3/klines?symbol=ETHUSDT&interval=7m", 400, -1120),
        ("/fapi/v1/klines?symbol=ETHUSDT&interval=1s", 400, -1120),
        ("/nothing", 404, -1),
    ],
)
def test_a_wrong_question_is_refused_with_the_venues_code(still: LocalBinance, path: str, status: int, code: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        asked(still, path)
    with refused.value as error:
        assert (error.code, json.load(error)["code"]) == (status, code)


def test_smaller_bars_add_up_to_larger_ones(still: LocalBinance) -> None:
    for smaller, larger, parts in (("1m", "5m", 5), ("15m", "1h", 4), ("1h", "1d", 24)):
        *_, whole, _ = asked(still, f"/api/v3/klines?symbol=ETHUSDT&interval={larger}&limit=3")
        inside = asked(still, f"/api/v3/klines?symbol=ETHUSDT&interval={smaller}&limit={parts}&startTime={whole[0]}")
        assert inside[0][1] == whole[1]
        assert max(Decimal(row[2]) for row in inside) == Decimal(whole[2])
        assert min(Decimal(row[3]) for row in inside) == Decimal(whole[3])
        assert inside[-1][4] == whole[4]
        assert sum(Decimal(row[5]) for row in inside) == Decimal(whole[5])


def test_a_print_moves_the_open_bar_that_is_served_last(still: LocalBinance) -> None:
    before = asked(still, "/api/v3/klines?symbol=ETHUSDT&interval=1d&limit=1")[0]
    still.trade("ETHUSDT", price=999_999, lots=10_000)
    after = asked(still, "/api/v3/klines?symbol=ETHUSDT&interval=1d&limit=1")[0]
    assert (after[2], after[4]) == ("9999.99000000", "9999.99000000")
    assert Decimal(after[5]) - Decimal(before[5]) == 1
    assert after[8] - before[8] == 1


def test_aggregated_prints_go_on_from_an_id(still: LocalBinance) -> None:
    made = [still.trade("BTCUSDT") for _ in range(3)]
    rows = asked(still, f"/api/v3/aggTrades?symbol=BTCUSDT&fromId={made[1].id}&limit=10")
    assert [row["a"] for row in rows] == [made[1].id, made[2].id]


def test_a_recording_is_played_with_its_prices_and_dated_now(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl.gz"
    row = {"e": "trade", "s": "ETHUSDT", "t": 5, "p": "2683.81000000", "q": "0.04300000", "T": 1, "m": True}
    with gzip.open(path, "wt") as file:
        file.write(json.dumps({"recv_ns": 10**18, "msg": {"stream": "ethusdt@trade", "data": row}}) + "\n")
        file.write(
            json.dumps({"recv_ns": 10**18 + 10**7, "msg": {"stream": "ethusdt@trade", "data": row | {"p": "2683.5"}}}) + "\n"
        )
    with LocalBinance(recording=path) as venue:
        socket = opened(venue, "/stream?streams=ethusdt@trade")
        rows = [json.loads(socket.recv())["data"] for _ in range(2)]
        socket.close()
        assert sorted(row["p"] for row in rows) == ["2683.50000000", "2683.81000000"]
        assert abs(rows[0]["T"] / 1000 - time.time()) < 5


def test_the_venue_ends_without_a_socket_left_while_someone_knocks() -> None:
    """What is left behind would be pytest's error in some later test."""
    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always", ResourceWarning)
        for _ in range(30):
            with LocalBinance(rate=0) as venue:
                knocked = [knock_at(("127.0.0.1", venue.port)) for _ in range(3)]
            for each in knocked:
                each.close()
        gc.collect()
    assert [str(each.message) for each in left] == []
