"""Every raw frame with its receive time, to rotating compressed files that `feeds.recording` reads: what a bug report needs.

A socket thread only puts a frame on a bounded queue; one thread packs and writes. About each second all of it is handed to
the system in a form that can be read up to there, whatever becomes of this process.
"""

import contextlib
import gzip
import logging
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import orjson

from feeds.recording import LONGEST_LINE, is_object

log = logging.getLogger(__name__)

CAPACITY = 50_000
TAKE_S = 0.25
FLUSH_S = 1.0
LONGEST_FILE = 64 << 20
LONGEST_S = 3600.0
LONGEST_RAW = LONGEST_LINE // 8
"""Characters of a frame that is no JSON object: as a string each may need six."""


class BadFolder(ValueError):
    """One sentence: why nothing can be recorded there."""


class Recorder:
    """`source`: the venue whose frames these are. A new file after `longest_file` compressed bytes or `longest_s` seconds; its
    name is when it was begun, UTC.
    """

    def __init__(
        self,
        folder: str,
        source: str,
        *,
        longest_file: int = LONGEST_FILE,
        longest_s: float = LONGEST_S,
        capacity: int = CAPACITY,
    ):
        """Raises `BadFolder`."""
        self._folder = _writable(Path(folder))
        self._source = source
        self._trouble: Callable[[str], object] = log.debug
        self._longest_file, self._longest_s = longest_file, longest_s
        self._capacity = capacity
        self._waiting: deque[tuple[str | bytes, int]] = deque()
        self._not_taken: deque[None] = deque()
        self._file: gzip.GzipFile | None = None
        self._raw: BinaryIO | None = None
        self._path = self._folder
        self._named_ms = 0
        self._begun_s = self._flushed_s = 0.0
        self._frames = self._written = self._finished = self._lost = self._said_lost = 0
        self._problem = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def put(self, text: str | bytes, ts_recv_ns: int) -> None:
        """Never blocks: what finds no room is counted."""
        if self._problem or len(self._waiting) >= self._capacity:
            self._not_taken.append(None)  # atomic: two socket threads may come at once
        else:
            self._waiting.append((text, ts_recv_ns))

    @property
    def state(self) -> dict[str, object]:
        """For `/api/status`: where it writes, frames written, bytes of them on disk, frames lost, why it stopped."""
        return {
            "folder": str(self._folder),
            "file": self._path.name if self._frames else None,
            "frames": self._frames,
            "bytes": self._written,
            "lost": self._lost + len(self._not_taken),
            "problem": self._problem,
        }

    def start(self, trouble: Callable[[str], object]) -> None:
        """`trouble(reason)` is called when recording has stopped by itself."""
        self._trouble = trouble
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """What waits is written first, if that can be done in time."""
        self._stopping.set()
        self._thread.join(within_s)
        log.info("recorded %d frames in %s, lost %d", self._frames, self._folder, self._lost)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stopping.wait(TAKE_S)  # in batches: a thread that wakes for each frame takes time from the ticks
            taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if not self._problem:
                try:
                    self._write(taken)
                    if stopping:
                        self._close()
                    taken = []
                except Exception as error:  # whatever it is, it is said, and the feed goes on
                    self._give_up(getattr(error, "strerror", None) or str(error) or type(error).__name__)
            self._count_lost(len(taken))

    def _write(self, taken: list[tuple[str | bytes, int]]) -> None:
        now_s = time.monotonic()
        if taken:
            file = self._file or self._begin(now_s, taken[0][1])
            file.write(b"".join(as_line(text, ts_recv_ns) for text, ts_recv_ns in taken))
            self._frames += len(taken)
        if self._file is None or self._raw is None or now_s - self._flushed_s < FLUSH_S:
            return
        self._file.flush()
        self._written = self._finished + self._raw.tell()
        self._flushed_s = now_s
        if self._raw.tell() >= self._longest_file or now_s - self._begun_s >= self._longest_s:
            self._close()

    def _begin(self, now_s: float, first_ns: int) -> gzip.GzipFile:
        """Two dashboards may record to one folder, and a clock may be set back: no name is used twice, later is later."""
        while True:
            self._named_ms = max(self._named_ms + 1, time.time_ns() // 1_000_000)
            at = datetime.fromtimestamp(self._named_ms // 1000, UTC)
            self._path = self._folder / f"{at:%Y%m%dT%H%M%S}-{self._named_ms % 1000:03}-{self._source}.jsonl.gz"
            with contextlib.suppress(FileExistsError):
                self._raw = open(self._path, "xb")  # noqa: SIM115  # closed in `_close`
                break
        self._file = gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=6)
        self._file.write(b'{"recv_ns":%d,"source":%s}\n' % (first_ns, orjson.dumps(self._source)))
        self._begun_s = self._flushed_s = now_s
        log.info("recording to %s", self._path)
        return self._file

    def _close(self) -> None:
        file, raw, self._file, self._raw = self._file, self._raw, None, None
        if file is not None and raw is not None:
            try:
                file.close()
                self._written = self._finished = self._finished + raw.tell()
            finally:
                raw.close()

    def _give_up(self, reason: str) -> None:
        """The feed goes on; what was flushed can be read."""
        self._problem = f"recording stopped: {reason}"
        log.error("%s (%s)", self._problem, self._path)
        with contextlib.suppress(OSError):
            self._close()
        self._trouble(self._problem)

    def _count_lost(self, more: int) -> None:
        """Said when they have doubled, which is seldom enough for a log."""
        for _ in range(len(self._not_taken)):
            self._not_taken.popleft()
            more += 1
        self._lost += more
        if self._lost > 2 * self._said_lost and not self._problem:
            self._said_lost = self._lost
            log.warning("recording: %d frames lost so far, the disk is too slow", self._lost)


def as_line(text: str | bytes, ts_recv_ns: int) -> bytes:
    """`{"recv_ns": …, "msg": the frame byte for byte}`; `"raw"` and a string for what is no JSON object."""
    frame = text.encode(errors="backslashreplace") if isinstance(text, str) else text
    if len(frame) < LONGEST_LINE - 100 and b"\n" not in frame and b"\r" not in frame and is_object(frame):
        return b'{"recv_ns":%d,"msg":%s}\n' % (ts_recv_ns, frame)
    cut = frame.decode(errors="backslashreplace")[:LONGEST_RAW]
    return b'{"recv_ns":%d,"raw":%s}\n' % (ts_recv_ns, orjson.dumps(cut))


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except FileExistsError:
        raise BadFolder(f"{folder} is a file, not a folder") from None
    except OSError as error:
        raise BadFolder(f"{folder} cannot be written: {error.strerror or error}") from None
