"""What a page is sent: only what changed, exactly once, and everything anew when the epoch changes."""

import json
from decimal import Decimal
from typing import Any

from app.core.desk import Desk
from app.core.model import PlaceOrder
from app.hub import Hub
from app.web.frame import Flush, Marks, View
from feeds.events import Candle, Heartbeat, History, NoHistory, VenueBars
from tests.market import BTC, ETH, T0_NS, hub, quote, started, terms, tick

VIEW = View(ETH, "200", ((ETH, "1m"), (BTC, "1s")))


def flush(source: Hub, at_ms: float = 0.0) -> Flush:
    return Flush(source.snapshot(), at_ms, T0_NS)


def sections(text: bytes) -> dict[str, dict[str, Any]]:
    found = {}
    for section in json.loads(text)["sections"]:
        name = section["s"] + (f" {section['symbol']} {section['interval']}" if section["s"] == "bars" else "")
        assert name not in found, f"{name} was sent twice"
        found[name] = section
    return found


def send(source: Hub, marks: Marks | None, at_ms: float, view: View = VIEW) -> tuple[dict[str, dict[str, Any]], Marks]:
    frame = flush(source, at_ms).frame(view, marks)
    return sections(frame.text), frame.marks


def test_the_first_frame_holds_everything_with_its_values() -> None:
    source = hub([quote("2683.80", "2683.81"), tick(7, "2683.80", 100, "0.5", -1), tick(8, "2683.81", 250, "0.25")])
    found, _ = send(source, None, 0)
    assert found["ticks"]["rows"] == [[1723161255100, 2683.8, 0.5, -1], [1723161255250, 2683.81, 0.25, 1]]
    assert (found["ticks"]["n"], found["ticks"]["id"]) == (2, "8")
    assert found["bars ETH/USDT 1m"]["rows"] == [[1723161240000, 2683.8, 2683.81, 2683.8, 2683.81, 0.75, 0]]
    assert found["quote"]["bid"] == 2683.8 and found["quote"]["ask"] == 2683.81
    assert found["status"]["symbols"][ETH]["state"] == "live"
    assert found["positions"]["upsert"] == [] and found["positions"]["reset"]


def test_a_later_frame_holds_only_the_new_ticks_and_nothing_twice() -> None:
    source = hub([tick(1, "10"), tick(2, "11", 10)])
    _, marks = send(source, None, 0)
    again, marks = send(source, marks, 10)
    assert again == {}
    source.emit([tick(3, "12", 20), tick(4, "13", 30)])
    later, marks = send(source, marks, 300)
    assert [row[1] for row in later["ticks"]["rows"]] == [12, 13]
    assert later["ticks"]["n"] == 4
    assert later["bars ETH/USDT 1m"]["rows"] == [[1723161240000, 10, 13, 10, 13, 4, 0]]
    assert "reset" not in later["bars ETH/USDT 1m"]


def test_a_page_that_the_ring_outran_gets_the_whole_ring() -> None:
    source = hub([tick(1, "10")])
    _, marks = send(source, None, 0)
    source.emit([tick(seq, str(seq), seq) for seq in range(2, 502)])
    later, _ = send(source, marks, 300)
    assert len(later["ticks"]["rows"]) == 200
    assert later["ticks"]["n"] == 501


def test_a_bar_that_closed_travels_with_the_one_that_opened() -> None:
    source = hub([tick(1, "10", symbol=BTC), tick(2, "12", 500, symbol=BTC)])
    _, marks = send(source, None, 0)
    source.emit([tick(3, "13", 900, symbol=BTC), tick(4, "14", 1100, symbol=BTC)])
    later, _ = send(source, marks, 1)
    assert later["bars BTC/USDT 1s"]["rows"] == [[1723161255000, 10, 13, 10, 13, 3, 0], [1723161256000, 14, 14, 14, 14, 1, 1]]


def test_a_page_that_shows_a_chart_anew_gets_every_bar_that_is_kept_and_later_only_the_newest() -> None:
    source = hub([tick(number, "10", number * 60_000) for number in range(1, 602)])
    found, marks = send(source, None, 0)
    rows = found["bars ETH/USDT 1m"]["rows"]
    open_ms = T0_NS // 10**6 // 60_000 * 60_000 + 601 * 60_000
    assert [row[0] for row in rows] == list(range(open_ms - 500 * 60_000, open_ms + 1, 60_000))
    source.emit([tick(602, "11", 602 * 60_000)])
    later, _ = send(source, marks, 300)
    assert [row[0] for row in later["bars ETH/USDT 1m"]["rows"]] == [open_ms, open_ms + 60_000]


def test_the_open_bar_moves_at_most_once_a_slot_and_is_not_lost() -> None:
    source = hub([tick(1, "10")])
    _, marks = send(source, None, 0)
    source.emit([tick(2, "11", 10)])
    early, marks = send(source, marks, 100)
    assert "bars ETH/USDT 1m" not in early
    later, _ = send(source, marks, 260)
    assert later["bars ETH/USDT 1m"]["rows"][-1][4] == 11


def test_of_bars_that_the_venue_corrected_only_those_travel() -> None:
    source = hub([tick(number, "10", number * 1000) for number in range(1, 9)])
    view = View(ETH, charts=((ETH, "1s"),))
    first = flush(source, 0).frame(view, None)
    open_ms = T0_NS // 1_000_000 + 3_000
    theirs = Candle(open_ms, Decimal(9), Decimal(11), Decimal(9), Decimal(10), Decimal(7), 3)
    source.emit([VenueBars(ETH, "1s", (theirs,), T0_NS)])
    told = sections(flush(source, 300).frame(view, first.marks).text)["bars ETH/USDT 1s"]
    assert "reset" not in told and [row[0] for row in told["rows"]] == [open_ms, T0_NS // 1_000_000 + 8_000]
    assert told["rows"][0][5] == 7


def test_history_that_replaces_bars_is_sent_as_a_whole() -> None:
    source = hub([tick(number, "10", number * 1000) for number in range(1, 9)])
    view = View(ETH, charts=((ETH, "1s"),))
    first = flush(source, 0).frame(view, None)
    bar = Candle(T0_NS // 1_000_000 - 1000, Decimal(9), Decimal(11), Decimal(9), Decimal(10), Decimal(7), 3)
    source.emit([History(ETH, T0_NS // 1_000_000 + 9_000, {"1s": (bar,)}, "rest", T0_NS)])
    told = sections(flush(source, 300).frame(view, first.marks).text)["bars ETH/USDT 1s"]
    assert told["reset"] is True


def test_two_viewers_at_the_same_place_share_the_bytes() -> None:
    source = hub([tick(1, "10")])
    _, marks = send(source, None, 0)
    source.emit([tick(2, "11", 10)])
    out = flush(source, 10)
    assert out.frame(VIEW, marks).text == out.frame(VIEW, marks).text
    assert len(out._encoded) == len({key for key, _ in out._encoded})


def test_the_foot_shows_what_was_realised_between_two_frames() -> None:
    source = hub([quote("100", "101")])
    _, marks = send(source, None, 0)
    source.submit(PlaceOrder("order-001", ETH, 1, Decimal(2), T0_NS))
    source.submit(PlaceOrder("order-002", ETH, -1, Decimal(2), T0_NS))
    closed, marks = send(source, marks, 10)
    assert closed["positions"]["totals"]["realized"] == "−2.00" and closed["positions"]["upsert"] == []
    assert "positions" not in send(source, marks, 500)[0]


def test_what_waits_for_its_slot_says_when_it_may_go() -> None:
    source = hub([quote("100", "101"), tick(1, "100")])
    _, marks = send(source, None, 0)
    source.emit([quote("100.5", "101", 5)])
    frame = flush(source, 5).frame(VIEW, marks)
    assert "quote" not in sections(frame.text) and 5 < frame.due_ms <= 50
    later = flush(source, frame.due_ms).frame(VIEW, frame.marks)
    assert sections(later.text)["quote"]["bid"] == 100.5


def test_of_a_quote_only_the_fields_that_changed_travel() -> None:
    source = hub([quote("2683.80", "2683.81"), tick(1, "2683.80")])
    first = flush(source, 0).frame(VIEW, None)
    source.emit([quote("2683.80", "2683.82", 40)])
    found = sections(flush(source, 40).frame(VIEW, first.marks).text)["quote"]
    assert found == {"s": "quote", "symbol": ETH, "ask": 2683.82, "spread_ticks": 2, "spread_bp": 0.07}


def test_where_frames_keep_their_order_only_full_ones_name_the_epoch_and_the_clock_comes_at_most_each_100_ms() -> None:
    source = hub([tick(1, "10")])
    first = flush(source, 0).frame(VIEW, None, in_order=True)
    head = json.loads(first.text)
    assert head["epoch"] == "e1" and head["full"] and head["now_ms"] == source.snapshot().now_ns / 1e6
    heads = [json.loads(flush(source, at_ms).frame(VIEW, first.marks, in_order=True).text) for at_ms in (99, 100)]
    assert ["now_ms" in one for one in heads] == [False, True] and "epoch" not in heads[0]
    assert json.loads(flush(source, 50).frame(VIEW, first.marks).text)["epoch"] == "e1"


def test_a_position_appears_changes_only_in_its_cells_and_vanishes() -> None:
    source = hub([quote("100", "101"), tick(1, "100.5")])
    _, marks = send(source, None, 0)
    source.submit(PlaceOrder("order-001", ETH, 1, Decimal(2), T0_NS))
    opened, marks = send(source, marks, 10)
    row = opened["positions"]["upsert"][0]
    assert (row["id"], row["side"], row["quantity"], row["entry"]) == (ETH, "long", "+2", "101.00")
    assert (row["pnl"], row["sign"]) == ("−1.00", -1)
    source.emit([quote("102", "103", 20)])
    moved, marks = send(source, marks, 150)
    row = moved["positions"]["upsert"][0]
    assert (row["pnl"], row["sign"]) == ("+3.00", 1) and "entry" not in row
    source.submit(PlaceOrder("order-002", ETH, -1, Decimal(2), T0_NS, reduce_only=True))
    closed, marks = send(source, marks, 160)
    assert closed["positions"]["remove"] == [ETH]
    assert closed["positions"]["totals"]["count"] == 0


def test_silence_past_the_budget_is_sent_as_stale_with_its_reason() -> None:
    source = hub([tick(1, "10")])
    _, marks = send(source, None, 0)
    source.emit([Heartbeat(T0_NS + 3_200_000_000)])
    later, _ = send(source, marks, 3_200)
    assert later["status"]["feed"]["state"] == "stale"
    assert later["status"]["symbols"][ETH]["source"] == "stale"
    assert "no message on the line for 3.2 s" in later["status"]["feed"]["reason"]


def test_one_broken_section_leaves_the_others_and_is_named(monkeypatch: Any) -> None:
    from app.web import sections as module

    def broken(*_: object) -> None:
        raise ValueError("no such thing")

    monkeypatch.setitem(module._OF_SYMBOL, "gaps", broken)
    frame = flush(hub([tick(1, "10")])).frame(VIEW, None)
    assert json.loads(frame.text)["errors"] == {"gaps|ETH/USDT": "ValueError: no such thing"}
    assert "ticks" in sections(frame.text)


def test_a_panel_without_history_says_why() -> None:
    source = hub([tick(1, "10"), NoHistory(ETH, "HTTP 451: blocked in this region", T0_NS)])
    found, _ = send(source, None, 0)
    assert found["bars ETH/USDT 1m"]["note"] == "no history: HTTP 451: blocked in this region"


def test_an_empty_panel_says_it_too_when_the_reason_comes_later() -> None:
    source = hub()
    view = View(ETH, charts=((ETH, "1d"),))
    first = flush(source, 0).frame(view, None)
    source.emit([NoHistory(ETH, "region blocked (HTTP 451)", T0_NS)])
    told = sections(flush(source, 300).frame(view, first.marks).text)["bars ETH/USDT 1d"]
    assert told["note"] == "no history: region blocked (HTTP 451)"


def test_a_field_of_a_quote_that_went_to_and_fro_is_sent_each_time() -> None:
    source = hub([quote("100", "101")])
    marks = flush(source, 0).frame(VIEW, None).marks
    told = []
    for number, bid in enumerate(("99", "100", "99"), 1):
        source.emit([quote(bid, "101", number * 40)])
        frame = flush(source, number * 40).frame(VIEW, marks)
        told.append(sections(frame.text)["quote"]["bid"])
        marks = frame.marks
    assert told == [99, 100, 99]


def test_a_replayed_panel_says_where_its_history_starts_in_later_frames_too() -> None:
    bar = Candle(1_722_000_000_000, Decimal(9), Decimal(12), Decimal(8), Decimal(10), Decimal(3), None)
    history = History(ETH, T0_NS // 1_000_000, {"1h": (bar,)}, "replay", T0_NS)
    source = Hub(Desk(terms()))
    source.emit([started("replay"), history, tick(1, "10")])
    view = View(ETH, "200", ((ETH, "1h"), (ETH, "1m")))
    first, marks = send(source, None, 0, view)
    source.emit([tick(2, "11", 500)])
    later, _ = send(source, marks, 600, view)
    for found in (first, later):
        assert found["bars ETH/USDT 1h"]["note"] == "history from 2024-07-26 13:20 UTC"
        assert found["bars ETH/USDT 1m"]["note"] == "no history before the recording"
