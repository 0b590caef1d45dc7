"""`--feed auto` gives the venue up: nothing is tried any more, and what takes over is named as what it is."""

import threading
from pathlib import Path

import pytest

from feeds.recording import BadRecording, open_recording
from feeds.replay import Replay
from feeds.sources import Sources
from tests.feeds.choosing import Running, closed_port
from tests.feeds.recorded import line, write
from tests.servers.binance import LocalBinance


class Refusing:
    """A live source that cannot begin. `stopped`: whether it was told to give up; `once`: how it was started."""

    stopped = False
    once: bool | None = None

    def start(self, once: bool = False) -> None:
        self.once = once

    def stop(self, timeout_s: float = 2.0) -> None:
        self.stopped = True

    def wait_first(self, timeout_s: float) -> str:
        return "connection refused"

    def try_now(self) -> str:
        return ""


def chosen(sources: Sources) -> None:
    """Has tried the venue, and what followed from that."""
    assert sources.go_live()
    for chooser in [thread for thread in threading.enumerate() if thread.name == "choose-source"]:
        chooser.join(5)
        assert not chooser.is_alive()


def test_with_nothing_to_replay_either_the_live_feed_is_tried_on_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    made: list[Refusing] = []
    stopped_by_then: list[bool] = []

    def live() -> Refusing:
        made.append(Refusing())
        return made[-1]

    def replay(reason: str) -> Replay:
        stopped_by_then.append(made[0].stopped)
        raise BadRecording("spot.jsonl.gz cannot be read")

    sources = Sources("auto", live, replay)
    chosen(sources)
    assert stopped_by_then == [True], "nothing is tried any more while the recording is read"
    assert [(source.once, source.stopped) for source in made] == [(True, True), (False, False)]
    assert sources.try_now() == "", "what is tried on can be tried at once"
    assert "the live feed is tried on: spot.jsonl.gz cannot be read" in caplog.text


def test_a_venue_that_is_given_up_is_asked_once_and_no_next_try_is_spoken_of(bundled, caplog: pytest.LogCaptureFixture) -> None:
    with LocalBinance(rate=0) as venue:
        venue.faults.refuse_streams(503)
        flags = ("--feed", "auto", "--ws-url", venue.ws_url, "--rest-url", venue.rest_url)
        with Running(bundled, flags).begin() as running:
            running.until_state("replay")
            assert running.sources.try_now() == "no live feed runs: there is no next try"
            assert running.starts[-1].reason.startswith("live feed not available: the venue answered HTTP 503")
    assert not [text for text in caplog.messages if " try in " in text]


def test_what_is_replayed_in_the_venues_place_is_named_in_the_log_and_in_the_banner(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, "".join(line(number * 10, number) for number in range(1, 500)), "monday.jsonl")
    flags = ("--feed", "auto", "--symbols", "ETH/USDT", "--ws-url", closed_port(), "--recording", path)
    with Running(open_recording(path), flags).begin() as running:
        running.until_state("replay")
    assert running.starts[-1].reason.endswith("; recording monday.jsonl")
    assert "(monday.jsonl), not live" in caplog.text and "bundled" not in caplog.text
