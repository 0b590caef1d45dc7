"""The venue's own bars where no print of ours has closed the bar yet: a quiet symbol shows the truth all the same."""

from dataclasses import replace
from decimal import Decimal

from feeds.events import Candle
from tests.core.test_candles import MINUTE, T0, a_print, built


def test_the_venues_bar_that_comes_before_ours_has_closed_is_taken_when_it_closes() -> None:
    """A quiet symbol: nothing is printed within two seconds of the minute, so our bar is still open when theirs is asked for."""
    series = built([a_print(40_000, "10")], MINUTE)
    theirs = Candle(T0, Decimal(9), Decimal(12), Decimal(8), Decimal(10), Decimal(77), 40)
    series.correct(theirs)
    assert series.bars() == built([a_print(40_000, "10")], MINUTE).bars()
    series.add(T0 + MINUTE + 9_000, Decimal(11), Decimal(1))
    assert series.view().closed == (theirs,)
    assert series.differences == 0  # ours began in the middle of the minute and was never meant to be whole


def test_the_venues_bars_of_a_silent_stretch_replace_those_made_of_nothing_and_are_counted() -> None:
    series = built([a_print(0, "10"), a_print(MINUTE, "10")], MINUTE)
    missed = Candle(T0 + 2 * MINUTE, Decimal(10), Decimal(15), Decimal(10), Decimal(14), Decimal(3), 2)
    series.correct(replace(series.bars()[1], closed=True))
    series.correct(missed)
    series.add(T0 + 3 * MINUTE, Decimal(14), Decimal(1))
    assert [bar.volume for bar in series.view().closed] == [1, 1, 3]
    assert series.view().closed[2] == missed and series.differences == 1


def test_history_that_comes_anew_forgets_what_the_venue_said_of_the_bar_before() -> None:
    series = built([a_print(40_000, "10")], MINUTE)
    series.correct(Candle(T0, Decimal(9), Decimal(12), Decimal(8), Decimal(10), Decimal(77), 40))
    newer = Candle(T0, Decimal(9), Decimal(13), Decimal(8), Decimal(10), Decimal(78), 41)
    series.seed([newer], T0 + MINUTE, [])
    series.add(T0 + MINUTE + 1, Decimal(11), Decimal(1))
    assert series.view().closed == (newer,)
