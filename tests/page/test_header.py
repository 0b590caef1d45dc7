"""The header and what goes with it on the bundled replay: latency, clock, switches, legend, counters, countdowns, motion."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feeds.adapter import adapter
from feeds.events import Tick
from feeds.recording import Recording
from tests.page.conftest import Desk, Page

Start = Callable[..., Desk]
REPLAY = ("--feed", "replay")
GRAPH = "document.getElementById('tick-chart').querySelector('.js-plotly-plot')"
LABELS = "[...document.querySelectorAll('#{} .xtick text')].map((one) => one.textContent.trim()).filter(Boolean)"
INDIA = "Asia/Kolkata"
"""Half an hour off, so that minutes tell the zone too."""


@pytest.fixture
def looking(replay: Desk, page: Page) -> Iterator[Page]:
    """The replay's page in a browser that stands in India; what it remembers is forgotten afterwards."""
    page.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": INDIA})
    yield page.open(replay)
    page.driver.execute_script("localStorage.clear()")


def content(element_id: str) -> str:
    return f"document.getElementById('{element_id}').textContent"


def labels(page: Page, chart: str, pattern: str, timeout_s: float = 8) -> list[str]:
    """The labels of a chart's time axis once there are some and all have this form."""
    found = LABELS.format(chart)
    page.until(f"((all) => all.length && all.every((one) => /^{pattern}$/.test(one)))({found})", timeout_s)
    return list(page.js(found))


def choose(page: Page, setting: str, value: str) -> None:
    if not page.js("document.getElementById('settings').open"):
        page.click("#settings summary")
    page.click(f"[data-set={setting}][data-value={value}]")


def reload(page: Page) -> None:
    page.driver.refresh()
    page.wait_drawn()


def first_price(recording: Recording, symbol: str) -> float:
    parse = adapter("binance").parser([symbol])
    for recv_ns, text in recording.lines():
        if b"ETHUSDT" in (text if isinstance(text, bytes) else text.encode()):
            for event in parse(text, recv_ns):
                if isinstance(event, Tick):
                    return float(event.price)
    raise AssertionError(f"no print of {symbol}")


def test_header_shows_latency_spread_change_and_counters(replay: Desk, looking: Page, bundled: Recording) -> None:
    looking.until(f"/^[0-9,]+ ms · venue –$/.test({content('latency')})")
    looking.until(
        f"""((quote, step) => {{
            const ticks = Math.round((quote.ask - quote.bid) / step);
            const bp = ((quote.ask - quote.bid) / ((quote.ask + quote.bid) / 2) * 1e4).toFixed(2);
            return {content("spread")} === `spread ${{ticks}} tick${{ticks === 1 ? "" : "s"}} · ${{bp}} bp`;
        }})(window.desk.state.quotes.get('ETH/USDT'), 0.01)""",
        5,
    )
    looking.until(
        f"""((shown) => shown && (shown[1] || '').trim() === {{'+': '▲', '−': '▼'}}[shown[2]]
            && Math.abs(Number(shown[3]) * (shown[2] === '−' ? -1 : 1)
                        - (window.desk.drawn.price / {first_price(bundled, "ETH/USDT")} - 1) * 100) < 0.011)(
            {content("change")}.match(/^([▲▼] )([+−])([0-9.]+) %$/))""",
        15,
    )
    counted = replay.api("/api/status")["counters"]
    shown = re.fullmatch(r"lost (\d+) · gaps (\d+) · refused (\d+)", looking.until(content("counts")))
    assert shown is not None
    assert [int(number) for number in shown.groups()] == [counted["lost"], counted["gaps"], counted["refused"]]
    assert counted["gaps"] >= 2  # the stretch before the recording, per symbol


def test_what_was_dropped_and_bars_that_differed_are_counted_beside(looking: Page) -> None:
    counters = "{lost: 3, gaps: 1, refused: 4, inbox_dropped: 2, differences: 5}"
    seen = looking.js(
        f"""(() => {{ const own = desk.state.status; desk.state.status = {{...own, counters: {counters}}}; desk.head.draw();
            const said = [{content("counts")}, document.getElementById("counts").dataset.off];
            desk.state.status = own; desk.head.draw(); return said; }})()"""
    )
    assert seen == ["lost 3 · gaps 1 · refused 4 · dropped 2 · bars differed 5", "yes"]


def test_the_title_says_how_long_the_ring_is(replay: Desk, looking: Page) -> None:
    looking.until(f"/^200 ticks = [0-9.]+ s · [0-9.]+\\/s$/.test({content('ticks-span')})", 30)
    looking.until(
        f"""((rows, shown) => {{
            const s = (rows[rows.length - 1][0] - rows[0][0]) / 1000;
            return rows.length === 200 && Math.abs(Number(shown[1]) - s) <= (s < 10 ? 0.06 : 0.6);
        }})(window.desk.state.ticks.get('ETH/USDT').rows, {content("ticks-span")}.match(/= ([0-9.]+) s/))""",
        5,
    )


def test_dates_stand_on_every_time_axis_of_a_replay(looking: Page) -> None:
    moment = "0[1-9] Aug [0-9]{2}:[0-9]{2}"
    assert labels(looking, "tick-chart", moment + ":[0-9]{2}")
    assert labels(looking, "candles-1", moment)
    assert labels(looking, "candles-2", "[0-9]{2} (Apr|May|Jun|Jul|Aug)")
    assert labels(looking, "candles-3", moment + ":[0-9]{2}", 40)  # its bars reach the first label after half a minute


def test_local_time_changes_clock_and_axes_and_is_remembered(looking: Page) -> None:
    looking.until(f"/^0[89] Aug 2024 (23:5|00:0)[0-9]:[0-9]{{2}} UTC$/.test({content('clock')})")
    labels(looking, "candles-1", "0[1-9] Aug [0-9]{2}:00")
    choose(looking, "zone", "local")
    for _ in range(2):
        looking.until(f"/^09 Aug 2024 05:[23][0-9]:[0-9]{{2}} local$/.test({content('clock')})")
        labels(looking, "tick-chart", "09 Aug 05:[23][0-9]:[0-9]{2}")
        labels(looking, "candles-1", "0[1-9] Aug [0-9]{2}:30")
        assert looking.js("document.querySelector('[data-set=zone][data-value=local]').ariaPressed") == "true"
        reload(looking)
    choose(looking, "zone", "utc")
    looking.until(f"{content('clock')}.endsWith('UTC')")


def test_the_signals_switch_hides_their_traces_and_is_remembered(looking: Page) -> None:
    both = f"[{GRAPH}.data[2].visible, {GRAPH}.data[3].visible].every((one) => {{}})"
    hidden, visible = both.format("one === 'legendonly'"), both.format("one === true || one === undefined")
    looking.until(visible)
    choose(looking, "signals", "off")
    looking.until(hidden)
    reload(looking)
    looking.until(hidden)
    looking.wait_moves()
    assert looking.js(hidden)
    assert looking.js("document.querySelector(\"[data-traces='2,3']\").ariaPressed") == "false"
    assert looking.js(f"{GRAPH}.data[0].visible !== 'legendonly' && {GRAPH}.data[4].visible !== 'legendonly'")
    choose(looking, "signals", "on")
    looking.until(visible)


def test_a_signal_says_its_reason_on_hover_and_the_legend_keeps_score(desk: Start, page: Page) -> None:
    page.open(desk(*REPLAY, "--speed", "10"))
    page.click("button[data-window='5m']")
    page.until(f"{GRAPH}.data[2].text.length > 0 && {GRAPH}.data[3].text.length > 0", 15)
    for trace, way in ((2, "1"), (3, "-1")):
        texts, xs, ys = page.js(f"[{GRAPH}.data[{trace}].text, {GRAPH}.data[{trace}].x, {GRAPH}.data[{trace}].y]")
        assert len(texts) == len(xs) == len(ys)
        assert all(re.match(r"(EMA cross|sweep): .*\d", text) for text in texts), texts
        of_side = page.js(
            f"window.desk.state.markers.get('ETH/USDT').rows.filter((row) => row.side === {way}).map((row) => row.label)"
        )
        assert set(texts) <= set(of_side)
    score = r"{} (\d+)(?: \([+−]?[\d.]+ bp\))?"
    pattern = score.format("EMA cross") + " · " + score.format("sweep")
    page.until(f"/[1-9][0-9]* \\([+−]?[0-9.]+ bp\\)/.test({content('legend-signals')})", 15)
    rows = page.js("window.desk.state.markers.get('ETH/USDT').rows")
    fired = [sum(row["label"].startswith(rule) for row in rows) for rule in ("EMA cross", "sweep")]
    counts = f"{content('legend-signals')}.match(/(?<=cross |sweep )[0-9]+/g)"
    page.until(f"{counts}[0] >= {fired[0]} && {counts}[1] >= {fired[1]}")
    legend = page.js(content("legend-signals"))
    shown = re.fullmatch(pattern, legend)
    assert shown is not None, legend
    assert sum(map(int, shown.groups())) >= 1


def test_the_side_charts_count_down_to_their_bars_close(looking: Page) -> None:
    looking.until(f"/[0-9]/.test({content('close-candles-2')})")
    before = counts_of(looking)
    looking.until(f"{content('close-candles-2')} !== {before['text']!r}")
    looking.until(f"{content('close-candles-0')} !== {counts_of(looking)['text0']!r}")
    after = counts_of(looking)
    passed = (after["clock"] - before["clock"]) % 86_400
    assert 1 <= passed < 30
    for length, at in ((60, 0), (3_600, 1), (86_400, 2)):
        for one in (before, after):
            assert (one["left"][at] + one["clock"]) % length == 0, (length, one)
            assert 0 < one["left"][at] <= length
        assert (before["left"][at] - after["left"][at]) % length == passed % length


def counts_of(page: Page) -> dict[str, Any]:
    """What the clock (second of the day) and the three countdowns (seconds left) show at one moment."""
    clock, *left = page.js(
        f"[{content('clock')}, ...[0, 1, 2].map((i) => document.getElementById(`close-candles-${{i}}`).textContent)]"
    )
    return {"clock": seconds(clock.split()[-2]), "left": [seconds(text) for text in left], "text0": left[0], "text": left[2]}


def seconds(text: str) -> int:
    """5:41:07 → 20467."""
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total


FLASHES = """(() => { window.flashes = []; const look = () => {
    for (const cell of document.querySelectorAll('#positions [class*=ag-cell-data-changed]')) {
        const { backgroundColor, transitionDuration, transitionProperty, animationName } = getComputedStyle(cell);
        const still = transitionProperty === 'none' || !parseFloat(transitionDuration);
        window.flashes.push(`${backgroundColor} ${still ? 'still' : 'moving'} ${animationName}`); }
    requestAnimationFrame(look); }; look(); return true; })()"""
STILL = "rgba(0, 0, 0, 0) still none"


def test_an_empty_table_says_so_and_cells_flash_only_where_motion_is_wanted(desk: Start, page: Page) -> None:
    page.open(desk(*REPLAY, "--speed", "3"))
    empty = "((one) => one && one.textContent === 'no open positions' && one.offsetHeight)(document.querySelector('{}'))"
    empty = empty.format("#positions .ag-overlay-no-rows-center")
    page.until(empty)
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.click("#ticket-buy")
    page.until("document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"]')")
    page.until(f"!{empty}")
    page.js(FLASHES)
    page.until(f"window.flashes.some((one) => one !== '{STILL}')", 10)
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    )
    page.until("matchMedia('(prefers-reduced-motion: reduce)').matches && (window.flashes.length = 0, true)")
    page.until("window.flashes.length >= 5", 10)
    assert set(page.js("window.flashes")) == {STILL}
    page.click('#positions .ag-row[row-id="ETH/USDT"] .close')
    page.until(empty)
