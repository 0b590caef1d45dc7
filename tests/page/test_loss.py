"""The moments after the server is lost: the badge, the panels and each row say so within a second; a socket alone is no loss."""

from collections.abc import Callable

import pytest

from tests.page.conftest import Desk, Page
from tests.page.test_link import by_websocket

Start = Callable[..., Desk]
STATE = "document.getElementById('feed').dataset.state"
ROW = "document.querySelector('#positions .ag-center-cols-container [data-src]')"


@pytest.mark.parametrize("refused", [True, False], ids=["requests are refused", "requests hang"])
def test_a_killed_server_is_said_within_a_second_on_badge_panel_and_row(desk: Start, page: Page, refused: bool) -> None:
    running = desk("--feed", "replay")
    page.open(running)
    by_websocket(running)
    page.click("#unlock-replay")
    page.until("!document.getElementById('ticket-buy').disabled")
    page.click("#ticket-buy")
    page.until(f"{ROW} && {ROW}.dataset.src === 'replay'")
    page.wait_moves()
    if not refused:  # the page asks and hears nothing
        page.driver.execute_script("window.fetch = () => new Promise(() => {});")
    page.driver.execute_script(
        """window.told = [];
        new MutationObserver(() => window.told.push([performance.now(), document.getElementById("feed").dataset.state]))
            .observe(document.getElementById("feed"), { attributes: true });
        const drawn = () => { if (desk.state.version !== window.newest) [window.newest, window.newestAt] =
            [desk.state.version, performance.now()]; requestAnimationFrame(drawn); };
        drawn();"""
    )
    running.kill()
    page.until(f"{STATE} === 'down'")
    # the last frame stands for the loss: it is never younger
    lost_ms, said = page.js("[window.newestAt, window.told.find((one) => one[1] === 'down')[0]]")
    assert said - lost_ms < 1_250
    page.until(f"{ROW}.dataset.src === 'stale' && {ROW}.textContent.endsWith('stale')")
    page.until("document.getElementById('panel-tick-chart').dataset.src === 'stale'")
    reason, plot = page.js(
        "['reason-tick-chart', 'tick-chart'].map((id) => document.getElementById(id).getBoundingClientRect().toJSON())"
    )
    assert reason["height"] > 0 and reason["bottom"] < plot["top"] + plot["height"] / 4  # not over the volume bars


def test_a_page_that_was_slow_to_stand_does_not_leave_its_socket(replay: Desk, page: Page) -> None:
    page.open(replay)
    page.until("desk.link.transport === 'websocket'")
    page.driver.execute_script(
        """window.ways = [];
        const beat = () => { window.ways.push(desk.link.transport); window.lasts = performance.now() - window.began;
            requestAnimationFrame(beat); };
        window.began = performance.now();
        beat();"""
    )
    page.until("window.lasts > 1800", 6)  # the page gives up a socket after one second of waiting
    assert set(page.js("window.ways")) == {"websocket"}


def test_a_socket_that_closes_while_the_interval_answers_is_no_loss(replay: Desk, page: Page) -> None:
    page.open(replay)
    page.until("desk.link.transport === 'websocket'")
    page.driver.execute_script(
        """window.told = [];
        const feed = document.getElementById("feed");
        new MutationObserver(() => window.told.push(feed.dataset.state)).observe(feed, { attributes: true });
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) { window.channel = this; return send.call(this, text); };"""
    )
    page.until("window.channel")
    page.driver.execute_script("window.channel.close()")
    page.until("desk.link.transport !== 'websocket'")
    page.wait_moves()
    page.until("desk.link.transport === 'websocket'", 15)
    page.wait_moves()
    assert [state for state in page.js("window.told") if state != "replay"] == []
