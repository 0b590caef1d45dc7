"""A position's lines in the frames: told when they change, and only then."""

from decimal import Decimal

from app.core.model import Bracket, PlaceOrder
from app.hub import Hub
from tests.market import ETH, T0_NS, hub, quote, tick
from tests.web.test_frame import send


def opened(source: Hub) -> None:
    legs = Bracket(Decimal("2680.00"), None)
    source.submit(PlaceOrder("open-long", ETH, 1, Decimal(1), T0_NS, bracket=legs))


def test_lines_are_told_when_there_are_some_when_they_move_and_when_they_go() -> None:
    source = hub([quote("2683.80", "2683.81"), tick(1, "2683.81")])
    found, marks = send(source, None, 0)
    assert "lines" not in found
    opened(source)
    found, marks = send(source, marks, 300)
    assert [(row["kind"], row["text"]) for row in found["lines"]["rows"]] == [
        ("entry", "entry 2,683.81"),
        ("even", "break-even 2,683.81"),
        ("stop", "stop 2,680.00"),
        ("liquidation", "liq 2,659.63"),
    ]
    assert found["lines"]["rows"][2]["away"] == "0.14 %"
    source.emit([tick(2, "2683.82", 20)])
    found, marks = send(source, marks, 900)
    assert "lines" not in found
    source.emit([quote("2690.00", "2690.01", 30)])
    found, marks = send(source, marks, 1200)
    assert found["lines"]["rows"][2]["away"] == "0.37 %"
    source.submit(PlaceOrder("close-it", ETH, -1, Decimal(1), T0_NS, reduce_only=True))
    found, marks = send(source, marks, 1210)
    assert found["lines"]["rows"] == []
    source.emit([quote("2695.00", "2695.01", 40)])
    assert "lines" not in send(source, marks, 1600)[0]


def test_distances_move_at_most_four_times_a_second() -> None:
    source = hub([quote("2683.80", "2683.81")])
    opened(source)
    _, marks = send(source, None, 1000)
    source.emit([quote("2690.00", "2690.01", 30)])
    found, marks = send(source, marks, 1100)
    assert "lines" not in found
    assert "lines" in send(source, marks, 1250)[0]
