"""The inbox and the desk thread: what is too much is counted, rubbish is said once, order holds, and time goes on."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

import feeds.intake
from feeds.events import Counted, Event, FeedStatus, Heartbeat, LineAlive, Refused, Tick
from feeds.intake import Intake, Lane
from tests.feeds.recorded import Heard
from tests.market import ETH, tick

Make = Callable[..., tuple[Intake, Heard]]
BAD = "not a frame of this venue"


def parse(text: str | bytes, ts_recv_ns: int) -> list[Event]:
    """A number is the print of that id, anything else is refused."""
    if not str(text).isdigit():
        raise Refused(f"no message of this venue: {text!r}")
    return [tick(int(text), "2000", int(text))]


@pytest.fixture
def make() -> Iterator[Make]:
    """Inboxes that are stopped at the end of the test; their threads are started by the test."""
    made: list[Intake] = []

    def make(**settings: int) -> tuple[Intake, Heard]:
        heard = Heard()
        made.append(Intake(heard.emit, **settings))
        return made[-1], heard

    yield make
    for intake in made:
        intake.stop()


def put(lane: Lane, *texts: str) -> None:
    for text in texts:
        lane.put_text(text, time.time_ns())


def ids(heard: Heard) -> list[str]:
    return [event.id for event in heard.of(Tick)]


def counted(heard: Heard, name: str) -> int:
    return sum(event.amounts.get(name, 0) for event in heard.of(Counted))


def refuse(lane: Lane, heard: Heard, text: str = BAD) -> None:
    """One bad frame, until it has been counted."""
    already = len(heard.of(Counted))
    put(lane, text)
    heard.until(Counted, already + 1)


def test_texts_beyond_the_capacity_are_dropped_and_counted_and_later_ones_kept(make: Make) -> None:
    intake, heard = make(capacity=3)
    lane = intake.lane(parse)
    put(lane, "1", "2", "3", "4", "5")
    assert intake.depth == 3
    intake.start()
    heard.until(Tick, 3)
    put(lane, "6")
    heard.until(Tick, 4)
    assert ids(heard) == ["1", "2", "3", "6"]
    assert (counted(heard, "inbox_dropped"), counted(heard, "received"), counted(heard, "parsed")) == (2, 4, 4)
    assert intake.depth == 0


def test_what_the_feed_itself_says_is_never_dropped(make: Make) -> None:
    intake, heard = make(capacity=1)
    lane = intake.lane(parse)
    put(lane, "1", "2")
    lane.put_event(FeedStatus("reconnecting", "connection lost", 1))
    intake.start()
    heard.until(FeedStatus, 1)
    assert (ids(heard), counted(heard, "inbox_dropped")) == (["1"], 1)


def test_texts_and_events_come_out_in_the_order_in_which_they_went_in(make: Make) -> None:
    intake, heard = make()
    lane = intake.lane(parse)
    intake.start()
    wanted: list[object] = []
    for number in range(500):
        put(lane, str(number))
        lane.put_event(LineAlive(number))
        wanted += [str(number), number]
    heard.until(LineAlive, 500)
    kept = [event for event in heard.events if isinstance(event, (Tick, LineAlive))]
    assert [event.id if isinstance(event, Tick) else event.ts_recv_ns for event in kept] == wanted


def test_what_came_before_a_new_connection_is_from_that_moment_no_sign_of_its_life(make: Make) -> None:
    intake, heard = make()
    lane = intake.lane(parse)
    intake.start()
    put(lane, "1")
    heard.until(Tick, 1)
    assert list(lane.last_market_s()) == [ETH]
    lane.forget()
    assert lane.last_market_s() == {}


def test_a_burst_of_bad_frames_is_counted_whole_said_once_with_the_frame_and_stops_nothing(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    intake, heard = make()
    lane = intake.lane(parse)
    intake.start()
    put(lane, "1", *[BAD] * 50, "2")
    heard.until(Tick, 2)
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(lines) == 1 and BAD in lines[0]
    assert (counted(heard, "refused"), counted(heard, "parsed"), counted(heard, "received")) == (50, 2, 52)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_when_a_burst_ends_its_whole_number_is_said_and_the_next_one_is_said_with_its_frame(
    make: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds.intake, "BURST_S", 0.1)
    intake, heard = make()
    lane = intake.lane(parse)
    put(lane, *[f"{BAD} {number}" for number in range(1, 8)])
    intake.start()
    deadline = time.monotonic() + 5
    while len(warnings(caplog)) < 2 and time.monotonic() < deadline:
        heard.until(Heartbeat, len(heard.of(Heartbeat)) + 1)
    assert warnings(caplog)[0].startswith("refused 1 frame: ") and f"{BAD} 1" in warnings(caplog)[0]
    assert warnings(caplog)[1:] == ["refused 6 more since"]
    refuse(lane, heard, f"{BAD} 8")
    assert len(warnings(caplog)) == 3 and f"{BAD} 8" in warnings(caplog)[2]


def test_who_stops_in_a_burst_says_its_number_first(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    intake, _ = make()
    put(intake.lane(parse), *[BAD] * 3)
    intake.start()
    intake.stop()
    assert warnings(caplog)[1:] == ["refused 2 more since"]


@pytest.mark.parametrize("error", [Refused("no"), ValueError("no"), KeyError("p"), TypeError("no")])
def test_whatever_parsing_may_raise_does_not_stop_the_feed(make: Make, error: Exception) -> None:
    def fails_first(text: str | bytes, ts_recv_ns: int) -> list[Event]:
        if text == BAD:
            raise error
        return parse(text, ts_recv_ns)

    intake, heard = make()
    lane = intake.lane(fails_first)
    intake.start()
    refuse(lane, heard)
    put(lane, "7")
    heard.until(Tick, 1)
    assert (ids(heard), counted(heard, "refused")) == (["7"], 1)


def test_a_stopped_source_cannot_speak_any_more_not_even_with_what_it_left_in_the_inbox(make: Make) -> None:
    intake, heard = make()
    before = intake.lane(parse)
    put(before, "1")
    before.put_event(LineAlive(1))
    after = intake.lane(parse)
    put(before, "2")
    put(after, "3")
    intake.start()
    heard.until(Tick, 1)
    put(before, "4")
    put(after, "5")
    heard.until(Tick, 2)
    assert (ids(heard), heard.of(LineAlive), counted(heard, "received")) == (["3", "5"], [], 2)


def test_time_goes_on_when_no_source_drives_the_clock(make: Make) -> None:
    intake, heard = make()
    began_ns = time.time_ns()
    intake.start()
    heard.until(Heartbeat, 2)
    first, second = (beat.ts_ns for beat in heard.of(Heartbeat)[:2])
    assert began_ns <= first < second <= time.time_ns()


def test_a_source_that_drives_the_clock_is_not_disturbed_until_another_takes_over(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds.intake, "HEARTBEAT_S", 0.01)
    intake, heard = make()
    replayed = intake.lane(parse, drives_clock=True)
    intake.start()
    many_beats_later = time.monotonic() + 0.2
    number = 0
    while time.monotonic() < many_beats_later:
        number += 1
        put(replayed, str(number))
        heard.until(Tick, number)
    assert heard.of(Heartbeat) == []
    intake.lane(parse)
    heard.until(Heartbeat, 3)


def test_stopping_hands_over_what_still_waits(make: Make) -> None:
    batches: list[Sequence[Event]] = []
    intake = Intake(batches.append)
    put(intake.lane(parse), *(str(number) for number in range(5_000)))
    intake.start()
    intake.stop()
    assert sum(isinstance(event, Tick) for batch in batches for event in batch) == 5_000
