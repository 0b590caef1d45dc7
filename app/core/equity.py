"""The account's equity as a curve: peak, largest drawdown, best and worst mark-to-market, and a point a minute. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from app.core.margin import EXACT, ROUNDED

ZERO = Decimal(0)
MINUTE_NS = 60_000_000_000
POINTS = 1440


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """The equity at `ts_ns`, and since the account began: its peak, the `deepest` drawdown (% of the peak before it) and when,
    the best and the worst that open positions were worth together (P&L at the marks) and when; None before the first position.
    """

    ts_ns: int
    equity: Decimal
    peak: Decimal
    drawdown: Decimal = ZERO
    deepest: Decimal = ZERO
    deepest_ns: int = 0
    best: Decimal | None = None
    best_ns: int = 0
    worst: Decimal | None = None
    worst_ns: int = 0


class Equity:
    """Mutable; lives in Dealing. Told the balance and the open P&L four times a second. Begins with the stored points."""

    def __init__(self, points: Iterable[EquityPoint] = ()) -> None:
        self.curve = tuple(points)[-POINTS:]
        self.newest = self.curve[-1] if self.curve else None

    @property
    def drawdown(self) -> Decimal:
        return self.newest.drawdown if self.newest else ZERO

    def note(self, balance: Decimal, open_pnl: Decimal | None, held: bool, now_ns: int) -> list[EquityPoint]:
        """`open_pnl`: None while a position can not be valued: then nothing is noted. `held`: a position is open.

        A point of the curve comes back, at most once a minute and only where the equity moved.
        """
        if open_pnl is None:
            return []
        equity, before = EXACT.add(balance, open_pnl), self.newest
        if before is None or equity != before.equity or held:
            self.newest = _after(before or EquityPoint(now_ns, equity, equity), equity, open_pnl if held else None, now_ns)
        last = self.curve[-1] if self.curve else None
        assert self.newest is not None
        if last is None and not held:
            return []
        if last is not None and (now_ns // MINUTE_NS <= last.ts_ns // MINUTE_NS or self.newest.equity == last.equity):
            return []
        point = replace(self.newest, ts_ns=now_ns)
        self.curve = (*self.curve, point)[-POINTS:]
        return [point]


def _after(before: EquityPoint, equity: Decimal, open_pnl: Decimal | None, now_ns: int) -> EquityPoint:
    """Drawdown: (peak − equity) / peak · 100."""
    peak = max(before.peak, equity)
    drawdown = ROUNDED.divide(EXACT.multiply(EXACT.subtract(peak, equity), Decimal(100)), peak) if peak > 0 else ZERO
    point = replace(before, ts_ns=now_ns, equity=equity, peak=peak, drawdown=drawdown)
    if drawdown > before.deepest:
        point = replace(point, deepest=drawdown, deepest_ns=now_ns)
    if open_pnl is not None and (before.best is None or open_pnl > before.best):
        point = replace(point, best=open_pnl, best_ns=now_ns)
    if open_pnl is not None and (before.worst is None or open_pnl < before.worst):
        point = replace(point, worst=open_pnl, worst_ns=now_ns)
    return point
