"""The tab `Alerts`: a rule is made there, rings with a sound unless that is off, and what rang stays until it is seen."""

from collections.abc import Callable

from selenium.webdriver.support.ui import Select

from tests.page.conftest import Desk, Page
from tests.page.test_orders import typed

Start = Callable[..., Desk]
LINES = "[...document.querySelectorAll('#alert-list .words')].map((one) => one.textContent)"
RULES = "[...document.querySelectorAll('#rule-list .words')].map((one) => one.textContent)"


def test_a_rule_made_on_the_page_rings_there_and_is_silent_when_the_sound_is_off(desk: Start, page: Page) -> None:
    page.open(desk("--feed", "replay"))
    page.click("#tab-alerts")
    page.until(f"{RULES}.includes('margin from 80 %')")
    page.click("#rule-send")
    page.until("/a price alert needs a level/.test(document.getElementById('rule-answer').textContent)")
    price = page.js("desk.state.prices.get('ETH/USDT')")
    for way, level in (("rises", price + 0.3), ("falls", price - 0.3)):  # one of the two comes
        Select(page.driver.find_element("id", "rule-way")).select_by_value(way)
        typed(page, "rule-level", f"{level:.2f}")
        page.click("#rule-send")
        page.until(f"{RULES}.includes('ETH/USDT {way} to {level:.2f}'.replace(/0+$/, '').replace(/[.]$/, ''))")
        page.until("document.getElementById('rule-level').value === ''")
    page.until(f"/^ETH.USDT (rose|fell) to 2/.test({LINES}[0])", 60)
    page.until("desk.alerts.sounded > 0 && /^Alerts [12]$/.test(document.getElementById('tab-alerts').textContent)")
    page.click("#alert-sound")
    page.until("document.getElementById('alert-sound').textContent === 'sound off'")
    page.click("#alerts-seen")
    page.until("document.getElementById('tab-alerts').textContent === 'Alerts'")
    before = page.js("desk.alerts.sounded")
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    Select(page.driver.find_element("id", "rule-kind")).select_by_value("margin")
    typed(page, "rule-level", "0.02")
    page.click("#rule-send")
    page.until(f"{RULES}.includes('margin from 0.02 %')")
    page.click("#ticket-buy")
    page.until(f"/^Margin at 0[.]0 %/.test({LINES}[0])")
    assert page.js("desk.alerts.sounded") == before
    page.driver.refresh()
    page.wait_drawn()
    page.until("document.getElementById('tab-alerts').textContent === 'Alerts 1'")
