"""A log of one's own machine leads to numbers, to the flags that set them, or to a plain no."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import read_config
from app.core.throttle import PROFILES, State, Summary, level_line, start, step, summary_line
from app.tune import Untunable, parse_line, recommend, tune

SCALPING = PROFILES["scalping"]
STAMP = "2026-01-01 10:00:00,123 INFO app.web.viewers "


def summary_of(costs_ms: list[float], level: int, transport: str = "websocket", page: str = "p1") -> str:
    summary = Summary()
    for cost_ms in costs_ms:
        summary.add(cost_ms, level, build_ms=1.0, draw_ms=cost_ms - 1)
    return STAMP + summary_line(page, transport, State(level, 0, SCALPING, False), summary, 17.0)


def a_log(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "desk.log"
    path.write_text("\n".join([STAMP + "serving on http://127.0.0.1:8051", *lines, ""]), encoding="utf-8")
    return str(path)


def command_of(report: str) -> list[str]:
    (command,) = [line for line in report.splitlines() if line.startswith("python run_dashboard.py ")]
    return command.split()[2:]


CALM = [float(cost) for cost in range(1, 101)]
"""p50 50 ms, p95 95 ms."""


def test_calm_costs_lead_to_numbers_that_the_flags_take(tmp_path: Path) -> None:
    report = tune(a_log(tmp_path, summary_of(CALM, 0), summary_of(CALM, 0)))
    assert "200 refreshes in 2 summary lines of 1 page, 0 changes of level" in report
    throttle = read_config(command_of(report), {}).throttle
    assert throttle.interval_ms == (290, 580, 1160, 2900)
    assert (throttle.fast_ms, throttle.slow_ms, throttle.critical_ms) == (150, 380, 1500)
    assert (throttle.streak, throttle.start_level) == (3, 0)


def test_costs_are_told_for_each_transport_and_level(tmp_path: Path) -> None:
    lines = summary_of(CALM, 0), summary_of([300.0] * 40, 3), summary_of([80.0] * 25, 1, "interval", "p2")
    rows = [line.split() for line in tune(a_log(tmp_path, *lines)).splitlines()]
    assert ["websocket", "0", "100", "50.0", "95.0"] in rows
    assert ["websocket", "3", "40", "300.0", "300.0"] in rows
    assert ["interval", "1", "25", "80.0", "80.0"] in rows


def test_a_burst_that_drove_the_throttle_up_does_not_move_the_recommendation(tmp_path: Path) -> None:
    calm = tune(a_log(tmp_path, summary_of(CALM, 0)))
    burst = tune(a_log(tmp_path, summary_of(CALM, 0), summary_of([900.0] * 90, 3)))
    assert command_of(burst) == command_of(calm)


def test_a_page_that_lives_at_a_higher_level_starts_there(tmp_path: Path) -> None:
    report = tune(a_log(tmp_path, summary_of(CALM, 1), summary_of(CALM * 2, 2)))
    assert "from level 1 by websocket" in report
    assert read_config(command_of(report), {}).throttle.start_level == 2


def test_a_throttle_that_never_rests_needs_a_longer_streak(tmp_path: Path) -> None:
    state, lines = start(SCALPING), []
    for cost_ms in [0.0, *[200.0, 10.0, 10.0, 10.0] * 4]:
        before, state = state, step(state, cost_ms)
        if before.level != state.level:
            lines.append(STAMP + level_line("p1", before, state, cost_ms))
    report = tune(a_log(tmp_path, summary_of(CALM, 0), *lines))
    assert len(lines) == 8 and "8 changes of level" in report
    assert read_config(command_of(report), {}).throttle.streak == 5


def test_too_few_samples_are_said_with_their_number_and_recommend_nothing(tmp_path: Path) -> None:
    report = tune(a_log(tmp_path, summary_of(CALM[:42], 0), summary_of(CALM[:57], 1)))
    assert "too few samples to recommend anything: 57 refreshes at one level, 100 are needed" in report
    assert "--throttle" not in report


def test_ninety_nine_samples_are_too_few_and_a_hundred_are_enough(tmp_path: Path) -> None:
    assert "too few" in tune(a_log(tmp_path, summary_of(CALM[:99], 0)))
    assert "too few" not in tune(a_log(tmp_path, summary_of(CALM[:99], 0), summary_of([50.0], 0)))


def test_a_log_with_changes_of_level_alone_has_no_samples(tmp_path: Path) -> None:
    before = State(0, 0, SCALPING, False)
    report = tune(a_log(tmp_path, STAMP + level_line("p1", before, step(before, 200), 200)))
    assert "0 refreshes in 0 summary lines of 1 page, 1 change of level" in report
    assert "too few samples to recommend anything: 0 refreshes" in report


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Untunable, match="cannot be read: No such file"):
        tune(str(tmp_path / "nothing.log"))


def test_a_log_without_throttle_lines_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Untunable, match="holds no throttle lines"):
        tune(a_log(tmp_path))


def test_damaged_lines_and_bytes_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    whole = summary_of(CALM, 0)
    path = tmp_path / "desk.log"
    damaged = [
        whole[: whole.index("by_level")],
        whole[: whole.index(" skipped")],
        whole.replace("n=100", "n=many"),
        whole.replace("/95 ", "/nan "),
        whole.replace("ticks_per_s=17", "ticks_per_s=inf"),
    ]
    path.write_bytes(b"\xff\xfe\x00\n" + "\n".join([*damaged, whole]).encode())
    assert "100 refreshes in 1 summary line of 1 page" in tune(str(path))


def test_levels_with_few_samples_are_named_and_not_used(tmp_path: Path) -> None:
    report = tune(a_log(tmp_path, summary_of(CALM, 0), summary_of(CALM[:40], 1), summary_of([900.0] * 9, 3)))
    assert "not used, fewer than 100 refreshes: level 1: 40, level 3: 9" in report
    assert "careful" not in report
    assert command_of(report) == command_of(tune(a_log(tmp_path, summary_of(CALM, 0))))


def test_numbers_of_a_page_that_never_rested_are_given_with_a_warning(tmp_path: Path) -> None:
    report = tune(a_log(tmp_path, summary_of(CALM[:30], 0), summary_of([400.0] * 150, 2)))
    assert "not used, fewer than 100 refreshes: level 0: 30" in report
    assert "careful: the page was not at rest for long enough, so these numbers are those of the busier level 2" in report


def test_damaged_throttle_lines_are_counted_and_a_log_of_mostly_such_recommends_nothing(tmp_path: Path) -> None:
    whole = summary_of(CALM, 0)
    torn = whole[: whole.index("by_level")]
    report = tune(a_log(tmp_path, whole, torn, "noise"))
    assert "1 throttle line cut off or damaged: passed over" in report
    assert command_of(report)
    report = tune(a_log(tmp_path, whole, torn, torn))
    assert "2 throttle lines cut off or damaged" in report
    assert "more throttle lines are damaged than whole: nothing is recommended" in report
    assert "--throttle" not in report


def test_a_line_of_another_kind_is_none() -> None:
    assert parse_line(STAMP + "throttle is a word, page=1 too") is None
    assert parse_line("") is None


@given(st.floats(0, 20_000), st.integers(1, 10), st.integers(0, 3))
def test_whatever_was_measured_the_numbers_pass_the_flags_and_leave_the_usual_cost_fast(
    p95_ms: float, streak: int, level: int
) -> None:
    numbers = recommend(p95_ms, streak, level)
    throttle = read_config(numbers.flags().split(), {}).throttle
    assert throttle.fast_ms > p95_ms
    assert throttle.interval_ms[0] >= 3 * p95_ms
    assert (throttle.streak, throttle.start_level) == (streak, level)
