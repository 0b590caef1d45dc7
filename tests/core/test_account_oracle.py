"""Whatever happens: the account is what a slow oracle makes of its fills, and no order leaves its path."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.core.account import Step
from app.core.margin import EXACT
from app.core.model import Fill
from app.core.positions import value
from tests.core.trading import Market, filled
from tests.market import ETH

PRICES = st.integers(9_950, 10_050).map(lambda cents: Decimal(cents) / 100)
PLACES = st.fixed_dictionaries(
    {
        "side": st.sampled_from([1, -1]),
        "quantity": st.integers(1, 80).map(lambda lots: str(Decimal(lots) / 10)),
        "kind": st.sampled_from(["market", "limit", "stop", "stop_limit", "take_profit", "trailing_stop"]),
        "price": PRICES,
        "stop_price": PRICES,
        "trail": st.sampled_from([Decimal("0.05"), Decimal("0.30")]),
        "reduce_only": st.booleans(),
        "time_in_force": st.sampled_from(["gtc", "ioc"]),
        "trigger": st.sampled_from(["tick", "mark"]),
    }
)
DOINGS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), PLACES),
        st.tuples(st.just("cancel"), st.integers(1, 20)),
        st.tuples(st.just("quote"), st.tuples(PRICES, st.integers(1, 30))),
        st.tuples(st.just("print"), st.tuples(PRICES, st.integers(1, 30), st.sampled_from([1, -1, 0]))),
        st.tuples(st.just("live"), st.booleans()),
    ),
    max_size=60,
)
NEEDED = {"limit": ["price"], "stop": ["stop_price"], "stop_limit": ["price", "stop_price"], "take_profit": ["stop_price"]}


def act(market: Market, at_ms: int, doing: str, what: object) -> list[Step]:
    if doing == "place":
        asked = dict(what)  # type: ignore[call-overload]
        kind = asked["kind"]
        named = NEEDED.get(kind, ["trail"] if kind == "trailing_stop" else [])
        more = {name: asked[name] for name in (*named, "reduce_only", "time_in_force", "trigger")}
        return [market.place(asked["side"], asked["quantity"], at_ms, type=kind, **more)]
    if doing == "cancel":
        return market.account.cancel(what)  # type: ignore[arg-type]
    if doing == "quote":
        bid, size = what  # type: ignore[misc]
        return market.quote(str(bid), str(bid + Decimal("0.02")), at_ms, str(size))
    if doing == "print":
        price, size, aggressor = what  # type: ignore[misc]
        return market.print(str(price), at_ms, str(size), aggressor)
    market.live = what  # type: ignore[assignment]
    return []


def oracle(fills: tuple[Fill, ...], mark: Decimal) -> tuple[Decimal, Decimal]:
    """(quantity held, equity before insurance): from the cash that flowed, knowing nothing of averages or positions."""
    held, cash = Decimal(0), Decimal(10_000)
    for fill in fills:
        held += fill.side * fill.quantity
        cash = EXACT.subtract(cash, EXACT.add(EXACT.multiply(fill.side * fill.quantity, fill.price), fill.fee))
    return held, EXACT.add(cash, EXACT.multiply(held, mark))


@given(DOINGS, PRICES)
def test_whatever_happens_the_account_is_what_its_fills_say_and_no_order_leaves_its_path(
    doings: list[tuple[str, object]], mark: Decimal
) -> None:
    market = Market()
    account = market.account
    market.quote("100.00", "100.02", 0)
    for n, (doing, what) in enumerate(doings, 1):
        held_before = account.ledger.positions.get(ETH)
        size_before = abs(held_before.quantity) if held_before else Decimal(0)
        steps = act(market, n * 40, doing, what)
        reducing = {order.asked.client_id for order in account.blotter.newest(0) if order.asked.reduce_only}
        if steps and all(fill.client_id in reducing for fill in filled(steps)):
            after = account.ledger.positions.get(ETH)
            assert (abs(after.quantity) if after else 0) <= size_before
    position = account.ledger.positions.get(ETH)
    held, equity = oracle(account.ledger.recent, mark)
    assert (position.quantity if position else 0) == held
    unrealized = value(position, mark)[0] if position else Decimal(0)
    assert EXACT.add(account.ledger.balance, unrealized) == EXACT.add(equity, account.ledger.insurance)
    losses = [fill for fill in account.ledger.recent if fill.kind == "liquidation"]
    assert (account.ledger.insurance > 0) <= bool(losses)
    for order in account.blotter.newest(0):
        own = [fill for fill in account.ledger.recent if fill.client_id == order.asked.client_id]
        assert order.filled == sum((fill.quantity for fill in own), Decimal(0)) <= order.asked.quantity
        assert order.fees == sum((fill.fee for fill in own), Decimal(0))
        limit = order.asked.price
        if limit is not None:
            assert all((fill.price <= limit) if order.asked.side > 0 else (fill.price >= limit) for fill in own)
        assert order.over == (order not in account.blotter.working())
