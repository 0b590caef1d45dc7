"""Makes the bundled recording: `python docs/make_recording.py FOLDER`.

FOLDER holds two spot recordings of one session and the candle files that lead up to it (names below; where they come from
stands in feeds/recordings/README.md). Lines are chosen and ordered, candle rows are chosen: no value is changed or added.
"""

import gzip
import heapq
import sys
from collections.abc import Iterator
from pathlib import Path

RECORDINGS = ("binance_spot_ethusdt_20240808_2354.jsonl.gz", "binance_spot_btcusdt_20240808_2354.jsonl.gz")
KEPT_STREAMS = (b"@trade", b"@bookTicker")
CANDLES = {
    "5m": (300_000, "binance_spot_{}_5m_20240807_20240808.csv"),
    "15m": (900_000, "binance_spot_{}_15m_20240803_20240808.csv"),
    "1h": (3_600_000, "binance_spot_{}_1h_20240719_20240808.csv"),
    "1d": (86_400_000, "binance_spot_{}_1d_20240101_20240808.csv"),
}
SYMBOLS = ("ETHUSDT", "BTCUSDT")
SESSION_STARTS_MS = 1_723_161_254_000  # 2024-08-08 23:54:14 UTC: a bar that ends later holds part of the session
TARGET = Path(__file__).parent.parent / "feeds" / "recordings" / "spot-20240808.jsonl.gz"


def main(folder: Path) -> None:
    lines = heapq.merge(*(_kept(folder / name) for name in RECORDINGS), key=_recv_ns)
    with open(TARGET, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        out.writelines(lines)
    beside = TARGET.parent / TARGET.name.removesuffix(".jsonl.gz")
    beside.mkdir(exist_ok=True)
    for interval, (step_ms, name) in CANDLES.items():
        for symbol in SYMBOLS:
            header, *rows = (folder / name.format(symbol.lower())).read_text().splitlines()
            before = [row for row in rows if int(row.partition(",")[0]) + step_ms <= SESSION_STARTS_MS]
            (beside / f"{symbol}_{interval}.csv").write_text("\n".join([header, *before]) + "\n", newline="\n")


def _kept(path: Path) -> Iterator[bytes]:
    """Lines of prints and best quotes, as they stand; depth updates and the book's snapshot are left out."""
    with gzip.open(path) as file:
        for line in file:
            stream = line.partition(b'"stream":"')[2].partition(b'"')[0]
            if stream.endswith(KEPT_STREAMS):
                yield line


def _recv_ns(line: bytes) -> int:
    return int(line.partition(b":")[2].partition(b",")[0])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/make_recording.py FOLDER")
    main(Path(sys.argv[1]))
