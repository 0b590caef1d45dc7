"""Part 5, only by name: ten minutes open; browser heap after a collection and server memory, each minute."""

from bench.browser import Browser
from bench.contenders import DESK, venue
from bench.report import table
from bench.stretch import FIRST_DRAW

RATE = 100.0
MINUTES = 10


def run() -> None:
    """Prints a row each minute and what grew after the second, when rings and series are full."""
    rows = []
    with venue(RATE) as market, DESK.start() as server, Browser() as browser:
        market.listening()
        server.listening()
        page = browser.page()
        page.open(f"http://127.0.0.1:{server.port}/")
        page.wait_for(FIRST_DRAW)
        for minute in range(1, MINUTES + 1):
            page.drain(60.0)
            page.call("HeapProfiler.collectGarbage")
            used_mb = page.call("Runtime.getHeapUsage")["usedSize"] / 1e6
            nodes = page.evaluate("document.querySelectorAll('*').length")
            rows.append((minute, used_mb, float(nodes), server.memory_mb()))
            print(f"  minute {minute}: heap {used_mb:.1f} MB, server {server.memory_mb():.1f} MB", flush=True)
    text = [[f"{minute}", f"{heap:.1f}", f"{nodes:.0f}", f"{memory:.1f}"] for minute, heap, nodes, memory in rows]
    print("\n" + table(("minute", "heap MB", "elements", "server MB"), text))
    grown = [rows[-1][column] - rows[1][column] for column in (1, 2, 3)]
    print(f"\ngrown since minute 2: heap {grown[0]:+.1f} MB, elements {grown[1]:+.0f}, server {grown[2]:+.1f} MB\n", flush=True)
