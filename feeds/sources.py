"""Which source feeds the desk, and the change from one to another. Knows no venue: live feed and replay come as factories.

`auto` means: the live venue if it delivers data within 8 s, else the replay, with the reason. Once chosen it never switches
by itself.
"""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from feeds.recording import BadRecording

log = logging.getLogger(__name__)

WAIT_S = 8.0
CHOOSER_S = 0.2
STOP_S = 1.2
"""A request that hangs must not hold up the end: its thread is a daemon and its lane is closed."""


class Source(Protocol):
    """Something that runs and fills a lane."""

    def start(self) -> None: ...

    def stop(self, timeout_s: float = 2.0) -> None: ...


class Live(Source, Protocol):
    """A source that may fail to begin."""

    def start(self, once: bool = False) -> None:
        """`once`: it ends itself when it fails before the first market data."""
        ...

    def wait_first(self, timeout_s: float) -> str:
        """Empty once market data came, else why none did; at once when that is known, or when the source is stopped."""
        ...

    def try_now(self) -> str:
        """Ends the wait for the next try; empty when it did, else why not."""
        ...


class Sources:
    """`choice`: auto, replay or the live venue's name. `live()` and `replay(reason)` make sources that are not yet started."""

    def __init__(self, choice: str, live: Callable[[], Live], replay: Callable[[str], Source]):
        self._choice = choice
        self._live = live
        self._replay = replay
        self._current: Source | None = None
        self._trying: Live | None = None
        self._about_to_try = False
        self._stopping = threading.Event()
        self._chooser: threading.Thread | None = None

    def start(self) -> None:
        """The first source; with `auto` it is chosen on a thread of its own."""
        if self._choice == "replay":
            self._run(self._replay("asked for with --feed replay"))
        elif self._choice == "auto":
            self.go_live()
        else:
            self._run_live(self._live())

    def go_live(self) -> bool:
        """Tries the live venue (again); the replay takes over after 8 s without data, at once when it is refused.

        False, and nothing is done, while a live source runs or is being tried: it would lose its account for nothing.
        """
        if self._trying is not None or self._about_to_try:
            return False
        self._about_to_try = True
        self._chooser = threading.Thread(target=self._choose, name="choose-source", daemon=True)
        self._chooser.start()
        return True

    def try_now(self) -> str:
        """The live venue's next try comes now, not when its wait is over; empty, or why not."""
        trying = self._trying
        return trying.try_now() if trying is not None else "no live feed runs: there is no next try"

    def stop(self) -> None:
        """What runs is stopped, which also ends the wait for it; then what the chooser may have put in its place."""
        self._stopping.set()
        first = self._current
        if first is not None:
            first.stop(STOP_S)
        if self._chooser is not None:
            self._chooser.join(CHOOSER_S)
        if self._current is not None and self._current is not first:
            self._current.stop(STOP_S)
        log.debug("stopped: feeds")

    def _choose(self) -> None:
        source = self._live()
        self._run_live(source, once=True)
        reason = source.wait_first(WAIT_S)
        if self._stopping.is_set() or not reason:
            return
        log.warning("live feed not available (%s): a recording is replayed instead", reason)
        source.stop()  # before the recording is read, which takes a while: nothing is tried any more
        self._current = None
        try:
            replay = self._replay(f"live feed not available: {reason}")
        except BadRecording as error:
            log.error("nothing to replay either, so the live feed is tried on: %s", error)
            self._run_live(self._live())
            return
        self._run(replay)

    def _run_live(self, source: Live, once: bool = False) -> None:
        self._take_over(source)
        self._trying, self._about_to_try = source, False
        if not self._stopping.is_set():
            source.start(once)

    def _run(self, source: Source) -> None:
        self._take_over(source)
        self._trying = None
        if not self._stopping.is_set():
            source.start()

    def _take_over(self, source: Source) -> None:
        """The source before is stopped first; its lane is closed, so nothing of it can arrive any more."""
        if self._current is not None:
            self._current.stop()
        self._current = source
