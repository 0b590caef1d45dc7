"""The risk by REST and as frames: measured while a position is open, only what changed is sent, and no curve twice."""

import json
from decimal import Decimal
from typing import Any

from app.core.returns import Returns
from app.web import board, sections
from app.web.risking import curve_of
from app.web.section import Held, Section
from feeds.events import Heartbeat
from tests.market import ETH, T0_NS, hub, quote
from tests.web.serving import client_of
from tests.web.test_api import order

MS = 1_000_000


def sent(section: object) -> Any:
    assert isinstance(section, Section)
    return json.loads(section.text)


def test_the_risk_of_an_open_position_is_told_with_its_warming_up() -> None:
    source = hub([quote("2000", "2000")], leverage=10)
    client = client_of(source)
    order(client, quantity="3")
    source.submit(Returns("e1", {ETH: tuple(0.01 * number for number in range(-10, 10))}, (ETH,), ((0.01,), (-0.02,))))
    source.emit([Heartbeat(T0_NS + MS)])
    told = client.get("/api/risk").json()
    assert told["margin"] == {"utilisation_percent": "6", "bound": "600", "free": "9400"}
    (position,) = told["positions"]
    assert (position["symbol"], position["returns"], position["touch"]) == (ETH, 20, {"10s": None, "60s": None})
    assert round(position["value_at_risk"], 6) == 543 and told["value_at_risk"]["returns"] == 2
    assert told["exposure"] == {"assets": {"ETH": "6000"}, "sectors": {"smart contracts": "6000"}}
    assert told["curve"] == [[(T0_NS + MS) // MS, "10000"]] and told["equity"]["peak"] == "10000"
    texts = sent(board.risk(source.snapshot(), None, 0))
    assert texts["positions"] == [
        {"symbol": ETH, "var": "543.00", "note": "20 of 60 minutes", "touch": [None, None], "cost": "0.0 %"}
    ]
    assert (texts["used"], texts["gauge"], texts["level"]) == ("6.0 %", "6.0%", "")


def test_a_page_gets_only_the_texts_that_changed_and_nothing_when_none_did() -> None:
    source = hub([quote("2000", "2000")], leverage=10)
    order(client_of(source), quantity="3")
    first = sections.build(source.snapshot(), "risk", None, 0)
    assert isinstance(first, Section)
    assert sections.build(source.snapshot(), "risk", first.mark, 10_000) is None
    source.emit([quote("2001", "2001", 100)])
    assert isinstance(sections.build(source.snapshot(), "risk", first.mark, 100), Held)
    changed = sent(sections.build(source.snapshot(), "risk", first.mark, 10_000))
    assert changed["assets"] == ["ETH +6,003.00"] and "day_loss" not in changed and "book_note" not in changed
    curve = sections.build(source.snapshot(), "equity", None, 0)
    assert isinstance(curve, Section) and sections.build(source.snapshot(), "equity", curve.mark, 10_000) is None


def test_a_margin_beyond_its_warning_is_told_by_its_level() -> None:
    source = hub([quote("2000", "2000", size="1000")], leverage=10)
    order(client_of(source), quantity="41.6")
    texts = sent(board.risk(source.snapshot(), None, 0))
    assert (texts["used"], texts["level"]) == ("83.2 %", "warn")


def test_the_picture_of_the_curve_begins_and_ends_with_it_and_has_its_extremes_at_the_edges() -> None:
    source = hub([quote("2000", "2000")], leverage=10)
    order(client_of(source), quantity="1")
    for minute, price in enumerate(("2000", "2100", "1950")):
        at_ms = minute * 60_000
        source.emit([quote(price, price, at_ms), Heartbeat(T0_NS + at_ms * MS)])
    told = curve_of(source.snapshot().account.curve)
    assert told == {"path": "M0.0 40.0L120.0 0.0L240.0 60.0", "low": f"{Decimal(9950):,.2f}", "high": f"{Decimal(10100):,.2f}"}
