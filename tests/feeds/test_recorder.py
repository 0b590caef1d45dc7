"""What is recorded is what came, frame by frame, whatever it was and whatever becomes of the process."""

import gzip
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.recorder import BadFolder, Recorder, as_line
from feeds.recording import LONGEST_LINE, open_recording
from tests.feeds.recorded import START_NS, line

FRAMES = [line(n, n)[37:-2].encode() for n in range(1, 60)]


def recorded(folder: Path, frames: list[bytes | str], **terms: float) -> Recorder:
    recorder = Recorder(str(folder), "binance", **terms)  # type: ignore[arg-type]
    recorder.start(lambda reason: None)
    for number, frame in enumerate(frames):
        recorder.put(frame, START_NS + number)
    recorder.stop(10)
    return recorder


def lines_in(folder: Path) -> list[tuple[int, str]]:
    return list(open_recording(str(folder)).lines())


def test_frames_come_back_byte_for_byte_with_their_receive_times(tmp_path: Path) -> None:
    recorder = recorded(tmp_path, FRAMES)
    assert lines_in(tmp_path) == [(START_NS + number, frame.decode()) for number, frame in enumerate(FRAMES)]
    assert (recorder.state["frames"], recorder.state["lost"], recorder.state["problem"]) == (len(FRAMES), 0, "")
    (file,) = tmp_path.iterdir()
    assert recorder.state["bytes"] == file.stat().st_size


@pytest.mark.parametrize(
    ("frame", "kept"),
    [
        (b"hello", "hello"),
        (b'{"half":', '{"half":'),
        (b"[1]", "[1]"),
        (b'{"a":NaN}', '{"a":NaN}'),
        (b'{"a":1}\n{"b":2}', '{"a":1}\n{"b":2}'),
        (b"\xff\x00}", "\\xff\x00}"),
        (b"", ""),
        ("text \ud800", "text \\ud800"),
        (b"x" * (2 * LONGEST_LINE), "x" * (LONGEST_LINE // 8)),
        (b'{"a":"' + b"x" * LONGEST_LINE + b'"}', '{"a":"' + "x" * (LONGEST_LINE // 8 - 6)),
    ],
)
def test_a_frame_that_is_no_message_is_kept_too_and_refused_again_when_it_is_played(
    tmp_path: Path, frame: bytes | str, kept: str
) -> None:
    recorded(tmp_path, [FRAMES[0], frame, FRAMES[1]])
    assert [text for _, text in lines_in(tmp_path)] == [FRAMES[0].decode(), kept, FRAMES[1].decode()]


@given(st.binary(max_size=200) | st.text(max_size=100))
def test_any_frame_is_one_line(frame: bytes | str) -> None:
    made = as_line(frame, START_NS)
    assert made.count(b"\n") == 1 and made.endswith(b"\n") and len(made) < LONGEST_LINE


def test_files_rotate_and_their_names_are_in_order_of_time(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path), "binance-usdm", longest_file=1, longest_s=0)
    said: list[str] = []
    recorder.start(said.append)
    for number, frame in enumerate(FRAMES[:3]):
        recorder.put(frame, START_NS + number)
        until(lambda count=number: len(list(tmp_path.iterdir())) > count)  # type: ignore[misc]
        until(lambda: sum(1 for file in tmp_path.iterdir() if not whole(file)) == 0)
    recorder.stop(10)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert len(names) == 3 and all(name.endswith("-binance-usdm.jsonl.gz") for name in names)
    recording = open_recording(str(tmp_path))
    assert [text for _, text in recording.lines()] == [frame.decode() for frame in FRAMES[:3]]
    assert (recording.source, recording.cut, said) == ("binance-usdm", "", [])


def test_what_finds_no_room_is_counted_and_the_rest_is_written(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path), "binance", capacity=10)
    for number, frame in enumerate(FRAMES):
        recorder.put(frame, START_NS + number)
    assert recorder.state["lost"] == len(FRAMES) - 10
    recorder.start(lambda reason: None)
    recorder.stop(10)
    assert (recorder.state["frames"], recorder.state["lost"]) == (10, len(FRAMES) - 10)
    assert len(lines_in(tmp_path)) == 10


def test_when_the_folder_is_gone_recording_stops_with_the_reason_and_every_further_frame_is_counted(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path / "there"), "binance")
    (tmp_path / "there").rmdir()
    said: list[str] = []
    stopped = threading.Event()
    recorder.start(lambda reason: (said.append(reason), stopped.set()))
    recorder.put(FRAMES[0], START_NS)
    assert stopped.wait(10)
    recorder.put(FRAMES[1], START_NS)
    recorder.stop(10)
    assert said == ["recording stopped: No such file or directory"] == [recorder.state["problem"]]
    assert (recorder.state["frames"], recorder.state["lost"]) == (0, 2)


FULL = """
import random, resource, signal, sys, threading
from feeds.recorder import Recorder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
stopped = threading.Event()
recorder = Recorder(sys.argv[1], "binance")
recorder.start(lambda reason: (print(reason), stopped.set()))
chance = random.Random(1)
number = 0
while not stopped.wait(0.05):
    for _ in range(100):
        number += 1
        recorder.put('{"s":"ETHUSDT","t":%d,"x":"%x"}' % (number, chance.getrandbits(400)), 1_700_000_000_000_000_000 + number)
recorder.stop(10)
assert recorder.state["frames"] + recorder.state["lost"] == number, recorder.state
print("ended in order")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size there")
def test_when_the_disk_takes_no_more_it_says_so_and_what_was_written_can_be_read(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert ended.stdout.splitlines() == ["recording stopped: File too large", "ended in order"], ended
    (file,) = tmp_path.iterdir()
    read = []
    recording = open_recording(str(file))
    with pytest.raises(ValueError, match="breaks off"):
        read.extend(recording.lines())
    assert [text.partition('"t":')[2].partition(",")[0] for _, text in read] == [str(n) for n in range(1, len(read) + 1)]
    assert len(read) > 20


def test_a_place_that_takes_no_files_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadFolder, match="file is a file"):
        Recorder(str(tmp_path / "file"), "binance")
    with pytest.raises(BadFolder, match="cannot be written"):
        Recorder(str(tmp_path / "file" / "below"), "binance")


def whole(file: Path) -> bool:
    try:
        with gzip.open(file) as packed:
            return bool(packed.read())
    except (EOFError, OSError):
        return False


def until(condition: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(1_000):
        if condition():
            return
        tick.wait(0.01)
    raise AssertionError("it did not happen within 10 s")
