"""`--feed auto` as the dashboard puts it together: who is chosen, why, for how long; replayed data is never called live."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal

import pytest

import feeds.sources
from app.core.model import PlaceOrder, UnlockReplay
from feeds.recording import Recording
from tests.feeds.choosing import PATIENT_S, Run, Running, closed_port, mute_listener, taken
from tests.market import ETH
from tests.servers.binance import LocalBinance


@pytest.fixture
def venue() -> Iterator[LocalBinance]:
    with LocalBinance(rate=100, other_rate=50) as running:
        yield running


@pytest.fixture
def run(bundled: Recording, venue: LocalBinance) -> Iterator[Run]:
    """Starts sources on a venue's addresses; stopped at the end of the test, before the venue is."""
    with ExitStack() as stack:

        def run(ws_url: str, rest_url: str = "", feed: str = "auto") -> Running:
            flags = ("--feed", feed, "--ws-url", ws_url, "--rest-url", (rest_url or ws_url).replace("ws://", "http://"))
            return stack.enter_context(Running(bundled, flags)).begin()

        yield run


@pytest.fixture
def wait_s(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets how long a live venue may stay silent before the replay takes over."""
    return lambda seconds: monkeypatch.setattr(feeds.sources, "WAIT_S", seconds)


def kinds(running: Running) -> list[str]:
    return [start.kind for start in running.starts]


def test_a_venue_that_delivers_is_chosen_and_stays(run: Run, venue: LocalBinance, wait_s: Callable[[float], None]) -> None:
    wait_s(PATIENT_S)
    running = run(venue.ws_url)
    seen = running.until_state("live")
    for chooser in [thread for thread in threading.enumerate() if thread.name == "choose-source"]:
        chooser.join(PATIENT_S / 2)
        assert not chooser.is_alive(), "it has chosen, and nobody is left to choose anew"
    assert (seen.feed.name, seen.feed.kind, seen.feed.state) == ("binance", "stream", "live")
    assert seen.symbols[ETH].source == "stream"
    assert kinds(running) == ["stream"]


@pytest.mark.parametrize(("address", "words"), [("closed", "refused"), ("ws://no-such-venue.invalid:9443", "host not found")])
def test_a_venue_that_cannot_be_reached_is_given_up_at_once_and_the_banner_says_why(
    run: Run, wait_s: Callable[[float], None], address: str, words: str
) -> None:
    wait_s(PATIENT_S)
    running = run(closed_port() if address == "closed" else address)
    seen = running.until_state("replay")
    assert kinds(running)[-1] == "replay" and kinds(running).count("replay") == 1  # a try that ends at once may leave no trace
    assert running.starts[-1].reason.startswith("live feed not available: ")
    assert words in running.starts[-1].reason
    assert running.starts[-1].reason.endswith(running.config.ws_url.removeprefix("ws://"))
    assert seen.feed.chosen_because == running.starts[-1].reason
    feed = running.status()["feed"]
    assert (feed["name"], feed["source"], feed["reason"]) == ("replay", "replay", running.starts[-1].reason)


@pytest.mark.parametrize("silence", ["stalled", "no prints", "mute"])
def test_a_venue_that_accepts_but_says_nothing_is_waited_for_and_then_replaced(
    run: Run, wait_s: Callable[[float], None], silence: str
) -> None:
    wait_s(0.5)
    with ExitStack() as stack:
        if silence == "mute":
            ws_url, _ = stack.enter_context(mute_listener())
        else:
            venue = stack.enter_context(LocalBinance(rate=0))
            ws_url = venue.ws_url
            if silence == "stalled":
                venue.faults.stall()
        began = time.monotonic()
        running = run(ws_url)
        running.until(lambda snapshot: snapshot.feed.kind == "replay")
        assert 0.45 < time.monotonic() - began < 4
        running.until_state("replay")
        assert kinds(running) == ["stream", "replay"]
        assert "data within" in running.starts[-1].reason


def test_a_venue_that_is_lost_later_is_tried_again_and_never_replaced(
    run: Run, venue: LocalBinance, wait_s: Callable[[float], None]
) -> None:
    wait_s(0.5)
    running = run(venue.ws_url)
    running.until_state("live")
    venue.faults.refuse_connections()
    venue.faults.drop()
    seen = running.until(lambda snapshot: snapshot.feed.state == "reconnecting" and snapshot.feed.attempt >= 2)
    assert (seen.feed.kind, seen.feed.name) == ("stream", "binance")
    assert seen.symbols[ETH].source == "stale"
    assert kinds(running) == ["stream"]
    venue.faults.listen_again()
    running.until_state("live", 10)
    assert kinds(running) == ["stream"]


def test_with_a_venue_by_name_nothing_is_ever_replayed(run: Run, wait_s: Callable[[float], None]) -> None:
    wait_s(0.1)
    running = run(closed_port(), feed="binance")
    seen = running.until(lambda snapshot: snapshot.feed.attempt >= 2)
    assert (seen.feed.kind, seen.feed.state) == ("stream", "connecting")
    assert kinds(running) == ["stream"]


def test_trying_live_again_leaves_the_replay_with_its_account_when_the_venue_is_there_now(
    run: Run, venue: LocalBinance, wait_s: Callable[[float], None]
) -> None:
    wait_s(PATIENT_S)
    venue.faults.refuse_streams(503)
    running = run(venue.ws_url)
    replayed = running.until(lambda snapshot: snapshot.feed.state == "replay" and snapshot.symbols[ETH].quote)
    running.hub.submit(UnlockReplay(replayed.now_ns))
    running.hub.submit(PlaceOrder("click-0001", ETH, 1, Decimal("0.1"), replayed.now_ns))
    running.until(lambda snapshot: [position.symbol for position in snapshot.account.positions] == [ETH])
    venue.faults.refuse_streams(None)
    running.sources.go_live()
    live = running.until_state("live")
    assert live.epoch != replayed.epoch and live.feed.kind == "stream" and live.feed.chosen_because == ""
    assert live.account.positions == () and live.account.fills == ()
    assert all(tick.ts_recv_ns > replayed.now_ns + 10**15 for tick in live.symbols[ETH].ticks)
    assert kinds(running)[-2:] == ["replay", "stream"]


def test_trying_live_again_comes_back_to_the_replay_with_the_reason_when_the_venue_is_not_there(
    run: Run, wait_s: Callable[[float], None]
) -> None:
    wait_s(PATIENT_S)
    running = run(closed_port())
    first = running.until_state("replay")
    running.sources.go_live()
    second = running.until(lambda snapshot: snapshot.feed.state == "replay" and snapshot.epoch != first.epoch)
    assert "refused" in second.feed.chosen_because
    assert kinds(running)[-1] == "replay" and kinds(running).count("replay") == 2


def test_replayed_data_is_never_called_live_nor_a_stream(run: Run, venue: LocalBinance, wait_s: Callable[[float], None]) -> None:
    wait_s(PATIENT_S)
    venue.faults.refuse_streams(503)
    running = run(venue.ws_url)
    running.until(lambda snapshot: snapshot.feed.state == "replay" and snapshot.symbols[ETH].n > 20)
    venue.faults.refuse_streams(None)
    running.sources.go_live()
    running.until_state("live")
    replayed = {(state, of_symbol) for kind, state, of_symbol in running.said if kind == "replay"}
    assert ("replay", "replay") in replayed and ("source", "replay") in replayed
    assert not {word for pair in replayed for word in pair} & {"live", "stream"}


@pytest.mark.parametrize("phase", ["shaking hands", "waiting", "live", "reconnecting", "replay", "trying live again"])
def test_stopping_takes_about_two_seconds_at_most_and_leaves_no_thread_and_no_word_behind(
    run: Run, wait_s: Callable[[float], None], phase: str
) -> None:
    wait_s(PATIENT_S)
    before = set(threading.enumerate())
    with ExitStack() as stack:
        mute, listener = stack.enter_context(mute_listener())
        venue = stack.enter_context(LocalBinance(rate=0 if phase == "waiting" else 100))
        urls = {"shaking hands": mute, "replay": closed_port()}
        if phase == "trying live again":
            venue.faults.refuse_streams(503)
        running = run(urls.get(phase, venue.ws_url), mute)  # history hangs in every phase
        if phase in ("replay", "trying live again"):
            running.until_state("replay")
        if phase == "trying live again":
            venue.faults.refuse_streams(None)
            venue.faults.stall()
            running.sources.go_live()
            running.until(lambda snapshot: snapshot.feed.kind == "stream")
        if phase in ("live", "reconnecting"):
            running.until_state("live")
        if phase == "reconnecting":
            venue.faults.refuse_connections()
            venue.faults.drop()
            running.until(lambda snapshot: snapshot.feed.attempt >= 2)
        if phase == "shaking hands":
            taken(listener, stack)
        if phase == "waiting":
            running.until(
                lambda snapshot: snapshot.feed.state == "connecting" and snapshot.feed.reason.startswith("connecting to")
            )
        asked = time.monotonic()
        running.sources.stop()
        assert time.monotonic() - asked < 2.5  # a history request that hangs is waited for 2 s, no longer
        names = ("feed", "choose", "history")
        left = [one for one in set(threading.enumerate()) - before if one.name.startswith(names)]
        for thread in left:
            thread.join(4)  # a handshake or request that hangs is let go of, and ends by its own timeout
        assert [thread.name for thread in left if thread.is_alive()] == []
        ticks = running.hub.snapshot().symbols[ETH].n
        beat_ns = running.hub.snapshot().now_ns
        if running.hub.snapshot().feed.kind == "stream":
            beat_ns = running.until(lambda snapshot: snapshot.now_ns > beat_ns).now_ns
        assert running.hub.snapshot().symbols[ETH].n == ticks
