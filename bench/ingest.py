"""Part 2, ingest: messages per second and CPU per message through the product's whole way in, and where it ends."""

import json
import subprocess
from typing import Any

from bench.contenders import VENUE_PORT, venue
from bench.processes import ROOT, python
from bench.report import table, targets_table

PROMISED = 5_000
LADDER = (1_000, PROMISED, 10_000, 15_000, 20_000, 30_000, 40_000)
"""Ticks per second offered; quotes (at most 25/s a symbol) come on top."""


def run(seconds: float) -> None:
    """Climbs until something is lost or the offer is not kept up with, and prints."""
    rows = []
    values: dict[str, float | None] = {"lost": None}
    for rate in LADDER:
        found = _measure(rate, seconds)
        lost = found["skipped"] + found["counters"].get("inbox_dropped", 0)
        late = found["deepest"] > rate / 2
        per_s = found["messages"] / found["seconds"]
        rows.append(
            [
                f"{rate}",
                f"{per_s:.0f}",
                f"{1e6 * found['cpu_s'] / max(1, found['messages']):.1f}",
                f"{100 * found['cpu_s'] / found['seconds']:.0f}",
                f"{found['deepest']}",
                f"{lost}",
            ]
        )
        if rate == PROMISED:
            values["lost"] = lost
        if lost or late:
            break
    head = ("ticks/s offered", "messages/s applied", "CPU µs/message", "CPU %", "inbox, deepest", "lost")
    print("\n" + table(head, rows) + "\n\n" + targets_table(values) + "\n", flush=True)


def _measure(rate: float, seconds: float) -> dict[str, Any]:
    with venue(rate) as market:
        market.listening()
        command = python("bench.ingest_desk", "--venue-port", VENUE_PORT, "--seconds", seconds)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
