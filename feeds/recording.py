"""A recorded session on disk: lines `{"recv_ns": int, "msg": <wire message>}`, plain or gzip, and the candles before it.

Checks and reads; knows no clock, no thread and, but for the letters of a symbol, no venue.
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from feeds.events import INTERVAL_MS, Candle, Refused, not_negative, positive
from feeds.stitch import stitch

BUNDLED = Path(__file__).parent / "recordings" / "spot-20240808.jsonl.gz"
CHECKED_LINES = 200_000
LONGEST_LINE = 1 << 20
QUOTE_CURRENCIES = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD", "EUR", "TRY", "BTC", "ETH", "BNB")

_LINE = re.compile(rb'\s*\{\s*"recv_ns"\s*:\s*(\d+)\s*,\s*"msg"\s*:\s*')
_SYMBOL = re.compile(rb'"s"\s*:\s*"([A-Z0-9]+)"')


class BadRecording(ValueError):
    """One sentence: which file, which line, what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording whose first 200,000 lines were read and found good.

    `symbols`: like `ETH/USDT`, in order of appearance. `candles`: closed bars that stand beside it, by symbol and interval,
    smallest interval first.
    """

    path: Path
    symbols: tuple[str, ...]
    first_ns: int
    candles: Mapping[str, Mapping[str, tuple[Candle, ...]]]

    @property
    def label(self) -> str:
        """What stands on the charts: the day (UTC) on which it was recorded."""
        return f"REPLAY {datetime.fromtimestamp(self.first_ns / 1e9, UTC):%Y-%m-%d}"

    def lines(self) -> Iterator[tuple[int, str]]:
        """(receive time, wire text), in the order of the file.

        A line that cannot be split comes whole, at the time of the one before: `parse` refuses it, and it is counted.
        Raises BadRecording where a compressed file breaks off.
        """
        last_ns = self.first_ns
        for _, line in _raw_lines(self.path):
            last_ns, text = _split(line) or (last_ns, line.decode(errors="replace"))
            yield last_ns, text


def open_recording(path: str = "") -> Recording:
    """The recording at `path`, the bundled session when empty. Raises BadRecording."""
    file = Path(path) if path else BUNDLED
    symbols: dict[str, None] = {}
    first_ns = 0
    for number, line in _raw_lines(file):
        if number > CHECKED_LINES:
            break
        parts = _split(line)
        if parts is None or not _is_object(parts[1]):
            raise BadRecording(f'{file}: line {number} is not {{"recv_ns": nanoseconds, "msg": …}}: {line[:60]!r}')
        first_ns = first_ns or parts[0]
        for wire in _SYMBOL.findall(line):
            symbols[wire.decode()] = None
    found = tuple(symbol for symbol in map(_spelled, symbols) if symbol)
    if not first_ns:
        raise BadRecording(f"{file} is empty: nothing to replay")
    if not found:
        raise BadRecording(f"{file} names no symbol: no market data to replay")
    folder = file.parent / file.name.partition(".")[0]
    return Recording(file, found, first_ns, {symbol: _candles_in(folder, symbol) for symbol in found})


def history_before(closed: Mapping[str, tuple[Candle, ...]], seam_ms: int) -> tuple[dict[str, tuple[Candle, ...]], int]:
    """Bars before the seam by interval, the last one open where smaller bars tell of it; the end of them all in ms (0: none)."""
    past = {
        interval: tuple(bar for bar in bars if bar.open_time_ms + INTERVAL_MS[interval] <= seam_ms)
        for interval, bars in closed.items()
    }
    ends = [bars[-1].open_time_ms + INTERVAL_MS[interval] for interval, bars in past.items() if bars]
    return {interval: bars for interval, bars in stitch(past, seam_ms).items() if bars}, max(ends, default=0)


def _raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(number from 1, line) of every line that is not blank."""
    number = 0
    try:
        with open(path, "rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            file = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw
            while line := file.readline(LONGEST_LINE):
                number += 1
                if not line.isspace():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        where = f" after line {number}" if number else ""
        raise BadRecording(f"{path} cannot be read{where}: {reason}") from None


def _split(line: bytes) -> tuple[int, str] | None:
    """Receive time and the message's own text, byte for byte, without reading the JSON; None for anything else."""
    head = _LINE.match(line)
    end = line.rfind(b"}")
    if head is None or end < head.end():
        return None
    try:
        return int(head[1]), line[head.end() : end].decode()
    except UnicodeDecodeError:
        return None


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _spelled(wire: str) -> str:
    for currency in QUOTE_CURRENCIES:
        if wire.endswith(currency) and wire != currency:
            return f"{wire.removesuffix(currency)}/{currency}"
    return ""


def _candles_in(folder: Path, symbol: str) -> dict[str, tuple[Candle, ...]]:
    """What `<folder>/ETHUSDT_5m.csv` and its like hold."""
    files = {interval: folder / f"{symbol.replace('/', '')}_{interval}.csv" for interval in INTERVAL_MS}
    return {interval: tuple(_read_candles(file)) for interval, file in files.items() if file.is_file()}


def _read_candles(path: Path) -> Iterator[Candle]:
    """Rows `open_time_ms,open,high,low,close,volume` under a header, as closed bars without a count."""
    try:
        rows = path.read_text().splitlines()[1:]
    except (OSError, UnicodeDecodeError) as error:
        raise BadRecording(f"{path} cannot be read: {error}") from None
    for number, row in enumerate(rows, 2):
        try:
            at, *prices, volume = row.split(",")
            open_, high, low, close = (positive(price, "price") for price in prices)
            yield Candle(int(at), open_, high, low, close, not_negative(volume, "volume"), None)
        except (Refused, ValueError):
            raise BadRecording(f"{path}: line {number} is not open_time_ms,open,high,low,close,volume: {row[:60]!r}") from None
