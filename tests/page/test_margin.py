"""Margin added to a position and withdrawn again on its row, by keyboard and by touch."""

from collections.abc import Callable

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.conftest import Desk, Page
from tests.page.test_book import REPLAY, both_shown, sized, with_positions

Start = Callable[..., Desk]
CELL = "#positions [row-id='ETH/USDT'] [col-id='margin']"
SAID = "document.getElementById('margin-said').textContent"


def rows(running: Desk) -> dict[str, dict[str, str]]:
    return {row["symbol"]: row for row in running.api("/api/positions")["positions"]}


def test_a_rows_margin_is_added_to_by_keyboard_and_its_liquidation_price_follows(desk: Start, page: Page) -> None:
    running = with_positions(desk(*REPLAY))
    page.open(running)
    both_shown(page)
    before = page.js("({ ...desk.state.positions.get('ETH/USDT') })")
    page.driver.execute_script("dash_ag_grid.getApi('positions').setFocusedCell(0, 'margin')")
    ActionChains(page.driver).send_keys(Keys.ENTER).perform()
    page.until("document.activeElement.id === 'margin-amount'")
    field = page.driver.find_element(By.ID, "margin-amount")
    field.send_keys("99999")
    page.click("#margin-add")
    page.until(f"{SAID}.endsWith(' is free')")
    field.clear()
    field.send_keys("25")
    ActionChains(page.driver).send_keys(Keys.TAB, Keys.ENTER).perform()
    page.until(f"{SAID}.includes('of it 25.00 added')")
    shown = "desk.state.positions.get('ETH/USDT')"
    page.until(f"{shown}.added === '25.00' && {shown}.liquidation !== '{before['liquidation']}'")
    page.until(f'document.querySelector("{CELL}").textContent === {shown}.margin')
    assert rows(running)["ETH/USDT"]["margin_added"] == "25" and rows(running)["BTC/USDT"]["margin_added"] == "0"
    page.click("#margin-amount")
    ActionChains(page.driver).send_keys(Keys.ESCAPE).perform()
    page.until("!document.getElementById('margin-form').open")
    page.until(f'document.activeElement === document.querySelector("{CELL} button")')
    assert running.api("/api/orders")["orders"] and len(rows(running)) == 2, "Esc closed a field, and nothing else"


def test_on_a_phone_margin_is_withdrawn_under_the_thumb_and_no_card_moves(desk: Start, page: Page) -> None:
    running = with_positions(desk(*REPLAY))
    sized(page, 390, 844)
    page.open(running)
    both_shown(page)
    button = "document.querySelector('button.margin[data-margin=\"BTC/USDT\"]')"
    page.driver.execute_script(f"{button}.scrollIntoView({{ block: 'center' }})")
    top = f"Math.round({button}.getBoundingClientRect().top)"
    before = page.js(top)
    assert page.js(f"{button}.offsetHeight") >= 32
    for way, added in (("add", "30.00"), ("withdraw", "0.00")):
        page.click("button.margin[data-margin='BTC/USDT']")
        page.until("document.activeElement.id === 'margin-amount'")
        page.driver.find_element(By.ID, "margin-amount").send_keys("30")
        page.click(f"#margin-{way}")
        page.until(f"desk.state.positions.get('BTC/USDT').added === '{added}'")
        page.until(f"{SAID}.includes('of it {added} added')")
        assert page.js(top) == before
        page.click("#margin-close")
        page.until("!document.getElementById('margin-form').open")
