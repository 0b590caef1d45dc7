"""An account begun anew: only when nothing is open, only when asked twice, and no way round the lock."""

from decimal import Decimal

from app.core.admission import Terms
from app.core.books import Books
from app.core.desk import LIVE, Derived, Desk
from app.core.model import AccountOpened, CancelOrder, PlaceOrder, Refused, ResetAccount, StoreState
from app.core.ruling import RiskLimits, Ruling, SetLimits
from feeds.events import Heartbeat
from tests.market import ETH, T0_NS, quote, started

TERMS = Terms(10, 0, Decimal(0), Decimal(5))
HOUR_MS = 3_600_000


def desk_with(*, kind: str = "stream") -> Desk:
    made = Desk(TERMS, books=Books(Decimal(500)), replayed_with=Decimal(2_000))
    made.apply(started(kind))
    made.apply(quote("1000", "1000", size="100"))
    return made


def order(desk: Desk, name: str, side: int, **more: object) -> list[Derived]:
    return desk.apply(PlaceOrder(name, ETH, side, Decimal(1), T0_NS, by="program", **more))  # type: ignore[arg-type]


def lose(desk: Desk, name: str, money: int) -> None:
    """A round trip that loses so much, and a fee each way."""
    desk.apply(quote("1000", "1000", size="100"))
    order(desk, f"{name}-in", 1)
    desk.apply(quote(str(1000 - money), str(1000 - money), size="100"))
    order(desk, f"{name}-out", -1)


def reset(desk: Desk, confirm: str = LIVE) -> Refused | None:
    """Why not; None when it was done."""
    steps = desk.apply(ResetAccount(confirm, T0_NS))
    return next((step for step in steps if isinstance(step, Refused)), None)


def test_it_asks_first_and_then_begins_anew_with_the_balance_of_the_start() -> None:
    desk = desk_with()
    lose(desk, "first", 30)
    asked = reset(desk, "")
    assert asked is not None and (asked.code, asked.confirm) == ("confirm", LIVE)
    assert asked.reason.startswith("paper-live begins anew with 2,000.00, its orders, fills and equity so far stay")
    assert len(desk.account().fills) == 2, "a question changes nothing"
    assert reset(desk, "paper-replay") is not None
    assert reset(desk, asked.confirm) is None
    account = desk.account()
    assert (account.balance, account.free_margin, account.realized_pnl, account.fees) == (2_000, 2_000, 0, 0)
    assert not (account.positions or account.working or account.over or account.fills or account.curve)
    assert desk.snapshot(0, 0).notice == "paper-live begun anew with 2,000.00"
    order(desk, "second-in", 1)
    assert [fill.fill_id for fill in desk.account().fills] == [1]


def test_while_something_is_open_it_is_refused_and_named() -> None:
    desk = desk_with()
    order(desk, "position", -1)
    order(desk, "rests", 1, type="limit", price=Decimal("990"))
    refused = reset(desk)
    assert refused is not None and refused.code == "open"
    assert refused.reason == "still open: short 1 ETH/USDT, order 2, buy 1 ETH/USDT: close and cancel first"
    order(desk, "close", 1, reduce_only=True)
    refused = reset(desk)
    assert refused is not None and refused.reason == "still open: order 2, buy 1 ETH/USDT: close and cancel first"
    desk.apply(CancelOrder(2, T0_NS))
    assert reset(desk) is None


def test_what_is_stored_of_it_is_a_new_beginning_in_the_account_of_before() -> None:
    desk = desk_with()
    steps = desk.apply(ResetAccount(LIVE, T0_NS))
    booked = desk.booked(steps)
    assert [(one.account, one.change) for one in booked] == [(LIVE, AccountOpened(Decimal(2_000), T0_NS))]


def test_a_locked_replay_and_books_that_can_not_be_stored_are_not_reset() -> None:
    replay = desk_with(kind="replay")
    refused = reset(replay, "paper-replay")
    assert refused is not None and refused.code == "locked"
    desk = desk_with()
    desk.apply(StoreState("disk full"))
    refused = reset(desk)
    assert refused is not None and (refused.code, refused.reason) == ("store", "orders can not be stored: disk full")


def test_a_lock_is_not_got_round_and_neither_are_the_days_loss_nor_losses_in_a_row() -> None:
    desk = desk_with()
    desk.apply(Heartbeat(T0_NS))
    desk.apply(SetLimits(RiskLimits(Decimal(50), 0, 3, 60_000_000_000), "", T0_NS))
    lose(desk, "first", 10)
    lose(desk, "second", 10)
    steps = desk.apply(ResetAccount(LIVE, T0_NS))
    assert [type(step) for step in steps] == [AccountOpened, Ruling]
    before = desk.snapshot(0, 0).discipline
    assert (before.streak, before.lost) == (2, Decimal("21.99"))  # twice 10, 0.5 in and 0.495 out
    again = Desk(TERMS, books=Books(Decimal(2_000), rulings=desk.account().rulings))
    again.apply(started())
    again.apply(Heartbeat(T0_NS))
    after = again.snapshot(0, 0).discipline
    assert (after.streak, after.lost) == (2, Decimal("21.99")), "and a restart does not forget it"
    lose(desk, "third", 10)
    refused = reset(desk)
    assert refused is not None and refused.code == "discipline" and refused.reason.startswith("3 losses in a row, locked until")


def test_orders_of_the_last_ten_minutes_are_not_made_to_count_for_nothing() -> None:
    desk = desk_with()
    desk.apply(SetLimits(RiskLimits(None, 5, 0, 0), "", T0_NS))
    lose(desk, "first", 1)
    refused = reset(desk)
    assert refused is not None and refused.code == "discipline" and refused.reason.startswith("1 orders of the last 10 minutes")
    desk.apply(Heartbeat(T0_NS + HOUR_MS * 1_000_000))
    assert reset(desk) is None
    assert desk.account().ruling.limits.orders == 5


def test_a_limit_that_is_set_after_a_reset_counts_what_the_day_had_lost_before_it() -> None:
    desk = desk_with()
    desk.apply(Heartbeat(T0_NS))
    lose(desk, "first", 10)
    assert reset(desk) is None
    desk.apply(SetLimits(RiskLimits(Decimal(50), 0, 0, 0), "", T0_NS))
    assert desk.snapshot(0, 0).discipline.lost == Decimal("10.995")
