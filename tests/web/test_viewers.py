"""What a page holds, claims and acknowledges decides what it is sent next, and by which transport."""

import json
from dataclasses import replace

import pytest

from app.core import throttle
from app.hub import Hub
from app.web.callbacks import answer
from app.web.frame import Frame
from app.web.viewers import Cursor, Viewer, Viewers
from tests.market import BTC, ETH, hub, quote, started, tick
from tests.web.test_frame import VIEW, flush, sections


def given(viewer: Viewer, source: Hub, cursor: Cursor, at_ms: float) -> Frame:
    """The frame that goes to the page now."""
    frame = viewer.next_frame(flush(source, at_ms), cursor)
    cursor.give(frame, at_ms)
    return frame


def a_page() -> tuple[Viewer, Cursor]:
    return Viewer("page", VIEW, throttle.start(throttle.PROFILES["scalping"]), 0), Cursor()


def test_a_new_epoch_is_a_full_frame_whatever_the_page_holds() -> None:
    source = hub([tick(1, "10")])
    viewer, cursor = a_page()
    first = given(viewer, source, cursor, 0)
    assert cursor.acknowledge("e1", first.version)
    source.emit([started(epoch="e2"), tick(1, "99")])
    frame = json.loads(given(viewer, source, cursor, 40).text)
    assert frame["full"] and frame["epoch"] == "e2"
    assert sections(json.dumps(frame).encode())["ticks"]["rows"][0][1] == 99


def test_an_answer_that_was_not_claimed_is_followed_by_everything_so_that_nothing_that_went_to_and_fro_is_left_out() -> None:
    source = hub([tick(1, "10"), quote("100", "101")])
    viewer, cursor = a_page()
    cursor.claim("e1", given(viewer, source, cursor, 0).version)
    source.emit([quote("200", "201", 100)])
    given(viewer, source, cursor, 100)  # applied by the page, which asks again before it can say so
    source.emit([quote("100", "101", 200)])
    cursor.claim("e1", cursor.version)
    frame = given(viewer, source, cursor, 200)
    assert json.loads(frame.text)["full"] and sections(frame.text)["quote"]["bid"] == 100


@pytest.mark.parametrize(("level", "every"), [(0, 1), (1, 2), (2, 4), (3, 8)])
def test_side_charts_come_with_every_second_fourth_or_eighth_refresh_and_the_ticks_with_each(level: int, every: int) -> None:
    source = hub([tick(1, "10"), quote("9", "11")])
    viewer, cursor = a_page()
    viewer.state = replace(viewer.state, level=level)
    first = given(viewer, source, cursor, 0)
    cursor.acknowledge("e1", first.version)
    with_bars = []
    for seq in range(2, 18):
        source.emit([tick(seq, str(seq), seq * 1000)])
        frame = given(viewer, source, cursor, seq * 1000)
        cursor.acknowledge("e1", frame.version)
        assert "ticks" in sections(frame.text)
        with_bars.append("bars ETH/USDT 1m" in sections(frame.text))
    assert sum(with_bars) == 16 // every


def test_an_acknowledgement_that_comes_late_neither_loses_the_frame_under_way_nor_brings_everything_anew() -> None:
    source = hub([tick(1, "10")])
    viewer, cursor = a_page()
    first = given(viewer, source, cursor, 0)
    cursor.acknowledge("e1", first.version)
    source.emit([tick(2, "11", 10)])
    second = given(viewer, source, cursor, 20)
    assert cursor.acknowledge("e1", first.version) is None
    assert cursor.pending is second
    assert cursor.acknowledge("e1", second.version) is second
    source.emit([tick(3, "12", 20)])
    assert not json.loads(given(viewer, source, cursor, 40).text).get("full")


def test_a_refresh_in_which_nothing_changed_counts_neither_way() -> None:
    source = hub([tick(1, "10")])
    viewers = Viewers(throttle.PROFILES["scalping"], VIEW, {"symbols": (ETH, BTC), "intervals": ("1s", "1m")})
    page = {"page_id": "p", "symbol": ETH, "window": "200", "charts": [], "draw_ms": 1.0, "cost_ms": 2.0, "transport": "interval"}
    held = {"epoch": "", "version": -1}
    for beat in range(10):
        frame = json.loads(answer(source, viewers, page | held, beat * 20.0)[0])
        held = {"epoch": frame["epoch"], "version": frame["version"]}
    assert viewers.at(0)[0].state.level == 1
    assert viewers.at(0)[0].summary.n == 0 and viewers.at(0)[0].summary.skipped > 5


def test_where_only_the_websocket_may_the_interval_brings_health_and_never_the_picture() -> None:
    source = hub([tick(1, "10")])
    viewers = Viewers(throttle.PROFILES["scalping"], VIEW, {"symbols": (ETH, BTC), "intervals": ("1s", "1m")})
    page = {"page_id": "p", "epoch": "", "version": -1, "draw_ms": None, "cost_ms": None}
    for says in ("interval", "none", "websocket"):
        text, interval_ms = answer(source, viewers, page | {"transport": says}, 0.0, picture=False)
        frame = json.loads(text)
        assert frame["witness"] and "full" not in frame and interval_ms == 1_000
        assert sections(text.encode()).keys() == {"status", "throttle"}
    assert viewers.at(0)[0].transport == "none"


def test_while_the_socket_stands_the_witness_says_how_far_the_desk_is_and_no_more() -> None:
    source = hub([tick(1, "10")])
    viewers = Viewers(throttle.PROFILES["scalping"], VIEW, {"symbols": (ETH, BTC), "intervals": ("1s", "1m")})
    page = {"page_id": "p", "epoch": "", "version": -1, "draw_ms": None, "cost_ms": None, "transport": "websocket"}
    alone = answer(source, viewers, page, 0.0)[0]
    assert sections(alone.encode()).keys() == {"status", "throttle"}, "the socket ended, and the page does not know yet"
    viewers.seen("p", 0.0).transport = "websocket"
    text = answer(source, viewers, page, 0.0)[0]
    assert sections(text.encode()).keys() == {"throttle"}
    assert json.loads(text)["version"] == source.version
    lost = answer(source, viewers, page | {"transport": "none"}, 0.0, picture=False)[0]
    assert sections(lost.encode()).keys() == {"status", "throttle"}, "the page gave the socket up, and we do not know yet"


def test_pages_not_heard_of_for_a_minute_are_forgotten_by_whoever_counts_them() -> None:
    viewers = Viewers(throttle.PROFILES["scalping"], VIEW, {"symbols": (ETH,), "intervals": ("1m",)})
    viewers.seen("a", 0)
    viewers.seen("b", 30_000)
    assert [viewer.page_id for viewer in viewers.at(61_000)] == ["b"]


def test_a_page_can_not_write_lines_of_its_own_into_the_log() -> None:
    viewers = Viewers(throttle.PROFILES["scalping"], VIEW, {"symbols": (ETH,), "intervals": ("1m",)})
    viewer = viewers.seen("x level=3\nERROR the desk is down " + "y" * 100, 0)
    assert viewer.page_id.startswith("x_level_3_ERROR_") and len(viewer.page_id) == 64
    assert viewers.seen(viewer.page_id, 1) is viewer
    assert viewers.seen("de64ec842aceb36c9b238d1f9e3836f9", 2).page_id == "de64ec842aceb36c9b238d1f9e3836f9"
