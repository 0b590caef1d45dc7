"""A market of one symbol, made by hand, and a paper account in it."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from app.core.account import Account, Step
from app.core.admission import Standing, Terms
from app.core.books import Books
from app.core.model import Bracket, Fill, PlaceOrder
from app.core.orders import Order
from feeds.events import Instrument, Quote
from tests.market import ETH, T0_NS, quote, tick

RULES = Instrument(ETH, Decimal("0.01"), Decimal("0.0001"), Decimal(5), "as shipped")
MS = 1_000_000
LONG = Bracket(Decimal("99.00"), Decimal("102.00"))
SHORT = Bracket(Decimal("101.00"), Decimal("98.00"))


def filled(steps: Iterable[Step]) -> list[Fill]:
    return [step for step in steps if isinstance(step, Fill)]


class Market:
    """One symbol's market by hand, and the account in it."""

    def __init__(self, leverage: int = 100) -> None:
        self.account = Account(Terms(leverage), Books(Decimal(10_000)))
        self.quoted: Quote | None = None
        self.live = True
        self.clicks = 0
        self.prints = 0

    @property
    def standing(self) -> Standing:
        dead = "" if self.live and self.quoted is not None else "its quote is not live" if self.quoted else "no quote yet"
        return Standing(RULES, self.quoted, dead, self.prints)

    def quote(self, bid: str, ask: str, at_ms: int, size: str = "5") -> list[Step]:
        steps = self.at(at_ms)
        self.quoted = quote(bid, ask, at_ms, size)
        return steps + self.account.on_quote(self.quoted, self.standing)

    def back(self, bid: str, ask: str, at_ms: int) -> list[Step]:
        """The market is live again with this quote, and not before it."""
        steps = self.at(at_ms)
        self.live = True
        return steps + self.quote(bid, ask, at_ms)

    def print(self, price: str, at_ms: int, size: str = "1", aggressor: int = 1) -> list[Step]:
        self.prints += 1
        return self.at(at_ms) + self.account.on_tick(tick(self.prints, price, at_ms, size, aggressor), self.standing)

    def at(self, at_ms: int) -> list[Step]:
        return self.account.advance(ETH, self.standing, T0_NS + at_ms * MS)

    def place(self, side: int, quantity: str, at_ms: int = 0, **more: object) -> Order:
        self.clicks += 1
        prices = {name: Decimal(str(more.pop(name))) for name in ("price", "stop_price", "trail") if name in more}
        asked = PlaceOrder(f"click-{self.clicks}", ETH, side, Decimal(quantity), T0_NS + at_ms * MS)
        asked = replace(asked, **prices, **more)  # type: ignore[arg-type]
        (order,) = self.account.submit(asked, self.standing, T0_NS + at_ms * MS)
        assert isinstance(order, Order)
        return order

    def now(self, order: Order) -> Order:
        found = self.account.blotter.seen(order.asked.client_id)
        assert found is not None
        return found


def quoted(leverage: int = 100) -> Market:
    """One at 100.00 / 100.02, for which `LONG` and `SHORT` are made."""
    made = Market(leverage)
    made.quote("100.00", "100.02", 0)
    return made
