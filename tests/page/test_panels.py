"""The page as panels: each stands in its place at every size, and a broken one leaves the others live."""

from collections.abc import Callable

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.page.conftest import Desk, Page

Start = Callable[..., Desk]
REPLAY = ("--feed", "replay")


def test_one_broken_panel_keeps_its_picture_and_leaves_the_others_live(replay: Desk, page: Page) -> None:
    page.open(replay)
    page.until("document.getElementById('candles-3').querySelectorAll('path.box').length > 0")
    page.driver.execute_script("window.desk.draw.charts[4].write = () => { throw new Error('no ink'); };")
    picture = "document.getElementById('candles-3').querySelector('.boxlayer .desk-own').innerHTML"
    page.until("document.getElementById('reason-candles-3').textContent.includes('no ink')")
    kept = page.js(picture)
    page.wait_moves()
    assert page.js(picture) == kept and len(kept) > 100


def test_broken_orders_and_a_broken_ticket_leave_the_positions_and_the_clock_live(desk: Start, page: Page) -> None:
    page.open(desk(*REPLAY))
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.driver.execute_script(
        "desk.orders.draw = () => { throw new Error('no paper'); }; desk.ticket.draw = () => { throw new Error('no pen'); };"
    )
    page.click("#ticket-buy")
    page.until("document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"]')")
    said = "document.getElementById('reason-positions').textContent"
    page.until(f"{said}.includes('orders stopped: no paper') && {said}.includes('ticket stopped: no pen')")
    clock = page.text("clock")
    page.until(f"document.getElementById('clock').textContent !== {clock!r}")


def test_nothing_scrolls_at_1600_by_1000_and_the_phone_has_one_column(desk: Start, page: Page) -> None:
    running = desk(*REPLAY)
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 1600, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    )
    page.open(running)
    size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert page.js(size) == [1600, 1000]
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    page.open(running)
    assert page.js(size)[0] == 390
    lefts = page.js(
        "['panel-tick-chart', 'panel-positions', 'panel-ticket', 'side']"
        ".map((id) => document.getElementById(id).getBoundingClientRect())"
        ".map((box) => [Math.round(box.left), Math.round(box.width)])"
    )
    assert all(left <= 12 and width >= 366 for left, width in lefts), lefts
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.click("#ticket-buy")
    page.until("document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"]')")


@pytest.mark.parametrize(("width", "height"), [(1600, 1000), (1366, 768), (1100, 800), (390, 844)])
def test_every_type_of_order_has_room_in_the_ticket(replay: Desk, page: Page, width: int, height: int) -> None:
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    )
    page.open(replay)
    kinds = page.js("[...document.getElementById('ticket-type').options].map((one) => one.value).filter(Boolean)")
    assert len(kinds) == 6
    for kind in kinds:
        Select(page.driver.find_element(By.ID, "ticket-type")).select_by_value(kind)
        page.until(f"document.getElementById('ticket-type').value === '{kind}'")
        assert page.js("document.documentElement.scrollWidth") == width, kind
        outside = page.js(
            """((panel) => { const edge = panel.getBoundingClientRect();
                return [...panel.querySelectorAll('button, input, select')].filter((one) => one.offsetParent)
                    .map((one) => [one.id || one.textContent, one.getBoundingClientRect()])
                    .filter(([, box]) => box.right > edge.right + 0.5 || box.bottom > edge.bottom + 0.5)
                    .map(([name, box]) => [name, Math.round(box.right - edge.right), Math.round(box.bottom - edge.bottom)]);
            })(document.getElementById('panel-ticket'))"""
        )
        assert outside == [], kind
        if width > 500:
            assert page.js("document.documentElement.scrollHeight") == height, kind
