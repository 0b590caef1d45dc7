"""Frames of the spot venue, written in its documented shape with values of our own, and what they must become."""

from decimal import Decimal

import pytest

from feeds.adapter import adapter, shipped_instruments
from feeds.events import Candle, Instrument, LineAlive, Quote, Refused, Tick

VENUE = adapter("binance")
PARSE = VENUE.parser(("ETH/USDT", "BTC/USDT"))
NOW_NS = 1_723_161_254_040_000_000

TRADE = (
    '{"stream":"ethusdt@trade","data":{"e":"trade","E":1723161255310,"s":"ETHUSDT","t":1544263172,"p":"2683.81000000",'
    '"q":"0.04300000","T":1723161255309,"m":false,"M":true}}'
)
QUOTE = (
    '{"stream":"btcusdt@bookTicker","data":{"u":49231,"s":"BTCUSDT","b":"61700.01000000","B":"0.50000000",'
    '"a":"61700.02000000","A":"1.25000000"}}'
)


def test_a_buyers_print_keeps_its_exact_price_and_the_venues_milliseconds() -> None:
    assert PARSE(TRADE, NOW_NS) == [
        Tick(
            "ETH/USDT",
            Decimal("2683.81000000"),
            Decimal("0.04300000"),
            1,
            1_723_161_255_309_000_000,
            NOW_NS,
            "1544263172",
            1544263172,
        )
    ]
    assert str(PARSE(TRADE, NOW_NS)[0].price) == "2683.81000000"


def test_a_buyer_who_was_the_maker_means_that_the_seller_crossed() -> None:
    [tick] = PARSE(TRADE.replace('"m":false', '"m":true'), NOW_NS)
    assert isinstance(tick, Tick)
    assert tick.aggressor == -1


def test_a_quote_has_both_sides_and_no_venue_time() -> None:
    assert PARSE(QUOTE.encode(), NOW_NS) == [
        Quote("BTC/USDT", Decimal("61700.01"), Decimal("0.5"), Decimal("61700.02"), Decimal("1.25"), None, NOW_NS)
    ]


def test_the_raw_form_without_envelope_reads_the_same() -> None:
    raw = TRADE[TRADE.index('{"e"') : -1]
    assert PARSE(raw, NOW_NS) == PARSE(TRADE, NOW_NS)


def test_an_acknowledgement_shows_a_living_line() -> None:
    assert PARSE('{"result":null,"id":1}', NOW_NS) == [LineAlive(NOW_NS)]


@pytest.mark.parametrize(
    "notice",
    [
        '{"e":"serverShutdown","E":1770123456789}',
        '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
    ],
)
def test_a_shutdown_notice_is_recognised_in_both_forms_and_is_no_error(notice: str) -> None:
    assert VENUE.is_farewell(notice.encode())
    assert PARSE(notice, NOW_NS) == [LineAlive(NOW_NS)]
    assert not VENUE.is_farewell(TRADE.encode())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (('"2683.81000000"', '"NaN"'), "p"),
        (('"2683.81000000"', '"-1"'), "p"),
        (('"2683.81000000"', '"0"'), "p"),
        (('"2683.81000000"', '"cheap"'), "p"),
        (('"2683.81000000"', "2683.81"), "p and q must be text"),
        (('"0.04300000"', '"Infinity"'), "q"),
        (('"ETHUSDT"', '"DOGEUSDT"'), "DOGEUSDT"),
        (("1544263172", '"1544263172"'), "t is not an id"),
        (("1723161255309", "1723161255309000"), "T is not a time in milliseconds"),
        (('"m":false', '"m":0'), "m is neither"),
    ],
)
def test_a_value_that_may_not_enter_is_refused_by_name(change: tuple[str, str], named: str) -> None:
    with pytest.raises(Refused, match=named):
        PARSE(TRADE.replace(*change), NOW_NS)


@pytest.mark.parametrize(
    "text",
    [
        '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}',
        '{"error":{"code":-1,"msg":"no"},"id":1}',
        '{"hello":"world"}',
        QUOTE.replace('"b":"61700.01000000"', '"b":null'),
    ],
)
def test_an_error_or_a_stranger_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        PARSE(text, NOW_NS)


@pytest.mark.parametrize(
    "text", ["", "not json", "[1,2]", "null", "7", '"s"', '{"data":[]}', '{"stream":"x","data":{"s":[]}}', "{}"]
)
def test_rubbish_raises_nothing_but_what_the_inbox_expects(text: str) -> None:
    with pytest.raises((Refused, ValueError, KeyError, TypeError)):
        PARSE(text, NOW_NS)


def test_messages_of_other_streams_in_a_recording_are_passed_over() -> None:
    assert PARSE('{"stream":"ethusdt@depth","data":{"e":"depthUpdate","E":1,"s":"ETHUSDT","U":1,"u":2,"b":[],"a":[]}}', 1) == []
    assert PARSE('{"lastUpdateId":35346513512,"bids":[],"asks":[]}', 1) == []


def test_one_socket_carries_prints_and_quotes_of_all_symbols_at_hosts_in_order() -> None:
    [connection] = VENUE.connections(("ETH/USDT", "BTC/USDT"), None)
    path = "/stream?streams=ethusdt@trade/ethusdt@bookTicker/btcusdt@trade/btcusdt@bookTicker"
    assert connection.urls == ("wss://stream.binance.com:9443" + path, "wss://data-stream.binance.vision" + path)
    assert connection.streams["btcusdt@trade"] == "BTC/USDT"


def test_a_base_address_replaces_the_hosts_and_keeps_the_venues_paths() -> None:
    [connection] = VENUE.connections(("ETH/USDT",), "ws://localhost:9/")
    assert connection.urls == ("ws://localhost:9/stream?streams=ethusdt@trade/ethusdt@bookTicker",)


def test_the_stream_of_a_text_is_read_without_parsing_it() -> None:
    assert VENUE.stream_of(TRADE.encode()) == "ethusdt@trade"
    assert VENUE.stream_of(b'{"result":null,"id":1}') == ""


def test_klines_become_bars_with_the_venues_count_of_prints() -> None:
    row = [1723161300000, "2683.1", "2684.5", "2682.9", "2684.0", "12.5", 1723161359999, "33540.0", 77, "6.0", "16000.0", "0"]
    assert VENUE.rest.read_klines([row]) == [
        Candle(1723161300000, Decimal("2683.1"), Decimal("2684.5"), Decimal("2682.9"), Decimal("2684.0"), Decimal("12.5"), 77)
    ]
    assert VENUE.rest.klines("ETH/USDT", "1s", 501, None) == "/api/v3/klines?symbol=ETHUSDT&interval=1s&limit=501"


def test_instrument_rules_are_the_venues_steps() -> None:
    answer = {
        "symbols": [
            {
                "symbol": "ETHUSDT",
                "filters": [
                    {"filterType": "PRICE_FILTER", "tickSize": "0.01000000"},
                    {"filterType": "LOT_SIZE", "stepSize": "0.00010000"},
                    {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
                ],
            },
            {"symbol": "XRPUSDT", "filters": []},
        ]
    }
    assert VENUE.rest.read_instruments(answer, ("ETH/USDT",)) == (
        Instrument("ETH/USDT", Decimal("0.01"), Decimal("0.0001"), Decimal("5"), "venue"),
    )


def test_shipped_rules_stand_for_the_two_default_symbols_and_say_so() -> None:
    assert shipped_instruments(VENUE, ("BTC/USDT", "XRP/USDT")) == (
        Instrument("BTC/USDT", Decimal("0.01"), Decimal("0.00001"), Decimal("5"), "as shipped"),
    )
