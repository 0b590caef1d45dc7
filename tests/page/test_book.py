"""Positions as a trader reads them: whole numbers, cards on a phone, a calm glow, and what a keyboard or screen reader meets."""

import json
import secrets
import urllib.request
from collections.abc import Callable

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.page.conftest import Desk, Page, until

Start = Callable[..., Desk]
REPLAY = ("--feed", "replay", "--leverage", "500")
CELLS = "[...document.querySelectorAll('#positions .ag-row-level-0 .ag-cell')]"


def post(running: Desk, path: str, body: dict[str, str]) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(running.url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=5):
        pass


def order(running: Desk, symbol: str, side: str, quantity: str) -> None:
    wish = {"client_id": secrets.token_hex(16), "symbol": symbol, "side": side, "type": "market", "quantity": quantity}
    post(running, "/api/orders", wish)


def with_positions(running: Desk) -> Desk:
    """Long ETH and short BTC, as much as the replay's first quotes fill."""
    until(lambda: running.api("/api/status")["feed"]["state"] == "replay", 10, "the replay")
    post(running, "/api/replay/unlock", {})
    for symbol, side, quantity in (("ETH/USDT", "buy", "12.345"), ("BTC/USDT", "sell", "0.73456")):
        until(lambda symbol=symbol: running.api(f"/api/ticks?symbol={symbol}")["ticks"], 10, "a tick")
        order(running, symbol, side, quantity)
    return running


def sized(page: Page, width: int, height: int) -> None:
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700},
    )


def both_shown(page: Page) -> None:
    page.until("document.querySelectorAll('#positions .ag-center-cols-container .ag-row').length === 2")
    filled = "[...document.querySelectorAll('#positions .ag-center-cols-container [col-id=mark]')]"
    page.until(f"{filled}.every((one) => /[0-9]/.test(one.textContent))")


def test_every_number_is_whole_at_1600_pixels(desk: Start, page: Page) -> None:
    running = with_positions(desk(*REPLAY))
    sized(page, 1600, 1000)
    page.open(running)
    both_shown(page)
    cut = f"{CELLS}.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)"
    assert page.js(cut) == []
    page.driver.execute_script(
        """desk.apply({ epoch: desk.state.epoch, version: desk.state.version, sections: [{ s: "positions", upsert: [
            { id: "BTC/USDT", quantity: "−123.45678", entry: "161,829.80", mark: "161,842.905", pnl: "−12,345.67",
              net: "−12,345.67", pnl_percent: "−1,234.56", margin: "12,345.67", liquidation: "161,891.57" }] }] },
            performance.now(), true);
        desk.table.draw();"""
    )
    assert page.js(cut) == []


MISPRINTS = """((row, holder) => Object.entries(row).map(([name, value]) => {
    const cell = holder.querySelector(`[col-id=${name}]`);
    const arrow = { "+": "▲ ", "−": "▼ " }[String(value)[0]] || "";
    const whole = (["pnl", "pnl_percent"].includes(name) ? arrow : "") + value + (name === "pnl" ? row.net : "");
    return cell && !["source", "close"].includes(name) && cell.textContent !== whole && [name, value, cell.textContent];
}).filter(Boolean))"""


def test_every_cell_shows_what_the_server_says_of_it(desk: Start, page: Page) -> None:
    page.open(desk("--feed", "replay"))
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.click("#ticket-sell")
    row = "document.querySelector('#positions .ag-center-cols-container [row-id=\"ETH/USDT\"]')"
    foot = "document.querySelector('#positions .ag-floating-bottom [row-id]')"
    page.until(row)
    shown = "['side', 'quantity', 'entry', 'mark', 'pnl', 'pnl_percent', 'margin', 'leverage', 'liquidation', 'distance']"
    page.until(f"{shown}.every((name) => {row}.querySelector(`[col-id=${{name}}]`).textContent)")
    page.until(f"desk.state.positions.size && {MISPRINTS}(desk.state.positions.get('ETH/USDT'), {row}).length === 0")
    page.until(f"{MISPRINTS}(desk.state.totals, {foot}).length === 0 && {foot}.querySelector('[col-id=margin]').textContent")


@pytest.mark.parametrize("width", [1366, 1100, 800])
def test_no_column_is_lost_on_a_smaller_screen(desk: Start, page: Page, width: int) -> None:
    running = with_positions(desk(*REPLAY))
    sized(page, width, 800)
    page.open(running)
    both_shown(page)
    page.until(f"{CELLS}.every((one) => one.getBoundingClientRect().right <= innerWidth)")
    rights = "[...document.querySelectorAll('#positions .close')].map((one) => one.getBoundingClientRect().right)"
    page.until(f"Math.max(...{rights}) <= document.getElementById('positions').getBoundingClientRect().right")


def test_a_phone_shows_each_position_as_a_card_with_every_fact_named(desk: Start, page: Page) -> None:
    running = with_positions(desk(*REPLAY))
    sized(page, 390, 844)
    page.open(running)
    both_shown(page)
    facts = page.js(
        """[...document.querySelectorAll('#positions .ag-center-cols-container .ag-cell')].map((one) => {
            const box = one.getBoundingClientRect(), text = document.createRange();
            text.selectNodeContents(one);
            return [one.getAttribute('col-id'), getComputedStyle(one, '::before').content, one.textContent,
                box.left >= 0 && box.right <= 390 && text.getBoundingClientRect().right <= 390 && box.height > 10]; })"""
    )
    assert len(facts) == 2 * 13
    assert all(shown and text for _, _, text, shown in facts), facts
    named = {column for column, label, _, _ in facts if label not in ("none", "normal")}
    assert named == {"quantity", "entry", "mark", "pnl", "pnl_percent", "margin", "liquidation", "distance", "source"}
    for width, height in page.js(
        "[...document.querySelectorAll('#positions .close')].map((one) => [one.offsetWidth, one.offsetHeight])"
    ):
        assert width >= 64 and height >= 44
    cards = "document.querySelectorAll('#positions .ag-center-cols-container .ag-row').length"
    size = "document.getElementById('panel-positions').offsetHeight"
    two = page.js(size)
    page.driver.execute_script("document.querySelector('.close[data-close=\"BTC/USDT\"]').click()")
    page.until(f"{cards} === 1 && {size} < {two}", 30)  # a close waits for a live quote
    one = page.js(size)
    page.driver.execute_script("document.getElementById('panel-ticket').scrollIntoView({ block: 'end' })")
    place = "Math.round(document.getElementById('ticket-buy').getBoundingClientRect().top)"
    before = page.js(place)
    order(running, "BTC/USDT", "buy", "0.01")
    page.until(f"{cards} === 2 && {size} === {two}")
    assert page.js(place) == before
    page.click(".close[data-close='BTC/USDT']")
    page.until(f"{cards} === 1 && {size} === {one}")


def test_a_mark_that_never_rests_glows_at_most_once_in_a_rest(desk: Start, page: Page) -> None:
    page.open(with_positions(desk(*REPLAY, "--speed", "5")))
    both_shown(page)
    page.driver.execute_script(
        """window.glows = [];
        const api = dash_ag_grid.getApi("positions"), flash = api.flashCells;
        api.flashCells = (asked) => {
            for (const name of asked.columns) window.glows.push([asked.rowNodes[0].id, name, performance.now(),
                asked.flashDuration + asked.fadeDuration]);
            return flash.call(api, asked); };"""
    )
    page.until("window.glows.filter((one) => one[0] === 'ETH/USDT' && one[1] === 'mark').length >= 4", 20)
    ended: dict[tuple[str, str], float] = {}
    for row, column, at, lasts in page.js("window.glows"):
        assert lasts <= 300
        assert at - ended.get((row, column), 0) >= 1000
        ended[row, column] = at + lasts
        assert column in ("mark", "pnl", "pnl_percent")  # nothing was filled


def test_a_screen_reader_does_not_hear_of_an_empty_table_while_positions_are_open(desk: Start, page: Page) -> None:
    page.open(desk(*REPLAY))
    said = "document.querySelector('#positions .ag-aria-description-container')?.textContent"
    page.until(f"{said} === 'no open positions'")
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.click("#ticket-buy")
    page.until(f"document.querySelector('#positions .close') && !/no open/.test({said})")


FOCUSED = """((one) => { const style = getComputedStyle(one); return [one.tagName, one.id || one.textContent.slice(0, 20),
    style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, one.getBoundingClientRect().width > 0]; }
    )(document.activeElement)"""


def test_every_tab_stop_has_an_outline(desk: Start, page: Page) -> None:
    page.open(with_positions(desk(*REPLAY)))
    both_shown(page)
    seen = []
    while len(seen) < 60:
        ActionChains(page.driver).send_keys(Keys.TAB).perform()
        tag, name, outlined, visible = page.js(FOCUSED)
        if tag == "BODY":
            break
        seen.append(name)
        assert outlined and visible, (tag, name)
    assert {"symbol", "try-live", "25", "ticket-symbol", "ticket-quantity", "ticket-buy", "ticket-sell"} <= set(seen)
    assert "totals" not in seen and seen.count("25") <= 2


def test_a_key_presses_only_the_button_that_is_seen_to_have_the_focus(desk: Start, page: Page) -> None:
    running = with_positions(desk(*REPLAY))
    page.open(running)
    both_shown(page)
    focused = "document.activeElement.closest('#positions') && document.activeElement.getAttribute('aria-label')"
    page.driver.execute_script("document.getElementById('flatten').focus()")
    keys = ActionChains(page.driver)
    keys.send_keys(Keys.TAB).perform()
    page.until("document.activeElement.matches('#positions button.margin')")
    keys.send_keys(Keys.TAB).perform()
    page.until(f"{focused} === 'close 25 % of ETH/USDT'")
    for step in ("close 50 % of ETH/USDT", "close ETH/USDT", "stop of ETH/USDT to break-even", "flip ETH/USDT"):
        keys.send_keys(Keys.ARROW_RIGHT).perform()
        page.until(f"{focused} === '{step}'")
    for _ in range(3):
        keys.send_keys(Keys.ARROW_LEFT).perform()
    page.until(f"{focused} === 'close 50 % of ETH/USDT'")
    half, before = page.js("desk.state.positions.get('ETH/USDT').close_parts[1]"), page.js("desk.state.positions.size")
    keys.send_keys(Keys.SPACE).perform()
    page.until(f"/^sold {half} ETH.USDT/.test(document.getElementById('ticket-answer').textContent)")
    assert page.js("desk.state.positions.size") == before


def test_the_accounts_line_is_whole_at_1600_pixels(desk: Start, page: Page) -> None:
    running = with_positions(desk(*REPLAY))
    sized(page, 1600, 1000)
    page.open(running)
    both_shown(page)
    line = "document.getElementById('realized')"
    page.until(f"/net of fees [1-9]/.test({line}.textContent)")
    assert page.js(f"{line}.title === {line}.textContent")
    assert page.js(f"{line}.scrollWidth <= {line}.clientWidth"), page.js(f"{line}.textContent")
