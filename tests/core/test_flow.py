"""The 100 ms buckets lose no print: highs, lows and volumes are those of all of them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.flow import KEPT, Flow
from app.core.snapshot import Bucket
from feeds.events import Tick
from tests.market import T0_NS, tick

T0_MS = T0_NS // 1_000_000
ROWS = st.lists(
    st.tuples(st.integers(0, 250), st.integers(1, 99_999), st.integers(0, 40), st.sampled_from([-1, 0, 1])),
    min_size=1,
    max_size=80,
)
"""(ms since the one before, price in cents, size, aggressor)"""


def in_order(rows: list[tuple[int, int, int, int]]) -> list[Tick]:
    at_ms, found = 0, []
    for wait_ms, cents, size, aggressor in rows:
        at_ms += wait_ms
        found.append(tick(len(found) + 1, str(Decimal(cents) / 100), at_ms, str(size), aggressor))
    return found


def buckets(flow: Flow) -> list[Bucket]:
    last = flow.open()
    return [*flow.closed(), *([last] if last else [])]


def flow_of(ticks: list[Tick]) -> Flow:
    flow = Flow()
    for one in ticks:
        flow.add(one)
    return flow


@given(ROWS)
def test_each_bucket_is_worked_out_from_the_prints_of_its_100_ms(rows: list[tuple[int, int, int, int]]) -> None:
    ticks = in_order(rows)
    for bucket in buckets(flow_of(ticks)):
        inside = [one for one in ticks if bucket.start_ms <= one.ts_event_ns // 1_000_000 < bucket.start_ms + 100]
        prices = [float(one.price) for one in inside]
        bought = sum(float(one.size) * (one.aggressor + 1) / 2 for one in inside)
        sold = sum(float(one.size) * (1 - one.aggressor) / 2 for one in inside)
        assert bucket == Bucket(bucket.start_ms, prices[0], min(prices), max(prices), prices[-1], bought, sold, len(inside))


@given(ROWS)
def test_every_print_is_in_exactly_one_bucket_and_empty_ones_do_not_exist(rows: list[tuple[int, int, int, int]]) -> None:
    ticks = in_order(rows)
    starts = [bucket.start_ms for bucket in buckets(flow_of(ticks))]
    assert starts == sorted({one.ts_event_ns // 100_000_000 * 100 for one in ticks})


@given(ROWS, st.integers(1, 5_000), st.integers(1, 99_999))
def test_a_late_print_widens_the_open_bucket_rather_than_being_lost(
    rows: list[tuple[int, int, int, int]], late_ms: int, cents: int
) -> None:
    ticks = in_order(rows)
    flow = flow_of(ticks)
    closed, before = flow.closed(), flow.open()
    assert before is not None
    price = cents / 100
    at_ms = ticks[-1].ts_event_ns // 1_000_000 - T0_MS - late_ms
    flow.add(tick(999, f"{price:.2f}", at_ms, "3", 1))
    after = flow.open()
    assert after is not None and flow.closed() == closed
    assert (after.start_ms, after.min, after.max) == (before.start_ms, min(before.min, price), max(before.max, price))
    assert after.buy == before.buy + 3 and after.count == before.count + 1


@pytest.mark.parametrize("count", [1, KEPT, KEPT + 7])
def test_five_minutes_of_buckets_are_kept(count: int) -> None:
    flow = flow_of([tick(number, "2000", number * 100) for number in range(count)])
    kept = buckets(flow)
    assert len(kept) == min(count, KEPT)
    assert kept[-1].start_ms - kept[0].start_ms == (len(kept) - 1) * 100


def test_what_was_seen_of_the_closed_buckets_stays_as_it_was() -> None:
    flow = flow_of([tick(1, "2000", 0), tick(2, "2000", 100)])
    first = flow.closed()
    flow.add(tick(3, "2001", 150))
    assert flow.closed() == first
    flow.add(tick(4, "2001", 200))
    assert (len(first), len(flow.closed())) == (1, 2) and flow.closed()[:1] == list(first)
