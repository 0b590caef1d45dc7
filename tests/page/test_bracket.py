"""The bracket at the ticket and on the position: what it promises, what it sends, and the way to break-even."""

from collections.abc import Callable
from decimal import Decimal

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.page.conftest import Desk, Page, until
from tests.page.test_orders import ANSWER, HELD, typed, unlocked

Start = Callable[..., Desk]
STOPPED = "document.getElementById('outcome-stopped').textContent"


def test_a_bracket_is_sized_by_its_risk_and_goes_with_the_order(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    price = Decimal(str(page.js("desk.state.quotes.get('ETH/USDT').bid")))
    typed(page, "ticket-loss", str(price - 20))
    page.until(f"/^stop −[0-9.]+ = −[0-9,]+ ticks$/.test({STOPPED})")
    typed(page, "ticket-gain", str(price - 10))
    page.until(f'{STOPPED} === "the bracket\'s target must be above the entry"')
    typed(page, "ticket-gain", str(price + 20))
    page.click("#gain-up")
    page.until(f"document.getElementById('ticket-gain').value === '{price + 20 + Decimal('0.01')}'")
    typed(page, "ticket-risk", "25")
    page.click("#size-risk")
    page.until(f"/^stop −2[45].[0-9]+ = /.test({STOPPED}) && document.getElementById('ticket-quantity').value !== '0.1'")
    page.click("#ticket-buy")
    page.until(f"{HELD}.length === 1")
    until(lambda: len(running.api("/api/orders")["orders"]) == 3, 10, "both legs")
    legs = {order["type"]: order for order in running.api("/api/orders")["orders"]}
    assert Decimal(legs["stop"]["stop_price"]) == price - 20
    assert Decimal(legs["limit"]["price"]) == price + 20 + Decimal("0.01")
    assert legs["stop"]["quantity"] == legs["limit"]["quantity"] == page.js("document.getElementById('ticket-quantity').value")
    typed(page, "ticket-loss", "abc")
    page.click("#ticket-buy")
    page.until(f"/not sent: stop loss: a price like/.test({ANSWER})")


def test_what_the_ticket_promises_moves_with_the_market_and_goes_with_the_symbol(desk: Start, page: Page) -> None:
    running = unlocked(desk, page, "--speed", "5")
    price = Decimal(str(page.js("desk.state.quotes.get('ETH/USDT').bid")))
    typed(page, "ticket-quantity", "2")
    typed(page, "ticket-loss", str(price - 20))
    first = page.until(f"/^stop −/.test({STOPPED}) && {STOPPED}")
    page.until(f"/^stop −/.test({STOPPED}) && {STOPPED} !== {first!r}", 30)
    Select(page.driver.find_element(By.ID, "ticket-symbol")).select_by_value("BTC/USDT")
    page.until(f"document.getElementById('ticket-loss').value === '' && {STOPPED} === ''")
    assert running.api("/api/orders")["orders"] == []


def test_the_button_on_a_position_moves_its_stop_to_break_even_or_says_why_not(desk: Start, page: Page) -> None:
    running = unlocked(desk, page, "--fee-taker", "0", "--speed", "5")
    price = Decimal(str(page.js("desk.state.quotes.get('ETH/USDT').bid")))
    page.click("#ticket-sell")
    page.until(f"{HELD}.length === 1")
    page.click("[data-even='ETH/USDT']")
    page.until(f"/to break-even: there is no stop to move/.test({ANSWER})")
    typed(page, "ticket-loss", str(price + 20))
    typed(page, "ticket-quantity", "0.2")
    page.click("#ticket-sell")
    page.until("[...desk.state.orders.values()].some((row) => row.type === 'stop' && row.works)")
    (row,) = running.api("/api/positions")["positions"]

    def moved() -> bool:  # the market may turn between the look and the click
        page.until(f"desk.state.quotes.get('ETH/USDT').ask < {row['average_cost']} - 0.2", 60)
        page.driver.execute_script(f"{ANSWER} = ''")
        page.click("[data-even='ETH/USDT']")
        page.until(f"/break-even[,:]/.test({ANSWER})")
        return bool(page.js(f"/^stop of ETH.USDT at break-even, 2,6[0-9.]+$/.test({ANSWER})"))

    until(moved, 90, "the stop at break-even")
    (stop,) = (order for order in running.api("/api/orders")["orders"] if order["type"] == "stop")
    assert 0 <= Decimal(row["average_cost"]) - Decimal(stop["stop_price"]) < Decimal("0.01")


def test_after_so_many_ticks_of_profit_the_stop_goes_to_break_even_by_itself(desk: Start, page: Page) -> None:
    running = unlocked(desk, page, "--fee-taker", "0", "--speed", "5")
    price = Decimal(str(page.js("desk.state.quotes.get('ETH/USDT').bid")))
    page.click("#settings summary")
    typed(page, "ticket-even", "2.5")
    page.click("#settings summary")
    typed(page, "ticket-loss", str(price + 20))
    page.click("#ticket-sell")
    page.until(f"/not sent: stop to break-even .settings.: whole ticks like 300/.test({ANSWER})")
    page.click("#settings summary")
    typed(page, "ticket-even", "20")
    page.click("#settings summary")
    page.click("#ticket-sell")
    page.until(f"{HELD}.length === 1")
    (row,) = running.api("/api/positions")["positions"]
    entry = Decimal(row["average_cost"])

    def moved() -> bool:
        stops = [order for order in running.api("/api/orders")["orders"] if order["type"] == "stop"]
        return 0 <= entry - Decimal(stops[0]["stop_price"]) < Decimal("0.01")

    until(moved, 60, "the stop at break-even")
    page.driver.refresh()
    page.until("document.getElementById('ticket-even')?.value === '20'")  # a habit outlives the page
