"""A rule speaks when what it names has happened, not oftener than it may, and its score is what came of it."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.model import Signal
from app.core.signals import CROSS, QUIET_NS, SWEEP, Rules
from app.core.snapshot import RuleScore
from feeds.events import Gap, Tick
from tests.market import ETH, T0_NS, tick


def play(rules: Rules, ticks: Iterable[Tick]) -> list[Signal]:
    """Every signal fired, ticks numbered by their seq."""
    return [signal for one in ticks for signal in rules.on_tick(one, one.seq or 0)]


def a_run(first: int, at_ms: int, step: str, aggressor: int, *, apart_ms: int = 10, start: float = 2000.0) -> list[Tick]:
    """Eight prints by one side, each `step` from the one before."""
    prices = [start + float(step) * at for at in range(8)]
    return [tick(first + at, f"{price:.2f}", at_ms + at * apart_ms, aggressor=aggressor) for at, price in enumerate(prices)]


def calm(first: int, count: int, at_ms: int = 0, price: str = "2000.00", apart_ms: int = 50) -> list[Tick]:
    """Both sides in turn at one price: nothing that a rule could name."""
    return [tick(first + at, price, at_ms + at * apart_ms, aggressor=1 if at % 2 else -1) for at in range(count)]


def names(signals: Iterable[Signal]) -> list[str]:
    return [signal.rule for signal in signals]


def hole(from_ms: int, to_ms: int) -> Gap:
    return Gap(ETH, T0_NS + from_ms * 1_000_000, T0_NS + to_ms * 1_000_000, 3, "ids skipped")


def test_eight_buys_in_a_row_that_lift_the_price_by_a_basis_point_are_a_sweep() -> None:
    (signal,) = play(Rules(ETH), a_run(1, 0, "0.03", +1))
    assert (signal.rule, signal.symbol, signal.side, str(signal.price), signal.n) == (SWEEP, ETH, 1, "2000.21", 8)
    assert signal.ts_event_ns == T0_NS + 70_000_000 and signal.move_bp is None
    assert signal.reason == "8 buys in a row in 70 ms moved the price up 1.1 bp, 2000 to 2000.21"


def test_eight_sells_in_a_row_that_press_it_are_a_sweep_down() -> None:
    (signal,) = play(Rules(ETH), a_run(1, 0, "-0.03", -1))
    assert (signal.side, signal.reason) == (-1, "8 sells in a row in 70 ms moved the price down 1.1 bp, 2000 to 1999.79")


@pytest.mark.parametrize(
    "ticks",
    [
        a_run(1, 0, "0.03", +1)[:7],
        a_run(1, 0, "0.02", +1),
        a_run(1, 0, "-0.03", +1),
        a_run(1, 0, "0.03", -1),
        a_run(1, 0, "0.03", 0),
        a_run(1, 0, "0.03", +1, apart_ms=72),
        [*a_run(1, 0, "0.03", +1)[:4], tick(5, "2000.09", 35, aggressor=-1), *a_run(6, 40, "0.03", +1)[:7]],
    ],
    ids=["seven", "too little", "against them", "sells up", "unknown sides", "too slow", "one sell between"],
)
def test_less_than_that_is_no_sweep(ticks: list[Tick]) -> None:
    assert play(Rules(ETH), ticks) == []


def test_a_run_across_a_hole_is_not_a_run() -> None:
    rules = Rules(ETH)
    run = a_run(1, 0, "0.03", +1)
    assert play(rules, run[:4]) == []
    rules.on_gap(hole(30, 40))
    assert play(rules, run[4:]) == []


def test_a_cross_needs_a_hundred_prints_and_aggressors_that_agree() -> None:
    rise = [tick(200 + at, "2000.10", 9000 + at * 50, aggressor=+1) for at in range(40)]
    (signal,) = play(Rules(ETH), [*calm(1, 150), *rise])
    assert (signal.rule, signal.side) == (CROSS, 1)
    assert signal.reason.startswith("average of 20 prints 2000.0")
    assert "crossed above that of 100 2000.0" in signal.reason
    assert "buyers lead the volume by 3" in signal.reason
    too_early = [tick(200 + at, "2000.10", 2500 + at * 10, aggressor=+1) for at in range(40)]
    assert play(Rules(ETH), [*calm(1, 40), *too_early]) == []


def test_a_cross_with_the_aggressors_against_it_says_nothing() -> None:
    rise = [tick(200 + at, "2000.10", 9000 + at * 50, aggressor=-1) for at in range(40)]
    assert play(Rules(ETH), [*calm(1, 150), *rise]) == []


def test_a_cross_that_is_confirmed_too_late_says_nothing() -> None:
    crossed = [tick(200, "2000.10", 9000, aggressor=+1)]
    late = [tick(201 + at, "2000.10", 11_100 + at * 10, aggressor=+1) for at in range(40)]
    assert play(Rules(ETH), [*calm(1, 150), *crossed, *late]) == []


def test_a_cross_down_is_the_mirror_of_a_cross_up() -> None:
    fall = [tick(200 + at, "1999.90", 9000 + at * 50, aggressor=-1) for at in range(40)]
    signals = play(Rules(ETH), [*calm(1, 150, price="2000.00"), *fall])
    assert [(signal.rule, signal.side) for signal in signals] == [(CROSS, -1)]
    assert "crossed below" in signals[0].reason and "sellers lead" in signals[0].reason


def test_after_a_long_hole_the_averages_begin_anew() -> None:
    rise = [tick(200 + at, "2000.10", 9000 + at * 50, aggressor=+1) for at in range(40)]
    rules = Rules(ETH)
    play(rules, calm(1, 150))
    rules.on_gap(hole(7450, 9000))
    assert play(rules, rise) == []


def test_a_single_lost_print_does_not_silence_the_averages() -> None:
    rise = [tick(200 + at, "2000.10", 7600 + at * 50, aggressor=+1) for at in range(40)]
    rules = Rules(ETH)
    play(rules, calm(1, 150))
    rules.on_gap(hole(7450, 7600))
    assert names(play(rules, rise)) == [CROSS]


def test_a_rule_speaks_at_most_once_in_two_seconds_of_event_time() -> None:
    rules = Rules(ETH)
    assert len(play(rules, a_run(1, 0, "0.03", +1))) == 1
    assert play(rules, a_run(9, 1_929, "-0.03", -1)) == []
    assert len(play(rules, a_run(17, 2_000, "-0.03", -1))) == 1


def test_the_first_print_ten_seconds_later_measures_the_move_in_the_signals_direction() -> None:
    rules = Rules(ETH)
    play(rules, a_run(1, 0, "-0.03", -1))
    play(rules, [tick(9, "1990.00", 10_069, aggressor=1)])
    assert rules.signals[0].move_bp is None
    play(rules, [tick(10, "1998.790105", 10_070, aggressor=-1), tick(11, "2500.00", 10_071, aggressor=1)])
    assert rules.signals[0].move_bp == pytest.approx(5.0)
    assert rules.scores() == (RuleScore(CROSS, 0, None), RuleScore(SWEEP, 1, pytest.approx(5.0)))


def test_the_score_is_the_mean_of_what_was_measured() -> None:
    rules = Rules(ETH)
    play(rules, a_run(1, 0, "0.03", +1))
    play(rules, a_run(9, 5_000, "0.03", +1))
    play(rules, [tick(17, "2002.21021", 10_500, aggressor=-1)])
    assert rules.scores()[1] == RuleScore(SWEEP, 2, pytest.approx(10.0))
    play(rules, [tick(18, "2000.21", 15_100, aggressor=1)])
    assert rules.scores()[1] == RuleScore(SWEEP, 2, pytest.approx(5.0))


def test_no_move_is_measured_across_a_hole() -> None:
    rules = Rules(ETH)
    play(rules, a_run(1, 0, "0.03", +1))
    rules.on_gap(hole(70, 60_000))
    play(rules, [tick(9, "2100.00", 60_000, aggressor=-1)])
    assert rules.signals[0].move_bp is None
    assert rules.scores()[1] == RuleScore(SWEEP, 1, None)


def test_the_last_fifty_signals_are_kept_and_all_are_counted() -> None:
    rules = Rules(ETH)
    for number in range(60):
        play(rules, a_run(number * 8 + 1, number * 3_000, "0.03", +1))
    assert len(rules.signals) == 50
    assert [signal.n for signal in rules.signals if signal.rule == SWEEP][-2:] == [59 * 8, 60 * 8]
    assert rules.scores()[1].count == 60


BURSTS = st.lists(
    st.tuples(st.sampled_from([-1, 0, 1]), st.integers(1, 14), st.integers(-9, 9), st.integers(-1, 90), st.integers(0, 4000)),
    max_size=25,
)
"""(aggressor, prints, cents a print, ms between them, ms before them)"""


def a_market(bursts: list[tuple[int, int, int, int, int]], way: int = 1) -> list[Tick]:
    """120 calm prints, then bursts by one side each; `way` −1 is the mirrored market."""
    found, cents, at_ms = [], 200_000, 0
    calm_before = [(at % 2 * 2 - 1, 1, 0, 0, 20) for at in range(120)]
    for aggressor, prints, step, apart_ms, wait_ms in [*calm_before, *bursts]:
        at_ms += wait_ms
        for _ in range(prints):
            cents, at_ms = cents + way * step, at_ms + apart_ms
            found.append(tick(len(found) + 1, f"{cents / 100:.2f}", at_ms, aggressor=way * aggressor))
    return found


@settings(max_examples=50)
@given(BURSTS)
def test_the_mirrored_market_fires_the_mirrored_crosses(bursts: list[tuple[int, int, int, int, int]]) -> None:
    there, back = ([one for one in play(Rules(ETH), a_market(bursts, way)) if one.rule == CROSS] for way in (1, -1))
    assert [(one.n, one.side) for one in there] == [(one.n, -one.side) for one in back]


@settings(max_examples=50)
@given(BURSTS)
def test_whatever_the_market_does_the_rules_hold_their_promises(bursts: list[tuple[int, int, int, int, int]]) -> None:
    prints = a_market(bursts)
    rules = Rules(ETH)
    fired = play(rules, prints)
    assert fired == play(Rules(ETH), prints)
    for rule, score in zip((CROSS, SWEEP), rules.scores(), strict=True):
        mine = [signal for signal in fired if signal.rule == rule]
        assert (score.rule, score.count) == (rule, len(mine))
        assert all(later.ts_event_ns - one.ts_event_ns >= QUIET_NS for one, later in zip(mine, mine[1:], strict=False))
    for signal in fired:
        if signal.rule == SWEEP:
            run = prints[signal.n - 8 : signal.n]
            assert {one.aggressor for one in run} == {signal.side}
            assert signal.side * (run[-1].price - run[0].price) * 10_000 >= run[0].price
            assert run[-1].ts_event_ns - run[0].ts_event_ns <= 500_000_000
    for signal in rules.signals:
        at = prints[signal.n - 1]
        assert (signal.price, signal.ts_event_ns) == (at.price, at.ts_event_ns)
        later = [one for one in prints[signal.n :] if one.ts_event_ns >= signal.ts_event_ns + 10_000_000_000]
        expected = signal.side * (float(later[0].price) / float(signal.price) - 1) * 10_000 if later else None
        assert signal.move_bp == pytest.approx(expected, abs=1e-6)
