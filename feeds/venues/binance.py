"""Binance spot: prints and best quotes over one combined stream. Pure; no socket, clock, log.

Wire: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
"""

from collections.abc import Sequence
from decimal import Decimal
from json import dumps
from urllib.parse import quote

from feeds.adapter import Adapter, Connection, Parse
from feeds.events import Event, Instrument
from feeds.venues.binance_wire import Row, is_farewell, parser_of, read_print, read_quote, rest_facts, stream_of, wire_name

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

    def read_single(row: Row, symbol: str, ts_recv_ns: int) -> Event:
        return read_print(row, symbol, "t", ts_recv_ns)

    def read_best(row: Row, symbol: str, ts_recv_ns: int) -> Event:
        return read_quote(row, symbol, None, ts_recv_ns)

    return parser_of(symbols, {"trade": read_single, None: read_best})


def instruments(symbols: Sequence[str]) -> str:
    listed = dumps([wire_name(symbol) for symbol in symbols], separators=(",", ":"))
    return f"/api/v3/exchangeInfo?symbols={quote(listed)}"


ADAPTER = Adapter(
    name="binance",
    connections=connections,
    parser=parser,
    stream_of=stream_of,
    is_farewell=is_farewell,
    rest=rest_facts("/api/v3/", REST_HOSTS, ("1s", "1m", "5m", "15m", "1h", "1d"), instruments, 6_000),
    shipped=(
        Instrument("ETH/USDT", Decimal("0.01"), Decimal("0.0001"), Decimal(5), "as shipped"),
        Instrument("BTC/USDT", Decimal("0.01"), Decimal("0.00001"), Decimal(5), "as shipped"),
    ),
)
