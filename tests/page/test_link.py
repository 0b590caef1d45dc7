"""The page when the way between server and page fails: the picture moves again by itself, and says so meanwhile."""

from collections.abc import Callable

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.page.conftest import Desk, Page, until
from tests.servers.proxy import FreezingProxy

Start = Callable[..., Desk]
REPLAY = ("--feed", "replay")


def by_websocket(running: Desk) -> None:
    until(lambda: [row["transport"] for row in running.api("/api/status")["throttle"]] == ["websocket"], 10, "the WebSocket")


def test_a_websocket_that_freezes_without_closing_is_left_and_the_picture_moves_again(desk: Start, page: Page) -> None:
    running = desk(*REPLAY)
    with FreezingProxy(running.port) as proxy:
        page.driver.get(f"http://127.0.0.1:{proxy.port}")
        page.wait_drawn()
        by_websocket(running)
        page.wait_moves()
        proxy.freeze()
        page.until(STILL.format(ms=400))
        page.wait_moves()
        proxy.thaw()
        until(lambda: proxy.websockets > 1, 10, "another try of the WebSocket")
        page.wait_moves()


def test_with_the_websocket_alone_its_loss_stops_the_picture_and_the_page_says_so(desk: Start, page: Page) -> None:
    running = desk(*REPLAY, "--transport", "websocket")
    with FreezingProxy(running.port) as proxy:
        page.driver.get(f"http://127.0.0.1:{proxy.port}")
        page.wait_drawn()
        by_websocket(running)
        page.wait_moves()
        proxy.freeze()
        page.until("document.getElementById('feed').textContent === 'no WebSocket: picture stopped'")
        page.until("document.getElementById('panel-tick-chart').dataset.src === 'stale'")
        page.until("document.getElementById('strip-text').textContent.includes('trying again')")
        drawn = page.js("(window.heardOf = window.desk.state.status, window.desk.drawn.id)")
        for _ in range(2):  # the Interval goes on, and brings health
            page.until("window.heardOf !== window.desk.state.status && (window.heardOf = window.desk.state.status)")
        assert page.js("window.desk.drawn.id") == drawn
        assert page.js("document.getElementById('feed').textContent") == "no WebSocket: picture stopped"
        proxy.thaw()
        page.wait_moves(15)
        page.until("document.getElementById('panel-tick-chart').dataset.src === 'replay'")


# True once nothing new was drawn for so long: the moment from which the second and a half counts at the latest.
STILL = """((now) => {{
    const id = window.desk.drawn && window.desk.drawn.id;
    if (window.stillId !== id) {{ window.stillId = id; window.stillAt = now; }}
    return now - window.stillAt >= {ms};
}})(performance.now())"""


@pytest.mark.parametrize("transport", ["auto", "interval", "websocket"])
def test_a_server_killed_and_started_again_is_found_without_a_reload(desk: Start, page: Page, transport: str) -> None:
    running = desk(*REPLAY, "--transport", transport)
    page.open(running)
    page.js("window.notReloaded = true")
    running.kill()
    page.until("/down|no word|no answer/i.test(document.getElementById('feed').textContent)")
    desk(*REPLAY, "--transport", transport, port=running.port)
    page.wait_moves()
    assert page.js("window.notReloaded")


@pytest.mark.parametrize("transport", ["auto", "interval", "websocket"])
def test_the_network_goes_and_comes_and_the_page_recovers(desk: Start, page: Page, transport: str) -> None:
    running = desk(*REPLAY, "--transport", transport)
    with FreezingProxy(running.port) as proxy:
        page.driver.get(f"http://127.0.0.1:{proxy.port}")
        page.wait_drawn()
        page.wait_moves()
        page.js("window.notReloaded = true")
        proxy.freeze(everything=True)
        page.until("document.getElementById('panel-tick-chart').dataset.src === 'stale'")
        page.until(STILL.format(ms=400))
        proxy.thaw()
        page.wait_moves(15)
        page.until("document.getElementById('panel-tick-chart').dataset.src === 'replay'")
        assert page.js("window.notReloaded")


def test_the_interval_alone_brings_orders_positions_windows_and_markers(desk: Start, page: Page) -> None:
    running = desk(*REPLAY, "--transport", "interval")
    page.open(running)
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled && desk.state.quotes.get('ETH/USDT')")
    page.click("#ticket-buy")
    page.until("document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"]')")
    page.until("[...desk.state.orders.values()].map((row) => row.state).join() === 'filled'")
    page.until("desk.state.markers.get('ETH/USDT').rows.some((row) => row.kind === 'fill')")
    page.until("desk.state.gaps.get('ETH/USDT').length >= 1")
    page.click("[data-window='1m']")
    page.until("desk.draw.charts[0].picture && desk.draw.charts[0].picture.span_ms > 0 && desk.choice.window === '1m'")
    page.wait_moves()
    assert running.api("/api/status")["throttle"][0]["transport"] == "interval" and page.errors() == []


# Counts the page's own requests from its first line on: how many callbacks are under way at once, at most, and in all.
COUNTING = """(() => {
    const whole = window.fetch, count = (window.asked = { now: 0, most: 0, all: 0 });
    window.fetch = (...given) => {
        if (!String(given[0].url || given[0]).includes('_dash-update-component')) return whole(...given);
        count.all += 1;
        count.most = Math.max(count.most, ++count.now);
        return whole(...given).finally(() => { count.now -= 1; });
    };
})()"""


def test_a_callback_slower_than_its_interval_slows_the_page_but_never_stops_it_nor_overlaps(desk: Start, page: Page) -> None:
    page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": COUNTING})
    running = desk(
        *REPLAY, "--transport", "interval", "--drill-cost", "400", "--throttle-interval-0", "50", "--throttle-interval-1", "50"
    )
    page.open(running)
    for _ in range(4):
        page.wait_moves()
    until(lambda: running.api("/api/status")["throttle"][0]["level"] >= 2, 10, "the throttle to climb")
    assert "throttle level" in running.log()
    page.wait_moves()
    page.until("window.asked.all >= 8", 10)
    assert page.js("window.asked.most") == 1


def test_eight_tabs_of_one_browser_all_move(desk: Start, page: Page) -> None:
    running = desk(*REPLAY)
    page.open(running)
    tabs = [page.driver.current_window_handle]
    for _ in range(7):
        page.driver.switch_to.new_window("tab")
        tabs.append(page.driver.current_window_handle)
        page.open(running)
    until(lambda: running.api("/api/status")["viewers"] == 8, 15, "eight viewers")
    for handle in tabs:
        page.driver.switch_to.window(handle)
        page.wait_moves(15)
    assert page.errors() == []


def test_a_hidden_page_is_brought_up_to_date_when_it_is_shown(desk: Start, page: Page) -> None:
    running = desk(*REPLAY, "--speed", "5")
    page.open(running)
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    newest = until(lambda: running.api("/api/ticks?symbol=ETH/USDT")["ticks"][-1]["id"], 10, "a tick")
    until(lambda: int(running.api("/api/ticks?symbol=ETH/USDT")["ticks"][-1]["id"]) > int(newest) + 300, 30, "a ring of ticks")
    newest = running.api("/api/ticks?symbol=ETH/USDT")["ticks"][-1]["id"]
    page.driver.switch_to.window(first)
    WebDriverWait(page.driver, 5).until(lambda driver: int(page.js("window.desk.drawn.id")) >= int(newest))


def test_a_frame_that_the_page_could_not_apply_does_not_freeze_the_picture(desk: Start, page: Page) -> None:
    running = desk(*REPLAY)
    page.open(running)
    by_websocket(running)
    page.wait_moves()
    page.driver.execute_script(
        "const whole = window.desk.apply; let broken = 0;"
        "window.desk.apply = (...given) => { if (!broken++) throw new Error('torn'); return whole(...given); };"
    )
    page.wait_moves()
    page.wait_moves()


LOSE = """const real = window.fetch;
window.fetch = (path, how) => {
    if (path !== "/api/orders") return real(path, how);
    return (%s).then(() => { throw new TypeError("lost"); });
};"""


@pytest.mark.parametrize(
    ("way", "end", "quantity"),
    [
        ("real(path, how)", r"^bought 0\.1 ETH.USDT at ", "+0.1"),
        ("Promise.resolve()", "was not done, the server has never had it", None),
    ],
    ids=["the answer is lost", "the order is lost"],
)
def test_an_order_whose_answer_was_lost_is_asked_after_and_its_fate_said(
    desk: Start, page: Page, way: str, end: str, quantity: str | None
) -> None:
    page.open(desk(*REPLAY))
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.driver.execute_script(LOSE % way)
    page.click("#ticket-buy")
    page.until("/may or may not have been done: asking/.test(document.getElementById('ticket-answer').textContent)")
    assert page.js("document.getElementById('ticket-buy').disabled")
    page.until(f"/{end}/.test(document.getElementById('ticket-answer').textContent)")
    page.until("!document.getElementById('ticket-buy').disabled")
    held = "(document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"] [col-id=quantity]') || {}).textContent"
    assert page.js(held) == quantity


def test_a_double_click_on_close_is_one_order(desk: Start, page: Page) -> None:
    page.open(desk(*REPLAY))
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.click("#ticket-buy")
    page.until("document.querySelector('#positions .close')")
    page.driver.execute_script(
        "const real = window.fetch; window.sent = 0;"
        "window.fetch = (path, how) => { if (path === '/api/orders') window.sent++; return real(path, how); };"
    )
    ActionChains(page.driver).double_click(page.driver.find_element(By.CSS_SELECTOR, "#positions .close")).perform()
    page.until("!document.querySelector('#positions .close')")
    page.until("/^sold 0.1 ETH.USDT at /.test(document.getElementById('ticket-answer').textContent)")
    assert page.js("window.sent") == 1


def test_a_double_click_is_one_order(desk: Start, page: Page) -> None:
    running = desk(*REPLAY)
    page.open(running)
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    ActionChains(page.driver).double_click(page.driver.find_element(By.ID, "ticket-buy")).perform()
    quantity = "document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"] [col-id=quantity]')"
    page.until(quantity)
    page.until("!document.getElementById('ticket-buy').disabled")
    assert page.js(quantity + ".textContent") == "+0.1"
