"""Frames of the futures venue and its split addresses."""

from decimal import Decimal

import pytest

from feeds.adapter import adapter
from feeds.events import Instrument, Quote, Refused, Tick

VENUE = adapter("binance-usdm")
PARSE = VENUE.parser(("BTC/USDT",))
NOW_NS = 5

AGGREGATE = (
    '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1723161466296,"s":"BTCUSDT","a":2317412345,"p":"61700.10",'
    '"q":"0.036","nq":"0.030","f":5260131820,"l":5260131821,"T":1723161466290,"m":true,"st":0}}'
)


def test_an_aggregated_print_counts_by_its_own_id_and_unknown_keys_are_ignored() -> None:
    assert PARSE(AGGREGATE, NOW_NS) == [
        Tick("BTC/USDT", Decimal("61700.10"), Decimal("0.036"), -1, 1_723_161_466_290_000_000, 5, "2317412345", 2317412345)
    ]


def test_a_futures_quote_carries_the_venues_time() -> None:
    text = (
        '{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":512312,"s":"BTCUSDT","b":"61700.00","B":"5.675",'
        '"a":"61700.10","A":"0.036","T":1723161466296,"E":1723161466297}}'
    )
    assert PARSE(text, NOW_NS) == [
        Quote(
            "BTC/USDT", Decimal("61700.00"), Decimal("5.675"), Decimal("61700.10"), Decimal("0.036"), 1_723_161_466_296_000_000, 5
        )
    ]


def test_a_bad_price_is_refused() -> None:
    with pytest.raises(Refused):
        PARSE(AGGREGATE.replace('"61700.10"', '"NaN"'), NOW_NS)


def test_prints_come_from_the_market_address_and_quotes_from_the_public_one() -> None:
    market, public = VENUE.connections(("BTC/USDT", "ETH/USDT"), None)
    assert market.urls == ("wss://fstream.binance.com/market/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade",)
    assert public.urls == ("wss://fstream.binance.com/public/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker",)


def test_there_are_no_second_bars_and_prints_fill_the_minute() -> None:
    assert "1s" not in VENUE.rest.intervals
    assert VENUE.rest.prints("BTC/USDT", 1000, None) == "/fapi/v1/aggTrades?symbol=BTCUSDT&startTime=1000&limit=1000"
    assert VENUE.rest.prints("BTC/USDT", 1000, 7) == "/fapi/v1/aggTrades?symbol=BTCUSDT&fromId=7&limit=1000"


def test_the_futures_name_of_the_least_notional_is_understood() -> None:
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "stepSize": "0.001"},
        {"filterType": "MIN_NOTIONAL", "notional": "100"},
    ]
    answer = {"symbols": [{"symbol": "BTCUSDT", "filters": filters}]}
    assert VENUE.rest.read_instruments(answer, ("BTC/USDT",)) == (
        Instrument("BTC/USDT", Decimal("0.1"), Decimal("0.001"), Decimal(100), "venue"),
    )
