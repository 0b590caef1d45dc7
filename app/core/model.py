"""What the desk itself says and is told: commands, fills, rejections, signals. Frozen, like every event."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Bracket:
    """A stop and a target for what an order opens; either may be missing. `break_even_ticks`: when the price has gone so many
    ticks the position's way, the stop moves to where closing costs nothing; 0 for never.
    """

    stop_price: Decimal | None
    target_price: Decimal | None
    break_even_ticks: int = 0


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """A user's command. `side` +1 buy, −1 sell. `client_id` is made in the browser: seen twice, done once.

    `type`: `market`, `limit`, `stop`, `stop_limit`, `take_profit` or `trailing_stop`; `price` of the limits, `stop_price` of the
    triggers, `trail` the trailing stop's distance, all in the quote currency. `time_in_force`: `gtc` or `ioc`. `trigger`:
    `tick` or `mark`, what a stop or target looks at.
    """

    client_id: str
    symbol: str
    side: int
    quantity: Decimal
    ts_ns: int
    reduce_only: bool = False
    type: str = "market"
    price: Decimal | None = None
    stop_price: Decimal | None = None
    trail: Decimal | None = None
    time_in_force: str = "gtc"
    post_only: bool = False
    trigger: str = "tick"
    bracket: Bracket | None = None


@dataclass(frozen=True, slots=True)
class UnlockReplay:
    """The user's click on `trade in replay`."""

    ts_ns: int


@dataclass(frozen=True, slots=True)
class Fill:
    """What we got. `side` +1 bought, −1 sold; `realized_pnl` before fees; `kind`: `order` or `liquidation`;
    `fee` in the quote currency; `liquidity`: `maker` or `taker`.

    `n`: the number of the symbol's newest tick then (count since the epoch began), which places it on the tick chart.
    """

    fill_id: int
    client_id: str
    symbol: str
    side: int
    quantity: Decimal
    price: Decimal
    realized_pnl: Decimal
    ts_ns: int
    n: int
    kind: str = "order"
    fee: Decimal = Decimal(0)
    liquidity: str = "taker"


@dataclass(frozen=True, slots=True)
class Rejected:
    """An order, or the rest of one, that was not done; `reason` in words for the screen."""

    client_id: str
    symbol: str
    quantity: Decimal
    reason: str
    ts_ns: int


@dataclass(frozen=True, slots=True)
class Position:
    """Signed quantity at an average cost. `cost`: signed and exact, `entry`: the same for one, rounded. `margin` is isolated and
    set when the position grows; money in the quote currency.
    """

    symbol: str
    quantity: Decimal
    entry: Decimal
    margin: Decimal
    leverage: int
    realized_pnl: Decimal
    opened_ns: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Signal:
    """One firing of a built-in rule. `n`: the number of the tick (count since the epoch began) that fired it.

    `move_bp`: the price's move in the signal's direction 10 s later, in basis points; None until then.
    """

    rule: str
    symbol: str
    side: int
    price: Decimal
    n: int
    ts_event_ns: int
    reason: str
    move_bp: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """An order as it was given, and what it led to: nothing yet while it waits for a live quote."""

    order: PlaceOrder
    events: tuple[Fill | Rejected, ...]


Command = PlaceOrder | UnlockReplay
Derived = Fill | Rejected
