"""What fills made of one account: positions and money, exact. Knows no orders and no market.

A fill says all that its effect needs: the books are made again by applying the stored fills in order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, localcontext

from app.core import margin, positions
from app.core.model import Fill, Position

ZERO = Decimal(0)
RECENT = 200


class Ledger:
    """Mutable; lives in its account. `begun_with`: the balance before the first fill, in the quote currency."""

    def __init__(self, begun_with: Decimal, fills: Iterable[Fill] = ()):
        self._positions: dict[str, Position] = {}
        self._begun_with = begun_with
        self._recent: list[Fill] = []
        self.count = 0
        self.realized_pnl = ZERO
        self.fees = ZERO
        self.insurance = ZERO
        for fill in fills:
            self.apply(fill)

    @property
    def balance(self) -> Decimal:
        """What the account began with + realised P&L − fees + what liquidations lost beyond their margin (`insurance`)."""
        with localcontext(margin.EXACT):
            return self._begun_with + self.realized_pnl - self.fees + self.insurance

    @property
    def used_margin(self) -> Decimal:
        with localcontext(margin.EXACT):
            return sum((position.margin for position in self._positions.values()), ZERO)

    @property
    def positions(self) -> Mapping[str, Position]:
        """The open ones by symbol, in order of opening."""
        return self._positions

    @property
    def recent(self) -> tuple[Fill, ...]:
        """The newest 200 fills, oldest first."""
        return tuple(self._recent)

    def apply(self, fill: Fill) -> Fill:
        """The only place where a fill changes position and money; it comes back with its number and what it realised."""
        before = self._positions.get(fill.symbol)
        after, realized = positions.apply_fill(
            before, fill.symbol, fill.side, fill.quantity, fill.price, fill.leverage, fill.ts_ns, fill.fee
        )
        if after is None:
            self._positions.pop(fill.symbol, None)
        else:
            self._positions[fill.symbol] = after
        self.count += 1
        fill = replace(fill, fill_id=self.count, realized_pnl=realized)
        with localcontext(margin.EXACT):
            self.realized_pnl += realized
            self.fees += fill.fee
            if fill.kind == "liquidation" and before is not None:
                self.insurance += max(ZERO, -realized - before.margin)
        self._recent.append(fill)
        del self._recent[:-RECENT]
        return fill
