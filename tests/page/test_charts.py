"""What stands at the charts' edges: last-price tags that agree with the header, and labels on every time axis."""

from collections.abc import Callable, Iterator

import pytest

from tests.page.conftest import Desk, Page

TAG = "document.querySelector('#overlay-{} .tag:not(.cross-tag)')"
LAST = "document.getElementById('last-price').textContent"


@pytest.fixture
def looking(replay: Desk, page: Page) -> Iterator[Page]:
    yield page.open(replay)


@pytest.mark.parametrize("chart", ["candles-0", "candles-1", "candles-2"])
def test_a_side_charts_tag_follows_the_header_while_the_chart_itself_waits(looking: Page, chart: str) -> None:
    tag = TAG.format(chart)
    looking.until(f"{tag} && /[0-9]/.test({tag}.textContent)")
    looking.driver.execute_script(f"desk.draw.charts.find((one) => one.id === '{chart}').write = () => ''")
    for _ in range(3):
        before = looking.js(LAST)
        looking.until(f"{LAST} !== '{before}'", 15)
        # the header may move on within the quarter of a second; the tag is never far behind
        looking.until(f"{tag}.textContent.replace(/[▲▼ ]/g, '') === {LAST}")
        looking.until(f"document.getElementById('price-{chart}').textContent === {LAST}")


def test_a_chart_of_another_symbol_is_tagged_with_what_the_server_says_of_that_symbol(looking: Page) -> None:
    tag = TAG.format("candles-3")
    looking.until(f"{tag} && /[0-9]/.test({tag}.textContent)")
    looking.driver.execute_script("desk.draw.charts[4].write = () => ''")
    for _ in range(2):
        before = looking.js(f"{tag}.textContent")
        looking.until(f"{tag}.textContent !== '{before}'", 15)
        looking.until(
            f"Number({tag}.textContent.replace(/[^0-9.]/g, '')) === desk.state.prices.get('BTC/USDT')"
            " && desk.state.bars.get('BTC/USDT 1s').rows.some((row) => row[2] >= desk.state.prices.get('BTC/USDT'))",
            3,
        )


@pytest.mark.parametrize("width", [1600, 1100, 390])
def test_every_tag_is_whole_inside_its_panel_and_every_time_axis_has_labels(looking: Page, width: int) -> None:
    looking.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 700}
    )
    for number in range(-1, 4):
        chart = "tick-chart" if number < 0 else f"candles-{number}"
        if number >= 0 and width < 700:
            looking.click(f"[data-tab='{number}']")
        tag = TAG.format(chart)
        looking.until(f"{tag} && {tag}.offsetWidth && /[0-9]/.test({tag}.textContent)")
        left, right, edge = looking.js(
            f"((tag, panel) => [tag.left - panel.left, panel.right - tag.right, panel.width])"
            f"({tag}.getBoundingClientRect(), document.getElementById('panel-{chart}').getBoundingClientRect())"
        )
        assert left > 0 and right >= 1, (chart, left, right, edge)
        looking.until(
            f"""((plot, labels) => labels.length >= 1 && labels.every((one, i) => {{
                const box = one.getBoundingClientRect();
                if (i && labels[i - 1].getBoundingClientRect().right > box.left) return false;
                return box.left >= plot.left && box.right <= plot.right && box.bottom <= plot.bottom + 1; }}))(
                document.getElementById('panel-{chart}').getBoundingClientRect(),
                [...document.querySelectorAll('#{chart} .xtick text')].filter((one) => one.textContent.trim()))""",
            8,
        )


@pytest.mark.parametrize("width", [1600, 1100])
def test_the_watermark_stands_inside_the_plot_and_clear_of_the_price_tag(looking: Page, width: int) -> None:
    looking.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    for chart in ("tick-chart", "candles-0", "candles-1", "candles-2", "candles-3"):
        mark = f"document.querySelector('#overlay-{chart} .watermark')"
        looking.until(f"{mark} && /REPLAY/.test({mark}.textContent) && {TAG.format(chart)}.offsetWidth")
        looking.until(
            f"""((mark, tag, plot) => {{
                const words = document.createRange();
                words.selectNodeContents(mark);
                const box = words.getBoundingClientRect();
                return box.width > 60 && box.left >= plot.left && box.right <= Math.min(tag.left, plot.right);
            }})({mark}, {TAG.format(chart)}.getBoundingClientRect(),
                document.querySelector('#{chart} .nsewdrag').getBoundingClientRect())""",
            3,
        )


def test_a_second_that_holds_all_ticks_stands_once_on_the_time_axis(looking: Page) -> None:
    looking.driver.execute_script(
        """const held = desk.state.ticks.get("ETH/USDT"), last = held.rows[held.rows.length - 1];
        const second = Math.floor(last[0] / 1000) * 1000;
        const rows = [...Array(200)].map((_, i) => [second + i * 4, last[1] + (i % 7) / 100, 1, 1]);
        const section = { s: "ticks", symbol: "ETH/USDT", n: held.n + 200, id: "same-second", rows };
        desk.apply({ epoch: desk.state.epoch, version: desk.state.version, sections: [section] }, performance.now(), true);
        desk.apply = () => false;"""
    )
    looking.until("desk.drawn.id === 'same-second'")
    texts = "[...document.querySelectorAll('#tick-chart .xtick text')].map((one) => one.textContent.trim()).filter(Boolean)"
    looking.until(f"{texts}.length === 1 && /[0-9]:[0-9]/.test({texts}[0])")


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_any_number_of_side_charts_uses_all_the_room(desk: Callable[..., Desk], page: Page, count: int) -> None:
    charts = ("ETH/USDT 1m", "ETH/USDT 1h", "ETH/USDT 1d", "BTC/USDT 1s")[:count]
    page.open(desk("--feed", "replay", "--side-charts", ",".join(charts)))
    page.until(f"document.querySelectorAll('.side .panel').length === {count}")
    used = page.js(
        """((side, panels) => panels.reduce((sum, one) => sum + one.offsetWidth * one.offsetHeight, 0)
            / (side.offsetWidth * side.offsetHeight))(
            document.getElementById('side'), [...document.querySelectorAll('.side .panel')])"""
    )
    assert 0.98 < used < 1.02


@pytest.mark.parametrize(
    ("change", "shown", "way"), [(-0.004, "0.00 %", ""), (0.004, "0.00 %", ""), (-0.006, "▼ −0.01 %", "down")]
)
def test_a_change_that_rounds_to_zero_has_no_direction(looking: Page, change: float, shown: str, way: str) -> None:
    looking.until("desk.state.status && desk.state.quotes.get('ETH/USDT')")
    told = looking.driver.execute_script(
        """desk.state.quotes.get("ETH/USDT").change_percent = arguments[0];
        desk.head.draw();
        const one = document.getElementById("change");
        return [one.textContent, one.dataset.way];""",
        change,
    )
    assert told == [shown, way]


def test_bid_ask_and_last_price_are_ruled_where_the_axis_has_them(looking: Page) -> None:
    looking.until(
        """((over, axis, quote) => {
            const at = (name) => Number(/, ?(-?[0-9.]+)px/.exec(over.querySelector(`.rule.${name}`).style.transform)[1]);
            const right = (name, price) => !over.querySelector(`.rule.${name}`).hidden
                && Math.abs(at(name) - axis._offset - axis.l2p(price)) <= 1;
            return right('bid', quote.bid) && right('ask', quote.ask) && right('last', desk.state.prices.get('ETH/USDT'));
        })(document.getElementById('overlay-tick-chart'),
           desk.draw.charts[0].gd._fullLayout.yaxis, desk.state.quotes.get('ETH/USDT'))"""
    )
    looking.until("/^L[0-3] (each frame|[0-9]+ ms) · (push|poll)$/.test(document.getElementById('throttle').textContent)")
