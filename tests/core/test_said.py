"""What is said of quotes, lines, orders and accounts stays true when things change."""

from app.core.model import RecorderStopped, UnlockReplay
from feeds.events import FeedStatus, StreamStatus
from tests.core.test_desk import MS, held, order, view
from tests.market import BTC, ETH, T0_NS, desk, quote, rejected, started, tick


def test_an_old_quote_that_the_prints_left_behind_fills_no_order_and_marks_no_position_as_live() -> None:
    made = desk([quote("100", "101"), tick(1, "100")])
    made.apply(order("a", 1, "1"))
    for second in range(1, 8):
        made.apply(tick(1 + second, "300", second * 1000))
    assert "its quote is not live" in rejected(made.apply(order("b", 1, "1")))
    assert held(made) == {ETH: 1}
    seen = view(made).symbols[ETH]
    assert (seen.source, seen.quote_source) == ("stream", "stale")


def test_prints_that_stand_still_while_the_quote_walks_away_are_dead_and_a_quiet_market_is_not() -> None:
    made = desk([tick(1, "100.5"), quote("100", "101")])
    for second in range(1, 60):  # quiet: the quote stays around the last print
        made.apply(quote("100.2", "100.8", second * 1000))
    assert view(made).symbols[ETH].state == "live"
    for second in range(60, 67):
        made.apply(quote("102", "103", second * 1000))
    seen = view(made).symbols[ETH]
    assert (seen.state, seen.source, seen.quote_source) == ("stale", "stale", "stream")
    assert seen.reason == "no print for 6 s while the quote left the last one behind"
    made.apply(tick(2, "102.5", 67_000))
    assert view(made).symbols[ETH].state == "live"


def test_a_venue_that_counts_anew_after_a_lost_line_goes_on_being_shown() -> None:
    made = desk([tick(900, "10"), tick(901, "11", 10)])
    made.apply(FeedStatus("reconnecting", "connection lost", T0_NS + 20 * MS))
    made.apply(tick(1, "12", 500))
    made.apply(tick(2, "13", 510))
    assert [one.id for one in view(made).symbols[ETH].ticks] == ["900", "901", "1", "2"]
    assert view(made).counters["gaps"] == 1 and view(made).counters["duplicates"] == 0


def test_a_try_for_live_data_that_failed_does_not_hide_that_the_account_was_reset() -> None:
    made = desk([quote("100", "101")], kind="replay")
    made.apply(UnlockReplay(T0_NS))
    made.apply(order("a", 1, "1"))
    made.apply(started(epoch="e2"))
    made.apply(started("replay", epoch="e3", reason="live feed not available"))
    assert (
        view(made).notice == "1 open position closed, account reset"
        and view(made).feed.chosen_because == "live feed not available"
    )


SILENT = "prints are silent: ethusdt@trade acknowledged, no first message in 10 s"


def test_silent_prints_are_named_while_quotes_flow_and_until_the_first_one_comes() -> None:
    made = desk([quote("100", "101")])
    before = view(made).canonical()
    made.apply(StreamStatus(ETH, "ethusdt@trade", SILENT, T0_NS))
    seen = view(made).symbols[ETH]
    assert (seen.state, seen.source, seen.reason) == ("live", "stream", SILENT)
    assert view(made).canonical() == before
    made.apply(StreamStatus(ETH, "ethusdt@trade", "", T0_NS))
    assert view(made).symbols[ETH].reason == ""


def test_two_silent_streams_of_one_symbol_are_both_named_and_a_new_connection_begins_without_either() -> None:
    made = desk([tick(1, "100"), StreamStatus(ETH, "a", "prints are silent", T0_NS), StreamStatus(ETH, "b", "quotes are", T0_NS)])
    assert view(made).symbols[ETH].reason == "prints are silent; quotes are"
    assert view(made).symbols[BTC].reason == "waiting for the first message"
    made.apply(FeedStatus("reconnecting", "connection lost", T0_NS + 20 * MS))
    made.apply(tick(2, "101", 30))
    assert view(made).symbols[ETH].reason == ""


def test_a_symbol_is_not_stale_for_the_time_in_which_no_connection_could_be_made() -> None:
    made = desk(FeedStatus("connecting", f"try {at_ms}", T0_NS + at_ms * MS) for at_ms in range(0, 30_001, 5_000))
    made.apply(tick(1, "2000", 30_100))
    waiting = view(made).symbols[BTC]
    assert (waiting.state, waiting.reason) == ("connecting", "waiting for the first message")
    made.apply(tick(2, "2000", 39_900))
    assert view(made).symbols[BTC].state == "connecting"
    made.apply(tick(3, "2000", 41_100))
    assert view(made).symbols[BTC].reason == "no first message after 11 s: the stream is silent"


def test_a_recording_that_stopped_is_said_until_the_end_and_the_market_goes_on() -> None:
    made = desk([tick(1, "100"), quote("100", "101")])
    made.apply(RecorderStopped("recording stopped: No space left on device"))
    made.apply(tick(2, "101", 100))
    assert "recording stopped: No space left on device" in view(made).notice
    assert (view(made).feed.state, view(made).symbols[ETH].n) == ("live", 2)
    made.apply(started(epoch="e2"))
    assert "recording stopped" in view(made).notice
