"""Binance USD-M futures: aggregated prints and best quotes over the split addresses, one socket each. Pure.

Prints are silent on /public and quotes on /market, though both are acknowledged; there are no 1 s klines.
Wire: https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
"""

from collections.abc import Sequence
from decimal import Decimal

from feeds.adapter import Adapter, Connection, Parse
from feeds.events import Event, Instrument
from feeds.venues.binance_wire import (
    Row,
    is_farewell,
    milliseconds,
    parser_of,
    read_print,
    read_quote,
    rest_facts,
    stream_of,
    wire_name,
)

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

    def read_aggregate(row: Row, symbol: str, ts_recv_ns: int) -> Event:
        return read_print(row, symbol, "a", ts_recv_ns)

    def read_best(row: Row, symbol: str, ts_recv_ns: int) -> Event:
        return read_quote(row, symbol, milliseconds(row["T"], "T") * 1_000_000, ts_recv_ns)

    return parser_of(symbols, {"aggTrade": read_aggregate, "bookTicker": read_best})


def instruments(symbols: Sequence[str]) -> str:
    """The futures venue knows no choice of symbols here: it always lists all."""
    return "/fapi/v1/exchangeInfo"


ADAPTER = Adapter(
    name="binance-usdm",
    connections=connections,
    parser=parser,
    stream_of=stream_of,
    is_farewell=is_farewell,
    rest=rest_facts("/fapi/v1/", REST_HOSTS, ("1m", "5m", "15m", "1h", "1d"), instruments, 2_400),
    shipped=(
        Instrument("ETH/USDT", Decimal("0.01"), Decimal("0.001"), Decimal(20), "as shipped"),
        Instrument("BTC/USDT", Decimal("0.10"), Decimal("0.001"), Decimal(100), "as shipped"),
    ),
)
