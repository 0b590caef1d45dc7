"""Money between the free margin and the margin of a position: the command, and what is stored of it. Frozen; money in the quote
currency.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class MoveMargin:
    """A user's command: `amount` into the position's margin, below zero out of it. `client_id`: seen twice, done once."""

    client_id: str
    symbol: str
    amount: Decimal
    ts_ns: int


@dataclass(frozen=True, slots=True)
class MarginMoved:
    """Done. `margin`: the position's after it. `number`: counts the account's moves; `fill_id`: of the newest fill before it, 0
    for none, which places it between them.
    """

    number: int
    client_id: str
    symbol: str
    amount: Decimal
    margin: Decimal
    ts_ns: int
    fill_id: int
