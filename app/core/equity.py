"""The account's equity as a curve: peak, largest drawdown, best and worst mark-to-market, and a point a minute. Pure."""

from collections import deque
from dataclasses import dataclass
from decimal import Decimal

from app.core.margin import EXACT, ROUNDED

ZERO = Decimal(0)
MINUTE_NS = 60_000_000_000
POINTS = 1440


@dataclass(frozen=True, slots=True)
class EquityView:
    """Since the start. Drawdown: peak − equity in % of the peak. `best`, `worst`: (open positions' P&L together, when)."""

    equity: Decimal | None
    peak: Decimal
    drawdown: Decimal
    deepest: Decimal
    deepest_ns: int
    best: tuple[Decimal, int] | None
    worst: tuple[Decimal, int] | None
    points: tuple[tuple[int, Decimal], ...]


class Equity:
    """Mutable; lives in Dealing. Told the balance and the open P&L four times a second."""

    def __init__(self) -> None:
        self._equity: Decimal | None = None
        self._peak = self.drawdown = self._deepest = ZERO
        self._deepest_ns = 0
        self._best: tuple[Decimal, int] | None = None
        self._worst: tuple[Decimal, int] | None = None
        self._points: deque[tuple[int, Decimal]] = deque(maxlen=POINTS)

    def note(self, balance: Decimal, open_pnl: Decimal | None, held: bool, now_ns: int) -> None:
        """`open_pnl`: None while a position can not be valued: then nothing is noted. `held`: a position is open."""
        if open_pnl is None:
            return
        equity = EXACT.add(balance, open_pnl)
        if equity != self._equity:
            self._equity = equity
            self._peak = max(self._peak, equity)
            self.drawdown = ROUNDED.divide(EXACT.multiply(EXACT.subtract(self._peak, equity), Decimal(100)), self._peak)
            if self.drawdown > self._deepest:
                self._deepest, self._deepest_ns = self.drawdown, now_ns
            if held and (self._best is None or open_pnl > self._best[0]):
                self._best = (open_pnl, now_ns)
            if held and (self._worst is None or open_pnl < self._worst[0]):
                self._worst = (open_pnl, now_ns)
        if not self._points or now_ns // MINUTE_NS > self._points[-1][0] // MINUTE_NS:
            self._points.append((now_ns, equity))

    def view(self) -> EquityView:
        return EquityView(
            self._equity,
            self._peak,
            self.drawdown,
            self._deepest,
            self._deepest_ns,
            self._best,
            self._worst,
            tuple(self._points),
        )
