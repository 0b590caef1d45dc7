"""A position's lines on the charts: a rule in view, a chip at the edge out of view; own fills by their shape."""

from collections.abc import Callable
from decimal import Decimal

from tests.page.conftest import Desk, Page
from tests.page.test_orders import HELD, typed, unlocked

Start = Callable[..., Desk]
NAMES = "[...document.querySelectorAll('#overlay-tick-chart > .line-name:not([hidden])')].map((one) => one.textContent)"
CHIPS = "[...document.querySelectorAll('#overlay-tick-chart .edge.%s .line-name:not([hidden])')].map((one) => one.textContent)"


def test_what_is_in_view_is_a_line_and_what_is_not_is_a_chip_with_its_distance(desk: Start, page: Page) -> None:
    running = unlocked(desk, page)
    price = Decimal(str(page.js("desk.state.quotes.get('ETH/USDT').bid")))
    typed(page, "ticket-loss", str(price - 20))
    typed(page, "ticket-gain", str(price + 20))
    page.click("#ticket-buy")
    page.until(f"{HELD}.length === 1")
    (row,) = running.api("/api/positions")["positions"]
    entry = f"{Decimal(row['average_cost']):,.2f}"
    page.until(f"{NAMES}.includes('entry {entry}')")
    page.until(f"{CHIPS % 'above'}.some((text) => /^▲ target {price + 20:,.2f} · 0.7[0-9] %$/.test(text))")
    page.until(f"{CHIPS % 'below'}.some((text) => /^▼ stop {price - 20:,.2f} · 0.7[0-9] %$/.test(text))")
    page.until(f"{CHIPS % 'below'}.some((text) => /^▼ liq 2,6[0-9.]+ · 0.[0-9]+ %$/.test(text))")
    rule = "document.querySelector('#overlay-tick-chart .rule.entry')"
    top = "document.querySelector('#tick-chart .js-plotly-plot')._fullLayout.yaxis"
    drawn = f"(new DOMMatrix(getComputedStyle({rule}).transform).m42 - {top}._offset)"
    page.until(f"Math.abs({drawn} - {top}.c2p({row['average_cost']})) < 1")
    side = "document.querySelector('#overlay-candles-0 .rule.entry')"
    price_axis = "document.querySelector('#candles-0 .js-plotly-plot')._fullLayout.yaxis"
    page.until(f"{side} && !{side}.hidden")
    over = f"(new DOMMatrix(getComputedStyle({side}).transform).m42 - {price_axis}._offset)"
    page.until(f"Math.abs({over} - {price_axis}.c2p({row['average_cost']})) < 1")
    other = "document.querySelectorAll('#overlay-candles-3 .rule.line').length"
    assert page.js(other) == 0  # of another symbol
    page.click("#flatten")
    page.until(f"{HELD}.length === 0 && {NAMES}.length === 0 && {CHIPS % 'below'}.length === 0 && {side}.hidden")


def test_bought_and_sold_have_shapes_of_their_own(desk: Start, page: Page) -> None:
    unlocked(desk, page)
    page.click("#ticket-buy")
    page.until(f"{HELD}.length === 1")
    page.click("#ticket-sell")
    page.until(f"{HELD}.length === 0")
    shape = "document.querySelectorAll('#tick-chart .scatterlayer > g.trace')[%d]?.querySelector('path.point')?.getAttribute('d')"
    page.until(f"{shape % 3} && {shape % 4} && {shape % 3} !== {shape % 4}")
