"""The page on a live venue: ticks move, numbers agree with the API, and what is dead shows it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.page.conftest import Desk, Page, until
from tests.servers.binance import LocalBinance

Start = Callable[..., Desk]


@pytest.fixture
def venue() -> Iterator[LocalBinance]:
    with LocalBinance(rate=40) as running:
        yield running


def live_flags(venue: LocalBinance, *more: str) -> tuple[str, ...]:
    return ("--feed", "binance", "--ws-url", venue.ws_url, "--rest-url", venue.rest_url, *more)


@pytest.mark.parametrize("transport", ["auto", "interval"])
def test_the_line_moves_and_the_text_shows_the_tick_that_is_drawn(
    desk: Start, page: Page, venue: LocalBinance, transport: str
) -> None:
    page.open(desk(*live_flags(venue, "--transport", transport)))
    for _ in range(5):
        page.wait_moves()
    price, text = page.js("[window.desk.drawn.price, document.getElementById('last-price').textContent]")
    assert float(text.replace(",", "")) == price
    line = page.js("document.getElementById('tick-chart').querySelector('.js-plotly-plot').data[0].y.slice(-1)[0]")
    assert line == pytest.approx(price, abs=2)
    assert page.errors() == []


def test_with_auto_the_websocket_carries_the_picture_and_with_interval_nothing_but_the_interval(
    desk: Start, page: Page, venue: LocalBinance
) -> None:
    running = desk(*live_flags(venue))
    page.open(running)
    until(lambda: [row["transport"] for row in running.api("/api/status")["throttle"]] == ["websocket"], 10, "the takeover")
    other = desk(*live_flags(venue, "--transport", "interval"))
    page.open(other)
    page.wait_moves()
    assert [row["transport"] for row in other.api("/api/status")["throttle"]] == ["interval"]


def test_every_tick_reaches_the_ring_in_the_page(desk: Start, page: Page, venue: LocalBinance) -> None:
    running = desk(*live_flags(venue))
    page.open(running)
    page.wait_moves()
    page.until("window.desk.state.ticks.get('ETH/USDT').rows.length >= 200", 15)
    venue.call(lambda: setattr(venue, "_sources", []) or venue._sources.append(Quiet()))
    ticks = until(lambda: settled(running), 10, "the ring to come to rest")
    page.until(f"window.desk.drawn.id === {json.dumps(ticks[-1]['id'])}")
    rows = page.js("window.desk.state.ticks.get('ETH/USDT').rows")
    assert [row[1] for row in rows] == [float(row["price"]) for row in ticks]
    assert [row[3] for row in rows] == [row["aggressor"] for row in ticks]


class Quiet:
    """A source that makes nothing more."""

    def step(self, now_ms: int, venue: Any) -> float:
        return now_ms + 50


def settled(running: Desk) -> Any:
    first = running.api("/api/ticks?symbol=ETH/USDT")["ticks"]
    return first if running.api("/api/status")["symbols"]["ETH/USDT"]["tick_age_ms"] > 500 else None


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_candles_on_screen_are_those_of_the_api(desk: Start, page: Page, venue: LocalBinance, number: int) -> None:
    running = desk(*live_flags(venue))
    page.open(running)
    symbol, interval = page.js(f"window.desk.config.charts[{number}]")
    until(lambda: len(candles(running, symbol, interval)) > 20, 10, "history")
    chart = f"document.getElementById('candles-{number}').querySelector('.js-plotly-plot')"
    page.until(f"{chart}.data[0].open.length > 20", 10)

    def agree() -> bool:
        shown = page.js(f"window.desk.state.bars.get('{symbol} {interval}').rows.slice(-40)")
        closed = {row[0]: row[1:6] for row in shown[:-1]}
        wanted = {
            bar["open_time_ms"]: [float(bar[name]) for name in ("open", "high", "low", "close", "volume")]
            for bar in candles(running, symbol, interval)
            if bar["closed"]
        }
        common = set(closed) & set(wanted)
        return len(common) > 15 and all(closed[at] == wanted[at] for at in common)

    until(agree, 8, "screen and API to agree")
    drawn = page.js(f"[{chart}.data[0].open.length, {chart}.data[0].high.length, {chart}.data[1].y.length]")
    assert len(set(drawn)) == 1 and drawn[0] > 20


def candles(running: Desk, symbol: str, interval: str) -> Any:
    return running.api(f"/api/candles?symbol={symbol}&interval={interval}&limit=100")["candles"]


def test_a_dead_line_is_visibly_stale_and_live_again_when_it_speaks(desk: Start, page: Page, venue: LocalBinance) -> None:
    running = desk(*live_flags(venue, "--line-stale-after", "1.5", "--stale-after", "2"))
    page.open(running)
    page.wait_moves()
    assert page.js("document.getElementById('panel-tick-chart').dataset.src") == "stream"
    venue.faults.stall()
    page.until("document.getElementById('panel-tick-chart').dataset.src === 'stale'")
    assert page.untrue() == []
    page.until("/^ETH dead .* BTC dead /.test(document.getElementById('ages').textContent)")
    page.until("document.title.startsWith('not live · ')")
    venue.faults.stall(False)
    page.until("document.getElementById('panel-tick-chart').dataset.src === 'stream'", 20)
    page.wait_moves()
    page.until("!/dead/.test(document.getElementById('ages').textContent) && !/not live/.test(document.title)")


def test_a_lost_connection_says_for_how_long_and_counts_down_to_the_next_try(
    desk: Start, page: Page, venue: LocalBinance
) -> None:
    page.open(desk(*live_flags(venue)))
    page.until("window.desk.state.status.feed.state === 'live'")
    venue.faults.refuse_streams(429, retry_after_s=9)
    venue.faults.drop()
    said = r"/^reconnecting for (\d+) s, (\d)[a-z]+ try in (\d+) s: /.exec(document.getElementById('strip-text').textContent)"
    page.until(f"((said) => said && Number(said[3]) > 5)({said})")
    _, since_s, number, retry_s = page.js(said)
    page.until(f"((now) => now && now[2] === '{number}' && now[1] - {since_s} >= 2 && {retry_s} - now[3] >= 2)({said})")
    assert page.untrue() == []
    venue.faults.refuse_streams(None)
    page.until("!document.getElementById('strip-text').textContent.includes('reconnecting')", 20)


def test_a_dead_line_refuses_to_open_with_its_reason_and_lets_a_position_be_closed(
    desk: Start, page: Page, venue: LocalBinance
) -> None:
    running = desk(*live_flags(venue, "--leverage", "500", "--line-stale-after", "1.5", "--stale-after", "2"))
    page.open(running)
    refused = "['buy', 'sell'].map((side) => document.getElementById(`ticket-${side}`).getAttribute('aria-disabled')).join()"
    page.until(f"{refused} === 'false,false'")
    page.click("#ticket-buy")
    page.until("document.querySelector('#positions .close')")
    venue.faults.stall()
    page.until(f"{refused} === 'true,false'", 5)  # what only makes the position smaller is not refused
    page.until(
        "/^opening refused, ETH.USDT is not live: .*no message/.test(document.getElementById('ticket-refused').textContent)",
        2,
    )
    aged = "Number(document.querySelector('#positions .ag-row [data-age]').dataset.age)"
    page.until(f"{aged} > 2000 && document.querySelector('#positions .ag-row [data-age]').textContent.endsWith(' s stale')")
    page.click("#ticket-buy")
    page.until("/not sent: /.test(document.getElementById('ticket-answer').textContent)")
    page.click("#positions .close")
    page.until("/waits for a live quote/.test(document.getElementById('ticket-answer').textContent)")
    venue.faults.stall(False)
    page.until("!document.querySelector('#positions .close')", 25)
    page.until(f"{refused} === 'false,false' && !document.getElementById('ticket-refused').textContent")


def test_whatever_reason_a_symbol_has_stands_on_its_panels_and_under_the_header(
    desk: Start, page: Page, venue: LocalBinance
) -> None:
    page.open(desk(*live_flags(venue)))
    page.until("window.desk.state.status.symbols['BTC/USDT'].state === 'live'")
    said = "prints are silent: acknowledged, but no first message"
    shown = page.driver.execute_script(
        """const status = structuredClone(desk.state.status);
        status.symbols["BTC/USDT"].reason = arguments[0];
        desk.apply({ epoch: desk.state.epoch, version: desk.state.version, sections: [status] }, performance.now(), true);
        desk.head.draw();
        desk.head.ages();
        return ["reason-candles-3", "empty-candles-3", "strip-text", "reason-tick-chart"]
            .map((id) => document.getElementById(id).textContent);""",
        said,
    )
    assert said in shown[0] + shown[1]
    assert f"BTC/USDT {said}" in shown[2]
    assert shown[3] == ""


SHOW = """const one = document.getElementById('symbol');
one.value = arguments[0]; one.dispatchEvent(new Event('change', {bubbles: true}));"""


def test_one_silent_symbol_is_stale_while_the_other_stays_live(desk: Start, page: Page, venue: LocalBinance) -> None:
    running = desk(*live_flags(venue, "--stale-after", "2"))
    page.open(running)
    until(lambda: running.api("/api/status")["symbols"]["BTC/USDT"]["state"] == "live", 10, "both to be live")
    venue.faults.silence("BTCUSDT")
    page.until("document.getElementById('panel-candles-3').dataset.src === 'stale'")
    assert page.js("document.getElementById('feed').dataset.state") == "live"
    page.driver.execute_script(SHOW, "BTC/USDT")
    page.until("document.getElementById('feed').dataset.state === 'stale'", 3)  # the feed is alive, what is looked at is not
    page.driver.execute_script(SHOW, "ETH/USDT")
    page.until("document.getElementById('feed').dataset.state === 'live'")
    assert page.js("document.getElementById('panel-tick-chart').dataset.src") == "stream"
    assert page.untrue() == []


def test_a_position_opens_moves_with_the_mark_and_clears(desk: Start, page: Page) -> None:
    with LocalBinance(rate=0) as venue:
        running = desk(*live_flags(venue, "--leverage", "500", "--stale-after", "3600", "--line-stale-after", "3600"))
        venue_speaks(venue, running)
        page.open(running)
        page.click("#ticket-buy")
        cell = "document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"] [col-id={}]')"
        page.until(cell.format("quantity"))
        assert page.js(cell.format("side") + ".textContent").strip().lower().endswith("long")
        price = venue.markets["ETHUSDT"].price
        venue.trade("ETHUSDT", price + 500)
        venue.quote("ETHUSDT")
        page.until(cell.format("pnl") + ".textContent.includes('+')")
        venue.trade("ETHUSDT", price - 150)
        venue.quote("ETHUSDT")
        page.until(cell.format("pnl") + ".textContent.includes('−')")
        page.click('#positions .ag-row[row-id="ETH/USDT"] .close')
        page.until("!" + cell.format("quantity"))
        assert running.api("/api/status")["feed"]["state"] == "live"
        assert page.errors() == []


def venue_speaks(venue: LocalBinance, running: Desk) -> None:
    def speak() -> bool:
        venue.quote("ETHUSDT")
        venue.quote("BTCUSDT")
        venue.trade("ETHUSDT")
        return bool(running.api("/api/ticks?symbol=ETH/USDT")["ticks"])

    until(speak, 8, "the first tick")


def test_a_mark_beyond_the_liquidation_price_closes_the_position_there(desk: Start, page: Page) -> None:
    with LocalBinance(rate=0) as venue:
        running = desk(*live_flags(venue, "--leverage", "500", "--stale-after", "3600", "--line-stale-after", "3600"))
        venue_speaks(venue, running)
        page.open(running)
        page.click("#ticket-buy")
        page.until("document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"]')")
        venue.trade("ETHUSDT", venue.markets["ETHUSDT"].price - 3_000)
        venue.quote("ETHUSDT")
        page.until("!document.querySelector('#positions .ag-row[row-id=\"ETH/USDT\"]')")
        page.until("document.body.textContent.includes('liquidated')")
