"""What is slow stands behind a queue and a thread of its own: the books go to disk in order, ticks never wait for it.

Whatever waits is committed together. What could not be committed is tried again, in the same order, until it can.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence

from app.core.books import Booked

log = logging.getLogger(__name__)

RETRY_S = 0.5

Batch = tuple[int, Sequence[Booked]]


class Outbox:
    """`commit` writes changes, all or nothing; `durable(seq)` is told how far they are on disk; `trouble(reason)` why they are
    not, and with an empty reason that they are again.
    """

    def __init__(
        self, commit: Callable[[Sequence[Booked]], None], durable: Callable[[int], None], trouble: Callable[[str], object]
    ):
        self._commit = commit
        self._durable = durable
        self._trouble = trouble
        self._queue: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def put(self, book_seq: int, booked: Sequence[Booked]) -> None:
        """Never blocks."""
        self._queue.put((book_seq, booked))

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Everything that waits is written first, if that can be done in time."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join(within_s)

    def _run(self) -> None:
        ended = False
        while not ended and (first := self._queue.get()) is not None:
            waiting = [first]
            while not self._queue.empty():
                one = self._queue.get()
                if one is None:
                    ended = True
                    break
                waiting.append(one)
            self._write(waiting)
        log.debug("stopped: outbox")

    def _write(self, waiting: Sequence[Batch]) -> None:
        """Until it is on disk; given up only when everything stops."""
        down = ""
        while True:
            try:
                self._commit([change for _, booked in waiting for change in booked])
                break
            except Exception as error:  # whatever it is, nothing may be lost: said, and tried again
                reason = str(getattr(error, "orig", None) or error).splitlines()[0] if str(error) else type(error).__name__
                if reason != down:
                    log.error("the books can not be stored, trading stops until they can: %s", reason)
                    self._trouble(reason)
                down = reason
                if self._stopping.is_set():
                    log.error("%d changes of the books were not stored", sum(len(booked) for _, booked in waiting))
                    return
                self._stopping.wait(RETRY_S)
        self._durable(waiting[-1][0])
        if down:
            log.warning("the books are stored again")
            self._trouble("")
