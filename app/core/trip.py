"""One round trip, from flat to flat: what went in and out of it, and what the market did beside it. Pure; told, not asking.

Money in the quote currency and exact; averages are rounded once, to 18 significant digits. What is not known is None.
"""

from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from app.core.margin import EXACT, ROUNDED
from app.core.model import Fill

ZERO = Decimal(0)
HORIZONS_S = (1, 5, 30, 60)
AFTER = tuple(f"mid_{seconds}s" for seconds in HORIZONS_S)


@dataclass(frozen=True, slots=True)
class Trip:
    """`side` +1 long, −1 short. `opened`, `closed`: quantities so far, with `_cost` Σ quantity · price; `closed_ns` 0 and `end`
    empty while it runs, then `closed` or `liquidated`. `realized_pnl` before `fees`.

    `asked_in`, `asked_out`: Σ quantity · mid when the order arrived, of what opened and what closed. `high`, `low`: of the mid
    while it ran, as far as it was `watched` without a break. `mid_5s` and its like: the mid so long after it was opened.
    """

    number: int
    symbol: str
    side: int
    opened_ns: int
    opened: Decimal = ZERO
    opened_cost: Decimal = ZERO
    closed_ns: int = 0
    closed: Decimal = ZERO
    closed_cost: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    fees: Decimal = ZERO
    end: str = ""
    asked_in: Decimal | None = ZERO
    asked_out: Decimal | None = ZERO
    high: Decimal | None = None
    low: Decimal | None = None
    watched: bool = True
    mid_1s: Decimal | None = None
    mid_5s: Decimal | None = None
    mid_30s: Decimal | None = None
    mid_60s: Decimal | None = None

    @property
    def entry(self) -> Decimal:
        """Average price of all that opened it."""
        return ROUNDED.divide(self.opened_cost, self.opened)

    @property
    def exit(self) -> Decimal | None:
        """Average price of all that closed of it."""
        return ROUNDED.divide(self.closed_cost, self.closed) if self.closed else None

    @property
    def net_pnl(self) -> Decimal:
        return EXACT.subtract(self.realized_pnl, self.fees)

    @property
    def slippage_in(self) -> Decimal | None:
        """What a unit cost beyond the mid when the order arrived: side · (entry − mid); above zero is worse."""
        return None if self.asked_in is None else self._per_unit(self.opened_cost, self.asked_in, self.opened, self.side)

    @property
    def slippage_out(self) -> Decimal | None:
        """The same of the way out: side · (mid − exit)."""
        if self.asked_out is None or not self.closed:
            return None
        return self._per_unit(self.closed_cost, self.asked_out, self.closed, -self.side)

    @property
    def best(self) -> Decimal | None:
        """The mid's furthest move with the position, from the average entry, for a unit; below zero if it never came to it."""
        return self.moved(self.high if self.side > 0 else self.low) if self.watched else None

    @property
    def worst(self) -> Decimal | None:
        """The furthest against it."""
        return self.moved(self.low if self.side > 0 else self.high) if self.watched else None

    def moved(self, mid: Decimal | None) -> Decimal | None:
        """side · (mid − entry): above zero is with the position."""
        return None if mid is None else EXACT.multiply(Decimal(self.side), EXACT.subtract(mid, self.entry))

    def saw(self, mid: Decimal | None) -> "Trip":
        """The mid stands there now; None: nobody knows where, and what it was meanwhile will never be known."""
        if mid is None:
            return replace(self, watched=False, high=None, low=None) if self.watched else self
        if not self.watched or (self.low is not None and self.high is not None and self.low <= mid <= self.high):
            return self
        return replace(self, high=max(mid, self.high or mid), low=min(mid, self.low or mid))

    def filled(self, fill: Fill, quantity: Decimal, fee: Decimal, mid: Decimal | None) -> "Trip":
        """After `quantity` of a fill and its share of the fee, opening or closing. `mid`: when its order arrived."""
        with localcontext(EXACT):
            cost, fees = quantity * fill.price, self.fees + fee
            if fill.side == self.side:
                asked = None if mid is None or self.asked_in is None else self.asked_in + quantity * mid
                opened, opened_cost = self.opened + quantity, self.opened_cost + cost
                return replace(self, opened=opened, opened_cost=opened_cost, fees=fees, asked_in=asked)
            asked = None if mid is None or self.asked_out is None else self.asked_out + quantity * mid
            after = replace(
                self,
                closed=self.closed + quantity,
                closed_cost=self.closed_cost + cost,
                realized_pnl=self.realized_pnl + fill.realized_pnl,
                fees=fees,
                asked_out=asked,
            )
        if after.closed < after.opened:
            return after
        return replace(after, closed_ns=fill.ts_ns, end="liquidated" if fill.kind == "liquidation" else "closed")

    @staticmethod
    def _per_unit(cost: Decimal, asked: Decimal, quantity: Decimal, sign: int) -> Decimal:
        return ROUNDED.divide(EXACT.multiply(Decimal(sign), EXACT.subtract(cost, asked)), quantity)
