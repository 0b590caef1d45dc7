"""Margin moved between what is free and a position: never more than there is, never to where it is liquidated, found again."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.admission import Terms
from app.core.desk import Desk
from app.core.ledger import Ledger
from app.core.margin import EXACT, EXAMPLE_TIERS, added, crossed, initial_margin, liquidation_price
from app.core.model import Fill, PlaceOrder, Refused, StoreState
from app.core.moving import MarginMoved, MoveMargin
from app.core.ruling import RiskLimits, SetLimits
from feeds.events import FeedStatus
from tests.market import ETH, T0_NS, quote, started

TERMS = Terms(100, 0, Decimal(0), Decimal(0))


def desk_with(side: int = 1, quantity: str = "1") -> Desk:
    """One at 1,000 with 100×: 10 of margin, 9,990 free."""
    made = Desk(TERMS)
    made.apply(started())
    made.apply(quote("1000", "1000", size="100"))
    made.apply(PlaceOrder("order-001", ETH, side, Decimal(quantity), T0_NS))
    return made


def move(desk: Desk, amount: str, name: str = "") -> str:
    """Why not; empty when it was done."""
    (step,) = desk.apply(MoveMargin(name or f"move-{amount}", ETH, Decimal(amount), T0_NS))
    return step.reason if isinstance(step, Refused) else ""


def held(desk: Desk) -> tuple[Decimal, Decimal]:
    """(margin of the position, what is free)."""
    account = desk.account()
    return account.positions[0].margin, account.free_margin


@pytest.mark.parametrize(
    ("side", "before", "after"),
    [
        (1, "990.990990990990991", "940.940940940940941"),  # (1000 − 10) / 0.999, (1000 − 60) / 0.999
        (-1, "1008.99100899100899", "1058.94105894105894"),  # (1000 + 10) / 1.001, (1000 + 60) / 1.001
    ],
)
def test_margin_added_moves_the_liquidation_away_and_comes_from_what_is_free(side: int, before: str, after: str) -> None:
    desk = desk_with(side)
    assert liquidation_price(desk.account().positions[0], EXAMPLE_TIERS) == Decimal(before)
    assert move(desk, "50") == "" and held(desk) == (60, 9_940)
    assert liquidation_price(desk.account().positions[0], EXAMPLE_TIERS) == Decimal(after)
    assert desk.account().balance == 10_000
    assert move(desk, "-50") == "" and held(desk) == (10, 9_990)


def test_a_position_with_margin_added_stands_where_it_would_have_been_liquidated() -> None:
    desk = desk_with()
    move(desk, "50")
    desk.apply(quote("985", "985", 100))
    assert len(desk.account().positions) == 1, "10 of margin would be gone"
    (fill,) = [step for step in desk.apply(quote("940", "940", 200)) if isinstance(step, Fill)]
    assert fill.kind == "liquidation" and desk.account().insurance == 0, "it lost 60, its margin"


def test_no_more_than_is_free_goes_in_and_no_more_than_was_added_comes_out() -> None:
    desk = desk_with()
    assert move(desk, "9990.01") == "9,990.00 is free"
    assert move(desk, "-0.01") == "at most 0.00 can be withdrawn: 100× needs the rest"
    assert move(desk, "9990") == "" and held(desk) == (10_000, 0)
    assert move(desk, "0.01") == "0.00 is free"
    assert move(desk, "-9990.01") == "at most 9,990.00 can be withdrawn: 100× needs the rest"
    desk.apply(PlaceOrder("order-002", ETH, 1, Decimal(1), T0_NS))
    assert desk.account().positions[0].quantity == 1, "nothing is free for more"


def test_nothing_is_withdrawn_to_where_the_mark_liquidates_at_once() -> None:
    desk = desk_with()
    move(desk, "50")
    desk.apply(quote("985", "985", 100))
    assert move(desk, "-50") == "it would be liquidated at once: at 990.99, the mark is 985.00"
    assert move(desk, "-40") == "" and len(desk.account().positions) == 1
    desk.apply(quote("985", "985", 200))
    assert len(desk.account().positions) == 1


def test_while_the_quote_is_not_live_margin_goes_in_and_none_comes_out() -> None:
    desk = desk_with()
    desk.apply(FeedStatus("reconnecting", "connection lost", T0_NS))
    assert move(desk, "50") == ""
    assert move(desk, "-10") == "nothing is withdrawn without a live quote"


def test_what_can_not_be_stored_is_not_moved_and_what_the_lock_holds_neither() -> None:
    desk = desk_with()
    desk.apply(StoreState("disk full"))
    assert move(desk, "50") == "orders can not be stored: disk full"
    desk.apply(StoreState(""))
    desk.apply(SetLimits(RiskLimits(None, 1, 0, 0), "", T0_NS))
    (refused,) = desk.apply(MoveMargin("move-9", ETH, Decimal(50), T0_NS))
    assert isinstance(refused, Refused) and refused.code == "discipline" and refused.wait_ns
    assert held(desk) == (10, 9_990)


def test_the_same_client_id_moves_once_and_with_another_wish_it_is_refused() -> None:
    desk = desk_with()
    assert move(desk, "50", "again") == ""
    assert desk.apply(MoveMargin("again", ETH, Decimal(50), T0_NS + 1)) == [] and held(desk)[0] == 60
    assert move(desk, "60", "again") == "again moved something else"


def test_without_a_position_there_is_nothing_to_move_to() -> None:
    desk = Desk(TERMS)
    desk.apply(started())
    assert move(desk, "50") == f"there is no position in {ETH}"
    replayed = Desk(TERMS)
    replayed.apply(started("replay"))
    assert "trade in replay" in move(replayed, "50")


def test_a_partial_close_gives_its_share_back_adding_leaves_it_and_a_flip_gives_all_back() -> None:
    desk = desk_with(1, "4")
    move(desk, "50")
    desk.apply(PlaceOrder("order-002", ETH, -1, Decimal(1), T0_NS))
    assert held(desk)[0] == Decimal("67.5")  # 30 for three at 100×, three quarters of the 50
    desk.apply(PlaceOrder("order-003", ETH, 1, Decimal(2), T0_NS))
    assert held(desk)[0] == Decimal("87.5")  # 50 for five
    desk.apply(PlaceOrder("order-004", ETH, -1, Decimal(7), T0_NS))
    assert held(desk) == (20, 9_980)


DOINGS = st.lists(
    st.one_of(
        st.tuples(st.just("fill"), st.sampled_from([1, -1]), st.integers(1, 50)),
        st.tuples(st.just("move"), st.sampled_from([1, -1]), st.integers(1, 3_000)),
        st.tuples(st.just("quote"), st.just(1), st.integers(900, 1_100)),
    ),
    max_size=40,
)


@given(DOINGS)
def test_whatever_is_moved_the_money_adds_up_and_the_books_are_made_again_from_what_was_said(
    doings: list[tuple[str, int, int]],
) -> None:
    desk = desk_with()
    steps = [*desk.apply(quote("1000", "1000", 1))]
    for n, (doing, way, size) in enumerate(doings, 2):
        if doing == "fill":
            steps += desk.apply(PlaceOrder(f"order-{n}", ETH, way, Decimal(size) / 10, T0_NS))
        elif doing == "move":
            before = desk.account()
            moved = desk.apply(MoveMargin(f"move-{n}", ETH, way * Decimal(size), T0_NS))
            if isinstance(moved[0], MarginMoved):
                position, mark = desk.account().positions[0], Decimal(desk.snapshot(0, 0).symbols[ETH].mark or 0)
                assert desk.account().free_margin == before.free_margin - way * size >= 0
                assert way > 0 or not crossed(position, mark, EXAMPLE_TIERS)
            steps += moved
        else:
            steps += desk.apply(quote(str(size), str(size), n))
        for position in desk.account().positions:
            least = initial_margin(position.quantity, position.entry, position.leverage)
            assert position.margin >= least and added(position) == EXACT.subtract(position.margin, least)
        assert desk.account().balance == 10_000 + desk.account().realized_pnl + desk.account().insurance
    again = Ledger(Decimal(10_000), desk.account().fills, [step for step in steps if isinstance(step, MarginMoved)])
    assert dict(again.positions) == {position.symbol: position for position in desk.account().positions}
    assert again.used_margin == desk.account().used_margin
