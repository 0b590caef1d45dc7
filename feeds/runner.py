"""The one owner of a venue's connections: opens them, watches them, opens them again, and says so. Knows no venue by name.

All decisions are taken on the thread `feed-<name>`; the sockets have threads of their own (`feeds.link`) and only hand over.
"""

import logging
import math
import threading
import time
from collections.abc import Iterator, Sequence

from feeds.adapter import Adapter
from feeds.backoff import delays
from feeds.events import Counted, FeedStatus
from feeds.history import HistoryThread
from feeds.intake import Lane
from feeds.line import Changed, Line
from feeds.link import Failure

log = logging.getLogger(__name__)

LOOK_S = 0.1
JOIN_S = 0.5
"""Until a closed connection's thread has ended: what it had in hand comes before what the next one brings."""
SILENCE_CAP_MS = 300_000


class LiveFeed:
    """A venue's live market data on a lane. `ws_url`, `rest_url`: base addresses in place of the venue's own.

    `delivered` is set when the first market data came, `first_failure` says why no address could be reached before that:
    `wait_first` waits for either.
    """

    def __init__(
        self, venue: Adapter, symbols: Sequence[str], lane: Lane, ws_url: str | None = None, rest_url: str | None = None
    ):
        self.delivered = threading.Event()
        self.first_failure = ""
        self._venue = venue
        self._symbols = tuple(symbols)
        self._lane = lane
        self._connections = venue.connections(self._symbols, ws_url)
        self._parse = venue.parser(self._symbols)
        self._once = False
        self._decided = threading.Event()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._now = threading.Event()
        self._waiting = False
        self._venue_asks_until_s = 0.0
        self._lines: list[Line] = []
        self._attempt = 0
        self._cause = ""
        self._first_url = 0
        self._silence_ms = dict.fromkeys(self._symbols, venue.budgets.silent_ms)
        self._history = HistoryThread(venue, self._symbols, lane, rest_url)
        self._thread = threading.Thread(target=self._run, name=f"feed-{venue.name}", daemon=True)

    def start(self, once: bool = False) -> None:
        """`once`: a failure before the first market data ends it, for another source waits to take over."""
        self._once = once
        self._history.start()
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Nothing is put on the lane any more when this returns."""
        self._lane.close()
        self._stopping.set()
        self._now.set()
        self._wake.set()
        self._decided.set()
        self._history.stop()
        until = time.monotonic() + timeout_s
        for thread in (self._thread, self._history):
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))

    def wait_first(self, timeout_s: float) -> str:
        """Empty when market data came in time; else why not, at once when the venue cannot be reached or the feed is stopped."""
        if not self._decided.wait(timeout_s):
            return f"no market data within {timeout_s:g} s"
        return "" if self.delivered.is_set() else self.first_failure or "stopped"

    def try_now(self) -> str:
        """Ends the wait for the next try; empty when it did, else why not. How long a venue asked us to wait is kept."""
        now_s = time.monotonic()
        if now_s < self._venue_asks_until_s:
            return f"the venue asked us to wait: {math.ceil(self._venue_asks_until_s - now_s)} s to go"
        if not self._waiting:
            return "no next try is waited for: the live feed runs, or is being tried"
        log.info("%s: the next try comes now, as asked for", self._venue.name)
        self._now.set()
        return ""

    def _run(self) -> None:
        waits = self._waits()
        while not self._stopping.is_set():
            self._lane.forget()
            failure = self._session()
            if failure is None:
                break
            if self._attempt == 0:
                waits = self._waits()
            self._attempt += 1
            if self._once and not self.delivered.is_set():
                self._say(failure.reason, None)
                self._decide(failure)
                break
            self._pause(failure, next(waits))

    def _waits(self) -> Iterator[float]:
        return delays(self._venue.budgets.retry_first_s, self._venue.budgets.retry_cap_s)

    def _session(self) -> Failure | None:
        """From opening the connections to the first that goes: they stand and fall together. None: told to stop."""
        market = False
        self._say(self._words, None)
        self._lines = [
            Line(self._venue, connection, self._lane, self._parse, self._wake.set, self._first_url)
            for connection in self._connections
        ]
        try:
            while True:
                self._wake.wait(LOOK_S)
                self._wake.clear()
                if self._stopping.is_set():
                    return None
                if not market and all(line.opened_s for line in self._lines):
                    market = bool(self._lane.last_market_s())
                    if market:
                        self._market_came()
                now_s = time.monotonic()
                for line in self._lines:
                    seen = line.look(now_s)
                    if isinstance(seen, Failure):
                        return seen
                    if isinstance(seen, Changed) and not seen.lossless:
                        self._lane.forget()
                        self._history.fetch()
                failure = self._look_for_silence(now_s)
                if failure is not None:
                    return failure
        finally:
            for line in self._lines:
                line.close()
            for line in self._lines:
                line.join(JOIN_S)

    def _market_came(self) -> None:
        """Real market data: only this makes the next failure a first one again."""
        if self.delivered.is_set():
            self._lane.put_event(Counted({"reconnects": 1}))
        self._attempt = 0
        self._first_url = -1
        self.delivered.set()
        self._decided.set()
        self._history.fetch()

    def _look_for_silence(self, now_s: float) -> Failure | None:
        """A subscribed symbol without market data gets a new connection; all silent: the line is down."""
        opened_s = [line.opened_s for line in self._lines]
        if not all(opened_s):
            return None
        last, budgets = self._lane.last_market_s(), self._venue.budgets
        since_open_ms = (now_s - max(opened_s)) * 1000
        since_ms = {symbol: min(since_open_ms, (now_s - last.get(symbol, 0.0)) * 1000) for symbol in self._symbols}
        if min(since_ms.values()) > budgets.silent_ms:
            return Failure(f"connected, but no market data for {budgets.silent_ms / 1000:g} s")
        silent = [symbol for symbol in self._symbols if since_ms[symbol] > self._silence_ms[symbol]]
        for symbol in self._symbols:
            if symbol in last and since_ms[symbol] < budgets.symbol_ms:
                self._silence_ms[symbol] = budgets.silent_ms
        for symbol in silent:
            log.warning("%s: no market data of %s: a new connection is made", self._venue.name, symbol)
            self._silence_ms[symbol] = min(SILENCE_CAP_MS, 2 * self._silence_ms[symbol])
            for line in self._lines:
                if symbol in line.connection.streams.values():
                    line.change(f"{symbol} is silent", lossless=False)
        return None

    def _pause(self, failure: Failure, wait_s: float) -> None:
        """Says what happened and what happens next, and waits for it."""
        wait_s = max(wait_s, failure.retry_after_s)
        self._venue_asks_until_s = time.monotonic() + failure.retry_after_s
        self._now.clear()
        if self._stopping.is_set():
            return
        self._waiting = True
        if failure.blocked:
            wait_s = self._venue.budgets.blocked_s
        self._first_url += 1
        self._cause = failure.reason
        log.warning("%s: %s, %s try in %.1f s: %s", self._venue.name, self._word, self._ordinal, wait_s, failure.reason)
        self._decide(failure)
        self._say(self._words, time.time_ns() + int(wait_s * 1e9), "down" if failure.blocked else None)
        self._now.wait(wait_s)
        self._waiting = False

    def _decide(self, failure: Failure) -> None:
        if not self.delivered.is_set() and not self.first_failure:
            self.first_failure = failure.reason
            self._decided.set()

    @property
    def _word(self) -> str:
        return "reconnecting" if self.delivered.is_set() else "connecting"

    @property
    def _words(self) -> str:
        if self._attempt:
            return f"{self._word}, {self._ordinal} try: {self._cause}"
        urls = self._connections[0].urls
        return f"connecting to {urls[self._first_url % len(urls)].split('/')[2].rpartition('@')[2]}"

    @property
    def _ordinal(self) -> str:
        """Of the next try: at the start the one that failed was the first, after a loss the first is to come."""
        n = self._attempt if self.delivered.is_set() else self._attempt + 1
        ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
        return f"{n}{ending}"

    def _say(self, reason: str, retry_at_ns: int | None, state: str | None = None) -> None:
        self._lane.put_event(FeedStatus(state or self._word, reason, time.time_ns(), self._attempt, retry_at_ns))
