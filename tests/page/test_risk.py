"""The tab `Risk`: limits are set there, the lock is seen and named, and an override needs a typed reason."""

from collections.abc import Callable

from tests.page.conftest import Desk, Page
from tests.page.test_orders import ANSWER, HELD, typed, unlocked

Start = Callable[..., Desk]
STATE = "document.getElementById('lock-state').textContent"


def test_the_lock_is_set_seen_obeyed_and_overridden_only_with_a_reason(desk: Start, page: Page) -> None:
    running = unlocked(desk, page, "--fee-taker", "50", "--repeat-guard-ms", "0")
    page.click("#tab-risk")
    page.until("document.getElementById('propose-loss').title === '3 % of the balance: 300'")
    page.click("#propose-loss")
    page.until("document.getElementById('limit-day-loss').value === '300'")
    typed(page, "limit-losses", "1")
    page.click("#set-limits")
    page.until(f"/limits: daily loss 300.00 · 1 losses in a row, then 15 min/.test({STATE})")
    page.click("#ticket-buy")
    page.until(f"{HELD}.length === 1")
    page.click("#tab-positions")
    page.click("[data-close]:not([data-part])")
    page.until(f"{HELD}.length === 0")
    page.click("#tab-risk")
    page.until(f"/^locked: 1 losses in a row, locked until/.test({STATE})")
    page.click("#ticket-buy")
    page.until(f"/1 losses in a row, locked until .* reduce-only orders, cancel and flatten pass/.test({ANSWER})")
    assert running.api("/api/positions")["positions"] == []
    page.until("!document.getElementById('override').disabled")
    page.click("#override")
    page.until("/needs a typed reason/.test(document.getElementById('lock-answer').textContent)")
    typed(page, "limit-reason", "the fee was a test")
    page.click("#override")
    page.until(f"/override, at .* [(]in 1[45] min.*the fee was a test/.test({STATE})")
    page.until("document.getElementById('override').disabled")
    assert running.api("/api/discipline")["pending"]["reason"] == "the fee was a test"
