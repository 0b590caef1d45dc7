"""The newest of a row that grows: every window shows what was newest when it was made, for as long as it is held."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.kept import ROOM, Kept


@given(st.integers(1, 6), st.integers(0, 60), st.sampled_from((0, ROOM - 20, 2 * ROOM - 20)))
def test_a_window_holds_the_newest_of_its_moment_whatever_comes_later(size: int, count: int, before: int) -> None:
    """`before`: came already, so that the oldest go while it is looked at."""
    kept: Kept[int] = Kept(size, range(before))
    newest: deque[int] = deque(range(before), maxlen=size)
    seen = [(kept.window(), list(newest))]
    for number in range(count):
        kept.append(number)
        newest.append(number)
        assert kept.last == number
        seen.append((kept.window(), list(newest)))
    for window, held in seen:
        assert window == held and len(window) == len(held) and [*window] == held


@given(st.integers(0, 20), st.slices(30), st.integers(-30, 30))
def test_a_window_is_read_like_a_tuple(count: int, part: slice, at: int) -> None:
    kept, held = Kept[int](8), tuple(range(count))[-8:]
    for number in range(count):
        kept.append(number)
    assert kept.window()[part] == list(held[part])
    if -len(held) <= at < len(held):
        assert kept.window()[at] == held[at]
    else:
        with pytest.raises(IndexError):
            kept.window()[at]


def test_what_is_held_beyond_what_is_asked_for_stops_growing() -> None:
    kept: Kept[int] = Kept(3_000)
    for number in range(20_000):
        kept.append(number)
        assert len(kept._log) <= 3_000 + ROOM
