"""Orders on the page: what is sent once is done once, what works is seen and can be cancelled, and what became of it is said."""

from collections.abc import Callable
from decimal import Decimal

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.page.conftest import Desk, Page, until

Start = Callable[..., Desk]
ANSWER = "document.getElementById('ticket-answer').textContent"
STATES = "[...document.querySelectorAll('#orders .ag-center-cols-container [col-id=state]')].map((one) => one.textContent)"
HELD = "[...desk.state.positions.values()].map((row) => row.symbol + ' ' + row.quantity)"


def unlocked(desk: Start, page: Page, *flags: str) -> Desk:
    running = desk("--feed", "replay", *flags)
    page.open(running)
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.until("desk.state.quotes.get('ETH/USDT')")
    return running


def typed(page: Page, element_id: str, text: str) -> None:
    field = page.driver.find_element(By.ID, element_id)
    field.clear()
    field.send_keys(text)


def test_a_market_order_is_accepted_at_once_and_said_when_it_filled_with_its_fees(desk: Start, page: Page) -> None:
    running = unlocked(desk, page, "--order-latency", "1500")
    page.click("#ticket-buy")
    page.until(f"{ANSWER} === 'buy 0.1 ETH/USDT: accepted'")
    assert page.js(HELD) == []
    page.until(f"/^bought 0.1 ETH.USDT at 2,6/.test({ANSWER})")
    page.until(f"{HELD}.join() === 'ETH/USDT +0.1'")
    account = running.api("/api/account")["account"]
    shown = page.js("document.getElementById('realized').textContent")
    assert f"balance {Decimal(account['balance']):,.2f}" in shown and Decimal(account["fees"]) > 0
    (row,) = running.api("/api/positions")["positions"]
    assert page.js("desk.state.positions.get('ETH/USDT').entry") == f"{Decimal(row['average_cost']):,.2f}"


def test_a_double_click_is_one_order_and_a_question_and_the_next_click_its_answer(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    ActionChains(page.driver).double_click(page.driver.find_element(By.ID, "ticket-buy")).perform()
    page.until(f"/the same order was clicked a moment ago/.test({ANSWER})")
    until(lambda: len(running.api("/api/orders")["orders"]) == 1, 10, "the first order on disk")
    page.click("#ticket-buy")
    until(lambda: len(running.api("/api/orders")["orders"]) == 2, 10, "the second order")


def test_a_limit_order_rests_in_the_orders_table_until_it_is_cancelled(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    Select(page.driver.find_element(By.ID, "ticket-type")).select_by_value("limit")
    page.until("!document.getElementById('field-price').hidden && document.getElementById('ticket-price').value")
    typed(page, "ticket-price", "2600")
    page.click("#price-up")
    page.until("document.getElementById('ticket-price').value === '2600.01'")
    page.until("/notional 260.00 · margin 2.60 · fees/.test(document.getElementById('ticket-preview').textContent)")
    page.click("#ticket-buy")
    page.click("#tab-orders")
    page.until(f"{STATES}.join() === 'accepted'")
    page.until("document.getElementById('tab-orders').textContent === 'Orders 1'")
    page.driver.refresh()
    page.wait_drawn()
    page.click("#tab-orders")
    page.until(f"{STATES}.join() === 'accepted'")
    page.click("[data-cancel]")
    page.until(f"{STATES}.join() === 'cancelled: cancelled by the user' && !document.querySelector('[data-cancel]')")
    assert running.api("/api/orders")["orders"][0]["state"] == "cancelled"


def test_an_emptied_price_stays_empty_and_another_symbol_brings_its_own(desk: Start, page: Page) -> None:
    unlocked(desk, page)
    Select(page.driver.find_element(By.ID, "ticket-type")).select_by_value("limit")
    page.until("Number(document.getElementById('ticket-price').value) > 2500")
    field = page.driver.find_element(By.ID, "ticket-price")
    page.until("desk.state.prices.get('ETH/USDT').toFixed(2) !== document.getElementById('ticket-price').value")
    field.clear()
    page.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(arguments[0], 0)))")
    field.send_keys("2600")
    assert field.get_attribute("value") == "2600"
    page.until("desk.state.prices.get('BTC/USDT') > 0")
    Select(page.driver.find_element(By.ID, "symbol")).select_by_value("BTC/USDT")
    page.until("Number(document.getElementById('ticket-price').value) > 50000")


def test_the_order_after_the_last_of_a_minute_is_counted_down_at_the_ticket(desk: Start, page: Page) -> None:
    unlocked(desk, page, "--order-limit", "1", "--repeat-guard-ms", "0")
    page.click("#ticket-buy")
    page.until(f"/^bought/.test({ANSWER})")
    page.click("#ticket-sell" if page.js(f"{HELD}.length") == 0 else "#ticket-buy")
    page.until(f"/1 orders in a minute: the next in 5[0-9] s/.test({ANSWER})")
    first = page.js(ANSWER)
    page.until(f"/the next in/.test({ANSWER}) && {ANSWER} !== {first!r}")


def test_parts_of_a_position_close_it_flips_and_flatten_says_what_became_of_each_leg(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    typed(page, "ticket-quantity", "1")
    page.click("#ticket-buy")
    page.until(f"{HELD}.join() === 'ETH/USDT +1'")
    page.click("[data-part='0']")
    page.until(f"{HELD}.join() === 'ETH/USDT +0.75'")
    page.click("[data-part='1']")
    page.until(f"{HELD}.join() === 'ETH/USDT +0.375'")
    page.click("[data-flip]")
    page.until(f"{HELD}.join() === 'ETH/USDT −0.375'")
    page.click("#flatten")
    page.until(f"{HELD}.length === 0")
    page.until(f"{ANSWER} === 'flatten: ETH/USDT closed'")
    assert running.api("/api/positions")["positions"] == []


def test_a_size_by_percent_binds_so_much_of_the_free_margin(desk: Start, page: Page) -> None:
    running = unlocked(desk, page, "--leverage", "10")
    page.click("#size-5")
    page.until("Number(document.getElementById('ticket-quantity').value) > 1")
    page.click("#ticket-buy")
    page.until(f"{HELD}.length === 1")
    used = Decimal(running.api("/api/account")["account"]["used_margin"])
    assert Decimal("495") < used <= Decimal("501")
