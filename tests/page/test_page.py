"""The page itself, on the bundled replay: banner, zoom, windows, phone, keyboard, and that its shortcuts draw the truth."""

import json
from collections.abc import Callable

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from tests.page.conftest import UNTRUE, Desk, Page, until

Start = Callable[..., Desk]
GRAPH = "document.getElementById('tick-chart').querySelector('.js-plotly-plot')"
REPLAY = ("--feed", "replay")


def test_the_replay_can_not_be_overlooked(replay: Desk, page: Page) -> None:
    page.open(replay)
    page.until("document.title.includes('REPLAY 2024-08-08')")
    assert "REPLAY 2024-08-08" in page.text("strip")
    page.until(
        "[...document.querySelectorAll('.watermark')].filter((one) => one.textContent === 'REPLAY 2024-08-08').length === 5", 3
    )
    assert page.js("document.querySelector('#panel-tick-chart').dataset.src") == "replay"
    assert page.js("[...document.querySelectorAll('[data-src=stream]')].length") == 0
    assert replay.log().count("REPLAY 2024-08-08") == 1
    assert "no history" in page.text("note-candles-0")


@pytest.mark.parametrize(
    ("claim", "words"),
    [("src = 'stream'", "is not of this replay"), ("age = '9000'", "is too old"), ("age = 'new'", "has no age")],
)
def test_the_sweep_after_every_test_sees_a_number_that_claims_too_much(replay: Desk, page: Page, claim: str, words: str) -> None:
    page.open(replay)
    page.until("document.getElementById('last-price').dataset.src === 'replay'")
    assert page.untrue() == []
    (found,) = page.js(f"(document.getElementById('last-price').dataset.{claim}, {UNTRUE})")
    assert found.startswith(f"last-price {words}")
    page.until("document.getElementById('last-price').dataset.src === 'replay'")
    page.until("Number(document.getElementById('last-price').dataset.age) < 5000")


def test_the_page_loads_nothing_from_another_host(replay: Desk, page: Page) -> None:
    page.open(replay)
    origins = page.js("[...new Set(performance.getEntriesByType('resource').map((one) => new URL(one.name).origin))]")
    assert [origin for origin in origins if origin != replay.url] == []
    assert page.errors() == []


def test_the_replay_ticket_is_locked_until_it_is_unlocked_by_a_click(desk: Start, page: Page) -> None:
    page.open(desk(*REPLAY))
    page.until("document.getElementById('ticket-buy').disabled")
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.click("#ticket-sell")
    page.until("document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"]')")
    page.until(f"[...{GRAPH}.querySelectorAll('.scatterlayer > g.trace')].some((one) => one.__data__[0].trace.index === 5)")
    side = page.js("document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"] [col-id=side]').textContent")
    assert "short" in side.lower()


def test_the_replay_begins_again_under_a_new_epoch_with_a_reset_account(desk: Start, page: Page, tmp_path: object) -> None:
    running = desk(*REPLAY, "--speed", "200")
    page.open(running)
    epoch = running.api("/api/status")["epoch"]
    until(lambda: running.api("/api/status")["epoch"] != epoch, 30, "the second round")
    page.until("/loop [0-9]/.test(document.getElementById('strip-text').textContent)")
    page.wait_moves()


def test_zoom_survives_updates_from_the_first_one_on_and_one_click_returns(replay: Desk, page: Page) -> None:
    page.open(replay)
    page.driver.execute_script(f"Plotly.relayout({GRAPH}, {{'yaxis.range': [2600, 2700], 'xaxis.range': [-60, -20]}})")
    for _ in range(3):
        page.wait_moves()
    assert page.js(f"{GRAPH}.layout.yaxis.range") == [2600, 2700]
    assert page.js(f"{GRAPH}.layout.xaxis.range") == [-60, -20]
    page.until("/behind/.test(document.getElementById('return-tick-chart').textContent)")
    page.click("#return-tick-chart")
    page.until(f"{GRAPH}.layout.xaxis.range[1] > -5")
    page.until("document.getElementById('return-tick-chart').hidden")


def test_a_dragged_zoom_does_not_jump(replay: Desk, page: Page) -> None:
    page.open(replay)
    plot = page.driver.find_element(By.CSS_SELECTOR, "#tick-chart .nsewdrag")
    ActionChains(page.driver).move_to_element(plot).move_by_offset(-150, -80).click_and_hold().move_by_offset(
        200, 120
    ).release().perform()
    page.until("!document.getElementById('return-tick-chart').hidden")
    before = page.js(f"[{GRAPH}.layout.xaxis.range, {GRAPH}.layout.yaxis.range]")
    for _ in range(3):
        page.wait_moves()
    assert page.js(f"[{GRAPH}.layout.xaxis.range, {GRAPH}.layout.yaxis.range]") == before


def test_a_hidden_trace_stays_hidden(replay: Desk, page: Page) -> None:
    page.open(replay)
    page.click("button[data-traces='1']")
    for _ in range(3):
        page.wait_moves()
    assert page.js(f"{GRAPH}.data[1].visible") in ("legendonly", False)
    assert page.js("document.querySelector(\"button[data-traces='1']\").getAttribute('aria-pressed')") == "false"


@pytest.mark.parametrize("window", ["1m", "5m"])
def test_the_longer_windows_show_the_extremes_of_every_tick(desk: Start, page: Page, window: str) -> None:
    running = desk(*REPLAY, "--speed", "20")
    page.open(running)
    page.click(f"button[data-window='{window}']")
    page.until("(window.desk.state.buckets.get('ETH/USDT') || []).length > 200", 10)
    page.wait_moves()
    page.until(
        f"""((rows, ys) => Math.abs(Math.max(...ys) - Math.max(...rows.map((row) => row[3]))) < 0.5
             && Math.abs(Math.min(...ys) - Math.min(...rows.map((row) => row[2]))) < 0.5)(
             window.desk.state.buckets.get('ETH/USDT').slice(-{600 if window == "1m" else 3000} + 60),
             {GRAPH}.data[0].y.filter((y) => y !== null))""",
        8,
    )


def test_what_is_written_into_plotlys_nodes_is_what_plotly_draws_itself(replay: Desk, page: Page) -> None:
    page.open(replay)
    page.until("window.desk.state.ticks.get('ETH/USDT').rows.length >= 200", 30)
    page.wait_moves()
    same = page.driver.execute_async_script(
        """
        const done = arguments[0];
        const gd = document.getElementById('tick-chart').querySelector('.js-plotly-plot');
        const numbers = (text) => text.match(/-?[0-9.]+/g).map(Number);
        const line = () => numbers(gd.querySelector('.scatterlayer .trace path.js-line').getAttribute('d'));
        const sorted = (boxes) => boxes.sort((a, b) => a[0] - b[0]);
        const theirs = () => sorted([...gd.querySelectorAll('.barlayer .trace.bars .point path')].map((one) => {
            const box = one.getBBox(); return [box.x, box.y, box.x + box.width, box.y + box.height]; }));
        const ours = () => sorted([...gd.querySelectorAll('.barlayer .desk-own path')].flatMap((one) =>
            one.getAttribute('d').split('Z').filter(Boolean).map((box) => {
                const [x0, y0, y1, x1] = numbers(box); return [x0, y1, x1, y0]; })));
        requestAnimationFrame(() => {
            window.desk.draw.charts[0].write(performance.now());
            const written = { line: line(), bars: ours() };
            Plotly.redraw(gd).then(() => done({ ours: written, theirs: { line: line(), bars: theirs() },
                mode: document.getElementById('compatible').textContent }));
        });
        """
    )
    assert same["mode"] == ""
    for at in (0, 1, -2, -1):
        assert same["ours"]["line"][at] == pytest.approx(same["theirs"]["line"][at], abs=0.6)
    assert min(same["ours"]["line"][1::2]) == pytest.approx(min(same["theirs"]["line"][1::2]), abs=0.6)
    drawn = [[box for box in same[whose]["bars"] if box[3] > box[1]] for whose in ("ours", "theirs")]
    assert len(drawn[0]) == len(drawn[1]) > 150
    for ours, theirs in zip(*drawn, strict=True):
        assert ours == pytest.approx(theirs, abs=0.6)


def test_without_plotlys_nodes_plotly_draws_and_the_header_says_so(replay: Desk, page: Page) -> None:
    page.open(replay)
    page.driver.execute_script(
        "const own = /js-line|scatterlayer|barlayer/;"
        "const one = Element.prototype.querySelector, all = Element.prototype.querySelectorAll;"
        "Element.prototype.querySelector = function (s) { return own.test(s) ? null : one.call(this, s); };"
        "Element.prototype.querySelectorAll = function (s) { return own.test(s) ? [] : all.call(this, s); };"
        "window.desk.draw.everything();"
    )
    page.until("/compatible drawing/.test(document.getElementById('compatible').textContent)")
    page.wait_moves()


def test_the_main_symbol_is_switched_and_everything_follows(replay: Desk, page: Page) -> None:
    page.open(replay)
    page.driver.execute_script(
        "const one = document.getElementById('symbol');"
        "one.value = 'BTC/USDT'; one.dispatchEvent(new Event('change', {bubbles: true}));"
    )
    page.until("window.desk.drawn && window.desk.drawn.symbol === 'BTC/USDT' && window.desk.drawn.price > 50000")
    page.until("document.getElementById('last-price').textContent.startsWith('61,')")
    page.until("document.getElementById('ticket-symbol').value === 'BTC/USDT'")
    page.until(f"Math.min(...{GRAPH}.data[0].y.filter((y) => y !== null)) > 50000")


def test_every_control_has_a_name_and_is_reached_by_keyboard(replay: Desk, page: Page) -> None:
    page.open(replay)
    nameless = page.js(
        """[...document.querySelectorAll('button, select, input, summary')]
            .filter((one) => !one.closest('.ag-root-wrapper, .modebar') && !one.hidden)
            .filter((one) => !one.textContent.trim() && !one.getAttribute('aria-label') && !one.title)
            .filter((one) => !(one.labels || []).length)
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    unreachable = page.js(
        "[...document.querySelectorAll('button, select, input, summary')].filter((one) => !one.closest('.ag-root-wrapper')"
        " && one.tabIndex < 0).map((one) => one.outerHTML)"
    )
    assert unreachable == []


def test_banner_and_empty_table_move_nothing_under_the_pointer(desk: Start, page: Page) -> None:
    page.open(desk(*REPLAY))
    where = (
        "JSON.stringify(['tick-chart', 'ticket-buy', 'positions', 'candles-2'].map((id) => "
        "{ const box = document.getElementById(id).getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; }))"
    )
    before = page.js(where)
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.click("#ticket-buy")
    page.until("document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"]')")
    page.driver.execute_script("document.getElementById('strip-text').textContent = 'a long message '.repeat(40)")
    assert json.loads(page.js(where)) == json.loads(before)
