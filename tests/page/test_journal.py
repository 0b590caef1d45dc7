"""A round trip that is traded on the page stands in its journal, is found by the filter, and nothing moves meanwhile."""

from collections.abc import Callable
from decimal import Decimal

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.page.conftest import Desk, Page
from tests.page.test_book import sized
from tests.page.test_orders import HELD, unlocked

Start = Callable[..., Desk]
TRIPS = "[...document.querySelectorAll('#journal-rows .trip')]"
WORDS = "document.getElementById('journal-words').textContent"
PLACES = """['panel-positions', 'journal-symbol', 'journal-rows', 'panel-ticket'].map((id) => {
    const box = document.getElementById(id).getBoundingClientRect();
    return [box.x, box.y, box.width, box.height];
})"""


def cell(label: str) -> str:
    return f"{TRIPS}[0].querySelector('[data-label=\"{label}\"]').textContent"


def test_a_round_trip_traded_on_the_page_is_read_filtered_and_taken_along(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    page.click("#tab-journal")
    page.until(f"{WORDS}.startsWith('no round trip yet')")
    empty = page.js(PLACES)
    page.click("#tab-positions")
    page.click("#ticket-buy")
    page.until(f"{HELD}.join() === 'ETH/USDT +0.1'")
    page.until("document.querySelector('[data-close=\"ETH/USDT\"]:not([data-part])')")
    page.click('[data-close="ETH/USDT"]:not([data-part])')
    page.click("#tab-journal")
    page.until(f"{TRIPS}.length === 1 && {WORDS}.startsWith('1 round trip · 0 won, 1 lost')")  # fees are more than it brings
    (trip,) = running.api("/api/journal")["trips"]
    assert page.js(cell("Net P&L")) == f"▼ −{abs(Decimal(trip['net_pnl'])):,.2f}"
    assert (page.js(cell("Side")), page.js(cell("Quantity"))) == ("long", "0.1")
    assert page.js(cell("Entry")) == f"{Decimal(trip['entry']):,.2f}" and page.js(cell("+60 s")) == "–"
    page.until(f"{cell('+1 s')} !== '–'")  # by itself
    assert page.js(PLACES) == empty

    Select(page.driver.find_element(By.ID, "journal-side")).select_by_value("short")
    page.until(f"{TRIPS}.length === 0 && {WORDS}.startsWith('0 of 1 round trips')")
    assert page.js(PLACES) == empty
    Select(page.driver.find_element(By.ID, "journal-side")).select_by_value("long")
    Select(page.driver.find_element(By.ID, "journal-result")).select_by_value("lost")
    page.until(f"{TRIPS}.length === 1")
    page.driver.execute_script(
        "fetch(document.getElementById('journal-csv').href).then((a) => a.text()).then((t) => { window.table = t; })"
    )
    page.until("window.table")
    assert "side=long&result=lost" in page.js("document.getElementById('journal-csv').href")
    assert [row.split(",")[0] for row in page.js("window.table").splitlines()] == ["trip", "1"]

    sized(page, 390, 844)
    page.until("document.documentElement.scrollWidth === 390")
    cut = f"{TRIPS}.flatMap((row) => [...row.children]).filter((one) => one.scrollWidth > one.clientWidth)"
    page.until(f"{TRIPS}.length === 1 && getComputedStyle({TRIPS}[0]).display === 'grid'")
    assert page.js(f"{cut}.map((one) => one.textContent)") == []
    assert page.errors() == []


def test_an_answer_that_does_not_come_is_said_and_the_next_one_takes_its_place(desk: Start, page: Page) -> None:
    unlocked(desk, page)
    page.click("#tab-journal")
    page.until(f"{WORDS}.startsWith('no round trip yet')")
    page.network(offline=True)
    Select(page.driver.find_element(By.ID, "journal-side")).select_by_value("short")
    page.until(f"{WORDS} === 'no answer: what stands here may be old'")
    page.network(offline=False)
    Select(page.driver.find_element(By.ID, "journal-side")).select_by_value("all")
    page.until(f"{WORDS}.startsWith('no round trip yet')")
