"""Binance USD-M futures: aggregated prints and best quotes over the split addresses, one socket each. Pure.

Prints are silent on /public and quotes on /market, though both are acknowledged; there are no 1 s klines.
Wire: https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
"""

from collections.abc import Sequence
from decimal import Decimal

from orjson import loads

from feeds.adapter import Adapter, Connection, Parse, RestFacts
from feeds.binance_wire import (
    is_farewell,
    klines_query,
    milliseconds,
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

WS_HOSTS = ("wss://fstream.binance.com",)
REST_HOSTS = ("https://fapi.binance.com",)


def connections(symbols: Sequence[str], base: str | None) -> tuple[Connection, ...]:
    """Two sockets: /market carries aggTrade, /public carries bookTicker."""
    bases = (base.rstrip("/"),) if base else WS_HOSTS
    made = []
    for route, kind, what in (("market", "aggTrade", "prints"), ("public", "bookTicker", "quotes")):
        streams = {f"{wire_name(symbol).lower()}@{kind}": symbol for symbol in symbols}
        path = f"/{route}/stream?streams=" + "/".join(streams)
        made.append(Connection(route, tuple(host + path for host in bases), streams, dict.fromkeys(streams, what)))
    return tuple(made)


def parser(symbols: Sequence[str]) -> Parse:
    """`parse(text, ts_recv_ns)` for these symbols.

    `{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1723161465030,"s":"BTCUSDT","a":2317412345,"p":"61700.10",
    "q":"0.005","f":5260131820,"l":5260131821,"T":1723161465028,"m":true}}`: one taker's order at one price; m true: the
    seller crossed the spread. `a` counts without holes and is the tick's `seq`; unknown keys (nq, st) are ignored.
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
            if kind == "aggTrade":
                return [read_print(row, symbol, "a", ts_recv_ns)]
            if kind == "bookTicker":
                return [read_quote(row, symbol, milliseconds(row["T"], "T") * 1_000_000, ts_recv_ns)]
            return []
        return read_control(row, ts_recv_ns)

    return parse


def klines(symbol: str, interval: str, limit: int, start_ms: int | None) -> str:
    return "/fapi/v1/" + klines_query(symbol, interval, limit, start_ms)


def prints(symbol: str, start_ms: int, from_id: int | None) -> str:
    return "/fapi/v1/" + prints_query(symbol, start_ms, from_id)


def instruments(symbols: Sequence[str]) -> str:
    """The futures venue knows no choice of symbols here: it always lists all."""
    return "/fapi/v1/exchangeInfo"


ADAPTER = Adapter(
    name="binance-usdm",
    connections=connections,
    parser=parser,
    stream_of=stream_of,
    is_farewell=is_farewell,
    rest=RestFacts(
        hosts=REST_HOSTS,
        intervals=("1m", "5m", "15m", "1h", "1d"),
        klines=klines,
        prints=prints,
        time="/fapi/v1/time",
        instruments=instruments,
        read_klines=read_klines,
        read_prints=read_prints,
        read_time=read_time,
        read_instruments=read_instruments,
        weight_header="X-MBX-USED-WEIGHT-1M",
        weight_per_minute=2_400,
    ),
    shipped=(
        Instrument("ETH/USDT", Decimal("0.01"), Decimal("0.001"), Decimal(20), "as shipped"),
        Instrument("BTC/USDT", Decimal("0.10"), Decimal("0.001"), Decimal(100), "as shipped"),
    ),
)
