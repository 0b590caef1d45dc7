"""What a page is told of orders, fills and money: at once where it matters, never twice, and nothing of another epoch's."""

from dataclasses import replace
from decimal import Decimal

from app.core.desk import Desk
from app.core.model import CancelOrder, PlaceOrder
from app.core.snapshot import Snapshot
from app.hub import Hub
from app.web import board
from app.web.frame import View
from app.web.section import Section
from tests.market import BTC, ETH, T0_NS, hub, quote, started, terms, tick
from tests.web.test_frame import flush, sections, send


def limit(client_id: str, price: str, **more: object) -> PlaceOrder:
    asked = PlaceOrder(client_id, ETH, 1, Decimal(2), T0_NS, type="limit", price=Decimal(price))
    return replace(asked, **more)  # type: ignore[arg-type]


def test_what_a_working_order_binds_is_missing_from_the_free_margin_while_the_page_is_flat() -> None:
    source = hub([quote("100", "101")])
    first, marks = send(source, None, 0)
    assert first["positions"]["totals"]["free"] == "10,000.00"
    source.submit(limit("order-001", "99"))
    bound, marks = send(source, marks, 10)
    assert bound["positions"]["totals"]["free"] == "9,998.02" and bound["positions"]["upsert"] == []
    source.submit(CancelOrder(0, T0_NS))
    assert send(source, marks, 20)[0]["positions"]["totals"]["free"] == "10,000.00"


def test_a_trailing_stop_moves_with_every_print_and_its_row_ten_times_a_second() -> None:
    source = hub([quote("100", "101"), tick(1, "100.5")])
    trailing = PlaceOrder("order-001", ETH, -1, Decimal(2), T0_NS, type="trailing_stop", trail=Decimal(1))
    source.submit(replace(trailing, by="program"))
    shown, marks = send(source, None, 0)
    assert shown["orders"]["upsert"][0]["price"] == "⌁ trails by 1"
    sent = []
    for at_ms in range(1, 250):
        source.emit([tick(1 + at_ms, f"{100.5 + at_ms / 100:.2f}", at_ms)])
        told, marks = send(source, marks, at_ms)
        if "orders" in told:
            sent.append((at_ms, told["orders"]["upsert"][0]["price"]))
    assert sent == [(100, "⌁ 100.50"), (200, "⌁ 101.50")]
    source.submit(CancelOrder(0, T0_NS))
    assert send(source, marks, 250)[0]["orders"]["upsert"][0]["state"] == "cancelled"


def test_orders_that_stay_as_they_were_are_looked_at_once() -> None:
    source = hub([quote("100", "101")])
    source.submit(limit("order-001", "99"))
    snapshot: Snapshot = source.snapshot()
    first = board.orders(snapshot, None, 0)
    assert isinstance(first, Section) and first.text
    grown = replace(snapshot, account=replace(snapshot.account, revision=(99, 99)))
    again = board.orders(grown, first.mark, 0)
    assert isinstance(again, Section) and again.text == b"" and board.orders(grown, again.mark, 1) is None


def test_fills_of_another_epoch_stand_on_no_tick_of_this_one() -> None:
    source = Hub(Desk(terms()))
    source.emit([started(), *(tick(number, "100", number) for number in range(1, 9)), quote("100", "101", 9)])
    source.submit(PlaceOrder("order-001", ETH, 1, Decimal(2), T0_NS))
    marker = sections(flush(source).frame(View(ETH), None).text)["markers"]["rows"]
    assert [(row["n"], row["kind"]) for row in marker] == [(8, "fill")]
    source.emit([replace(started(epoch="e2", symbols=(ETH, BTC)), ts_recv_ns=T0_NS + 60_000_000_000), tick(1, "100", 60_000)])
    anew = sections(flush(source).frame(View(ETH), None).text)
    assert anew["markers"]["rows"] == [] and anew["positions"]["upsert"][0]["quantity"] == "+2"


def test_what_a_quote_does_not_change_is_worked_out_once_in_its_slot() -> None:
    source = hub([quote("100", "101"), tick(1, "100.5")])
    source.submit(PlaceOrder("order-001", ETH, 1, Decimal(1), T0_NS))
    first = board.risk(source.snapshot(), None, 0)
    assert isinstance(first, Section)
    source.emit([quote("100", "101", 300, size="7")])
    again = board.risk(source.snapshot(), first.mark, 10_000)
    assert isinstance(again, Section) and again.text == b""
    assert board.risk(source.snapshot(), again.mark, 10_001) is None
