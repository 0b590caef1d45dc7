"""Hotkeys: off until armed, a press is an order, and what must not open by accident does not."""

from collections.abc import Callable
from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.conftest import Desk, Page, until
from tests.page.test_orders import ANSWER, HELD, typed, unlocked

Start = Callable[..., Desk]
SWITCH = "document.getElementById('keys-armed').textContent"
QUANTITY = "document.getElementById('ticket-quantity').value"


def press(page: Page, *keys: str) -> None:
    for key in keys:
        ActionChains(page.driver).send_keys(key).perform()


def orders(running: Desk) -> list[Any]:
    return list(running.api("/api/orders")["orders"])


def test_keys_do_nothing_until_armed_and_then_each_press_is_an_order(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    press(page, "b", "2", "f")
    press(page, "?")
    page.until("document.getElementById('key-map').open")
    press(page, Keys.ESCAPE)
    page.until("!document.getElementById('key-map').open")
    assert orders(running) == [] and page.js(QUANTITY) == "0.1"
    page.click("#keys-armed")
    assert page.js(SWITCH) == "keys armed"
    press(page, "b", "b")  # within the repeated click's guard: two presses are two orders
    page.until(f"{HELD}.join() === 'ETH/USDT +0.2'")
    assert len(orders(running)) == 2
    press(page, "6")
    page.until(f"{HELD}.join() === 'ETH/USDT +0.1'")
    press(page, "f")
    page.until(f"{HELD}.join() === 'ETH/USDT −0.1'")
    press(page, "f", "f")  # the second one would double it: the first is not seen yet
    page.until(f"{HELD}.join() === 'ETH/USDT +0.1'")
    press(page, "7")
    page.until(f"{HELD}.length === 0")
    before = len(orders(running))
    press(page, "1", "s")  # the size first, then the order with it
    until(lambda: len(orders(running)) == before + 1, 10, "the order")
    assert orders(running)[-1]["quantity"] != "0.1"


def test_a_key_held_down_typed_into_a_field_or_with_control_is_no_order(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    page.click("#keys-armed")
    send = """(more) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'b', bubbles: true, ...more }))"""
    for more in ("{repeat: true}", "{ctrlKey: true}", "{metaKey: true}", "{altKey: true}"):
        page.js(f"({send})({more})")
    field = page.driver.find_element(By.ID, "ticket-quantity")
    field.send_keys("b", Keys.BACKSPACE, Keys.BACKSPACE, Keys.BACKSPACE, Keys.BACKSPACE)
    typed(page, "ticket-quantity", "0.3")
    field.send_keys(Keys.ESCAPE)  # leaves the field
    page.until("document.activeElement === document.body")
    assert orders(running) == [] and page.js(ANSWER) == ""
    press(page, "b")
    page.until(f"{HELD}.join() === 'ETH/USDT +0.3'")


def test_twice_escape_cancels_all_and_twice_backspace_flattens_without_arming(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    page.click("#ticket-buy")
    page.until(f"{HELD}.length === 1")
    press(page, Keys.ESCAPE, "x", Keys.ESCAPE)
    press(page, "x")
    ActionChains(page.driver).send_keys(Keys.BACKSPACE).pause(0.7).send_keys(Keys.BACKSPACE).perform()
    press(page, "x")
    assert len(orders(running)) == 1 and "bought" in page.js(ANSWER)
    ActionChains(page.driver).send_keys(Keys.ESCAPE, Keys.ESCAPE).perform()
    page.until(f"{ANSWER} === 'cancel all: no order was working'")
    ActionChains(page.driver).send_keys(Keys.BACKSPACE, Keys.BACKSPACE).perform()
    page.until(f"{ANSWER} === 'flatten: ETH/USDT closed' && {HELD}.length === 0")


def test_the_switch_goes_off_by_itself_and_looking_away_keeps_only_what_closes(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    page.click("#keys-armed")
    press(page, "b")
    page.until(f"{HELD}.length === 1")
    page.js("window.dispatchEvent(new Event('blur'))")
    assert page.js(SWITCH) == "keys: closing only"
    press(page, "s", "f")
    page.until(f"/flip by key not sent: the window lost the focus/.test({ANSWER})")
    assert len(orders(running)) == 1
    press(page, "7")
    page.until(f"{HELD}.length === 0")
    assert page.js(SWITCH) == "keys: closing only"
    page.js("(Date.now = ((now) => () => now() + 600000)(Date.now), true)")
    page.until(f"{SWITCH} === 'keys off'")


def test_a_key_can_be_changed_and_is_kept(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    page.click("#keys-help")
    page.click("[data-action='buy']")
    press(page, "s")
    page.until("/^s is taken: sell$/.test(document.getElementById('key-map-said').textContent)")
    press(page, "k")
    page.until("document.querySelector(\"[data-action='buy']\").textContent === 'K'")
    page.driver.refresh()
    page.wait_drawn()
    page.until("desk.keys.map().k === 'buy' && !desk.keys.map().b")
    page.click("#keys-armed")
    press(page, "b", "k")
    page.until(f"{HELD}.length === 1")
    assert len(orders(running)) == 1
    page.js("localStorage.removeItem('desk-keys')")
