import gzip
import threading
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from feeds import recording as recording_module
from feeds.events import Counted, Event, FeedStatus, Gap, Heartbeat, History, Quote, SourceStarted, Tick
from feeds.recording import Recording, open_recording
from tests.feeds.recorded import START_NS, line, played, write


def test_a_replay_begins_with_its_source_then_history_and_the_gap_and_only_then_prints(bundled_loop: list[Event]) -> None:
    shape = [type(event) for event in bundled_loop if not isinstance(event, (Counted, Heartbeat))]
    assert shape[:8] == [SourceStarted, FeedStatus, History, Gap, History, Gap, Quote, Quote]
    started = bundled_loop[0]
    assert isinstance(started, SourceStarted)
    assert (started.kind, started.label, started.reason) == ("replay", "REPLAY 2024-08-08", "asked for")
    histories = {event.symbol: event for event in bundled_loop if isinstance(event, History)}
    gaps = {event.symbol: event for event in bundled_loop if isinstance(event, Gap)}
    for symbol in ("ETH/USDT", "BTC/USDT"):
        first = next(event for event in bundled_loop if isinstance(event, Tick) and event.symbol == symbol)
        assert histories[symbol].seam_ms == first.ts_event_ns // 1_000_000_000 * 1_000
        assert gaps[symbol].reason == "not recorded"
        assert f"{datetime.fromtimestamp(gaps[symbol].from_ns / 1e9, UTC):%H:%M:%S}" == "23:50:00"
        assert gaps[symbol].to_ns == first.ts_event_ns


def test_nothing_is_lost_however_fast_it_goes(bundled_loop: list[Event]) -> None:
    ticks = [event for event in bundled_loop if isinstance(event, Tick)]
    assert len(ticks) == 15_863
    assert sum(isinstance(event, Quote) for event in bundled_loop) == 52_117
    for symbol in ("ETH/USDT", "BTC/USDT"):
        numbers = [tick.seq for tick in ticks if tick.symbol == symbol]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    dropped = sum(event.amounts.get("inbox_dropped", 0) for event in bundled_loop if isinstance(event, Counted))
    refused = sum(event.amounts.get("refused", 0) for event in bundled_loop if isinstance(event, Counted))
    assert (dropped, refused) == (0, 0)


def test_the_recordings_clock_beats_every_quarter_second_between_its_messages(
    bundled: Recording, bundled_loop: list[Event]
) -> None:
    beats = [event.ts_ns for event in bundled_loop if isinstance(event, Heartbeat)]
    assert beats[0] == bundled.first_ns + 250_000_000
    assert {later - earlier for earlier, later in pairwise(beats)} == {250_000_000}
    now_ns = 0
    for event in bundled_loop:
        if isinstance(event, Heartbeat):
            now_ns = event.ts_ns
        elif isinstance(event, (Tick, Quote)) and now_ns:
            assert now_ns <= event.ts_recv_ns < now_ns + 250_000_000


@pytest.mark.parametrize(("speed", "length_ms"), [(1, 600), (20, 12_000)])
def test_messages_come_at_the_recordings_pace_times_the_speed(tmp_path: Path, speed: float, length_ms: int) -> None:
    offsets_ms = (0, length_ms // 2, length_ms)
    recording = open_recording(write(tmp_path, "".join(line(offset, n) for n, offset in enumerate(offsets_ms, 1))))
    heard = played(recording, speed, Tick, 3)
    came_s = [moment for event, moment in zip(heard.events, heard.moments, strict=True) if isinstance(event, Tick)]
    for offset_ms, moment in zip(offsets_ms, came_s, strict=False):
        due_s = offset_ms / 1000 / speed
        assert due_s - 0.002 <= moment - heard.began < due_s + 3


def test_at_its_end_it_begins_anew_under_a_new_epoch_and_says_that_the_account_was_reset(tmp_path: Path) -> None:
    recording = open_recording(write(tmp_path, line(0, 1) + line(20, 2)))
    heard = played(recording, 10, SourceStarted, 3, reason="no network")
    first, second, third = heard.of(SourceStarted)[:3]
    assert len({first.epoch, second.epoch, third.epoch}) == 3
    assert first.reason == "no network"
    assert "no network" in second.reason and second.reason.startswith("loop 2 · ")
    assert "loop 3" in third.reason


def test_a_stop_during_a_long_silence_of_the_recording_ends_the_thread(tmp_path: Path) -> None:
    recording = open_recording(write(tmp_path, line(0, 1) + line(3_600_000, 2)))
    played(recording, 1, Tick, 1)
    assert not [thread for thread in threading.enumerate() if thread.name == "feed-replay"]


def test_a_silent_recording_still_beats_so_that_ages_grow(tmp_path: Path) -> None:
    recording = open_recording(write(tmp_path, line(0, 1) + line(3_600_000, 2)))
    heard = played(recording, 20, Heartbeat, 20)
    assert heard.of(Heartbeat)[19].ts_ns == START_NS + 5_000_000_000
    assert len(heard.of(Tick)) == 1


def test_a_broken_line_deep_in_a_long_recording_is_refused_and_counted_and_the_replay_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_module, "CHECKED_LINES", 1)
    recording = open_recording(write(tmp_path, line(0, 1) + '{"recv_ns":17,"ms\n' + line(5, 2)))
    heard = played(recording, 100, SourceStarted, 2)
    assert [event.id for event in heard.first_loop() if isinstance(event, Tick)] == ["1", "2"]
    assert sum(event.amounts.get("refused", 0) for event in heard.of(Counted)) >= 1


def test_a_file_that_breaks_off_deep_inside_is_played_up_to_there_and_says_so_when_it_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_module, "CHECKED_LINES", 1)
    packed = gzip.compress("".join(line(n, n) for n in range(1, 5_000)).encode())
    recording = open_recording(write(tmp_path, packed[:-2_000], "session.jsonl.gz"))
    heard = played(recording, 10_000, SourceStarted, 2)
    ids = [event.id for event in heard.first_loop() if isinstance(event, Tick)]
    assert ids == [str(n) for n in range(1, len(ids) + 1)] and 1_000 < len(ids) < 5_000
    assert f"breaks off after line {len(ids)}" in heard.of(SourceStarted)[1].reason
    assert all(status.state != "down" for status in heard.of(FeedStatus))


def test_a_recording_without_candles_beside_it_begins_without_history_and_claims_no_gap(tmp_path: Path) -> None:
    recording = open_recording(write(tmp_path, line(0, 1) + line(5, 2)))
    heard = played(recording, 10, SourceStarted, 2)
    assert heard.of(History) == [] and heard.of(Gap) == []
