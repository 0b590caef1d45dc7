"""What the pointer, the countdown and the titles say is of what stands on screen now."""

import json
from collections.abc import Iterator
from math import ceil

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from tests.page.conftest import Desk, Page

READOUT = "document.getElementById('readout-{}').textContent"
SPAN = "document.getElementById('ticks-span').textContent"


@pytest.fixture
def looking(replay: Desk, page: Page) -> Iterator[Page]:
    yield page.open(replay)
    page.driver.execute_script("localStorage.clear()")


def point_at(page: Page, chart: str, across: float = 0.3) -> None:
    plot = page.driver.find_element(By.CSS_SELECTOR, f"#{chart}")
    x, y = ceil(plot.size["width"] * across), plot.size["height"] // 2
    ActionChains(page.driver).move_to_element_with_offset(plot, x, y).perform()
    page.until(f"{READOUT.format(chart)} !== ''")


def switch(page: Page, symbol: str) -> None:
    page.driver.execute_script(
        "const one = document.getElementById('symbol');"
        f"one.value = {json.dumps(symbol)}; one.dispatchEvent(new Event('change', {{bubbles: true}}));"
    )


def test_the_read_out_of_a_pointer_that_rests_names_the_tick_that_is_under_it_now(looking: Page) -> None:
    point_at(looking, "tick-chart", 0.85)
    cross = "document.querySelector('#overlay-tick-chart .cross-x')"
    under = f"""((chart, cross) => {{
        const row = chart.picture.rowAt(desk.plot.axes(chart.gd).atX(cross - desk.plot.axes(chart.gd).left));
        return [`${{desk.text.clock(row[0], true)}}  ${{desk.text.price('ETH/USDT', row[1])}}`,
            document.getElementById('readout-tick-chart').textContent];
    }})(desk.draw.charts[0], new DOMMatrix(getComputedStyle({cross}).transform).m41)"""
    first = looking.js(under)[1]
    looking.until(f"{READOUT.format('tick-chart')} !== {json.dumps(first)}", 10)
    wanted, said = looking.js(under)
    assert said.startswith(wanted)


def test_another_main_symbol_takes_the_read_out_of_the_last_one_with_it(looking: Page) -> None:
    point_at(looking, "tick-chart", 0.85)
    switch(looking, "BTC/USDT")
    looking.until("desk.drawn && desk.drawn.symbol === 'BTC/USDT'")
    price = "Number(document.querySelector('#overlay-tick-chart .cross-tag').textContent.replace(',', ''))"
    looking.until(f"{price} > 50000")
    looking.until(f"/  6[0-9],[0-9]{{3}}/.test({READOUT.format('tick-chart')}) || !{READOUT.format('tick-chart')}")


def test_an_incomplete_bar_is_called_so_under_the_pointer_and_hatched(looking: Page) -> None:
    looking.until("desk.draw.charts[2].picture")
    assert looking.js("desk.draw.charts[2].picture.rows.some((row) => !row[6])")
    looking.until("document.querySelector('#overlay-candles-1 .hatch:not([hidden])')")
    at = """((chart, plot) => {
        const i = chart.picture.rows.findIndex((row) => !row[6]), axes = desk.plot.axes(chart.gd);
        return (axes.left + axes.x(chart.picture.xs[i])) / plot.clientWidth;
    })(desk.draw.charts[2], document.getElementById('candles-1'))"""
    point_at(looking, "candles-1", looking.js(at))
    looking.until(f"{READOUT.format('candles-1')}.endsWith(' · incomplete')")
    point_at(looking, "candles-1", 0.6)
    looking.until(f"!/incomplete/.test({READOUT.format('candles-1')})")


@pytest.mark.parametrize("window", ["1m", "5m"])
def test_the_title_counts_the_ticks_of_the_longer_windows(looking: Page, window: str) -> None:
    looking.click(f"button[data-window='{window}']")
    looking.until(f"/^[0-9,]+ ticks? = [0-9.]+ (s|min) · [0-9.]+\\/s$/.test({SPAN})")
    held = looking.driver.execute_script(
        """desk.apply = () => false;
        const [chart] = desk.draw.charts, rows = desk.state.buckets.get('ETH/USDT');
        chart.write(performance.now());
        desk.head.draw();
        const from = rows[rows.length - 1][0] + 100 - (desk.choice.window === '1m' ? 60000 : 300000);
        return [rows.filter((row) => row[0] >= from).reduce((sum, row) => sum + row[7], 0), desk.state.ticks.get('ETH/USDT').n,
            document.getElementById('ticks-span').textContent];"""
    )
    assert held[2].startswith(f"{held[0]:,} tick") and 0 < held[0] <= held[1]


def test_the_countdown_and_the_clock_go_by_the_venues_time_by_which_bars_roll(looking: Page) -> None:
    shown = looking.driver.execute_script(
        """desk.apply = () => false;
        const minute = 60000 * 28000000, rows = (ms) => [[ms, 1, 1, 1, 1, 1, 1]];
        const read = () => { desk.head.ages();
            return ['close-candles-0', 'clock'].map((id) => document.getElementById(id).textContent); };
        const { state } = desk;
        [state.now_ms, state.now_at] = [minute - 1500, performance.now() + 3600000];
        state.now_ms += 3600000; // it stands still: however long this takes
        state.ticks.set('ETH/USDT', { n: 1, id: '1', rows: [] });
        state.bars.clear();
        const market = state.status.symbols['ETH/USDT'];
        const at = performance.now();
        desk.now = () => minute - 1500;
        market.least_delay_ms = 0;
        const late = read();
        market.least_delay_ms = -2000;
        const even = read();
        market.least_delay_ms = 0;
        state.bars.set('ETH/USDT 1m', { rows: rows(minute), note: '' });
        const rolled = read();
        state.ticks.set('ETH/USDT', { n: 1, id: '1', rows: [[minute + 3000, 1, 1, 1]] });
        return [late, even, rolled, read()];"""
    )
    assert [row[0] for row in shown] == ["0:02", "1:00", "1:00", "0:57"]
    assert [row[1].split()[-2][-2:] for row in shown] == ["58", "00", "00", "03"]


def test_a_symbol_without_a_tick_has_neither_picture_axis_price_nor_age(looking: Page) -> None:
    looking.until("desk.state.status")
    looking.driver.execute_script(
        """const take = desk.apply; // of BTC nothing ever comes
        for (const name of ['ticks', 'buckets']) desk.state[name].delete('BTC/USDT');
        desk.state.seen.delete('BTC/USDT');
        desk.apply = (frame, ...more) => take({ ...frame, sections: (frame.sections || []).map((one) => {
            if (one.s === 'status') { const market = one.symbols['BTC/USDT']; market.tick_age_ms = market.quote_age_ms = null; }
            return one.symbol === 'BTC/USDT' && one.s === 'ticks' ? { ...one, n: 0, id: null, rows: [] } : one;
        }).filter((one) => one.symbol !== 'BTC/USDT' || one.s === 'ticks') }, ...more);
        desk.state.seen.delete('BTC/USDT');"""
    )
    switch(looking, "BTC/USDT")
    labels = (
        "[...document.querySelectorAll('#tick-chart .ytick text')]"
        ".filter((one) => one.checkVisibility({visibilityProperty: true}))"
    )
    looking.until(f"desk.state.ticks.has('BTC/USDT') && {labels}.length === 0")
    looking.until("document.getElementById('last-price').textContent === '–'")
    looking.until("/BTC –$/.test(document.getElementById('ages').textContent)")
    switch(looking, "ETH/USDT")
    looking.until(f"{labels}.length > 2 && document.getElementById('last-price').textContent !== '–'")
