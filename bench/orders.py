"""Part 4, orders: how many a second through `POST /api/orders`, how long until the fill is on screen, each with the books on disk
and in memory only; and what working orders cost the way of a tick.
"""

import http.client
import json
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
import psutil

from bench.browser import Browser
from bench.contenders import DESK, Contender, dashboard, venue
from bench.order_path import cost_us
from bench.processes import Child, pause
from bench.report import table
from bench.stretch import FIRST_DRAW, WARM_UP_S, quiet

RATE = 100.0
CLIENTS = (1, 16)
SEEN = 100
APART_S = 0.1
FLAGS = ("--order-limit", "0", "--order-latency", "0")
BOOKS = (("on disk", ()), ("in memory", ("--database", "sqlite:///:memory:")))
HEAD = ("orders", "clients", "orders/s", "p50 ms", "p99 ms", "refused", "server %", "others %")
SCREEN_HEAD = (
    "order → fill → on screen",
    "orders",
    "answer p50 ms",
    "answer p99 ms",
    "painted p50 ms",
    "painted p99 ms",
    "others %",
)
PATH_HEAD = ("working orders", "µs a message", "÷ none")

# In the page: sends an order and says when it was answered, and when the first frame was painted whose positions differ.
SEND = """new Promise((done) => {
    const told = {}, began = performance.now(), table = document.getElementById('positions');
    const ended = () => told.answer && told.painted && done([told.answer, told.painted]);
    const note = (name) => { told[name] = performance.now() - began; ended(); };
    const seen = new MutationObserver(() => {
        seen.disconnect();
        requestAnimationFrame(() => { const task = new MessageChannel(); task.port1.onmessage = () => note('painted'); task.port2.postMessage(0); });
    });
    for (const cell of table.querySelectorAll('[col-id="quantity"]')) seen.observe(cell, { childList: true, characterData: true, subtree: true });
    const body = JSON.stringify(ORDER);
    fetch('/api/orders', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
        .then((answer) => answer.status === 201 ? note('answer') : done([-answer.status, 0]));
    setTimeout(() => done([0, 0]), 5000);
})"""  # noqa: E501


@dataclass(frozen=True, slots=True)
class Load:
    """What some clients got: milliseconds of each order, how many were refused, percent of a core of server and others."""

    latency_ms: Sequence[float]
    refused: int
    seconds: float
    server_percent: float
    others_percent: float


def run(seconds: float) -> None:
    """Measures and prints."""
    rows, seen = [], []
    for books, flags in BOOKS:
        contender = replace(DESK, command=dashboard("--transport", "auto", *FLAGS, *flags))
        for clients in CLIENTS:
            quiet()
            load = _load(contender, clients, seconds)
            p50, p99 = (float(np.percentile(load.latency_ms, share, method="higher")) for share in (50, 99))
            rate = f"{len(load.latency_ms) / load.seconds:.0f}"
            percents = f"{load.server_percent:.0f}", f"{load.others_percent:.0f}"
            rows.append([books, str(clients), rate, f"{p50:.1f}", f"{p99:.1f}", str(load.refused), *percents])
            print(f"  {books}, {clients} at a time: {rate} orders/s", flush=True)
        quiet()
        times, others = _on_screen(contender)
        shares = [f"{np.percentile(times[:, column], share, method='higher'):.0f}" for column in (0, 1) for share in (50, 99)]
        seen.append([books, str(len(times)), *shares, f"{others:.0f}"])
        print(f"  {books}: painted p50 {shares[2]} ms", flush=True)
    print("\n" + table(HEAD, rows) + "\n\n" + table(SCREEN_HEAD, seen))
    path = cost_us()
    print(
        "\n" + table(PATH_HEAD, [[str(count), f"{us:.2f}", f"{us / path[0]:.2f}"] for count, us in path.items()]) + "\n",
        flush=True,
    )


def wish(name: str, number: int) -> dict[str, str]:
    """Bought and sold in turn, so that the position stays small."""
    side = "sell" if number % 2 else "buy"
    return {"client_id": f"{name}-{number:06}", "symbol": "ETH/USDT", "side": side, "quantity": "0.01", "by": "program"}


def _load(contender: Contender, clients: int, seconds: float) -> Load:
    """Each client sends its next order when the one before was answered."""
    with ExitStack() as stack:
        market = stack.enter_context(venue(RATE)).listening()
        server = stack.enter_context(contender.start()).listening()
        _live(server)
        taken: list[float] = []
        refused: list[int] = []
        began_s, used = time.monotonic(), _usage(server, market)
        until_s = began_s + seconds
        threads = [
            threading.Thread(target=_client, args=(f"client{n:02}", server.port, until_s, taken, refused)) for n in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took_s, spent = time.monotonic() - began_s, _usage(server, market) - used
    percent = 100 * spent / took_s
    if not taken:
        raise RuntimeError(f"no order was taken: {refused[:3]}")
    return Load(taken, len(refused), took_s, float(percent[0]), float(percent[-1] - percent[:-1].sum()))


def _client(name: str, port: int, until_s: float, taken: list[float], refused: list[int]) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    number = 0
    while time.monotonic() < until_s:
        began_s = time.monotonic()
        line.request("POST", "/api/orders", json.dumps(wish(name, number)), {"Content-Type": "application/json"})
        answer = line.getresponse()
        filled = json.loads(answer.read()).get("order", {}).get("state") == "filled"
        if answer.status == 201 and filled:
            taken.append((time.monotonic() - began_s) * 1000)
        else:
            refused.append(answer.status)
        number += 1
    line.close()


def _on_screen(contender: Contender) -> tuple[np.ndarray, float]:
    """(milliseconds until the answer, until painted) of orders a tenth of a second apart; percent of a core that others used."""
    with ExitStack() as stack:
        market = stack.enter_context(venue(RATE)).listening()
        browser = stack.enter_context(Browser())
        page = browser.page()
        server = stack.enter_context(contender.start()).listening()
        page.open(f"http://127.0.0.1:{server.port}/")
        page.wait_for(FIRST_DRAW)
        _live(server)
        first = json.dumps({**wish("first-one", 0), "quantity": "1"})  # a row stands there from now on: only its quantity changes
        headers = "{'content-type': 'application/json'}"
        page.evaluate(
            f"fetch('/api/orders', {{method: 'POST', headers: {headers}, body: JSON.stringify({first})}}).then((a) => a.status)"
        )
        page.wait_for("document.querySelectorAll('#positions [col-id=\"quantity\"]').length > 2")
        pause(WARM_UP_S)
        began_s, used = time.monotonic(), _usage(server, market, browser)
        found = []
        for number in range(SEEN):
            found.append(page.evaluate(SEND.replace("ORDER", json.dumps(wish("on-screen", number)))))
            pause(APART_S)
        percent = 100 * (_usage(server, market, browser) - used) / (time.monotonic() - began_s)
    times = np.array([times for times in found if min(times) > 0])
    if len(times) < SEEN / 2:
        raise RuntimeError(f"only {len(times)} of {SEEN} orders were seen: {found[:3]}")
    return times, float(percent[-1] - percent[:-1].sum())


def _live(server: Child) -> None:
    """Once both symbols can be traded."""
    until_s = time.monotonic() + 30
    while time.monotonic() < until_s:
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        line.request("GET", "/api/quote?symbol=ETH/USDT")
        if json.loads(line.getresponse().read()).get("source") == "stream":
            return
        pause(0.1)
    raise RuntimeError("the dashboard is not live within 30 s")


def _usage(*ours: Child | Browser) -> np.ndarray:
    """CPU seconds so far: of each, of this process, of the whole machine."""
    mine, busy = psutil.Process().cpu_times(), psutil.cpu_times()
    return np.array([*(one.cpu_seconds() for one in ours), mine.user + mine.system, busy.user + busy.system])
