"""The positions table's texts, and who is told of a refusal."""

from decimal import Decimal

import pytest

from app.core.model import PlaceOrder
from app.web.tables import position_rows
from tests.market import ETH, T0_NS, hub, quote, tick


@pytest.mark.parametrize(("bid", "ask", "mark"), [("100.01", "100.02", "100.015"), ("100.01", "100.03", "100.020")])
def test_a_mark_has_one_decimal_more_than_its_prices_whether_it_needs_it_or_not(bid: str, ask: str, mark: str) -> None:
    source = hub([quote(bid, ask), tick(1, bid)])
    source.submit(PlaceOrder("order-001", ETH, 1, Decimal(1), T0_NS))
    rows, _ = position_rows(source.snapshot())
    assert (rows[ETH]["mark"], rows[ETH]["entry"]) == (mark, ask)
