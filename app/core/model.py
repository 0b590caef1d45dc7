"""What the desk itself says and is told: commands, fills, refusals, signals. Frozen, like every event."""

from dataclasses import dataclass, replace
from decimal import Decimal

from app.core.alert import SeeAlerts, SetRule
from app.core.moving import MoveMargin
from app.core.returns import Returns
from app.core.ruling import Override, SetLimits


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
    `tick` or `mark`, what a stop or target looks at. `by`: `click`, which is asked about when it repeats, `key` or `program`;
    `confirm`: the token that answers such a question.
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
    by: str = "click"
    confirm: str = ""

    @property
    def wish(self) -> "PlaceOrder":
        """What is wanted, without when and how it was said: a client id stands for one wish."""
        return replace(self, ts_ns=0, by="", confirm="")

    @property
    def named_price(self) -> Decimal | None:
        """Where it is expected to trade by its own words: at its limit, else at its trigger. None: where the market is."""
        return self.price or self.stop_price


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """The user's cancel of one order, by its number; 0 for all."""

    order_id: int
    ts_ns: int


@dataclass(frozen=True, slots=True)
class Flatten:
    """Every order cancelled, every position closed. `client_id`: seen twice, done once."""

    client_id: str
    ts_ns: int


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The stop that guards the symbol's position goes to where closing costs nothing. Said twice, done once."""

    symbol: str
    ts_ns: int


@dataclass(frozen=True, slots=True)
class UnlockReplay:
    """The user's click on `trade in replay`."""

    ts_ns: int


@dataclass(frozen=True, slots=True)
class Fill:
    """What we got. `side` +1 bought, −1 sold; `realized_pnl` before fees; `kind`: `order` or `liquidation`;
    `fee` in the quote currency; `liquidity`: `maker` or `taker`; `leverage`: of the position if this opens one; `order_id`: 0 of
    a liquidation.

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
    leverage: int = 1
    order_id: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done. `code` of an order: `locked`, `limit` or `discipline` (`wait_ns`: try again after), `duplicate`
    (`confirm`: the token that places it after all) or `break_even`; of margin to move: `locked`, `discipline`, `store`,
    `client_id`, `margin`; of a reset: the first three, `open`, `confirm` (the account's id does it after all); of a limit or
    override: `reason`, `unlocked`, `pending`; of a rule: `unknown`, `full`. `reason` in words.
    """

    client_id: str
    code: str
    reason: str
    ts_ns: int
    wait_ns: int = 0
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """Signed quantity at an average cost. `cost`: signed and exact, `entry`: the same for one, rounded. `margin` is isolated: for
    the leverage, and what was added; money in the quote currency. `realized_pnl` before fees. `open_fees`: paid for what is open,
    `closed_fees`: what else was paid since it opened, so both for what was closed.
    """

    symbol: str
    quantity: Decimal
    entry: Decimal
    margin: Decimal
    leverage: int
    realized_pnl: Decimal
    opened_ns: int
    cost: Decimal
    open_fees: Decimal = Decimal(0)
    closed_fees: Decimal = Decimal(0)


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
class ResetAccount:
    """The account begins anew, if nothing is open. `confirm`: its id, which the question that comes first names."""

    confirm: str
    ts_ns: int


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """An account begins anew: no orders, no positions, `begun_with` as its balance."""

    begun_with: Decimal
    ts_ns: int


@dataclass(frozen=True, slots=True)
class StoreState:
    """Whether the books can be stored. `reason`: why not, empty when they can."""

    reason: str


@dataclass(frozen=True, slots=True)
class RecorderStopped:
    """Raw frames are recorded no more. `reason`: why."""

    reason: str


Obeyed = (PlaceOrder | CancelOrder | Flatten | BreakEven | MoveMargin | ResetAccount) | (
    SetLimits | Override | SetRule | SeeAlerts | Returns
)
Command = Obeyed | UnlockReplay
