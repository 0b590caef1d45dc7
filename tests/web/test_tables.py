"""The positions table's texts, and who is told of a refusal."""

from decimal import Decimal

import pytest

from app.core.admission import Terms
from app.core.desk import Desk
from app.core.model import PlaceOrder
from app.hub import Hub
from app.web.tables import position_rows
from tests.market import BTC, ETH, T0_NS, hub, quote, started, tick


@pytest.mark.parametrize(("bid", "ask", "mark"), [("100.01", "100.02", "100.015"), ("100.01", "100.03", "100.020")])
def test_a_mark_has_one_decimal_more_than_its_prices_whether_it_needs_it_or_not(bid: str, ask: str, mark: str) -> None:
    source = hub([quote(bid, ask), tick(1, bid)])
    source.submit(PlaceOrder("order-001", ETH, 1, Decimal(1), T0_NS))
    rows, _ = position_rows(source.snapshot())
    assert (rows[ETH]["mark"], rows[ETH]["entry"]) == (mark, ask)


def test_every_cell_of_a_long_a_short_and_the_foot_by_hand() -> None:
    source = Hub(Desk(Terms(50, 0, Decimal(2), Decimal(5))))
    source.emit([started(), quote("2000", "2000.5"), quote("60000", "60001", symbol=BTC)])
    source.submit(PlaceOrder("order-001", ETH, 1, Decimal(4), T0_NS))
    source.submit(PlaceOrder("order-002", BTC, -1, Decimal("0.1"), T0_NS))
    source.emit([quote("2010", "2010.5", 100), quote("60100", "60101", 200, symbol=BTC)])
    rows, foot = position_rows(source.snapshot())
    assert rows[ETH] == {
        "id": ETH,
        "symbol": ETH,
        "side": "long",
        "quantity": "+4",
        "entry": "2,000.50",
        "mark": "2,010.250",
        "pnl": "+39.00",  # 4 · (2010.25 − 2000.5)
        "pnl_percent": "+24.37",  # of the margin, 39 / 160.04
        "net": "+29.98",  # at the bid: 4 · (2010 − 2000.5) − 4.001 − 4.02
        "paid": "4.00",
        "exit_fee": "4.02",
        "margin": "160.04",  # 4 · 2000.5 / 50
        "added": "0.00",
        "leverage": "50×",
        "liquidation": "1,962.45",  # (8002 − 160.04) / (4 · 0.999)
        "distance": "+2.38",  # (2010.25 − 1962.45) / 2010.25
        "age_ms": 100,
        "source": "stream",
        "sign": 1,
        "close_side": "sell",
        "close_quantity": "4",
        "close_parts": ["1", "2"],
        "flip_quantity": "8",
    }
    assert rows[BTC] == {
        "id": BTC,
        "symbol": BTC,
        "side": "short",
        "quantity": "−0.1",
        "entry": "60,000.00",
        "mark": "60,100.500",
        "pnl": "−10.05",
        "pnl_percent": "−8.38",  # 10.05 / 120
        "net": "−16.11",  # at the ask: 0.1 · (60000 − 60101) − 3 − 3.00505
        "paid": "3.00",
        "exit_fee": "3.01",
        "margin": "120.00",
        "added": "0.00",
        "leverage": "50×",
        "liquidation": "61,138.86",  # (6000 + 120) / (0.1 · 1.001)
        "distance": "+1.73",
        "age_ms": 0,
        "source": "stream",
        "sign": -1,
        "close_side": "buy",
        "close_quantity": "0.1",
        "close_parts": ["0.025", "0.05"],
        "flip_quantity": "0.2",
    }
    assert foot == {
        "count": 2,
        "pnl": "+28.95",
        "pnl_percent": "+10.34",  # 28.95 / 280.04
        "net": "+13.87",
        "sign": 1,
        "margin": "280.04",
        "fees": "7.00",  # 5 bp of 8002 and of 6000
        "realized": "−7.00",
        "balance": "9,993.00",
        "equity": "10,021.95",
        "free": "9,712.96",
    }
