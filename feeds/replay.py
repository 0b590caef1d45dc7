"""A recording played through the same parse path as a live feed, driving the clock itself; at its end it begins anew.

Owns the pace. Knows neither venue nor desk: the inbox and `parse` are given from outside.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Iterator, Sequence

from feeds.events import Event, FeedStatus, Gap, Heartbeat, History, Instrument, Refused, SourceStarted, Tick
from feeds.intake import Intake, Parse
from feeds.recording import BadRecording, Cut, Recording, history_before

log = logging.getLogger(__name__)

BEAT_NS = 250_000_000
TOGETHER_NS = 1_000_000
LATE_NS = 500_000_000
CROWDED = 4_000
LOOKED_FOR_FIRST_TICKS = 20_000


class Replay:
    """One recording at `speed` times its own pace, over and over. `parse` must know all of `recording.symbols`.

    `symbols`: what the desk watches, in its order (those of the recording by default). `reason`: why a replay, for the banner.
    Makes its own `lane`.
    """

    def __init__(
        self,
        recording: Recording,
        intake: Intake,
        parse: Parse,
        *,
        speed: float = 1.0,
        reason: str = "",
        symbols: Sequence[str] = (),
        instruments: Sequence[Instrument] = (),
        budgets_ms: tuple[int, int] = (3_000, 5_000),
    ):
        self._recording = recording
        self._intake = intake
        self._speed = speed
        self._reason = reason
        self._cut = recording.cut
        self._symbols = tuple(symbols) or recording.symbols
        self._instruments = tuple(instruments)
        self._budgets_ms = budgets_ms
        self._before = _what_came_before(recording, parse)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed-replay", daemon=True)
        self.lane = intake.lane(parse, drives_clock=True)

    def start(self) -> None:
        words = " · ".join(part for part in (self._reason or "asked for", self._cut) if part)
        log.warning("%s (%s), not live: %s", self._recording.label, self._recording.path.name, words)
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        loop = 1
        try:
            while not self._stopping.is_set():
                self._begin(loop)
                try:
                    self._play()
                except Cut as error:  # what could be read was played
                    if not self._cut:
                        log.warning("%s: the replay begins anew there", error)
                    self._cut = str(error)
                loop += 1
        except BadRecording as error:
            log.error("replay ended: %s", error)
            self.lane.put_event(FeedStatus("down", f"replay ended: {error}", self._recording.first_ns))

    def _begin(self, loop: int) -> None:
        """The source anew, under a new epoch: ring, candles, signals and account start from nothing."""
        again = f"loop {loop}" if loop > 1 else ""
        at = self._recording.first_ns
        self.lane.put_event(
            SourceStarted(
                epoch=secrets.token_hex(8),
                name="replay",
                kind="replay",
                symbols=self._symbols,
                instruments=self._instruments,
                ts_recv_ns=at,
                reason=" · ".join(part for part in (again, self._reason, self._cut) if part),
                label=self._recording.label,
                budgets_ms=self._budgets_ms,
            )
        )
        self.lane.put_event(FeedStatus("connecting", "replay begins", at))
        for event in self._before:
            self.lane.put_event(event)

    def _play(self) -> None:
        """Every line when it is due, a heartbeat for every 250 ms of recording; what is due within 1 ms goes together."""
        first_ns = self._recording.first_ns
        beat_ns = first_ns + BEAT_NS
        began = time.monotonic_ns()
        due_until_ns = first_ns
        for count, (recv_ns, text) in enumerate(self._recording.lines(), 1):
            while beat_ns <= recv_ns:
                began = self._wait(beat_ns, began)
                if self._stopping.is_set():
                    return
                self.lane.put_event(Heartbeat(beat_ns))
                beat_ns += BEAT_NS
            if recv_ns > due_until_ns:
                began = self._wait(recv_ns, began)
                if self._stopping.is_set():
                    return
                due_until_ns = first_ns + int((time.monotonic_ns() - began + TOGETHER_NS) * self._speed)
            self.lane.put_text(text, recv_ns)
            if count % 256 == 0 and not self._room():
                return

    def _wait(self, at_ns: int, began: int) -> int:
        """Returns when `at_ns` of the recording is due, counted from `began`; moved on when we are late, so nothing is rushed."""
        due = began + int((at_ns - self._recording.first_ns) / self._speed)
        left = due - time.monotonic_ns()
        if left > 0:
            self._stopping.wait(left / 1e9)
            return began
        return began - left if -left > LATE_NS else began

    def _room(self) -> bool:
        """Nothing is lost in replay: however fast, it waits while the inbox is crowded. False when told to stop."""
        while self._intake.depth > CROWDED:
            if self._stopping.wait(0.002):
                return False
        return not self._stopping.is_set()


def _what_came_before(recording: Recording, parse: Parse) -> tuple[Event, ...]:
    """Candles up to the second of each symbol's first tick, and the gap between them and it."""
    events: list[Event] = []
    for tick in _first_ticks(recording, parse):
        seam_ms = tick.ts_event_ns // 1_000_000_000 * 1_000
        series, covered_ms = history_before(recording.candles[tick.symbol], seam_ms)
        if series:
            events.append(History(tick.symbol, seam_ms, series, "replay", recording.first_ns))
        if covered_ms and covered_ms < seam_ms:
            events.append(Gap(tick.symbol, covered_ms * 1_000_000, tick.ts_event_ns, None, "not recorded"))
    return tuple(events)


def _first_ticks(recording: Recording, parse: Parse) -> Iterator[Tick]:
    missing = set(recording.symbols)
    with contextlib.suppress(Cut):  # said when it is played
        for number, (recv_ns, text) in enumerate(recording.lines()):
            if not missing or number > LOOKED_FOR_FIRST_TICKS:
                return
            try:
                found = parse(text, recv_ns)
            except (Refused, ValueError, KeyError, TypeError):  # played later, it is refused and counted by the inbox
                continue
            for event in found:
                if isinstance(event, Tick) and event.symbol in missing:
                    missing.remove(event.symbol)
                    yield event
