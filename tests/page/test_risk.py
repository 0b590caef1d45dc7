"""The tabs `Risk` and `Lock`: what may be lost is seen; limits are set, the lock is obeyed, an override needs a reason."""

from collections.abc import Callable

from tests.page.conftest import Desk, Page
from tests.page.test_orders import ANSWER, HELD, typed, unlocked

Start = Callable[..., Desk]
STATE = "document.getElementById('lock-state').textContent"


def test_the_risk_of_a_position_stands_in_its_tab_and_is_that_of_the_rest_answer(desk: Start, page: Page) -> None:
    running = unlocked(desk, page, "--speed", "20", "--var-bucket", "1s", "--var-window", "20")
    page.click("#tab-risk")
    page.until("document.getElementById('risk-rows').textContent === 'no open positions'")
    page.click("#ticket-buy")
    rows = "[...document.querySelectorAll('#risk-rows span')].map((one) => one.textContent)"
    page.until(
        f"/^[0-9.]+$/.test({rows}[6]) && /%$/.test({rows}[7]) && document.getElementById('risk-note').textContent === ''", 30
    )
    page.until("document.getElementById('exposure-assets').textContent.startsWith('exposure ETH +26')")
    page.until("document.querySelector('#equity-curve path')", 30)
    told = running.api("/api/risk")
    assert told["positions"][0]["returns"] == 20 and told["value_at_risk"]["book"] is not None and len(told["curve"]) > 1


def test_the_account_is_reset_when_flat_and_confirmed_and_the_page_begins_anew(desk: Start, page: Page) -> None:
    running = unlocked(desk, page, "--repeat-guard-ms", "0")
    page.click("#ticket-buy")
    page.until(f"{HELD}.length === 1")
    page.click("#tab-risk")
    said = "document.getElementById('reset-said').textContent"
    page.click("#reset-account")
    page.until(f"{said}.startsWith('still open: long 0.1 ETH/USDT')")
    page.click("#tab-positions")
    page.click("[data-close]:not([data-part])")
    page.until(f"{HELD}.length === 0 && desk.state.orders.size === 2")
    page.click("#tab-risk")
    page.click("#reset-account")
    page.until("document.getElementById('reset-account').textContent === 'confirm reset'")
    page.until(f"{said}.startsWith('paper-replay begins anew with 10,000.00')")
    page.click("#reset-account")
    page.until("desk.state.orders.size === 0 && document.getElementById('realized').textContent.startsWith('balance 10,000.00')")
    assert running.api("/api/fills")["fills"] == []


def test_the_lock_is_set_seen_obeyed_and_overridden_only_with_a_reason(desk: Start, page: Page) -> None:
    running = unlocked(desk, page, "--fee-taker", "50", "--repeat-guard-ms", "0")
    page.click("#tab-lock")
    page.until("document.getElementById('propose-loss').title === '3 % of the balance: 300'")
    page.click("#propose-loss")
    page.until("document.getElementById('limit-day-loss').value === '300'")
    typed(page, "limit-losses", "1")
    page.click("#set-limits")
    page.until(f"/limits: daily loss 300.00 · 1 loss in a row, then 15 min/.test({STATE})")
    page.click("#ticket-buy")
    page.until(f"{HELD}.length === 1")
    page.click("#tab-positions")
    page.click("[data-close]:not([data-part])")
    page.until(f"{HELD}.length === 0")
    page.click("#tab-lock")
    page.until(f"/^locked: 1 loss in a row, locked until/.test({STATE})")
    page.until("document.getElementById('used-losses').textContent === '0 of 1, counted anew'")
    page.until("document.getElementById('strip-text').textContent.split('in a row').length === 2")  # said once
    page.click("#ticket-buy")
    page.until(f"/1 loss in a row, locked until .* reduce-only orders, cancel and flatten pass/.test({ANSWER})")
    assert running.api("/api/positions")["positions"] == []
    page.until("!document.getElementById('override').disabled")
    page.click("#override")
    page.until("/needs a typed reason/.test(document.getElementById('lock-answer').textContent)")
    typed(page, "limit-reason", "the fee was a test")
    page.click("#override")
    page.until(f"/override, at .* [(]in 1[45] min.*the fee was a test/.test({STATE})")
    page.until("document.getElementById('override').disabled")
    assert running.api("/api/discipline")["pending"]["reason"] == "the fee was a test"
