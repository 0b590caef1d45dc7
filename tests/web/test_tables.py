"""The positions table's texts, and who is told of a refusal."""

import json
from decimal import Decimal

import pytest

from app.core.model import PlaceOrder
from app.web import board
from app.web.tables import position_rows
from tests.market import ETH, T0_NS, hub, quote, tick


@pytest.mark.parametrize(("bid", "ask", "mark"), [("100.01", "100.02", "100.015"), ("100.01", "100.03", "100.020")])
def test_a_mark_has_one_decimal_more_than_its_prices_whether_it_needs_it_or_not(bid: str, ask: str, mark: str) -> None:
    source = hub([quote(bid, ask), tick(1, bid)])
    source.submit(PlaceOrder("order-001", ETH, 1, Decimal(1), T0_NS))
    rows, _ = position_rows(source.snapshot())
    assert (rows[ETH]["mark"], rows[ETH]["entry"]) == (mark, ask)


def test_a_refusal_is_told_apart_from_what_the_header_has_to_say() -> None:
    source = hub([quote("100", "101"), tick(1, "100.5")])
    source.submit(PlaceOrder("order-001", ETH, 1, Decimal(10**9), T0_NS))
    section = board.status(source.snapshot(), None, 0)
    assert section is not None
    told = json.loads(section.text)
    assert told["rejected"] and told["notice"] == ""
    source.submit(PlaceOrder("order-002", ETH, 1, Decimal(1), T0_NS))
    section = board.status(source.snapshot(), None, 0)
    assert section is not None and json.loads(section.text)["rejected"] == ""
