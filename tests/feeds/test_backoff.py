"""The waits between two tries."""

from itertools import islice

from feeds.backoff import delays


def test_the_waits_double_up_to_the_cap() -> None:
    assert list(islice(delays(0.5, 4.0, dice=lambda: 1.0), 6)) == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_chance_takes_away_at_most_half() -> None:
    assert list(islice(delays(0.5, 4.0, dice=lambda: 0.0), 5)) == [0.25, 0.5, 1.0, 2.0, 2.0]


def test_two_clients_do_not_come_back_in_one_beat() -> None:
    assert list(islice(delays(), 8)) != list(islice(delays(), 8))
