"""The paper book takes what the market shows, says what it did not take, and never fills at a dead price."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model import PlaceOrder, Position
from app.core.paper import fill_market, only_reduces
from app.core.positions import apply_fill
from feeds.events import Quote

ETH = "ETH/USDT"
SIDES = st.sampled_from([1, -1])
QUANTITIES = st.decimals("0.0001", "1000", places=4)
SHOWN = Quote(ETH, Decimal("2684.00"), Decimal("0.7"), Decimal("2684.01"), Decimal("0.5"), None, 7)


def order(side: int, quantity: Decimal | str, reduce_only: bool = False) -> PlaceOrder:
    return PlaceOrder("click-1", ETH, side, Decimal(quantity), 5, reduce_only)


def held(signed: Decimal | str) -> Position | None:
    signed = Decimal(signed)
    if not signed:
        return None
    return apply_fill(None, ETH, 1 if signed > 0 else -1, abs(signed), Decimal("2600"), 10, 0)[0]


def test_a_buy_pays_the_ask_and_a_sell_gets_the_bid() -> None:
    assert fill_market(order(1, "0.2"), SHOWN, True, None) == (Decimal("0.2"), Decimal("2684.01"), [])
    assert fill_market(order(-1, "0.2"), SHOWN, True, None) == (Decimal("0.2"), Decimal("2684.00"), [])


def test_a_fill_goes_up_to_the_shown_size_and_the_rest_is_rejected_by_name() -> None:
    filled, price, (rest,) = fill_market(order(1, "2.0"), SHOWN, True, None)
    assert (filled, price) == (Decimal("0.5"), Decimal("2684.01"))
    assert rest.reason == "0.5 of 2 ETH/USDT filled; 1.5 rejected: only 0.5 shown at 2684.01"
    assert (rest.client_id, rest.symbol, rest.quantity, rest.ts_ns) == ("click-1", ETH, Decimal("1.5"), 5)


def test_a_side_that_shows_nothing_fills_nothing() -> None:
    empty = Quote(ETH, Decimal("2684.00"), Decimal("0.7"), Decimal("2684.01"), Decimal("0"), None, 7)
    filled, price, (rest,) = fill_market(order(1, "2"), empty, True, None)
    assert (filled, price, rest.quantity) == (0, None, 2)


@pytest.mark.parametrize(("quote", "why"), [(SHOWN, "its quote is not live"), (None, "no quote yet")])
@pytest.mark.parametrize("position", ["0", "1", "-0.1"])
def test_opening_without_a_live_quote_is_refused_with_the_reason(quote: Quote | None, why: str, position: str) -> None:
    filled, price, (refused,) = fill_market(order(1, "0.2"), quote, False, held(position))
    assert (filled, price, refused.quantity) == (0, None, Decimal("0.2"))
    assert refused.reason == f"buy 0.2 ETH/USDT rejected: {why}"


@pytest.mark.parametrize("quote", [SHOWN, None])
@pytest.mark.parametrize("reduce_only", [True, False])
def test_closing_without_a_live_quote_fills_nothing_and_waits(quote: Quote | None, reduce_only: bool) -> None:
    filled, price, (waits,) = fill_market(order(-1, "0.2", reduce_only), quote, False, held("1"))
    assert (filled, price) == (0, None)
    assert waits.reason == "ETH/USDT: waiting for a live quote"


def test_a_missing_quote_counts_as_dead_even_when_it_is_called_live() -> None:
    assert fill_market(order(1, "0.2"), None, True, None)[:2] == (0, None)


def test_reduce_only_stops_at_flat_and_says_so() -> None:
    filled, price, (rest,) = fill_market(order(-1, "0.6", True), SHOWN, True, held("0.4"))
    assert (filled, price, rest.quantity) == (Decimal("0.4"), Decimal("2684.00"), Decimal("0.2"))
    assert rest.reason == "0.4 of 0.6 ETH/USDT filled; 0.2 rejected: reduce-only, the position is 0.4"


@pytest.mark.parametrize(
    ("side", "position", "words"),
    [
        (1, "0", "buy ETH/USDT rejected: reduce-only, and there is no position"),
        (1, "0.4", "buy ETH/USDT rejected: reduce-only, and the position is long"),
        (-1, "-0.4", "sell ETH/USDT rejected: reduce-only, and the position is short"),
    ],
)
@pytest.mark.parametrize("live", [True, False])
def test_reduce_only_never_opens_or_adds(side: int, position: str, words: str, live: bool) -> None:
    filled, price, (refused,) = fill_market(order(side, "0.2", True), SHOWN, live, held(position))
    assert (filled, price, refused.reason) == (0, None, words)


@given(
    SIDES, QUANTITIES, st.decimals("-1000", "1000", places=4), st.booleans(), st.booleans(), st.decimals("0", "1000", places=4)
)
def test_what_is_filled_and_what_is_rejected_are_the_order(
    side: int, quantity: Decimal, signed: Decimal, reduce_only: bool, live: bool, shown: Decimal
) -> None:
    quote = Quote(ETH, Decimal("2684.00"), shown, Decimal("2684.01"), shown, None, 7)
    filled, price, rest = fill_market(order(side, quantity, reduce_only), quote, live, held(signed))
    assert filled + sum(one.quantity for one in rest) == quantity
    assert 0 <= filled <= min(quantity, shown)
    assert (price is None) == (filled == 0)
    assert live or not filled
    if reduce_only:
        assert abs(signed + side * filled) == abs(signed) - filled


@given(SIDES, QUANTITIES, st.decimals("-1000", "1000", places=4), st.booleans())
def test_an_order_only_reduces_when_no_part_of_it_could_open_or_add(
    side: int, quantity: Decimal, signed: Decimal, reduce_only: bool
) -> None:
    opposite = signed * side < 0
    expected = opposite and (reduce_only or quantity <= abs(signed))
    assert only_reduces(order(side, quantity, reduce_only), held(signed)) == expected
