"""What a hand does to a chart: a drag pans and says how far behind it is, or changes nothing; a swipe scrolls the page."""

from collections.abc import Callable

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from tests.page.conftest import Desk, Page

Start = Callable[..., Desk]
REPLAY = ("--feed", "replay")
GRAPH = "document.getElementById('tick-chart').querySelector('.js-plotly-plot')"
RANGES = f"[{GRAPH}.layout.xaxis.range.map(Number), {GRAPH}.layout.yaxis.range.map(Number)]"
BACK = "document.getElementById('return-tick-chart')"
CHART = "window.desk.draw.charts[0]"
HOME = f"({CHART}.home({CHART}.now()))"


def drag(page: Page, right: int, down: int) -> None:
    plot = page.driver.find_element(By.CSS_SELECTOR, "#tick-chart .nsewdrag")
    hand = ActionChains(page.driver, duration=50).move_to_element(plot).click_and_hold()
    for _ in range(4):
        hand.move_by_offset(right // 4, down // 4)
    hand.release().perform()


def settled(page: Page) -> None:
    """The drag was taken in, and a tick after it was drawn."""
    page.until(f"!{CHART}.grabbed")
    page.wait_moves()


def test_an_early_drag_to_where_nothing_is_yet_changes_nothing(desk: Start, page: Page) -> None:
    page.open(desk(*REPLAY, "--speed", "0.5"))
    drag(page, -200, 0)
    settled(page)
    page.until(f"String({RANGES}[0]) === String({HOME})")
    assert page.js(f"{BACK}.hidden")
    assert page.js("window.desk.state.ticks.get('ETH/USDT').rows.length") < 200
    page.driver.execute_script(f"{GRAPH}.layout.yaxis.range = [1, 2]; {CHART}.renew(); desk.draw.wake()")
    page.until(f"{RANGES}[1][0] > 1000", 3)  # nobody holds the price axis


def test_an_early_drag_into_the_past_pans_and_one_click_returns(desk: Start, page: Page) -> None:
    page.open(desk(*REPLAY, "--speed", "0.5"))
    live = page.js(f"{RANGES}[0]")
    drag(page, 200, 8)
    page.until(f"/^[0-9]+ ticks behind/.test({BACK}.textContent)")
    assert page.js(f"{RANGES}[0][1]") < live[1] - 20
    assert not page.js(f"{CHART}.ownY")  # 8 px up or down while going 200 sideways are no wish
    page.click("#return-tick-chart")
    page.until(f"{BACK}.hidden && {RANGES}[0][1] === {live[1]}")


def test_dragged_away_and_back_is_live_again(desk: Start, page: Page) -> None:
    page.open(desk(*REPLAY, "--speed", "0.5"))
    drag(page, 200, 0)
    page.until(f"!{BACK}.hidden")
    drag(page, -240, 0)
    page.until(f"{BACK}.hidden && String({RANGES}[0]) === String({HOME})")
    assert not page.js(f"{CHART}.frozen") and not page.js(f"{CHART}.ownY")


def test_a_price_axis_that_is_held_says_so(replay: Desk, page: Page) -> None:
    page.open(replay)
    drag(page, 0, 80)
    page.until(f"{BACK}.textContent.startsWith('price axis held')")
    page.click("#return-tick-chart")
    page.until(f"{BACK}.hidden")


@pytest.fixture
def phone(replay: Desk, page: Page) -> Page:
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    return page.open(replay)


def swipe(page: Page, chart: str, right: int, down: int) -> None:
    x, y = page.js(
        "((box) => [box.left + box.width / 2, box.top + box.height / 2])"
        f"(document.getElementById('{chart}').getBoundingClientRect())"
    )
    finger = "Input.dispatchTouchEvent"
    page.driver.execute_cdp_cmd(finger, {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        at = {"x": x + right * step / 10, "y": y + down * step / 10}
        page.driver.execute_cdp_cmd(finger, {"type": "touchMove", "touchPoints": [at]})
    page.driver.execute_cdp_cmd(finger, {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("chart", ["tick-chart", "candles-0"])
def test_a_swipe_up_on_a_chart_scrolls_the_page(phone: Page, chart: str) -> None:
    phone.driver.execute_script(f"document.getElementById('{chart}').scrollIntoView({{ block: 'center' }})")
    before = phone.js("scrollY")
    ranges = f"document.querySelector('#{chart} .js-plotly-plot').layout.xaxis.range.map(Number)"
    live = phone.js(ranges)
    down = -150 if chart == "tick-chart" else 150
    swipe(phone, chart, 0, down)
    phone.until(f"Math.abs(scrollY - {before}) > 100", 3)
    assert phone.js(f"document.getElementById('return-{chart}').hidden")
    assert phone.js(ranges) == live


def test_a_swipe_sideways_pans_the_chart(phone: Page) -> None:
    swipe(phone, "tick-chart", 150, 0)
    phone.until(f"/^[0-9]+ ticks behind/.test({BACK}.textContent)", 3)
    assert phone.js(f"{RANGES}[0][1]") < 180
    phone.click("#return-tick-chart")
    phone.until(f"{BACK}.hidden", 3)


def test_on_a_phone_everything_to_be_pressed_is_high_enough_and_the_chart_has_a_name(phone: Page) -> None:
    low = phone.js(
        """[...document.querySelectorAll('button, select, input, summary')].filter((one) => one.offsetHeight)
            .filter((one) => one.offsetHeight < 32).map((one) => `${one.id || one.textContent} ${one.offsetHeight}`)"""
    )
    assert low == []
    assert phone.text("ticks-symbol") == "ETH/USDT"
    phone.until("document.getElementById('ticks-price').offsetHeight", 3)
    assert phone.text("ticks-price").startswith("2,6")
    settings, feed = phone.js("['settings', 'feed'].map((id) => document.getElementById(id).getBoundingClientRect().toJSON())")
    assert settings["top"] <= feed["top"] and settings["bottom"] >= feed["bottom"]  # no line of its own
    assert phone.js("document.documentElement.scrollWidth") == 390
