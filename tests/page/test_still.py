"""What is said moves nothing under the pointer: a long answer of the ticket, a reason, a count on a tab."""

from collections.abc import Callable
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from tests.page.conftest import Desk, Page
from tests.servers.binance import LocalBinance

Start = Callable[..., Desk]
ANSWER = "document.getElementById('ticket-answer').textContent"
SIZES = [(1600, 1000), (1100, 800), (390, 844)]
PLACES = """Object.fromEntries([...document.querySelectorAll('.panel, .chip, .btn, input, select')]
    .filter((one) => one.checkVisibility() && !one.closest('.head, #positions'))
    .map((one) => [one.id || one.textContent, one.getBoundingClientRect()])
    .map(([name, box]) => [name, [box.left, box.top + scrollY].map(Math.round)]))"""
UNREACHABLE = """[...document.querySelectorAll('#panel-ticket :is(button, input, select)')]
    .filter((one) => one.checkVisibility()).filter((one) => {
        one.scrollIntoView({ block: 'center' });
        const box = one.getBoundingClientRect();
        return !one.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height - 3));
    }).map((one) => one.id || one.textContent)"""


def sized(page: Page, width: int, height: int) -> None:
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    )


def moved(page: Page, before: dict[str, Any]) -> dict[str, Any]:
    """What stood there before and stands elsewhere now: from and to."""
    now = page.js(PLACES)
    return {name: (place, now.get(name)) for name, place in before.items() if now.get(name) != place}


def test_a_long_answer_of_the_ticket_moves_nothing_covers_nothing_and_can_be_read_to_its_end(desk: Start, page: Page) -> None:
    running = desk("--feed", "replay")
    for number, (width, height) in enumerate(SIZES):
        sized(page, width, height)
        page.open(running)
        if not number:
            page.click("#unlock-replay")
        page.until("!document.getElementById('ticket-buy').disabled && desk.state.quotes.get('ETH/USDT')")
        field = page.driver.find_element(By.ID, "ticket-quantity")
        field.clear()
        field.send_keys(f"0.{number + 1}{'123456789' * 12}")
        before = page.js(PLACES)
        page.click("#ticket-buy")
        page.until(f"{ANSWER}.length > 150 && {ANSWER}.startsWith('quantity: a number above zero like 0.25, not')")
        assert moved(page, before) == {}, width
        assert page.js("[document.documentElement.scrollWidth, innerWidth]") == [width, width]
        assert page.js(UNREACHABLE) == [], width
        read = page.js(
            """((one) => { one.scrollTop = one.scrollHeight; const end = document.createRange(), text = one.lastChild;
                end.setStart(text, text.length - 1); end.setEnd(text, text.length);
                const box = end.getBoundingClientRect(), edge = one.getBoundingClientRect();
                return [box.top >= edge.top - 1, box.bottom <= edge.bottom + 1, edge.height >= 16];
            })(document.getElementById('ticket-answer'))"""
        )
        assert read == [True, True, True], (width, page.js(ANSWER))


@pytest.mark.parametrize(("width", "height"), [(1600, 1000), (390, 844)])
def test_a_count_on_a_tab_and_a_reason_move_no_button(desk: Start, page: Page, width: int, height: int) -> None:
    sized(page, width, height)
    with LocalBinance(rate=40) as venue:
        flags = ("--ws-url", venue.ws_url, "--rest-url", venue.rest_url, "--line-stale-after", "1.5", "--stale-after", "2")
        page.open(desk("--feed", "binance", *flags))
        page.until("document.getElementById('ticket-buy').getAttribute('aria-disabled') === 'false'")
        before = page.js(PLACES)
        page.click("#ticket-buy")
        page.until("document.getElementById('tab-positions').textContent === 'Positions 1'")
        page.until("document.querySelector('#positions .close')")
        assert moved(page, before) == {}
        venue.faults.stall()
        page.until("document.getElementById('reason-positions').textContent.length > 20")
        page.until("document.getElementById('ticket-refused').textContent")
        assert moved(page, before) == {}
