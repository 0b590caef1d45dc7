"""What fills made of one account: positions and money, exact. Knows no orders and no market.

A fill says all that its effect needs, and so does margin moved: the books are made again by applying what is stored in order.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, localcontext

from app.core import margin, positions
from app.core.model import Fill, Position
from app.core.moving import MarginMoved, MoveMargin

ZERO = Decimal(0)
RECENT = 200


class Ledger:
    """Mutable; lives in its account. `begun_with`: the balance before the first fill, in the quote currency."""

    def __init__(self, begun_with: Decimal, fills: Iterable[Fill] = (), moves: Iterable[MarginMoved] = ()):
        self._positions: dict[str, Position] = {}
        self._begun_with = begun_with
        self._recent: list[Fill] = []
        self.count = 0
        self.realized_pnl = ZERO
        self.fees = ZERO
        self.insurance = ZERO
        self._moves: dict[str, MarginMoved] = {}
        waiting = deque(moves)
        for fill in fills:
            while waiting and waiting[0].fill_id <= self.count:
                self._keep(waiting.popleft())
            self.apply(fill)
        for moved in waiting:
            self._keep(moved)

    @property
    def revision(self) -> int:
        """Grows with each change."""
        return self.count + len(self._moves)

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

    def moved(self, client_id: str) -> MarginMoved | None:
        """What this client id moved, None for an unknown one."""
        return self._moves.get(client_id)

    def move(self, asked: MoveMargin) -> MarginMoved:
        """Margin into a position, or out of it; whether it may be is not asked here."""
        margin_after = margin.EXACT.add(self._positions[asked.symbol].margin, asked.amount)
        number = len(self._moves) + 1
        return self._keep(MarginMoved(number, asked.client_id, asked.symbol, asked.amount, margin_after, asked.ts_ns, self.count))

    def _keep(self, moved: MarginMoved) -> MarginMoved:
        held = self._positions.get(moved.symbol)
        if held is not None:
            self._positions[moved.symbol] = replace(held, margin=margin.EXACT.add(held.margin, moved.amount))
        self._moves[moved.client_id] = moved
        return moved
