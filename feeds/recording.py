"""A recorded session on disk: lines `{"recv_ns": int, "msg": <wire message>}`, plain or gzip, and the candles before it.

A file, or a folder of files in order of their names. Two more kinds of line, made by `feeds.recorder`: `"raw"` in place of
`"msg"`, a frame that was no JSON object, as a string; `"source"`, the venue whose messages follow.
Checks and reads; knows no clock, no thread and, but for the letters of a symbol, no venue.
"""

import io
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import orjson

from feeds.adapter import MODULES
from feeds.events import INTERVAL_MS, Candle, Refused, not_negative, positive
from feeds.stitch import stitch

BUNDLED = Path(__file__).parent / "recordings" / "spot-20240808.jsonl.gz"
CHECKED_LINES = 200_000
LONGEST_LINE = 1 << 20
QUOTE_CURRENCIES = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD", "EUR", "TRY", "BTC", "ETH", "BNB")

SUFFIXES = (".jsonl", ".jsonl.gz")

_LINE = re.compile(rb'\s*\{\s*"recv_ns"\s*:\s*(\d+)\s*,\s*"(msg|raw|source)"\s*:\s*')
_SYMBOL = re.compile(rb'"s"\s*:\s*"([A-Z0-9]+)"')


class BadRecording(ValueError):
    """One sentence: which file, which line, what is wrong with it."""


class Cut(BadRecording):
    """It breaks off; what stands before that was read."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording whose first 200,000 lines were read and found good.

    `symbols`: like `ETH/USDT`, in order of appearance. `candles`: closed bars that stand beside it, by symbol and interval,
    smallest interval first. `source`: the venue. `cut`: where it breaks off, in words, as far as it was read.
    """

    path: Path
    symbols: tuple[str, ...]
    first_ns: int
    candles: Mapping[str, Mapping[str, tuple[Candle, ...]]]
    source: str = "binance"
    cut: str = ""

    @property
    def label(self) -> str:
        """What stands on the charts: the day (UTC) on which it was recorded."""
        return f"REPLAY {datetime.fromtimestamp(self.first_ns / 1e9, UTC):%Y-%m-%d}"

    def lines(self) -> Iterator[tuple[int, str]]:
        """(receive time, wire text), in the order of the file.

        A line that cannot be split comes whole, at the time of the one before: `parse` refuses it, and it is counted, as is a
        frame that was refused when it was recorded. Raises `Cut` at the end of what can be read of a file that breaks off.
        """
        last_ns = self.first_ns
        for _, _, line in _lines_of(self.path):
            last_ns, kind, text = _split(line) or (last_ns, "raw", line.decode(errors="replace"))
            if kind != "source":
                yield last_ns, text


def open_recording(path: str = "") -> Recording:
    """The recording at `path`, the bundled session when empty. Raises BadRecording."""
    place = Path(path) if path else BUNDLED
    symbols: dict[str, None] = {}
    first_ns = 0
    source = cut = ""
    try:
        for count, (file, number, line) in enumerate(_lines_of(place), 1):
            if count > CHECKED_LINES:
                break
            parts = _split(line)
            if parts is None or (parts[1] == "msg" and not is_object(parts[2])):
                raise BadRecording(f'{file}: line {number} is not {{"recv_ns": nanoseconds, "msg": …}}: {line[:60]!r}')
            recv_ns, kind, text = parts
            if kind == "source":
                source = _same_source(file, source, text)
                continue
            first_ns = first_ns or recv_ns
            for wire in _SYMBOL.findall(line):
                symbols[wire.decode()] = None
    except Cut as error:
        cut = str(error)
    found = tuple(symbol for symbol in map(_spelled, symbols) if symbol)
    if not first_ns:
        raise BadRecording(f"{cut or place}: nothing to replay" if cut else f"{place} is empty: nothing to replay")
    if not found:
        raise BadRecording(f"{place} names no symbol: no market data to replay")
    folder = place if place.is_dir() else place.parent / place.name.partition(".")[0]
    candles = {symbol: _candles_in(folder, symbol) for symbol in found}
    return Recording(place, found, first_ns, candles, source or "binance", cut)


def history_before(closed: Mapping[str, tuple[Candle, ...]], seam_ms: int) -> tuple[dict[str, tuple[Candle, ...]], int]:
    """Bars before the seam by interval, the last one open where smaller bars tell of it; the end of them all in ms (0: none)."""
    past = {
        interval: tuple(bar for bar in bars if bar.open_time_ms + INTERVAL_MS[interval] <= seam_ms)
        for interval, bars in closed.items()
    }
    ends = [bars[-1].open_time_ms + INTERVAL_MS[interval] for interval, bars in past.items() if bars]
    return {interval: bars for interval, bars in stitch(past, seam_ms).items() if bars}, max(ends, default=0)


class Unpacked(io.RawIOBase):
    """A gzip file, given out up to the byte where it breaks off before that is raised (`gzip` would keep back the last 8 kB)."""

    def __init__(self, packed: BinaryIO):
        self._file = packed
        self._waiting = b""
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def readable(self) -> bool:
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        while True:
            packed = self._waiting or self._file.read(io.DEFAULT_BUFFER_SIZE)
            if self._member.eof:
                if not packed:
                    return 0
                self._waiting = packed.lstrip(b"\0")
                if self._waiting:
                    self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
                continue
            found = self._member.decompress(packed, len(room))
            self._waiting = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if found:
                room[: len(found)] = found
                return len(found)
            if not packed:
                raise EOFError("the file ends within its compressed stream")


def _same_source(file: Path, before: str, source: str) -> str:
    """One recording is of one venue, which is known here."""
    if source not in MODULES:
        raise BadRecording(f"{file} was recorded from {source!r}, and there are only {', '.join(MODULES)}")
    if before and before != source:
        raise BadRecording(f"{file} was recorded from {source}, what comes before it from {before}: play them one by one")
    return source


def _lines_of(place: Path) -> Iterator[tuple[Path, int, bytes]]:
    """(file, number from 1, line) of every line of a file, or of all in a folder. What breaks off is said at the end."""
    try:
        files = sorted(file for file in place.iterdir() if file.name.endswith(SUFFIXES)) if place.is_dir() else [place]
    except OSError as error:
        raise BadRecording(f"{place} cannot be read: {error.strerror or error}") from None
    if not files:
        raise BadRecording(f"{place} holds no recording: no file that ends with {' or '.join(SUFFIXES)}")
    cuts = []
    for file in files:
        try:
            yield from _lines_in(file)
        except Cut as error:
            cuts.append(str(error))
        except BadRecording as error:  # of several, one that was cut before its first line says nothing of the others
            if len(files) == 1:
                raise
            cuts.append(str(error))
    if cuts:
        raise Cut("; ".join(cuts))


def _lines_in(path: Path) -> Iterator[tuple[Path, int, bytes]]:
    """Of every line that is not blank. A last line without its end, of which only a part is there, is where it was cut."""
    number = 0
    try:
        with open(path, "rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            file = io.BufferedReader(Unpacked(raw)) if packed else raw
            while line := file.readline(LONGEST_LINE):
                if number and not line.endswith(b"\n") and len(line) < LONGEST_LINE and not _is_whole(line):
                    raise Cut(f"{path} breaks off after line {number}")
                number += 1
                if not line.isspace():
                    yield path, number, line
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        if number:
            raise Cut(f"{path} breaks off after line {number} ({reason})") from None
        raise BadRecording(f"{path} cannot be read: {reason}") from None


def _split(line: bytes) -> tuple[int, str, str] | None:
    """Receive time, kind of line and the message's own text, byte for byte, without reading its JSON; None for anything else."""
    head = _LINE.match(line)
    end = line.rfind(b"}")
    if head is None or end < head.end():
        return None
    try:
        kind, text = head[2].decode(), line[head.end() : end].decode()
        return int(head[1]), kind, text if kind == "msg" else str(orjson.loads(text))
    except ValueError:
        return None


def _is_whole(line: bytes) -> bool:
    parts = _split(line)
    return parts is not None and (parts[1] != "msg" or is_object(parts[2]))


def is_object(text: str | bytes) -> bool:
    """It is JSON of the kind that venues send."""
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
