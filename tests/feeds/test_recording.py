import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from feeds.recording import BadRecording, Cut, Recording, history_before, open_recording
from tests.feeds.recorded import START_NS, line, write

SEAM_MS = 1_723_161_255_000
MINUTE_MS = 60_000


def test_the_bundled_session_names_its_day_and_its_symbols(bundled: Recording) -> None:
    assert bundled.label == "REPLAY 2024-08-08"
    assert open_recording().symbols == ("ETH/USDT", "BTC/USDT")


def test_a_message_leaves_the_recording_as_it_came_on_the_wire(bundled: Recording) -> None:
    recv_ns, text = next(bundled.lines())
    assert recv_ns == 1723161254024619568
    assert text == (
        '{"stream":"ethusdt@bookTicker","data":{"u":35346513501,"s":"ETHUSDT","b":"2683.80000000","B":"3.02920000",'
        '"a":"2683.81000000","A":"31.43950000"}}'
    )


def test_plain_and_packed_files_with_blanks_between_read_the_same(tmp_path: Path) -> None:
    text = line(0, 1) + "\n" + line(5, 2).replace('"recv_ns":', ' "recv_ns" : ')
    plain = open_recording(write(tmp_path, text))
    packed = open_recording(write(tmp_path, gzip.compress(text.encode()), "session.jsonl.gz"))
    assert list(plain.lines()) == list(packed.lines())
    assert [recv_ns - START_NS for recv_ns, _ in plain.lines()] == [0, 5_000_000]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"hello\n", "line 1 is not"),
        (b"\x00\xff\xfe\x89PNG" * 50, "line 1 is not"),
        (line(0, 1).encode() + b'{"recv_ns":5,"msg":{"e":"tr\n' + line(5, 2).encode(), "line 2 is not"),
        (line(0, 1).encode() + b'{"recv_ns":5,"msg":[1]}\n', "line 2 is not"),
        (b'{"recv_ns":-5,"msg":{}}\n', "line 1 is not"),
        (b'{"recv_ns":5,"msg":{"result":null}}\n', "names no symbol"),
        (gzip.compress(line(0, 1).encode(), mtime=0)[:30], "cannot be read"),
        (b'{"recv_ns":5,"source":"nasdaq"}\n' + line(0, 1).encode(), "recorded from 'nasdaq'"),
        (b"\x1f\x8b" + b"rubbish" * 20, "cannot be read"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence_that_names_the_place(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(BadRecording) as refusal:
        open_recording(path)
    assert complaint in str(refusal.value) and path in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_and_a_folder_without_recordings_are_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(BadRecording, match="No such file"):
        open_recording(str(tmp_path / "nothing.jsonl"))
    with pytest.raises(BadRecording, match="holds no recording"):
        open_recording(str(tmp_path))


PACKED = gzip.compress("".join(line(n, n) for n in range(1, 900)).encode(), mtime=0)


@pytest.mark.parametrize(
    ("content", "least"),
    [
        (PACKED[:-400], 700),
        (PACKED[:-4], 899),
        (PACKED + PACKED[:500], 899),
        (line(0, 1).encode() + b'{"recv_ns":5,"m', 1),
    ],
)
def test_what_breaks_off_is_played_up_to_there_and_says_where(tmp_path: Path, content: bytes, least: int) -> None:
    recording = open_recording(write(tmp_path, content, "session.jsonl.gz"))
    read = []
    with pytest.raises(Cut) as cut:
        read.extend(recording.lines())
    wrote = [(int(row[11:30]), row[37:-2]) for row in (line(n, n) for n in range(1, 900))] * 2
    assert read == (wrote if len(read) > 1 else [(START_NS, line(0, 1)[37:-2])])[: len(read)]
    assert least <= len(read) and f"breaks off after line {len(read)}" in str(cut.value)
    assert recording.cut == str(cut.value)


def test_a_folder_is_one_recording_in_order_of_the_names_and_one_that_was_cut_does_not_take_the_others_with_it(
    tmp_path: Path,
) -> None:
    write(tmp_path, line(20, 3), "20240808T000200-000-binance.jsonl")
    write(tmp_path, gzip.compress((line(0, 1) + line(5, 2)).encode())[:-6], "20240808T000100-000-binance.jsonl.gz")
    write(tmp_path, gzip.compress(line(10, 9).encode())[:12], "20240808T000130-000-binance.jsonl.gz")
    write(tmp_path, "not of it", "notes.txt")
    recording = open_recording(str(tmp_path))
    read = []
    with pytest.raises(Cut):
        read.extend(recording.lines())
    assert [recv_ns - START_NS for recv_ns, _ in read] == [0, 5_000_000, 20_000_000]
    assert "000100-000-binance.jsonl.gz breaks off after line 2" in recording.cut
    assert "000130-000-binance.jsonl.gz cannot be read" in recording.cut


def test_a_bad_row_in_the_candles_beside_a_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "session").mkdir()
    head = "open_time_ms,open,high,low,close,volume\n0,1,2,1,2,5\n"
    write(tmp_path / "session", head + "300000,1,nan,1,2,5\n", "ETHUSDT_5m.csv")
    with pytest.raises(BadRecording, match=r"ETHUSDT_5m\.csv: line 3 "):
        open_recording(write(tmp_path, line(0, 1)))


@pytest.mark.parametrize(
    ("symbol", "interval", "bars", "opens_at", "open_bar"),
    [
        ("ETH/USDT", "15m", 500, "23:45", ("2683.19", "2683.8", "2678.0", "2681.0", "1071.3302")),
        ("ETH/USDT", "1h", 500, "23:00", ("2707.67", "2722.0", "2675.64", "2681.0", "32274.9990")),
        ("ETH/USDT", "1d", 221, "00:00", ("2342.79", "2724.1", "2320.4", "2681.0", "582876.0281")),
        ("BTC/USDT", "15m", 500, "23:45", ("61958.01", "61958.01", "61756.73", "61773.99", "174.03915")),
        ("BTC/USDT", "1h", 500, "23:00", ("62332.0", "62745.14", "61702.02", "61773.99", "3268.39074")),
        ("BTC/USDT", "1d", 221, "00:00", ("55133.76", "62745.14", "54730.0", "61773.99", "48029.52399")),
    ],
)
def test_open_bars_of_the_bundled_session_hold_what_is_known_up_to_23_50_and_say_they_are_incomplete(
    bundled: Recording, symbol: str, interval: str, bars: int, opens_at: str, open_bar: tuple[str, ...]
) -> None:
    series, covered_ms = history_before(bundled.candles[symbol], SEAM_MS)
    *closed, last = series[interval]
    assert (len(series[interval]), f"{datetime.fromtimestamp(last.open_time_ms / 1000, UTC):%H:%M}") == (bars, opens_at)
    assert (last.open, last.high, last.low, last.close, last.volume) == tuple(map(Decimal, open_bar))
    assert (last.closed, last.complete, last.count) == (False, False, None)
    assert all(bar.closed and bar.complete for bar in closed)
    assert f"{datetime.fromtimestamp(covered_ms / 1000, UTC):%H:%M:%S}" == "23:50:00"


def test_nothing_is_invented_where_no_smaller_bar_tells_of_the_open_one(bundled: Recording) -> None:
    series, _ = history_before(bundled.candles["ETH/USDT"], SEAM_MS)
    assert sorted(series) == ["15m", "1d", "1h", "5m"]
    assert series["5m"][-1].closed
    assert series["5m"][-1].open_time_ms == SEAM_MS // (5 * MINUTE_MS) * 5 * MINUTE_MS - 5 * MINUTE_MS


def test_bars_that_end_after_the_seam_stay_out(bundled: Recording) -> None:
    early_ms = SEAM_MS - 60 * MINUTE_MS
    series, covered_ms = history_before(bundled.candles["ETH/USDT"], early_ms)
    assert covered_ms == early_ms // (5 * MINUTE_MS) * 5 * MINUTE_MS
    assert max(bar.open_time_ms for bars in series.values() for bar in bars) < early_ms
