"""The table of settings: every flag with its reader, default and words. Reads nothing by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.core.kinds import SPOT
from app.core.margin import Tier, tiers_in
from app.core.throttle import PROFILES, Profile
from feeds.events import INTERVAL_MS

FEEDS = ("auto", "binance", "binance-usdm", "replay")
REPLAYING = ("auto", "replay")
LIVE = tuple(feed for feed in FEEDS if feed != "replay")
TRANSPORTS = ("auto", "interval", "websocket")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True)
class Flag:
    """One row of the table. `read` turns text into the value or raises ValueError with what is expected.

    `feeds`: those with which it has an effect.
    """

    name: str
    metavar: str
    default: str
    help: str
    read: Callable[[str], Any]
    common: bool = False
    feeds: tuple[str, ...] = FEEDS

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


def decimal(low: str, high: str) -> Callable[[str], Decimal]:
    """Exact, unlike `number`."""

    def read(text: str) -> Decimal:
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or not Decimal(low) <= value <= Decimal(high):
            raise ValueError(f"a number from {Decimal(low):,f} to {Decimal(high):,f}")
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


def sectors(text: str) -> tuple[tuple[str, str], ...]:
    """A file of lines `ASSET,sector`."""
    try:
        lines = Path(text).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = ["this file can not be read"]
    rows = [line.partition(",") for line in lines if line.strip() and not line.startswith("#")]
    if not all(asset.strip().isalnum() and sector.strip() for asset, _, sector in rows):
        raise ValueError("a readable file of lines like SOL,smart contracts")
    return tuple((asset.strip().upper(), sector.strip()) for asset, _, sector in rows)


def tiers(text: str) -> tuple[Tier, ...]:
    """A file of tiers, see `tiers_in`."""
    try:
        return tiers_in(Path(text).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ValueError(
            "a readable file of lines like 50000, 500, 0.1 (notional up to, leverage, maintenance rate in %)"
        ) from None
    except ValueError as error:
        raise ValueError(f"a table of tiers: {error}") from None


def address(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            parts = urlsplit(text)
            whole = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:  # no port number, or an odd host
            whole = False
        if text and not whole:
            raise ValueError("an address like " + " or ".join(f"{scheme}://host:port" for scheme in schemes))
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
        Flag(f"--throttle-{name}", "N", "", f"{text} {like(name)}", read.get(name, number(1, 600_000))) for name, text in texts
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
    Flag("--leverage", "N", "100", "leverage of new positions, 1–1000; example tiers: at most 500", whole(1, 1000), True),
    Flag("--feed", "NAME", "auto", "auto, binance, binance-usdm or replay", one_of(*FEEDS), True),
    Flag("--symbols", "LIST", "ETH/USDT,BTC/USDT", "symbols to watch; the first is the main chart's", symbols, True),
    Flag("--side-charts", "LIST", "", "up to four candle charts; none given: first symbol 1m, 1h, 1d and last 1s", charts, True),
    Flag("--recording", "PATH", "", "recording to replay, file or folder; none: the bundled session", str, True, REPLAYING),
    Flag("--record", "DIR", "", "keep every raw frame in compressed files there, to be replayed", str, True, LIVE),
    Flag("--speed", "X", "1", "pace of the replay; 2 is twice as fast", number(0.01, 10_000), True, REPLAYING),
    Flag("--tiers", "FILE", "", "lines NOTIONAL, LEVERAGE, RATE % in place of the shipped example; the last for any", tiers),
    Flag("--balance", "MONEY", "10000", "what a paper account begins with", decimal("1", "1e12"), True),
    Flag("--fee-maker", "BP", f"{SPOT.maker_bp}", "fee of a fill that rested, basis points", decimal("-10", "100")),
    Flag("--fee-taker", "BP", f"{SPOT.taker_bp}", "fee of a fill that took, basis points", decimal("0", "100")),
    Flag("--order-latency", "MS", "100", "a paper order meets the market so long after its arrival", number(0, 10_000)),
    Flag("--order-limit", "N", "60", "orders a minute that may open risk, 0 for any number", whole(0, 100_000)),
    Flag(
        "--repeat-guard-ms",
        "MS",
        "400",
        "the same order clicked again within so long is asked about, 0 for never",
        whole(0, 10_000),
    ),
    Flag("--max-quantity", "X", "0", "an order for more is rejected, 0 for any quantity", decimal("0", "1e12")),
    Flag("--max-notional", "X", "20", "an order worth more than so many balances is rejected, 0 for any", decimal("0", "10000")),
    Flag("--price-collar", "BP", "20", "no order trades further from the best quote, basis points", decimal("1", "10000")),
    Flag("--var-window", "N", "60", "value at risk rests on so many of the newest returns", whole(20, 500)),
    Flag("--var-bucket", "INTERVAL", "1m", "the candles of those returns: 1s, 1m, 5m, 15m, 1h or 1d", one_of(*INTERVAL_MS)),
    Flag("--var-percent", "X", "5", "value at risk is the loss that so many of 100 returns exceed", number(0.1, 50)),
    Flag("--sectors", "FILE", "", "lines ASSET,sector beside the shipped ones, for the exposure by sector", sectors),
    Flag("--database", "URL", "", "where the books are kept; none: a SQLite file in your data folder", str, True),
    Flag(
        "--ws-url",
        "URL",
        "",
        "base of the venue's WebSocket address, for a mirror or a test venue",
        address("ws", "wss"),
        feeds=LIVE,
    ),
    Flag("--rest-url", "URL", "", "base of the venue's REST address, likewise", address("http", "https"), feeds=LIVE),
    Flag("--ticks", "N", "200", "ticks kept per symbol (the ring)", whole(10, 5000)),
    Flag("--stale-after", "SECONDS", "5", "a symbol without tick and quote for longer is stale", number(0.5, 3600)),
    Flag("--line-stale-after", "SECONDS", "3", "a connection without any message for longer is stale", number(0.5, 3600)),
    Flag("--transport", "NAME", "auto", "how the picture comes: websocket alone, interval alone, or auto", one_of(*TRANSPORTS)),
    Flag("--throttle", "PROFILE", "scalping", "scalping or conservative", one_of(*PROFILES), True),
    *_throttle_flags(),
    Flag("--drill-cost", "MS", "0", "adds so much to every refresh, the first 30 s of each minute", number(0, 60_000)),
    Flag("--log-level", "NAME", "INFO", "DEBUG, INFO, WARNING or ERROR", one_of(*LEVELS)),
    Flag("--log-file", "FILE", "", "write the log there as well as to stderr", str, True),
    Flag("--tune", "LOGFILE", "", "read such a log, print recommended throttle numbers, and end", str, True),
)
