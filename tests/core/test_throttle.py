"""The throttle climbs when a page is dear, comes down when it is cheap, and says why in lines that can be read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.throttle import PROFILES, Profile, State, Summary, level_line, percentile, resumed, start, step, summary_line
from app.tune import parse_line

SCALPING, CONSERVATIVE = PROFILES["scalping"], PROFILES["conservative"]


def at(profile: Profile, level: int, streak: int = 0) -> State:
    return State(level, streak, profile, False)


@pytest.mark.parametrize(
    ("profile", "intervals_ms", "fast_ms", "slow_ms", "critical_ms"),
    [(SCALPING, (100, 200, 400, 1000), 60, 150, 600), (CONSERVATIVE, (1000, 2000, 3500, 5000), 1000, 3000, 8000)],
    ids=lambda value: value.name if isinstance(value, Profile) else None,
)
def test_the_profiles_hold_the_designs_numbers(
    profile: Profile, intervals_ms: tuple[int, ...], fast_ms: int, slow_ms: int, critical_ms: int
) -> None:
    assert [at(profile, level).interval_ms for level in range(4)] == list(intervals_ms)
    assert [at(profile, level).side_every for level in range(4)] == [1, 2, 4, 8]
    assert (profile.fast_ms, profile.slow_ms, profile.critical_ms, profile.streak) == (fast_ms, slow_ms, critical_ms, 3)
    assert (start(profile).level, start(profile).streak) == (1, 0)


FAST, STEADY, SLOW, CRITICAL = (
    {SCALPING.name: cost[0], CONSERVATIVE.name: cost[1]} for cost in ((59.9, 999), (100, 2000), (150.1, 3001), (601, 8001))
)
TABLE = [
    # (level, streak) before, cost, (level, streak) after
    ((1, 0), FAST, (1, 1)),
    ((1, 1), FAST, (1, 2)),
    ((1, 2), FAST, (0, 0)),
    ((3, 2), FAST, (2, 0)),
    ((0, 2), FAST, (0, 0)),
    ((0, 0), FAST, (0, 0)),
    ((2, 2), STEADY, (2, 0)),
    ((0, 0), STEADY, (0, 0)),
    ((0, 2), SLOW, (1, 0)),
    ((2, 1), SLOW, (3, 0)),
    ((3, 1), SLOW, (3, 0)),
    ((0, 2), CRITICAL, (3, 0)),
    ((1, 0), CRITICAL, (3, 0)),
    ((3, 2), CRITICAL, (3, 0)),
]


@pytest.mark.parametrize("profile", [SCALPING, CONSERVATIVE], ids=lambda profile: profile.name)
@pytest.mark.parametrize(("before", "cost", "after"), TABLE)
def test_one_refresh_moves_level_and_streak_as_the_table_says(
    profile: Profile, before: tuple[int, int], cost: dict[str, float], after: tuple[int, int]
) -> None:
    state = step(at(profile, *before), cost[profile.name])
    assert (state.level, state.streak) == after


@pytest.mark.parametrize("profile", [SCALPING, CONSERVATIVE], ids=lambda profile: profile.name)
@pytest.mark.parametrize(("threshold", "after"), [("fast_ms", (1, 0)), ("slow_ms", (1, 0)), ("critical_ms", (2, 0))])
def test_a_cost_equal_to_a_threshold_has_not_crossed_it(profile: Profile, threshold: str, after: tuple[int, int]) -> None:
    state = step(at(profile, 1, 2), getattr(profile, threshold))
    assert (state.level, state.streak) == after


def test_the_cost_of_loading_does_not_count_and_the_next_one_does() -> None:
    loaded = step(start(SCALPING), 5_000)
    assert (loaded.level, loaded.streak) == (1, 0)
    assert step(loaded, 5_000).level == 3


def test_after_a_pause_one_cost_does_not_count_and_the_streak_goes_on() -> None:
    after = step(resumed(at(SCALPING, 2, 2)), 5_000)
    assert (after.level, after.streak) == (2, 2)
    assert step(after, 10).level == 1


def test_a_drill_climbs_to_the_top_and_recovers_to_the_bottom() -> None:
    state, levels = step(start(SCALPING), 0), []
    for cost_ms in [10] * 3 + [200] * 4 + [10] * 9:
        state = step(state, cost_ms)
        levels.append(state.level)
    assert levels == [1, 1, 0] + [1, 2, 3, 3] + [3, 3, 2, 2, 2, 1, 1, 1, 0]


@given(st.lists(st.floats(0, 10_000), max_size=60), st.sampled_from([SCALPING, CONSERVATIVE]))
def test_the_level_stays_in_range_falls_by_one_at_most_and_never_on_a_dear_refresh(costs: list[float], profile: Profile) -> None:
    state = start(profile)
    for cost_ms in costs:
        after = step(state, cost_ms)
        assert 0 <= after.level <= 3 and 0 <= after.streak < profile.streak
        if after.level < state.level:
            assert after.level == state.level - 1 and cost_ms < profile.fast_ms
        if after.level > state.level:
            assert cost_ms > profile.slow_ms
        state = after


@given(st.lists(st.integers(-1000, 1000), min_size=1), st.integers(1, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values: list[int], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= len(values) * percent
    assert sum(value < found for value in values) * 100 < len(values) * percent


def test_the_percentiles_of_one_to_a_hundred_are_themselves() -> None:
    assert [percentile(range(1, 101), percent) for percent in (50, 95, 100)] == [50, 95, 100]
    assert percentile([], 50) is None


def test_a_level_line_tells_the_numbers_that_caused_the_change() -> None:
    before = at(SCALPING, 1, 2)
    found = parse_line("2026-01-01 INFO app " + level_line("page-7", before, step(before, 41.256), 41.256))
    assert found == {
        "kind": "level",
        "page": "page-7",
        "old": 1,
        "new": 0,
        "cause": "fast",
        "cost_ms": 41.26,
        "streak": 3,
        "interval_ms": 100,
        "fast_ms": 60,
        "slow_ms": 150,
        "critical_ms": 600,
        "streak_to_drop": 3,
        "profile": "scalping",
        "by_level": [],
    }


def test_a_summary_line_tells_costs_by_part_and_by_level() -> None:
    summary = Summary()
    for number in range(1, 21):
        summary.add(10.0 * number, number % 2, build_ms=1.0, transfer_ms=2.5, draw_ms=float(number))
    summary.skipped = 4
    found = parse_line(summary_line("p", "websocket", at(SCALPING, 1), summary, 17.333))
    assert found is not None
    assert {name: found[name] for name in ("page", "transport", "level", "n", "skipped", "ticks_per_s", "interval_ms")} == {
        "page": "p",
        "transport": "websocket",
        "level": 1,
        "n": 20,
        "skipped": 4,
        "ticks_per_s": 17.33,
        "interval_ms": 200,
    }
    assert [found[f"{part}_p50_ms"] for part in ("cost", "build", "transfer", "draw")] == [100, 1, 2.5, 10]
    assert [found[f"{part}_p95_ms"] for part in ("cost", "build", "transfer", "draw")] == [190, 1, 2.5, 19]
    assert found["cost_max_ms"] == 200
    assert found["by_level"] == [(0, 10, 100, 200), (1, 10, 90, 190)]


def test_refreshes_without_a_level_count_at_the_one_of_the_summary() -> None:
    summary = Summary()
    summary.add(10.0)
    summary.add(30.0, 2)
    assert summary.by_level(2) == [(2, [10.0, 30.0])]


def test_an_empty_summary_has_no_percentiles_rather_than_zeros() -> None:
    line = summary_line("p", "interval", at(SCALPING, 0), Summary(), 0.0)
    assert "n=0 cost_p50_ms=- cost_p95_ms=-" in line


@given(st.text())
def test_whatever_a_browser_calls_its_page_the_log_keeps_one_line(page: str) -> None:
    before = at(SCALPING, 0)
    line = level_line(page, before, step(before, 200), 200)
    assert len(line.splitlines()) == 1
    found = parse_line(line)
    assert found is not None and (found["old"], found["new"], found["cost_ms"]) == (0, 1, 200)
