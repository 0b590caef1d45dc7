"""Before the account: what the desk does not let through, and the guards against a hand that slips. Pure; no clock.

What is refused here was never an order: its client id may be sent again.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.core.account import Account, Step
from app.core.admission import Standing, Terms
from app.core.alert import Alert, AlertRule
from app.core.bell import Bell, Facts
from app.core.books import Books
from app.core.discipline import PASSES, OpenLoss, Warden
from app.core.equity import Equity, EquityPoint
from app.core.journal import Journal, MidOf
from app.core.margin import unmovable, utilisation
from app.core.model import PlaceOrder, Refused
from app.core.moving import MarginMoved, MoveMargin
from app.core.paper import only_reduces
from app.core.positions import open_loss, open_pnl
from app.core.ruling import Ruling
from app.core.trip import Trip

WINDOW_NS = 60_000_000_000

Move = Step | MarginMoved | Refused | Ruling | AlertRule | Alert | EquityPoint | Trip
MarkOf = Callable[[str], Decimal | None]


@dataclass(frozen=True, slots=True)
class Limits:
    """`orders_a_minute`: 0 for any number. `repeat_ns`: a click on the same within so long is asked about, 0 for never."""

    orders_a_minute: int = 60
    repeat_ns: int = 400_000_000


class Dealing:
    """One account and its guards. Mutable; lives in Desk."""

    def __init__(self, terms: Terms, books: Books, limits: Limits):
        self.account = Account(terms, books)
        self.warden = Warden(self.account, books.fills, books.rulings)
        self.bell = Bell(self.account, books.alert_rules, books.alerts)
        self.equity = Equity(books.curve)
        self.journal = Journal(books.fills, books.trips)
        self._trips = self.journal.ended
        self.account.watched(curve=self.equity.curve, trips=self._trips)
        self._limits = limits
        self._placed_ns: deque[int] = deque()
        self._clicked: tuple[object, ...] | None = None
        self._clicked_ns = 0
        self._confirm = ""
        self._asked = 0

    def place(self, asked: PlaceOrder, market: Standing | None, now_ns: int, locked: str, open_loss: OpenLoss) -> list[Move]:
        """An order of the user, at most once per client id. `locked`: why none may be placed; `market` None: an unknown one."""
        if self.account.blotter.seen(asked.client_id) is not None:
            return []
        if locked:
            return [_refused(asked, "locked", locked)]
        if market is None:
            return [*self.account.submit(asked, None, now_ns, f"unknown symbol {asked.symbol}")]
        reduces = only_reduces(asked, self.account.ledger.positions.get(asked.symbol))
        judged = self.warden.judge(now_ns, open_loss)
        if not (reduces or asked.reduce_only):
            words, until_ns = self.warden.locked(now_ns)
            if words:
                return [*judged, _refused(asked, "discipline", f"{words}: {PASSES}", until_ns - now_ns)]
        return [*judged, *self._guarded(asked, market, now_ns, reduces)]

    def _guarded(self, asked: PlaceOrder, market: Standing, now_ns: int, reduces: bool) -> list[Step | Refused]:
        """Past the lock: the limit of orders and the question about a repetition."""
        if not reduces and (wait_ns := self._limited(now_ns)):
            most = self._limits.orders_a_minute
            return [_refused(asked, "limit", f"{most} orders in a minute: the next in {wait_ns / 1e9:.0f} s", wait_ns)]
        if not reduces and self._repeated(asked, now_ns):
            self._asked += 1
            self._confirm = f"again-{self._asked}"
            words = "the same order was clicked a moment ago: confirm to place it a second time"
            return [_refused(asked, "duplicate", words, confirm=self._confirm)]
        if not reduces:
            self._placed_ns.append(now_ns)
        wants_it_now = asked.type in ("market", "limit")  # a trigger's price is nothing that a key press could have had
        self.journal.asked(asked.client_id, market.mark if market.live and wants_it_now else None)
        return [*self.account.submit(asked, market, now_ns), *self.account.advance(asked.symbol, market, now_ns)]

    def goes_on_from(self, before: "Dealing") -> None:
        """The same trader's account before this one: its orders count for the minute's limit."""
        self._placed_ns = before._placed_ns

    def look(self, now_ns: int, states: Mapping[str, tuple[str, str]], mark_of: MarkOf) -> list[Move]:
        """What follows from the time and the marks: the lock, the equity curve, alerts."""
        account, positions = self.account, self.account.ledger.positions
        judged = self.warden.judge(now_ns, lambda: open_loss(positions.values(), mark_of))
        pnl, balance = open_pnl(positions.values(), mark_of), account.ledger.balance
        points = self.equity.note(balance, pnl, bool(positions), now_ns)
        if points:
            self.account.watched(curve=self.equity.curve)
        used = None if pnl is None else utilisation(balance, account.free_margin, pnl)
        discipline = self.warden.view(now_ns, lambda: open_loss(positions.values(), mark_of))
        marks = {symbol: mark_of(symbol) for symbol in positions}
        return [*judged, *points, *self.bell.judge(Facts(now_ns, used, self.equity.drawdown, discipline, states, marks))]

    def trips_of(self, steps: Sequence[object], mid_of: MidOf) -> list[Trip]:
        """What these steps make of the round trips."""
        changed = self.journal.note(steps, mid_of)
        if self.journal.ended is not self._trips:
            self._trips = self.journal.ended
            self.account.watched(trips=self._trips)
        return changed

    def cancel(self, order_id: int) -> list[Step]:
        """One order, or all of them (0); never refused."""
        return self.account.cancel(order_id) if order_id else self.account.cancel_all()

    def flatten(self, client_id: str, markets: Mapping[str, Standing], ts_ns: int) -> list[Step]:
        """Cancels every order and closes every position at the market, those that can not be priced as soon as they can.

        The same client id again changes nothing.
        """
        positions = tuple(self.account.ledger.positions.values())
        if any(self.account.blotter.seen(f"{client_id}:{position.symbol}") for position in positions):
            return []
        steps = self.account.cancel_all()
        for position in positions:
            side = -1 if position.quantity > 0 else 1
            asked = PlaceOrder(f"{client_id}:{position.symbol}", position.symbol, side, abs(position.quantity), ts_ns, True)
            market = markets.get(position.symbol)
            self.journal.asked(asked.client_id, market.mark if market and market.live else None)
            steps += self.account.submit(asked, market, ts_ns)
            steps += self.account.advance(position.symbol, market, ts_ns) if market else []
        return steps

    def clock_set_back(self, back_ns: int) -> None:
        """What was to happen at a time happens as much earlier: a latency, a wait and a second look last as long as before."""
        self._placed_ns = deque(at_ns - back_ns for at_ns in self._placed_ns)
        self._clicked_ns -= back_ns
        self.account.blotter.clock_set_back(back_ns)
        self.journal.clock_set_back(back_ns)

    def break_even(self, symbol: str, market: Standing | None, ts_ns: int) -> list[Step | Refused]:
        """The position's stop to break-even; it only takes risk away, so nothing locks it."""
        moved, wrong = self.account.guards.to_break_even(symbol, market) if market else ([], f"unknown symbol {symbol}")
        return [Refused("", "break_even", wrong, ts_ns)] if wrong else [*moved]

    def move_margin(
        self, asked: MoveMargin, market: Standing | None, now_ns: int, shut: tuple[str, str], open_loss: OpenLoss
    ) -> list[Move]:
        """Into a position's margin or out of it, at most once per client id. `shut`: (code, why) nothing is moved now; `market`
        None: the symbol has none. The lock stops both ways: more margin may be lost, less is lost sooner.
        """
        ledger = self.account.ledger
        if before := ledger.moved(asked.client_id):
            same = (before.symbol, before.amount) == (asked.symbol, asked.amount)
            return [] if same else [_not_moved(asked, "client_id", f"{asked.client_id} moved something else")]
        judged = self.warden.judge(now_ns, open_loss)
        code, words = shut
        wait_ns = 0
        if not words and (locked := self.warden.locked(now_ns))[0]:
            code, words, wait_ns = "discipline", f"{locked[0]}: {PASSES}", locked[1] - now_ns
        position = ledger.positions.get(asked.symbol)
        if not words and position is None:
            code, words = "margin", f"there is no position in {asked.symbol}"
        elif not words and position is not None:
            mark = market.mark if market is not None and market.live else None
            code, words = "margin", unmovable(position, asked.amount, self.account.free_margin, mark, self.account.tiers)
        return [*judged, _not_moved(asked, code, words, wait_ns) if words else ledger.move(asked)]

    def _limited(self, now_ns: int) -> int:
        """How long until another order may open risk, 0 for now."""
        while self._placed_ns and now_ns - self._placed_ns[0] >= WINDOW_NS:
            self._placed_ns.popleft()
        if not self._limits.orders_a_minute or len(self._placed_ns) < self._limits.orders_a_minute:
            return 0
        return self._placed_ns[0] + WINDOW_NS - now_ns

    def _repeated(self, asked: PlaceOrder, now_ns: int) -> bool:
        """The same was clicked a moment ago. A confirmation passes once, and what follows it is not asked about."""
        if asked.by != "click" or not self._limits.repeat_ns:
            return False
        if self._confirm and asked.confirm == self._confirm:
            self._clicked, self._confirm = None, ""
            return False
        click = (asked.symbol, asked.side, asked.quantity, asked.type)
        again = click == self._clicked and now_ns - self._clicked_ns < self._limits.repeat_ns
        self._clicked, self._clicked_ns = click, now_ns
        return again


def _refused(asked: PlaceOrder, code: str, reason: str, wait_ns: int = 0, confirm: str = "") -> Refused:
    return Refused(asked.client_id, code, reason, asked.ts_ns, wait_ns, confirm)


def _not_moved(asked: MoveMargin, code: str, reason: str, wait_ns: int = 0) -> Refused:
    return Refused(asked.client_id, code, reason, asked.ts_ns, wait_ns)
