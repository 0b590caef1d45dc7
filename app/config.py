"""Every setting of the dashboard: one table of flags, a frozen `Config`, and the reading of both. Starts nothing.

A flag wins over its environment variable, that over the default. A wrong value raises `BadConfig` with one sentence.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NoReturn

from app.core.throttle import PROFILES, Profile
from feeds.events import INTERVAL_MS

FEEDS = ("auto", "binance", "binance-usdm", "replay")
TRANSPORTS = ("auto", "interval", "websocket")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SIDE_CHARTS = (("first", "1m"), ("first", "1h"), ("first", "1d"), ("last", "1s"))
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class BadConfig(ValueError):
    """One sentence that names the flag and says what it takes."""


class Shown(Exception):
    """Help was asked for: the text to print."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One row of the table. `read` turns text into the value or raises ValueError with what is expected."""

    name: str
    metavar: str
    default: str
    help: str
    read: Callable[[str], Any]
    common: bool = False

    @property
    def env(self) -> str:
        return "DESK_" + self.name.removeprefix("--").replace("-", "_").upper()

    @property
    def field(self) -> str:
        return self.name.removeprefix("--").replace("-", "_")


def number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return value

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text

    return read


def symbols(text: str) -> tuple[str, ...]:
    found = tuple(part.strip().upper() for part in text.split(",") if part.strip())
    if not found or any(not _is_symbol(symbol) for symbol in found) or len(set(found)) != len(found):
        raise ValueError("different symbols like ETH/USDT,BTC/USDT")
    return found


def charts(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for part in text.split(","):
        symbol, _, interval = part.strip().rpartition(" ")
        if not _is_symbol(symbol.upper()) or interval not in INTERVAL_MS:
            raise ValueError(f"SYMBOL INTERVAL,… like 'ETH/USDT 5m,BTC/USDT 1s'; intervals {' '.join(INTERVAL_MS)}")
        found.append((symbol.upper(), interval))
    if len(found) > 4:
        raise ValueError("at most four charts")
    return tuple(found)


def address(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text and not text.startswith(tuple(scheme + "://" for scheme in schemes)):
            raise ValueError("an address that begins with " + " or ".join(scheme + "://" for scheme in schemes))
        return text.rstrip("/")

    return read


def _is_symbol(text: str) -> bool:
    base, slash, quote = text.partition("/")
    return bool(slash) and base.isalnum() and quote.isalnum()


def _throttle_flags() -> tuple[Flag, ...]:
    def like(what: str) -> str:
        scalping, conservative = (_number_of(PROFILES[name], what) for name in ("scalping", "conservative"))
        return f"(scalping {scalping:g}, conservative {conservative:g})"

    texts = (
        *((f"interval-{level}", f"refresh interval at level {level}, ms") for level in range(4)),
        ("fast-ms", "a refresh that cost less counts as fast"),
        ("slow-ms", "a refresh that cost more goes one level up"),
        ("critical-ms", "a refresh that cost more goes to the top level"),
        ("start-level", "level after loading, 0–3"),
        ("streak", "fast refreshes in a row that lead one level down"),
        *((f"side-{level}", f"at level {level} side charts draw every n-th refresh") for level in range(1, 4)),
    )
    read: dict[str, Callable[[str], Any]] = {"start-level": whole(0, 3), "streak": whole(1, 1000)}
    read |= {f"side-{level}": whole(1, 1000) for level in range(1, 4)}
    return tuple(
        Flag(f"--throttle-{name}", "N", "", f"{text} {like(name)}", read.get(name, number(1, 600_000)))
        for name, text in texts
    )


def _number_of(profile: Profile, name: str) -> float:
    kind, _, level = name.partition("-")
    if kind == "interval":
        return profile.interval_ms[int(level)]
    if kind == "side":
        return profile.side_every[int(level)]
    return float(getattr(profile, name.replace("-", "_")))


FLAGS: tuple[Flag, ...] = (
    Flag("--host", "ADDRESS", "127.0.0.1", "address to serve on; beyond loopback everything is read-only", str, True),
    Flag("--port", "N", "8051", "port to serve on", whole(1, 65535), True),
    Flag("--leverage", "N", "100", "leverage of new positions, 1–1000", whole(1, 1000), True),
    Flag("--feed", "NAME", "auto", "auto, binance, binance-usdm or replay", one_of(*FEEDS), True),
    Flag("--symbols", "LIST", "ETH/USDT,BTC/USDT", "symbols to watch; the first is the main chart's", symbols, True),
    Flag("--side-charts", "LIST", "", "up to four candle charts; none given: first symbol 1m, 1h, 1d and last 1s", charts, True),
    Flag("--recording", "FILE", "", "recording to replay, plain or gzip; none: the bundled session", str, True),
    Flag("--speed", "X", "1", "pace of the replay; 2 is twice as fast", number(0.01, 10_000), True),
    Flag("--ws-url", "URL", "", "base of the venue's WebSocket address, for a mirror or a test venue", address("ws", "wss")),
    Flag("--rest-url", "URL", "", "base of the venue's REST address, likewise", address("http", "https")),
    Flag("--ticks", "N", "200", "ticks kept per symbol (the ring)", whole(10, 5000)),
    Flag("--stale-after", "SECONDS", "5", "a symbol without tick and quote for longer is stale", number(0.5, 3600)),
    Flag("--line-stale-after", "SECONDS", "3", "a connection without any message for longer is stale", number(0.5, 3600)),
    Flag("--transport", "NAME", "auto", "auto, interval or websocket: how frames reach the page", one_of(*TRANSPORTS)),
    Flag("--throttle", "PROFILE", "scalping", "scalping or conservative", one_of(*PROFILES), True),
    *_throttle_flags(),
    Flag("--drill-cost", "MS", "0", "adds so much to every refresh, 30 s of each minute: see the throttle work", number(0, 60_000)),
    Flag("--log-level", "NAME", "INFO", "DEBUG, INFO, WARNING or ERROR", one_of(*LEVELS)),
    Flag("--log-file", "FILE", "", "write the log there as well as to stderr", str, True),
    Flag("--tune", "LOGFILE", "", "read such a log, print recommended throttle numbers, and end", str, True),
)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one process, checked."""

    host: str
    port: int
    leverage: int
    feed: str
    symbols: tuple[str, ...]
    side_charts: tuple[tuple[str, str], ...]
    recording: str
    speed: float
    ws_url: str
    rest_url: str
    ticks: int
    stale_after: float
    line_stale_after: float
    transport: str
    throttle: Profile
    drill_cost: float
    log_level: str
    log_file: str
    tune: str

    @property
    def may_change_state(self) -> bool:
        """Only on loopback, until there are users."""
        return self.host in LOOPBACK

    @property
    def budgets_ms(self) -> tuple[int, int]:
        """(line, symbol): how long silence may last."""
        return round(self.line_stale_after * 1000), round(self.stale_after * 1000)


def read_config(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Config:
    """Flags, then environment, then defaults → Config. Raises `BadConfig` (wrong input) or `Shown` (help)."""
    given = _given(arguments)
    values: dict[str, Any] = {}
    for flag in FLAGS:
        text, where = given.get(flag.name), flag.name
        if text is None:
            text, where = environment.get(flag.env), flag.env
        if text is None:
            text, where = flag.default, flag.name
        try:
            values[flag.field] = flag.read(text) if text or flag.default else None
        except ValueError as error:
            raise BadConfig(f"{where} {text!r}: expected {error}") from None
    return _assemble(values)


def help_text(everything: bool) -> str:
    """What `--help` (the flags that matter) and `--help-all` print."""
    lines = ["usage: python run_dashboard.py [flags]", ""]
    for flag in FLAGS:
        if flag.common or everything:
            default = f" [{flag.default}]" if flag.default else ""
            lines.append(f"  {flag.name + ' ' + flag.metavar:32} {flag.help}{default}")
    lines += ["", "Every flag also by environment variable: --port is DESK_PORT."]
    return "\n".join(lines if everything else [*lines, "All flags: --help-all"])


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadConfig(f"{message}: see --help-all")


def _given(arguments: Sequence[str]) -> dict[str, str | None]:
    parser = _Parser(add_help=False, allow_abbrev=False)
    for name in ("-h", "--help", "--help-all"):
        parser.add_argument(name, action="store_true")
    for flag in FLAGS:
        parser.add_argument(flag.name)
    found = vars(parser.parse_args(arguments))
    if found["h"] or found["help"] or found["help_all"]:
        raise Shown(help_text(found["help_all"]))
    return {flag.name: found[flag.field] for flag in FLAGS}


def _assemble(values: dict[str, Any]) -> Config:
    chosen = PROFILES[values["throttle"]]
    numbers = {
        name.removeprefix("throttle_"): value
        for name, value in values.items()
        if name.startswith("throttle_") and value is not None
    }
    intervals = [numbers.pop(f"interval_{level}", chosen.interval_ms[level]) for level in range(4)]
    sides = [1, *(numbers.pop(f"side_{level}", chosen.side_every[level]) for level in range(1, 4))]
    kept = {field.name: getattr(chosen, field.name) for field in fields(chosen)} | numbers
    profile = Profile(**kept | {"interval_ms": tuple(intervals), "side_every": tuple(sides)})
    if intervals != sorted(intervals) or not profile.fast_ms < profile.slow_ms < profile.critical_ms:
        raise BadConfig("throttle numbers must grow: interval-0 ≤ … ≤ interval-3, fast-ms < slow-ms < critical-ms")
    watched = values["symbols"]
    ends = {"first": watched[0], "last": watched[-1]}
    values["side_charts"] = values["side_charts"] or tuple((ends[end], interval) for end, interval in SIDE_CHARTS)
    for symbol, interval in values["side_charts"]:
        if symbol not in watched:
            raise BadConfig(f"--side-charts {symbol} {interval}: {symbol} is not among --symbols {','.join(watched)}")
    rest = {name: value for name, value in values.items() if not name.startswith("throttle")}
    return Config(**{name: "" if value is None else value for name, value in rest.items()}, throttle=profile)


def fail(sentence: str) -> int:
    """One clear line on stderr; the exit code for wrong input."""
    print(f"run_dashboard: {sentence}", file=sys.stderr)
    return 2
