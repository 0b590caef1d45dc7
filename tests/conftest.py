"""Settings for every test, and the bundled session, which is read and played once for all of them."""

from pathlib import Path

import pytest
from hypothesis import settings

from feeds.events import Event, SourceStarted
from feeds.recording import Recording, open_recording
from tests.feeds.recorded import played

# No deadline for one example, since shared machines pause; the same examples every time.
settings.register_profile("desk", deadline=None, derandomize=True, database=None)
settings.load_profile("desk")


@pytest.fixture(autouse=True)
def books_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test's dashboard finds the positions of another, or writes into somebody's own books."""
    monkeypatch.setenv("DESK_DATABASE", f"sqlite:///{tmp_path / 'books.db'}")


@pytest.fixture(scope="session")
def bundled() -> Recording:
    return open_recording()


@pytest.fixture(scope="session")
def bundled_loop(bundled: Recording) -> list[Event]:
    """All events of one turn of the bundled session, as fast as it goes."""
    return played(bundled, 10_000, SourceStarted, 2, reason="asked for").first_loop()
