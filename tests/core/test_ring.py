"""The ring holds the newest ticks, counts all of them, and tells a rate that dies with the stream."""

from hypothesis import given
from hypothesis import strategies as st

from app.core.ring import Ring
from tests.market import T0_NS, tick


@given(st.integers(1, 20), st.integers(0, 60))
def test_the_newest_ticks_are_kept_in_order_and_all_are_counted(size: int, count: int) -> None:
    ring = Ring(size)
    ticks = [tick(number, "2000", number) for number in range(1, count + 1)]
    for one in ticks:
        ring.append(one)
    assert ring.ticks() == tuple(ticks[-size:])
    assert ring.n == count
    assert ring.last == (ticks[-1] if ticks else None)


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=200), st.integers(0, 5_000))
def test_the_rate_counts_the_ticks_of_the_last_three_seconds_in_quarter_seconds(waits_ms: list[int], later_ms: int) -> None:
    ring, at_ms, arrived_ms = Ring(10), 0, []
    for wait_ms in waits_ms:
        at_ms += wait_ms
        arrived_ms.append(at_ms)
        ring.append(tick(len(arrived_ms), "2000", 0, recv_ms=at_ms))
    now_ms = at_ms + later_ms
    until = now_ms - now_ms % 250
    expected = sum(until - 3_000 <= arrived < until for arrived in arrived_ms) / 3
    assert ring.per_second(T0_NS + now_ms * 1_000_000) == expected


def test_the_rate_falls_to_zero_three_seconds_after_the_last_tick() -> None:
    ring = Ring(200)
    for number in range(300):
        ring.append(tick(number, "2000", number * 10))
    assert ring.per_second(T0_NS + 3_000_000_000) == 100
    assert ring.per_second(T0_NS + 4_500_000_000) == 50
    assert ring.per_second(T0_NS + 6_250_000_000) == 0
