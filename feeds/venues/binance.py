"""Binance spot: prints and best quotes over one combined stream. Pure; no socket, clock, log.

Wire: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
"""

from collections.abc import Sequence
from decimal import Decimal
from json import dumps
from urllib.parse import quote

from orjson import loads

from feeds.adapter import Adapter, Connection, Parse, RestFacts
from feeds.binance_wire import (
    is_farewell,
    klines_query,
    prints_query,
    read_control,
    read_instruments,
    read_klines,
    read_print,
    read_prints,
    read_quote,
    read_time,
    stream_of,
    wire_name,
    wire_names,
)
from feeds.events import Event, Instrument, Refused

WS_HOSTS = ("wss://stream.binance.com:9443", "wss://data-stream.binance.vision")
REST_HOSTS = ("https://api.binance.com", "https://data-api.binance.vision")


def connections(symbols: Sequence[str], base: str | None) -> tuple[Connection, ...]:
    """One socket; stream names are in lower case; event times stay the venue's default, milliseconds."""
    streams = {f"{wire_name(symbol).lower()}@{kind}": symbol for symbol in symbols for kind in ("trade", "bookTicker")}
    kinds = {name: "prints" if name.endswith("@trade") else "quotes" for name in streams}
    path = "/stream?streams=" + "/".join(streams)
    bases = (base.rstrip("/"),) if base else WS_HOSTS
    return (Connection("stream", tuple(host + path for host in bases), streams, kinds),)


def parser(symbols: Sequence[str]) -> Parse:
    """`parse(text, ts_recv_ns)` for these symbols, for the combined and the raw form.

    `{"stream":"ethusdt@trade","data":{"e":"trade","E":1723161255310,"s":"ETHUSDT","t":1544263172,"p":"2683.81000000",
    "q":"0.04300000","T":1723161255309,"m":false,"M":true}}`: a buyer crossed the spread (m false: the buyer was not the
    maker), time in ms. `{"u":35346513501,"s":"ETHUSDT","b":"2683.80","B":"3.02","a":"2683.81","A":"31.43"}` is a quote:
    it has neither a type nor a time. Raises `Refused`, or ValueError, KeyError, TypeError on what is no such message.
    """
    names = wire_names(symbols)

    def parse(text: str | bytes, ts_recv_ns: int) -> list[Event]:
        message = loads(text)
        row = message["data"] if "data" in message else message
        if "s" in row:
            symbol = names.get(row["s"])
            if symbol is None:
                raise Refused(f"unknown symbol {row['s']!r}")
            kind = row.get("e")
            if kind == "trade":
                return [read_print(row, symbol, "t", ts_recv_ns)]
            if kind is None:
                return [read_quote(row, symbol, None, ts_recv_ns)]
            return []
        return read_control(row, ts_recv_ns)

    return parse


def klines(symbol: str, interval: str, limit: int, start_ms: int | None) -> str:
    return "/api/v3/" + klines_query(symbol, interval, limit, start_ms)


def prints(symbol: str, start_ms: int, from_id: int | None) -> str:
    return "/api/v3/" + prints_query(symbol, start_ms, from_id)


def instruments(symbols: Sequence[str]) -> str:
    listed = dumps([wire_name(symbol) for symbol in symbols], separators=(",", ":"))
    return f"/api/v3/exchangeInfo?symbols={quote(listed)}"


ADAPTER = Adapter(
    name="binance",
    connections=connections,
    parser=parser,
    stream_of=stream_of,
    is_farewell=is_farewell,
    rest=RestFacts(
        hosts=REST_HOSTS,
        intervals=("1s", "1m", "5m", "15m", "1h", "1d"),
        klines=klines,
        prints=prints,
        time="/api/v3/time",
        instruments=instruments,
        read_klines=read_klines,
        read_prints=read_prints,
        read_time=read_time,
        read_instruments=read_instruments,
        weight_header="X-MBX-USED-WEIGHT-1M",
        weight_per_minute=6_000,
    ),
    shipped=(
        Instrument("ETH/USDT", Decimal("0.01"), Decimal("0.0001"), Decimal(5), "as shipped"),
        Instrument("BTC/USDT", Decimal("0.01"), Decimal("0.00001"), Decimal(5), "as shipped"),
    ),
)
