"""Where prints are missing the chart says so: hatched, and no line drawn through the hole."""

from collections.abc import Callable, Iterator

import pytest

from tests.page.conftest import Desk, Page
from tests.page.test_live import live_flags
from tests.servers.binance import LocalBinance

Start = Callable[..., Desk]
GRAPH = "document.getElementById('tick-chart').querySelector('.js-plotly-plot')"
LINES = f"""const done = arguments[0], gd = {GRAPH};
const parts = () => [...gd.querySelectorAll('.scatterlayer .trace path.js-line')].map((one) => one.getAttribute('d') || '')
    .join('').split('M').length - 1;
requestAnimationFrame(() => {{
    const main = window.desk.draw.charts[0];
    main.write(performance.now());
    const ours = parts();
    main.paths = () => true; // what Plotly draws stays
    Plotly.redraw(gd).then(() => {{ const theirs = parts(); delete main.paths; done({{ ours, theirs }}); }});
}});"""


@pytest.fixture
def venue() -> Iterator[LocalBinance]:
    with LocalBinance(rate=40) as running:
        yield running


def test_a_hole_in_the_ids_is_counted_in_the_header_and_marked_on_the_chart(desk: Start, page: Page, venue: LocalBinance) -> None:
    running = desk(*live_flags(venue))
    page.open(running)
    page.wait_moves()
    venue.faults.skip("ETHUSDT", 3)
    page.until("window.desk.state.status.counters.lost === 3")
    page.until("/gaps? ?1|1 gap/i.test(document.getElementById('counts').textContent)")
    page.until("document.querySelector('#overlay-tick-chart .hatch')")
    line = page.driver.execute_async_script(LINES)
    assert line["ours"] == line["theirs"] == 2
    assert None in page.js(f"{GRAPH}.data[0].y")


@pytest.mark.parametrize("window", ["200", "1m"])
def test_the_line_is_not_drawn_through_a_lost_connection(desk: Start, page: Page, venue: LocalBinance, window: str) -> None:
    running = desk(*live_flags(venue))
    page.open(running)
    page.click(f"button[data-window='{window}']")
    page.wait_moves()
    venue.faults.refuse_streams(503)
    venue.faults.drop()
    page.until("window.desk.state.status.feed.state === 'reconnecting'")
    left = page.js("performance.now()")
    page.until(f"performance.now() > {left} + 1500")
    venue.faults.refuse_streams(None)
    page.until(f"{GRAPH}.data[0].y.slice(1, -1).includes(null)", 25)
    path = f"{GRAPH}.querySelector('.scatterlayer .trace path.js-line').getAttribute('d')"
    page.until(f"{path}.split('M').length === 3")
    page.until("document.querySelector('#overlay-tick-chart .hatch:not([hidden])')")


def test_a_blocked_region_is_named_and_try_now_does_not_wait_for_the_next_try(
    desk: Start, page: Page, venue: LocalBinance
) -> None:
    page.open(desk(*live_flags(venue)))
    page.until("window.desk.state.status.feed.state === 'live'")
    assert page.js("document.getElementById('try-live').hidden")
    venue.faults.refuse_streams(451)
    venue.faults.drop()
    page.until("/region blocked.*451/.test(document.getElementById('strip-text').textContent)")
    page.until("window.desk.state.status.feed.retry_in_ms > 20000")
    page.until("document.getElementById('try-live').textContent === 'try now' && !document.getElementById('try-live').hidden")
    venue.faults.refuse_streams(None)
    page.click("#try-live")
    page.until("window.desk.state.status.feed.state === 'live'")
    page.until("document.getElementById('try-live').hidden")
