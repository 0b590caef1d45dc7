"""Whatever the fills: the journal's trips are what a slow walk through them makes, unit by unit, before and after a restart."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.core.journal import Journal
from app.core.model import Fill
from app.core.positions import apply_fill
from app.core.trip import Trip
from tests.market import ETH, T0_NS


@dataclass
class Walk:
    """One trip of the slow oracle, unit by unit."""

    side: int
    bought: list[Fraction]
    sold: list[Fraction]
    fees: Fraction
    over: bool = False

    @property
    def pnl(self) -> Fraction:
        return sum(self.sold, Fraction(0)) - sum(self.bought, Fraction(0))


def walked(fills: list[Fill]) -> list[Walk]:
    """Every unit of every fill on its own: a trip begins where the position was flat, and ends where it is flat again."""
    trips: list[Walk] = []
    held = 0
    for fill in fills:
        for _ in range(int(fill.quantity)):
            if held == 0:
                trips.append(Walk(fill.side, [], [], Fraction(0)))
            trip = trips[-1]
            (trip.bought if fill.side > 0 else trip.sold).append(Fraction(fill.price))
            trip.fees += Fraction(fill.fee) / Fraction(fill.quantity)
            held += fill.side
            trip.over = held == 0
    return trips


def ledgered(rows: list[tuple[int, int, int, int]]) -> list[Fill]:
    """Fills as the ledger numbers them, with what each realised."""
    fills: list[Fill] = []
    position = None
    for number, (side, quantity, cents, fee) in enumerate(rows, 1):
        price = Decimal(cents) / 100
        position, realized = apply_fill(position, ETH, side, Decimal(quantity), price, 10, T0_NS + number)
        fills.append(
            Fill(
                number, f"click-{number}", ETH, side, Decimal(quantity), price, realized, T0_NS + number, number, fee=Decimal(fee)
            )
        )
    return fills


ROWS = st.lists(
    st.tuples(st.sampled_from([1, -1]), st.integers(1, 7), st.integers(9_000, 11_000), st.integers(-3, 9)), max_size=25
)


def near(value: Decimal, exact: Fraction) -> bool:
    return abs(Fraction(value) - exact) <= abs(exact) / 10**15


@given(ROWS)
def test_trips_are_what_a_walk_unit_by_unit_makes_of_the_fills(rows: list[tuple[int, int, int, int]]) -> None:
    fills = ledgered(rows)
    journal = Journal()
    for fill in fills:
        journal.note([fill], lambda symbol: Decimal(100))
    found, expected = [*journal.ended, *journal.open.values()], walked(fills)
    assert len(found) == len(expected) and [trip.number for trip in found] == list(range(1, len(found) + 1))
    for trip, walk in zip(found, expected, strict=True):
        way_in, way_out = (walk.bought, walk.sold) if walk.side > 0 else (walk.sold, walk.bought)
        assert (trip.side, bool(trip.end), trip.opened, trip.closed) == (walk.side, walk.over, len(way_in), len(way_out))
        assert near(trip.entry, sum(way_in, Fraction(0)) / len(way_in))
        assert trip.exit is None if not way_out else near(trip.exit, sum(way_out, Fraction(0)) / len(way_out))
        assert abs(Fraction(trip.fees) - walk.fees) < Fraction(1, 10**12)
        if walk.over:
            assert Fraction(trip.realized_pnl) == walk.pnl
    assert sum((Fraction(trip.fees) for trip in found), Fraction(0)) == sum((Fraction(fill.fee) for fill in fills), Fraction(0))


@given(ROWS, st.integers(0, 25))
def test_a_journal_begun_from_stored_fills_and_trips_is_the_same_but_for_what_nobody_watched(
    rows: list[tuple[int, int, int, int]], cut: int
) -> None:
    fills = ledgered(rows)
    journal, stored = Journal(), dict[int, Trip]()
    for fill in fills[:cut]:
        mid = Decimal(fill.fill_id)
        stored |= {trip.number: trip for trip in journal.note([fill], lambda symbol, mid=mid: mid)}
    again = Journal(fills[:cut], stored.values())
    assert again.ended == journal.ended
    assert again.open == {symbol: trip.saw(None) for symbol, trip in journal.open.items()}
    old = Journal(fills[:cut])  # written before there were trips
    assert [(trip.entry, trip.exit, trip.net_pnl) for trip in old.ended] == [
        (trip.entry, trip.exit, trip.net_pnl) for trip in journal.ended
    ]
    assert all(
        one is None for trip in old.ended for one in (trip.best, trip.worst, trip.slippage_in, trip.slippage_out, trip.mid_1s)
    )
