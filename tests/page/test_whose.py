"""Whose number it is: no picture, price, latency or age of another symbol, another epoch or another moment under a live badge."""

from collections.abc import Callable

from tests.page.conftest import Desk, Page, until
from tests.page.test_live import live_flags
from tests.servers.binance import LocalBinance

Start = Callable[..., Desk]
EMPTY = """document.getElementById('last-price').textContent === '–' && document.getElementById('ticks-price').textContent === '–'
    && window.desk.drawn === null && !document.getElementById('panel-tick-chart').dataset.drawn
    && getComputedStyle(document.querySelector('#tick-chart .main-svg')).visibility === 'hidden'"""
FIELDS = ("bid", "bid_size", "ask", "ask_size")

# Holds the Interval's newest answer back, and lets it go right behind the full frame of the next socket, before that is drawn.
LATE = """const receive = window.dash_clientside.desk.receive, apply = desk.apply;
let held = null;
window.dash_clientside.desk.receive = (text) => {
    if (window.late || desk.link.transport !== "interval") return receive(text);
    held = held || text;
};
desk.apply = (frame, at, picture) => {
    const applied = apply(frame, at, picture);
    if (picture && frame.full && held && !window.late) {
        window.late = { answer: JSON.parse(held).version, socket: frame.version };
        queueMicrotask(() => receive(held));
    }
    return applied;
};
window.sockets.at(-1).close();"""
CHOOSE = """const list = document.getElementById('symbol');
list.value = arguments[0];
list.dispatchEvent(new Event('change', { bubbles: true }));"""
SOCKETS = """window.sockets = []; const Real = window.WebSocket;
window.WebSocket = class extends Real { constructor(...all) { super(...all); window.sockets.push(this); } };"""


def test_a_symbol_without_prints_shows_neither_the_price_nor_the_line_of_the_one_before(desk: Start, page: Page) -> None:
    with LocalBinance(rate=40, other_rate=0) as venue:
        page.open(desk(*live_flags(venue)))
        page.wait_moves()
        venue.quote("BTCUSDT")
        page.driver.execute_script(CHOOSE, "BTC/USDT")
        page.until(EMPTY)
        page.until("/BTC.USDT/.test(document.title) && !/[0-9]/.test(document.title)")
        assert page.js("document.getElementById('empty-tick-chart').textContent")
        venue.trade("BTCUSDT")
        page.until("window.desk.drawn && window.desk.drawn.symbol === 'BTC/USDT'")
        page.until("document.getElementById('panel-tick-chart').dataset.drawn === 'yes'")


def test_live_quotes_after_a_replay_do_not_stand_beside_the_replays_price(desk: Start, page: Page) -> None:
    with LocalBinance(rate=0, other_rate=0) as venue:
        port = venue.port
    running = desk("--ws-url", f"ws://127.0.0.1:{port}", "--rest-url", f"http://127.0.0.1:{port}")
    page.open(running)
    page.wait_moves()
    with LocalBinance(rate=0, other_rate=0, port=port) as venue:
        page.click("#try-live")
        until(lambda: venue.connected, 10, "the venue to be tried")
        venue.quote("ETHUSDT")
        page.until("window.desk.state.status.feed.state === 'live'")
        page.until(EMPTY)
        page.until("!/REPLAY/.test(document.title)")


def test_an_answer_of_the_interval_does_not_change_what_the_sockets_next_frames_build_on(desk: Start, page: Page) -> None:
    page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SOCKETS})
    with LocalBinance(rate=60, quote_rate=40) as venue:
        page.open(desk(*live_flags(venue)))
        rows = "desk.state.ticks.get('ETH/USDT').rows.length"
        page.until(f"desk.link.transport === 'websocket' && {rows} === 200", 12)
        page.driver.execute_script(LATE)
        page.until("window.late && desk.link.transport === 'websocket'")
        assert page.js("window.late.answer < window.late.socket")
        page.wait_moves()
        assert page.js(rows) == 200


def test_after_many_changes_the_page_holds_the_quote_that_the_server_holds(desk: Start, page: Page) -> None:
    with LocalBinance(rate=40, quote_rate=40) as venue:
        running = desk(*live_flags(venue))
        page.open(running)
        page.until("desk.link.transport === 'websocket'")
        page.wait_moves(20)
        venue.faults.stall()
        shown = f"{list(FIELDS)}.map((name) => desk.state.quotes.get('ETH/USDT')[name])"
        until(lambda: page.js(shown) == [float(running.api("/api/quote?symbol=ETH/USDT")[name]) for name in FIELDS], 10, "equal")
        quote = page.js("desk.state.quotes.get('ETH/USDT')")
        assert quote["spread_ticks"] == round((quote["ask"] - quote["bid"]) / 0.01)


def test_the_latency_is_that_of_frames_with_a_new_print_and_not_the_age_of_an_old_one(desk: Start, page: Page) -> None:
    with LocalBinance(rate=0, other_rate=0) as venue:
        running = desk(*live_flags(venue))
        until(lambda: venue.connected, 10, "the venue to be tried")
        until(lambda: venue.trade("ETHUSDT") and running.api("/api/ticks?symbol=ETH/USDT")["ticks"], 10, "a print")

        def quotes_for(ms: int) -> bool:
            venue.quote("ETHUSDT")
            return bool(running.api("/api/status")["symbols"]["ETH/USDT"]["tick_age_ms"] > ms)

        until(lambda: quotes_for(1_500), 10, "a lull")
        page.open(running)
        until(lambda: quotes_for(2_500), 10, "the lull to go on")
        assert not page.js("/[0-9]{4,}|[1-9],/.test(document.getElementById('latency').textContent)")


def test_a_broken_line_does_not_stop_the_price(desk: Start, page: Page) -> None:
    with LocalBinance(rate=40) as venue:
        page.open(desk(*live_flags(venue)))
        page.wait_moves()
        page.driver.execute_script("desk.series.ofTicks = () => { throw new Error('torn'); }")
        page.until("document.getElementById('panel-tick-chart').dataset.failed === 'yes'")
        newest = "desk.text.price('ETH/USDT', desk.state.ticks.get('ETH/USDT').rows.at(-1)[1])"
        stopped = page.text("last-price")
        page.until(f"{newest} !== '{stopped}' && document.getElementById('last-price').textContent === {newest}")


def test_a_symbol_that_never_had_a_print_has_no_age(desk: Start, page: Page) -> None:
    with LocalBinance(rate=0, other_rate=0) as venue:
        running = desk(*live_flags(venue))
        until(lambda: venue.connected, 10, "the venue to be tried")
        page.open(running, drawn=False)
        venue.quote("ETHUSDT")
        page.until("window.desk.state.quotes.get('ETH/USDT')")
        page.until("/^ETH –/.test(document.getElementById('ages').textContent)")
