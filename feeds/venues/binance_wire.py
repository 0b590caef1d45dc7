"""Shapes that Binance's spot and futures venues share: messages, prints, klines, instrument rules. Pure; opens nothing."""

from collections.abc import Callable, Mapping, Sequence

from orjson import loads

from feeds.adapter import Parse, RestFacts
from feeds.events import Candle, Event, Instrument, LineAlive, Quote, Refused, Tick, not_negative, positive

LATEST_MS = 10**14
"""Above this an event time is no count of milliseconds: someone asked for timeUnit=MICROSECOND."""


Row = Mapping[str, object]
Read = Callable[[Row, str, int], Event]
"""(row, our symbol, receive time) → event."""


def parser_of(symbols: Sequence[str], readers: Mapping[str | None, Read]) -> Parse:
    """`parse(text, ts_recv_ns)` for these symbols, in an envelope or raw. `readers`: by the message's type `e`, None without one.

    A message of another type is passed over. Raises `Refused`, or ValueError, KeyError, TypeError on what is no message.
    """
    names = wire_names(symbols)

    def parse(text: str | bytes, ts_recv_ns: int) -> list[Event]:
        message = loads(text)
        row = message["data"] if "data" in message else message
        if "s" not in row:
            return read_control(row, ts_recv_ns)
        symbol = names.get(row["s"])
        if symbol is None:
            raise Refused(f"unknown symbol {row['s']!r}")
        read = readers.get(row.get("e"))
        return [read(row, symbol, ts_recv_ns)] if read else []

    return parse


def rest_facts(
    root: str,
    hosts: tuple[str, ...],
    intervals: tuple[str, ...],
    instruments: Callable[[Sequence[str]], str],
    weight_per_minute: int,
) -> RestFacts:
    """Both venues' REST, which differs by these alone. `root`: what every path begins with, like `/api/v3/`."""
    return RestFacts(
        hosts=hosts,
        intervals=intervals,
        klines=lambda symbol, interval, limit, start_ms: root + klines_query(symbol, interval, limit, start_ms),
        prints=lambda symbol, start_ms, from_id: root + prints_query(symbol, start_ms, from_id),
        time=root + "time",
        instruments=instruments,
        read_klines=read_klines,
        read_prints=read_prints,
        read_time=read_time,
        read_instruments=read_instruments,
        weight_header="X-MBX-USED-WEIGHT-1M",
        weight_per_minute=weight_per_minute,
    )


def wire_name(symbol: str) -> str:
    """ETH/USDT → ETHUSDT."""
    return symbol.replace("/", "")


def wire_names(symbols: Sequence[str]) -> dict[str, str]:
    return {wire_name(symbol): symbol for symbol in symbols}


def read_print(row: Row, symbol: str, id_field: str, ts_recv_ns: int) -> Tick:
    """A Tick from fields p, q, T (ms), m. `m`: the buyer was the maker, so the seller crossed the spread."""
    number, time_ms, maker = row[id_field], row["T"], row["m"]
    if type(number) is not int or number < 0:
        raise Refused(f"{id_field} is not an id: {number!r}")
    if type(maker) is not bool:
        raise Refused(f"m is neither true nor false: {maker!r}")
    price, size = row["p"], row["q"]
    if type(price) is not str or type(size) is not str:
        raise Refused(f"p and q must be text, got {price!r}, {size!r}")
    return Tick(
        symbol,
        positive(price, "p"),
        positive(size, "q"),
        -1 if maker else 1,
        milliseconds(time_ms, "T") * 1_000_000,
        ts_recv_ns,
        str(number),
        number,
    )


def read_quote(row: Row, symbol: str, ts_event_ns: int | None, ts_recv_ns: int) -> Quote:
    """A Quote from fields b, B, a, A (best bid and its size, best ask and its size)."""
    bid, bid_size, ask, ask_size = row["b"], row["B"], row["a"], row["A"]
    if not type(bid) is type(bid_size) is type(ask) is type(ask_size) is str:
        raise Refused(f"b, B, a and A must be text: {row!r:.200}")
    return Quote(
        symbol,
        positive(bid, "b"),
        not_negative(bid_size, "B"),
        positive(ask, "a"),
        not_negative(ask_size, "A"),
        ts_event_ns,
        ts_recv_ns,
    )


def read_control(row: Row, ts_recv_ns: int) -> list[Event]:
    """`{"result":null,"id":1}` and the shutdown notice show a living line; `{"code":2,"msg":"Invalid request: …"}` is refused.

    The depth snapshots that recordings hold (`lastUpdateId`) are passed over.
    """
    if "code" in row or "error" in row:
        raise Refused(f"the venue says {row!r:.200}")
    if "result" in row or "e" in row:
        return [LineAlive(ts_recv_ns)]
    if "lastUpdateId" in row:
        return []
    raise Refused(f"no message of this venue: {row!r:.200}")


def milliseconds(value: object, field: str) -> int:
    if type(value) is not int or not 0 < value < LATEST_MS:
        raise Refused(f"{field} is not a time in milliseconds: {value!r}")
    return value


def klines_query(symbol: str, interval: str, limit: int, start_ms: int | None) -> str:
    start = "" if start_ms is None else f"&startTime={start_ms}"
    return f"klines?symbol={wire_name(symbol)}&interval={interval}&limit={limit}{start}"


def prints_query(symbol: str, start_ms: int, from_id: int | None) -> str:
    since = f"startTime={start_ms}" if from_id is None else f"fromId={from_id}"
    return f"aggTrades?symbol={wire_name(symbol)}&{since}&limit=1000"


def stream_of(text: bytes) -> str:
    """The name in the envelope `{"stream":"ethusdt@trade","data":…}`, "" where there is none."""
    if text[:11] != b'{"stream":"':
        return ""
    return text[11 : text.find(b'"', 11)].decode("latin-1")


def is_farewell(text: bytes) -> bool:
    """`{"e":"serverShutdown","E":1770123456789}`, or the same in an envelope: connect anew at once."""
    return b'"serverShutdown"' in text


def read_klines(answer: object) -> list[Candle]:
    """Rows `[openTime ms, "open", "high", "low", "close", "volume", closeTime, "quoteVolume", count, …]`, oldest first."""
    if not isinstance(answer, list):
        raise Refused(f"klines are no list: {answer!r:.100}")
    return [
        Candle(
            milliseconds(row[0], "openTime"),
            positive(row[1], "open"),
            positive(row[2], "high"),
            positive(row[3], "low"),
            positive(row[4], "close"),
            not_negative(row[5], "volume"),
            int(row[8]),
        )
        for row in answer
    ]


def read_prints(answer: object, symbol: str) -> list[Tick]:
    """REST aggTrades: the fields of the stream's aggTrade without e, E and s."""
    if not isinstance(answer, list):
        raise Refused(f"aggTrades are no list: {answer!r:.100}")
    return [read_print(row, symbol, "a", 0) for row in answer]


def read_time(answer: object) -> int:
    """`{"serverTime": 1499827319559}`"""
    if not isinstance(answer, dict):
        raise Refused(f"no server time: {answer!r:.100}")
    return milliseconds(answer.get("serverTime"), "serverTime")


def read_instruments(answer: object, symbols: Sequence[str]) -> tuple[Instrument, ...]:
    """exchangeInfo: tickSize of PRICE_FILTER, stepSize of LOT_SIZE, the least notional (spot and futures name it apart)."""
    names = wire_names(symbols)
    if not isinstance(answer, dict):
        raise Refused(f"exchangeInfo is no object: {answer!r:.100}")
    found = []
    for row in answer["symbols"]:
        if row["symbol"] not in names:
            continue
        rules = {rule["filterType"]: rule for rule in row["filters"]}
        least = rules.get("NOTIONAL") or rules.get("MIN_NOTIONAL") or {}
        found.append(
            Instrument(
                names[row["symbol"]],
                positive(rules["PRICE_FILTER"]["tickSize"], "tickSize"),
                positive(rules["LOT_SIZE"]["stepSize"], "stepSize"),
                not_negative(least.get("minNotional", least.get("notional", "0")), "minNotional"),
                "venue",
            )
        )
    return tuple(found)
