"""Bars over REST: at the start, after every reconnect and after every minute. Owns the thread `history`; blocks only itself.

The joining itself is pure and stands in `feeds.stitch`.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from feeds.adapter import Adapter
from feeds.backoff import delays
from feeds.events import BARS_KEPT, INTERVAL_MS, Candle, History, NoHistory, Refused, Tick, VenueBars
from feeds.intake import Lane
from feeds.rest import Rest, RestError
from feeds.stitch import seam_holds, seconds_of, stitch

log = logging.getLogger(__name__)

MINUTE_MS = 60_000
SETTLE_S = 2.0
"""After a minute's close: then its bars are asked for."""
AGAIN_S = 0.25
FIRST_WAIT_S = 1.0
TIME_MARGIN_MS = 250
"""How far behind the venue's clock its REST prints may be."""
PAGES = 20


class Superseded(Exception):
    """The connection changed while its history was being fetched, or the thread is to stop."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to ask the venue for. `seeds`: the symbol whose history it is; `corrects`: the bars that closed with a minute."""

    what: str
    ask: Callable[[], None]
    seeds: str = ""
    corrects: bool = False


class HistoryThread(threading.Thread):
    """Puts `History`, `VenueBars` and `Instrument` events on the lane. `fetch` asks for history of the connection that stands."""

    def __init__(self, venue: Adapter, symbols: Sequence[str], lane: Lane, rest_url: str | None):
        super().__init__(name="history", daemon=True)
        self._venue = venue
        self._symbols = tuple(symbols)
        self._lane = lane
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._generation = 0
        self._rest = Rest(venue.rest, rest_url, self._stopping)
        self._ruled = False
        self._left: list[Job] = []
        self._waits = _waits()
        self._again_s = 0.0

    def fetch(self) -> None:
        self._generation += 1
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        self._rest.abort()

    def run(self) -> None:
        done, minute_ms = 0, _next_minute_ms()
        while not self._stopping.is_set():
            minute_s = minute_ms / 1000 + SETTLE_S - time.time()
            self._wake.wait(max(0.0, min(minute_s, self._again_s - time.monotonic()) if self._left else minute_s))
            self._wake.clear()
            try:
                if done != self._generation:
                    done = self._generation
                    self._left, self._waits = self._seeds(done), _waits()
                if time.time() >= minute_ms / 1000 + SETTLE_S:
                    closed_ms, minute_ms = minute_ms, _next_minute_ms()
                    seeds = [job for job in self._left if not job.corrects]
                    self._left = [*seeds, *self._corrections(closed_ms, done)]
                if self._left:
                    self._round()
            except Superseded:
                self._wake.set()
        self._rest.close()

    def _seeds(self, generation: int) -> list[Job]:
        jobs = [
            Job(f"history of {symbol}", partial(self._seed_one, symbol, generation), seeds=symbol) for symbol in self._symbols
        ]
        return jobs if self._ruled else [*jobs, Job("instrument rules", self._rule)]

    def _corrections(self, closed_ms: int, generation: int) -> list[Job]:
        """The venue's own bars of every interval that closed at `closed_ms`."""
        return [
            Job(f"closed bars of {symbol}", partial(self._correct_one, symbol, closed_ms, generation), corrects=True)
            for symbol in (self._symbols if generation else ())
        ]

    def _round(self) -> None:
        """Asks for each thing once. What failed is left for the next round, unless asking again will not help."""
        failed: list[tuple[Job, str]] = []
        wait_s = next(self._waits)
        for job in self._left:
            try:
                job.ask()
                continue
            except RestError as error:
                if self._stopping.is_set():
                    raise Superseded from error
                said, final = str(error), error.final
                wait_s = max(wait_s, error.retry_after_s)
            except (Refused, ValueError, KeyError, TypeError, IndexError) as error:
                said, final = "no answer of this venue", False
                log.warning("%s: %r", job.what, error)
            if job.seeds:
                self._lane.put_event(NoHistory(job.seeds, said, time.time_ns()))
            if final:
                log.error("%s: %s", job.what, said)
            else:
                failed.append((job, said))
        for job, said in failed:
            log.warning("%s again in %.1f s: %s", job.what, wait_s, said)
        self._left = [job for job, _ in failed]
        self._again_s = time.monotonic() + wait_s
        if not failed:
            self._waits = _waits()

    def _wait(self, wait_s: float, generation: int) -> None:
        """Raises Superseded as soon as another generation is asked for or the thread is to stop."""
        until = time.monotonic() + wait_s
        while not self._stopping.is_set() and generation == self._generation:
            left_s = until - time.monotonic()
            if left_s <= 0:
                return
            self._wake.wait(left_s)
            self._wake.clear()
        raise Superseded

    def _rule(self) -> None:
        facts = self._venue.rest
        for instrument in facts.read_instruments(self._rest.get(facts.instruments(self._symbols)), self._symbols):
            self._lane.put_event(instrument)
        self._ruled = True

    def _seed_one(self, symbol: str, generation: int) -> None:
        """Large intervals first: while they come, the first whole second of the stream goes by, which the seam needs."""
        closed: dict[str, Sequence[Candle]] = {}
        for interval in reversed(self._venue.rest.intervals):
            if interval != "1s":
                closed[interval] = self._klines(symbol, interval, BARS_KEPT + 1)[:-1]
        seam_ms, closed["1s"] = self._seconds(symbol, closed.get("1m", ()), generation)
        if generation != self._generation:
            raise Superseded
        self._lane.put_event(History(symbol, seam_ms, stitch(closed, seam_ms), "rest_snapshot", time.time_ns()))

    def _klines(self, symbol: str, interval: str, limit: int, start_ms: int | None = None) -> list[Candle]:
        """At least one bar, oldest first."""
        facts = self._venue.rest
        bars = facts.read_klines(self._rest.get(facts.klines(symbol, interval, limit, start_ms)))
        if not bars:
            raise RestError(f"the venue has no {interval} bars of {symbol}")
        return bars

    def _seconds(self, symbol: str, minutes: Sequence[Candle], generation: int) -> tuple[int, list[Candle]]:
        """(seam, closed 1 s bars before it): asked for until the stream has everything from the seam on."""
        facts = self._venue.rest
        first_seam_ms = None
        while True:
            if "1s" in facts.intervals:
                bars = self._klines(symbol, "1s", BARS_KEPT + 1)
                seam_ms = bars[-1].open_time_ms
            else:
                bars = []
                served_ms = facts.read_time(self._rest.get(facts.time)) - TIME_MARGIN_MS
                seam_ms = served_ms - served_ms % 1000
            if seam_holds(seam_ms, self._lane.first_event_ms.get(symbol), first_seam_ms):
                break
            first_seam_ms = seam_ms if first_seam_ms is None else first_seam_ms
            self._wait(AGAIN_S, generation)
        if "1s" in facts.intervals:
            return seam_ms, bars[:-1]
        start_ms = minutes[-1].open_time_ms + MINUTE_MS if minutes else seam_ms - seam_ms % MINUTE_MS
        close = minutes[-1].close if minutes else None
        prints = self._prints(symbol, start_ms, seam_ms)
        if prints is None:
            return seam_ms, [replace(bar, complete=False) for bar in seconds_of((), start_ms, seam_ms, close)]
        return seam_ms, seconds_of(prints, start_ms, seam_ms, close)

    def _prints(self, symbol: str, start_ms: int, seam_ms: int) -> list[Tick] | None:
        """Aggregated prints from `start_ms` to at least the seam; None when they are too many to ask for."""
        facts = self._venue.rest
        found: list[Tick] = []
        for _ in range(PAGES):
            after = (found[-1].seq or 0) + 1 if found else None
            page = facts.read_prints(self._rest.get(facts.prints(symbol, start_ms, after)), symbol)
            found += page
            if len(page) < 1000 or page[-1].ts_event_ns >= seam_ms * 1_000_000:
                return found
        log.warning("%s: too many prints since the minute began: its bars are incomplete", symbol)
        return None

    def _correct_one(self, symbol: str, closed_ms: int, generation: int) -> None:
        for interval in self._venue.rest.intervals:
            step = INTERVAL_MS[interval]
            if closed_ms % step:
                continue
            span = max(step, MINUTE_MS)
            rows = self._klines(symbol, interval, span // step + 1, closed_ms - span)
            while interval == "1m" and rows[-1].open_time_ms < closed_ms and time.time() * 1000 < closed_ms + MINUTE_MS / 2:
                self._wait(SETTLE_S, generation)  # our clock is ahead of the venue's: the minute is still open there
                rows = self._klines(symbol, interval, 2, closed_ms - span)
            bars = tuple(bar for bar in rows if bar.open_time_ms + step <= closed_ms)
            if bars:
                self._lane.put_event(VenueBars(symbol, interval, bars, time.time_ns()))


def _waits() -> Iterator[float]:
    return delays(FIRST_WAIT_S, 30.0)


def _next_minute_ms() -> int:
    return (int(time.time() * 1000 - SETTLE_S * 1000) // MINUTE_MS + 1) * MINUTE_MS
