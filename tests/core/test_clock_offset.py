"""The venue's clock offset: the least (receive − event) of the last half to whole minute, and nothing where there is none."""

from app.core.desk import Desk
from tests.market import BTC, ETH, desk, tick

# The filter keeps two windows of 30 s each, so a delay is remembered for at least one and at most two of them.
WINDOW_MS = 30_000


def offset_ms(made: Desk, symbol: str = ETH) -> float | None:
    return made.snapshot(1, 0).symbols[symbol].clock_offset_ms


def hear(made: Desk, seq: int, recv_ms: int, delay_ms: int) -> float | None:
    """A print that is received so long after its own time; the offset after it."""
    made.apply(tick(seq, "2000", recv_ms - delay_ms, recv_ms=recv_ms))
    return offset_ms(made)


def test_the_least_delay_wins_whenever_it_came() -> None:
    made = desk()
    assert hear(made, 1, 1_000, 40) == 40
    assert hear(made, 2, 2_000, 12) == 12
    assert hear(made, 3, 3_000, 30) == 12


def test_a_late_print_moves_nothing() -> None:
    made = desk()
    hear(made, 1, 1_000, 12)
    assert hear(made, 2, 5_000, 3_900) == 12


def test_a_venue_whose_clock_is_ahead_has_an_offset_below_zero() -> None:
    made = desk()
    hear(made, 1, 1_000, 25)
    assert hear(made, 2, 2_000, -80) == -80


def test_a_delay_is_remembered_for_half_a_minute_and_forgotten_after_a_whole_one() -> None:
    made = desk()
    hear(made, 1, 0, 5)
    seen = {recv_ms: hear(made, 2 + number, recv_ms, 50) for number, recv_ms in enumerate(range(1_000, 61_001, 1_000))}
    assert {seen[recv_ms] for recv_ms in range(1_000, WINDOW_MS + 1, 1_000)} == {5}
    assert seen[2 * WINDOW_MS] == 50


def test_a_clock_that_was_set_back_is_believed_after_a_minute() -> None:
    made = desk()
    for number in range(30):
        hear(made, 1 + number, number * 1_000, 20)
    for number in range(30, 91):
        hear(made, 1 + number, number * 1_000, 420)
    assert offset_ms(made) == 420


def test_it_is_unknown_before_the_first_print_and_each_symbol_has_its_own() -> None:
    made = desk()
    assert (offset_ms(made), offset_ms(made, BTC)) == (None, None)
    made.apply(tick(1, "60000", 1_000, symbol=BTC, recv_ms=1_017))
    assert (offset_ms(made), offset_ms(made, BTC)) == (None, 17)


def test_a_replay_has_none_but_knows_how_far_its_clock_is_from_the_venues() -> None:
    made = desk(kind="replay")
    assert hear(made, 1, 1_000, 12) is None
    hear(made, 2, 2_000, -1_900)
    assert made.snapshot(1, 0).symbols[ETH].least_delay_ms == -1_900


def test_what_was_before_a_quiet_stretch_is_forgotten() -> None:
    made = desk()
    hear(made, 1, 1_000, 5)
    assert hear(made, 2, 600_000, 50) == 50
