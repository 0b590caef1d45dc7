"""The strip: what matters most first and each thing once; the venue is not asked again over open positions by one click."""

from collections.abc import Callable

from tests.page.conftest import Desk, Page, free_port
from tests.page.test_book import with_positions
from tests.servers.binance import LocalBinance

Start = Callable[..., Desk]
STRIP = "document.getElementById('strip-text').textContent"
BUTTON = "document.getElementById('try-live')"


def test_another_round_says_once_and_uncut_what_became_of_the_account(desk: Start, page: Page) -> None:
    running = with_positions(desk("--feed", "replay", "--speed", "60"))
    page.open(running)
    page.until("/loop 2/.test(" + STRIP + ")", 30)
    said, cut = page.js(f"[{STRIP}, ((one) => one.scrollWidth > one.clientWidth)(document.getElementById('strip-text'))]")
    first, *others = said.split(" · ")
    assert first == "REPLAY 2024-08-08: recorded market, not live"
    assert others == ["2 open positions closed, account reset", "loop 2", "asked for with --feed replay"]
    assert not cut


def test_to_ask_for_the_venue_again_over_open_positions_takes_a_second_click(desk: Start, page: Page) -> None:
    running = with_positions(desk("--feed", "replay"))
    page.open(running)
    page.until("desk.state.positions.size === 2")
    page.driver.execute_script(
        """const whole = window.fetch;
        window.asked = 0;
        window.fetch = (path, ...more) => {
            if (String(path) !== '/api/feed/live') return whole(path, ...more);
            window.asked += 1;
            return Promise.resolve(new Response('{"message": "no"}', { status: 502 }));
        };"""
    )
    page.click("#try-live")
    page.until(f"{BUTTON}.textContent === 'again closes 2 positions'")
    assert page.js("window.asked") == 0
    page.until(f"{BUTTON}.textContent === 'try live again'", 8)  # who does not mean it is not asked for ever
    page.click("#try-live")
    asked_at = page.js("performance.now()")
    page.until(f"performance.now() > {asked_at} + 500")
    assert page.js("window.asked") == 0
    page.click("#try-live")
    page.until("window.asked === 1")


def test_a_venue_that_can_not_be_reached_is_counted_in_seconds_with_the_next_try(desk: Start, page: Page) -> None:
    nobody = free_port()
    addresses = ("--ws-url", f"ws://127.0.0.1:{nobody}", "--rest-url", f"http://127.0.0.1:{nobody}")
    page.open(desk("--feed", "binance", *addresses), drawn=False)
    page.until("document.getElementById('strip-text')")
    said = f"/^connecting for ([0-9]+) s, [0-9]+(st|nd|rd|th) try in [0-9]+ s: connection refused/.exec({STRIP})"
    page.until(f"window.firstSaid = {said}")
    page.until(f"((now) => now && Number(now[1]) >= Number(window.firstSaid[1]) + 2)({said})")


def test_a_calm_live_market_says_what_is_traded_and_gives_way_to_what_matters_more(desk: Start, page: Page) -> None:
    with LocalBinance() as venue:
        page.open(desk("--feed", "binance", "--ws-url", venue.ws_url, "--rest-url", venue.rest_url))
        page.until(f"{STRIP} === 'synthetic perpetual on spot: no funding, mark = mid'", 20)
        assert page.js("document.getElementById('strip').dataset.off") == ""
    page.until(f"/^reconnecting/.test({STRIP})", 20)
