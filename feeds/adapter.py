"""What the runner must know of a venue, as a value: pure functions and the venue's numbers. Holds no socket and no clock.

A venue module ends with `ADAPTER = Adapter(...)`; `adapter(name)` finds it.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from feeds.events import Candle, Event, Instrument, Tick

Parse = Callable[[str | bytes, int], list[Event]]

MODULES: Mapping[str, str] = {"binance": "feeds.venues.binance", "binance-usdm": "feeds.venues.binance_usdm"}


@dataclass(frozen=True, slots=True)
class Connection:
    """One socket to hold open: addresses in order of preference, what to say first, the streams it carries.

    `streams`: stream name as the venue spells it → our symbol. `kinds`: the same name → what it carries, `prints` or `quotes`.
    `subscribe`: texts sent right after opening.
    """

    name: str
    urls: tuple[str, ...]
    streams: Mapping[str, str]
    kinds: Mapping[str, str]
    subscribe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Budgets:
    """How long silence may last, in milliseconds, and how long one connection may.

    `line`: no message at all (a probe goes out at half of it). `symbol`: stale on screen. `first`: a stream without its
    first message is named silent. `silent`: a symbol without market data gets a new connection. `connect`: one address.
    `overlap`: two connections side by side; `change_again_s`: least time from one such change to the next try.
    `lifetime_s`: planned change, before the venue closes the connection. `retry_*`, `blocked_s`: waits between tries.
    """

    line_ms: int = 3_000
    symbol_ms: int = 5_000
    first_ms: int = 10_000
    silent_ms: int = 12_000
    connect_ms: int = 3_000
    overlap_ms: int = 5_000
    change_again_s: float = 5.0
    lifetime_s: float = 23.5 * 3600
    retry_first_s: float = 0.5
    retry_cap_s: float = 30.0
    blocked_s: float = 300.0


@dataclass(frozen=True, slots=True)
class RestFacts:
    """The venue's REST side: paths with their query, and how to read an answer (already decoded JSON).

    `intervals`: those that klines are served in, finest first. `klines(symbol, interval, limit, start_ms)`.
    `prints(symbol, start_ms, from_id)`: aggregated prints from a time, or from an id on; empty text where not needed.
    `weight_header` and `weight_per_minute`: the venue's count of what we used, and what it allows.
    """

    hosts: tuple[str, ...]
    intervals: tuple[str, ...]
    klines: Callable[[str, str, int, int | None], str]
    prints: Callable[[str, int, int | None], str]
    time: str
    instruments: Callable[[Sequence[str]], str]
    read_klines: Callable[[object], list[Candle]]
    read_prints: Callable[[object, str], list[Tick]]
    read_time: Callable[[object], int]
    read_instruments: Callable[[object, Sequence[str]], tuple[Instrument, ...]]
    weight_header: str
    weight_per_minute: int


@dataclass(frozen=True, slots=True)
class Adapter:
    """A venue. `connections(symbols, base)`: the sockets to open, `base` replacing the venue's own addresses.

    `parser(symbols)` makes the parse function. `stream_of(text)`: the stream a raw text belongs to, "" when it is no market
    data. `is_farewell(text)`: the venue is about to close this connection. `shipped`: instruments as of the release.
    """

    name: str
    connections: Callable[[Sequence[str], str | None], tuple[Connection, ...]]
    parser: Callable[[Sequence[str]], Parse]
    stream_of: Callable[[bytes], str]
    is_farewell: Callable[[bytes], bool]
    rest: RestFacts
    shipped: tuple[Instrument, ...]
    budgets: Budgets = Budgets()


def adapter(name: str) -> Adapter:
    """The venue of that name. KeyError for an unknown one."""
    found: Adapter = importlib.import_module(MODULES[name]).ADAPTER
    return found


def shipped_instruments(venue: Adapter, symbols: Sequence[str]) -> tuple[Instrument, ...]:
    """What stands for the venue's own rules until they arrive (each then comes as an `Instrument` event)."""
    return tuple(instrument for instrument in venue.shipped if instrument.symbol in symbols)
