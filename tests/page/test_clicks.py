"""What a click on the page asks of the server and does not get is said, in the server's own words where it has some."""

import pytest

from tests.page.conftest import Desk, Page

ANSWERS = """((path, status, message) => {
    const whole = window.fetch;
    const lost = () => Promise.reject(new TypeError('gone'));
    const answer = () => status ? Promise.resolve(new Response(JSON.stringify({ message }), { status })) : lost();
    window.fetch = (asked, ...more) => String(asked) === path ? answer() : whole(asked, ...more);
    return true;
})(...arguments)"""


@pytest.mark.parametrize(
    ("button", "path", "place", "begins"),
    [
        ("unlock-replay", "/api/replay/unlock", "ticket-answer", "trade in replay: "),
        ("try-live", "/api/feed/live", "strip-text", "live not tried: "),
    ],
)
@pytest.mark.parametrize(
    ("status", "message", "said"),
    [
        (403, "this server is read-only", "this server is read-only"),
        (502, None, "HTTP 502"),
        (0, None, "the server was not reached"),
    ],
)
def test_a_click_that_led_to_nothing_says_why(
    replay: Desk, page: Page, button: str, path: str, place: str, begins: str, status: int, message: str | None, said: str
) -> None:
    page.open(replay)
    page.js(ANSWERS, path, status, message)
    page.js(f"document.getElementById('{button}').click()")
    page.until(f"document.getElementById('{place}').textContent.startsWith('{begins}{said}')", 3)
    assert page.errors() == []
