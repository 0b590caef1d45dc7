"""One measured stretch: a fresh venue, one contender, one browser; what its pages painted and what it cost.

Knows the contenders only by their page. Latency is taken over every tick: first painted frame that shows it or a newer one,
minus the moment the venue wrote it; one machine, so one clock (`performance.timeOrigin` + now against `time.time`).
"""

import json
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from bench.browser import Browser, Page
from bench.contenders import Contender, venue
from bench.processes import Child, pause, python
from bench.venue import EMISSION, FIRST_ID

WARM_UP_S = 4.0
BYTES_S = 3.0
NOISE_PERCENT = 20.0
"""Of a core, used by others: above it a stretch says little."""
FIRST_DRAW = "window.desk && window.desk.drawn && window.benchProbe.paints.length"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Painted:
    """What one page painted in the stretch: latencies of all ticks in ms, of those never shown infinity."""

    latency_ms: Floats
    draws_per_s: float
    frames_per_s: float
    long_ms_per_s: float
    longest_ms: float

    def percentile(self, share: float) -> float:
        return float(np.percentile(self.latency_ms, share, method="higher")) if len(self.latency_ms) else float("nan")


@dataclass(frozen=True, slots=True)
class Stretch:
    """`server_percent`, `browser_percent`: of one core. `start_s`: command → first tick drawn; `reload_s`: likewise.

    `viewers`: what simulated ones received, each on average. `others_percent`: what the rest of the machine used
    meanwhile; above a fifth of a core the numbers are noise.
    """

    painted: tuple[Painted, ...]
    server_percent: float
    browser_percent: float
    others_percent: float
    bytes_per_s: float
    start_s: float
    reload_s: float
    missing: int | None
    memory_mb: float
    viewers: dict[str, float]


def quietest(tries: int, attempt: Callable[[], Stretch]) -> Stretch:
    """The first stretch without noise; of `tries` noisy ones the least noisy."""
    stretches: list[Stretch] = []
    while len(stretches) < tries:
        quiet()
        stretches.append(attempt())
        if stretches[-1].others_percent < NOISE_PERCENT:
            break
    return min(stretches, key=lambda stretch: stretch.others_percent)


def quiet(others_percent: float = 30.0, patience_s: float = 60.0) -> None:
    """Waits, within reason, until the rest of the machine uses less than this share of a core."""
    until_s = time.monotonic() + patience_s
    while psutil.cpu_percent(interval=1.0) * psutil.cpu_count() > others_percent and time.monotonic() < until_s:
        pass


def measure(
    contender: Contender, rate: float, seconds: float, *, pages: int = 1, viewers: int = 0, symbols: int = 2, seed: int = 1
) -> Stretch:
    """Starts everything, lets it warm up, measures `seconds`, stops everything.

    `pages`: windows of the browser; `viewers`: simulated ones besides.
    """
    with ExitStack() as stack:
        market = stack.enter_context(venue(rate, symbols, seed)).listening()
        browser = stack.enter_context(Browser())
        opened = [browser.page() for _ in range(pages)]
        server = stack.enter_context(contender.start())
        server.listening()
        address = f"http://127.0.0.1:{server.port}/"
        opened[0].open(address)
        opened[0].wait_for(FIRST_DRAW)
        start_s = opened[0].evaluate("window.benchProbe.paints[0][0]") / 1000 - server.started_s
        for page in opened[1:]:
            page.open(address)
            page.wait_for(FIRST_DRAW)
        crowd = Crowd(stack, server, viewers) if viewers else None
        pause(WARM_UP_S)
        began_s, used = time.time(), _usage(server, browser, market, crowd)
        pause(seconds)
        ended_s, spent = time.time(), _usage(server, browser, market, crowd)
        percent = 100 * (spent - used) / (ended_s - began_s)
        pause(1.5)
        log = emissions(market, contender.symbol)
        painted = tuple(_painted(page, log, began_s, ended_s) for page in opened)
        return Stretch(
            painted=painted,
            server_percent=float(percent[0]),
            browser_percent=float(percent[1]),
            others_percent=float(percent[-1] - percent[:-1].sum()),
            bytes_per_s=_bytes_per_s(opened[0]),
            missing=_missing(opened[0], market, contender),
            memory_mb=server.memory_mb(),
            viewers=crowd.disperse() if crowd else {},
            start_s=start_s,
            reload_s=_reload(opened[0]),
        )


def _usage(server: Child, browser: Browser, market: Child, crowd: "Crowd | None") -> Floats:
    """CPU seconds so far: server, browser, venue, simulated viewers, the whole machine."""
    busy = psutil.cpu_times()
    watching = crowd.cpu_seconds() if crowd else 0.0
    return np.array([server.cpu_seconds(), browser.cpu_seconds(), market.cpu_seconds(), watching, busy.user + busy.system])


def emissions(market: Child, symbol: str) -> Floats:
    """The venue's log: rows (wall clock in s, price), the row's number + `FIRST_ID` being the tick's id."""
    with urllib.request.urlopen(f"http://127.0.0.1:{market.port}/bench/emissions?symbol={symbol}") as answer:
        return np.frombuffer(answer.read(), dtype="<f8").reshape(-1, EMISSION.size // 8)


def latencies_ms(emitted_s: Floats, ids: Floats, paints: Floats) -> Floats:
    """For every tick the first paint with its id or a newer one, minus its emission, in ms; infinity where there is none.

    `paints`: rows (wall clock ms, id shown), ids never falling.
    """
    if not len(paints):
        return np.full(len(ids), np.inf)
    newest = np.maximum.accumulate(paints[:, 1])
    at = np.searchsorted(newest, ids, side="left")
    times = np.append(paints[:, 0], np.inf)
    return times[at] - emitted_s * 1000


def _painted(page: Page, log: Floats, began_s: float, ended_s: float) -> Painted:
    probe = page.evaluate("window.benchProbe")
    paints = np.array(probe["paints"], dtype=np.float64).reshape(-1, 3)
    chosen = np.flatnonzero((log[:, 0] >= began_s) & (log[:, 0] < ended_s))
    inside = paints[(paints[:, 0] >= began_s * 1000) & (paints[:, 0] < ended_s * 1000)]
    long_ms = [took for at, took in probe["longTasks"] if began_s * 1000 <= at < ended_s * 1000]
    seconds = ended_s - began_s
    return Painted(
        latency_ms=latencies_ms(log[chosen, 0], (chosen + FIRST_ID).astype(np.float64), paints[:, :2]),
        draws_per_s=len(inside) / seconds,
        frames_per_s=probe["frames"] / max(0.001, page.evaluate("performance.now()") / 1000),
        long_ms_per_s=sum(long_ms) / seconds,
        longest_ms=max(long_ms, default=0.0),
    )


def _bytes_per_s(page: Page) -> float:
    """What reaches the page by HTTP and WebSocket; measured apart, since watching the network costs the browser."""
    received = 0

    def count(event: dict[str, Any]) -> None:
        nonlocal received
        if event.get("method") == "Network.webSocketFrameReceived":
            received += len(event["params"]["response"]["payloadData"])
        elif event.get("method") == "Network.dataReceived":
            received += event["params"]["encodedDataLength"] or event["params"]["dataLength"]

    page.on_event = count
    page.call("Network.enable")
    received = 0
    page.drain(BYTES_S)
    page.call("Network.disable")
    return received / BYTES_S


def _missing(page: Page, market: Child, contender: Contender) -> int | None:
    """Ticks that the dashboard's window of 200 lacks or shows wrongly, against the venue's log; None for the others."""
    script = """(() => { const desk = window.desk, held = desk.state && desk.state.ticks.get(desk.drawn.symbol);
        return held ? {id: Number(held.id), prices: held.rows.map((row) => row[1])} : null; })()"""
    shown = page.evaluate(script)
    if shown is None:
        return None
    end = shown["id"] - FIRST_ID + 1
    expected = emissions(market, contender.symbol)[max(0, end - 200) : end, 1]
    if len(expected) != len(shown["prices"]):
        return abs(len(expected) - len(shown["prices"]))
    return int(np.sum(np.abs(expected - np.array(shown["prices"])) > 1e-6))


def _reload(page: Page) -> float:
    """Seconds from the order to reload to the first tick drawn."""
    began_s = time.time()
    page.call("Page.reload")
    page.wait_for(f"performance.timeOrigin >= {began_s * 1000 - 5} && {FIRST_DRAW}")
    return float(page.evaluate("window.benchProbe.paints[0][0]")) / 1000 - began_s


class Crowd:
    """Simulated viewers in a process of their own; `disperse` ends them and says what they received."""

    def __init__(self, stack: ExitStack, server: Child, count: int):
        command = python("bench.viewers", "--port", server.port, "--count", count)
        self._child = stack.enter_context(Child("viewers", command, server.port))

    def cpu_seconds(self) -> float:
        return self._child.cpu_seconds()

    def disperse(self) -> dict[str, float]:
        self._child.stop()
        received: dict[str, float] = json.loads(self._child.output().splitlines()[-1])
        return received
