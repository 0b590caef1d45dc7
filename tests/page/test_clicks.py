"""What a click on the page asks of the server and does not get is said, in the server's own words where it has some."""

from collections.abc import Callable

import pytest

from tests.page.conftest import Desk, Page
from tests.page.test_book import order

ANSWERS = """((path, status, message) => {
    const whole = window.fetch;
    const lost = () => Promise.reject(new TypeError('gone'));
    const answer = () => status ? Promise.resolve(new Response(JSON.stringify({ message }), { status })) : lost();
    window.fetch = (asked, ...more) => String(asked) === path ? answer() : whole(asked, ...more);
    return true;
})(...arguments)"""


@pytest.mark.parametrize(
    ("button", "path", "place", "begins"),
    [
        ("unlock-replay", "/api/replay/unlock", "ticket-answer", "trade in replay: "),
        ("try-live", "/api/feed/live", "strip-text", "live not tried: "),
    ],
)
@pytest.mark.parametrize(
    ("status", "message", "said"),
    [
        (403, "this server is read-only", "this server is read-only"),
        (502, None, "HTTP 502"),
        (0, None, "the server was not reached"),
    ],
)
def test_a_click_that_led_to_nothing_says_why(
    replay: Desk, page: Page, button: str, path: str, place: str, begins: str, status: int, message: str | None, said: str
) -> None:
    page.open(replay)
    page.js(ANSWERS, path, status, message)
    page.js(f"document.getElementById('{button}').click()")
    page.until(f"document.getElementById('{place}').textContent.startsWith('{begins}{said}')")
    assert page.errors() == []


ANSWER = "document.getElementById('ticket-answer')"
STRIP = "document.getElementById('strip-text').textContent"


def unlocked(desk: Callable[..., Desk], page: Page) -> Desk:
    running = desk("--feed", "replay")
    page.open(running)
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    return running


def test_a_rejected_order_is_said_among_the_orders_and_at_the_ticket_that_sent_it(desk: Callable[..., Desk], page: Page) -> None:
    running = unlocked(desk, page)
    order(running, "ETH/USDT", "buy", "100000")  # from elsewhere: this page hears of it by a frame only
    page.click("#tab-orders")
    refused = "[...document.querySelectorAll('#orders .ag-row [col-id=state]')].map((one) => one.textContent).join()"
    page.until(f"/^rejected: a notional of .* is above 20 × the balance/.test({refused})")
    assert "notional" not in page.js(STRIP)
    page.driver.execute_script("document.getElementById('ticket-quantity').value = '90000'")
    page.click("#ticket-buy")
    page.until(f"{ANSWER}.dataset.kind === 'no' && /rejected · a notional of/.test({ANSWER}.textContent)")
    page.driver.execute_script("document.getElementById('ticket-quantity').value = '0.1'")
    page.click("#ticket-buy")
    page.until(f"/^bought /.test({ANSWER}.textContent)")


def test_another_round_of_the_replay_clears_what_the_ticket_said_of_the_last(desk: Callable[..., Desk], page: Page) -> None:
    unlocked(desk, page)
    page.click("#ticket-sell")
    page.until(f"/^sold /.test({ANSWER}.textContent)")
    page.driver.execute_script(
        """desk.apply({ epoch: "another", version: desk.state.version, full: true, sections: [desk.state.status] },
            performance.now(), true);"""
    )
    page.until(f"!/sold/.test({ANSWER}.textContent)")
    page.driver.refresh()  # what the server goes on to say builds on a frame that it never sent
    page.wait_drawn()
