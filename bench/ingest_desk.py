"""The product's way in, headless: socket → lane → intake → hub → desk, as `run_dashboard.py` wires it, without the web.

Prints one JSON object: what a stretch cost and whether anything was lost. `python -m bench.ingest_desk --venue-port 8500`.
"""

import argparse
import json
import secrets
import time

from app.core.admission import Terms
from app.core.desk import Desk
from app.core.snapshot import Snapshot
from app.hub import Hub
from bench.processes import pause
from feeds.adapter import adapter, shipped_instruments
from feeds.events import SourceStarted
from feeds.intake import Intake
from feeds.runner import LiveFeed

SYMBOLS = ("ETH/USDT", "BTC/USDT")
WARM_UP_S = 3.0
STEP_S = 0.25


def main() -> None:
    flags = argparse.ArgumentParser(description="ingest, headless")
    flags.add_argument("--venue-port", type=int, required=True)
    flags.add_argument("--seconds", type=float, default=10.0)
    chosen = flags.parse_args()
    hub = Hub(Desk(Terms(500)))
    intake = Intake(hub.emit)
    venue = adapter("binance")
    lane = intake.lane(venue.parser(SYMBOLS))
    rules = shipped_instruments(venue, SYMBOLS)
    lane.put_event(SourceStarted(secrets.token_hex(8), venue.name, "stream", SYMBOLS, rules, time.time_ns()))
    address = f"127.0.0.1:{chosen.venue_port}"
    feed = LiveFeed(venue, SYMBOLS, lane, f"ws://{address}", f"http://{address}")
    intake.start()
    feed.start()
    problem = feed.wait_first(8.0)
    if problem:
        raise SystemExit(problem)
    pause(WARM_UP_S)
    print(json.dumps(_stretch(hub, intake, chosen.seconds)), flush=True)
    feed.stop()
    intake.stop()


def _stretch(hub: Hub, intake: Intake, seconds: float) -> dict[str, object]:
    """Counts over `seconds`; `skipped`: ids that the desk did not get between its first and its last tick."""
    before, cpu_s, began_s = hub.snapshot(), time.process_time(), time.monotonic()
    deepest = 0
    while time.monotonic() - began_s < seconds:
        pause(STEP_S)
        deepest = max(deepest, intake.depth)
    after, spent_s, took_s = hub.snapshot(), time.process_time() - cpu_s, time.monotonic() - began_s
    return {
        "seconds": took_s,
        "messages": after.counters["parsed"] - before.counters["parsed"],
        "ticks": sum(_tick_count(after, before).values()),
        "cpu_s": spent_s,
        "deepest": deepest,
        "skipped": _skipped(after, before),
        "counters": {name: count - before.counters.get(name, 0) for name, count in after.counters.items()},
    }


def _tick_count(after: Snapshot, before: Snapshot) -> dict[str, int]:
    return {name: view.n - before.symbols[name].n for name, view in after.symbols.items()}


def _skipped(after: Snapshot, before: Snapshot) -> int:
    """Ids passed minus ticks applied; the venue's ids have no holes."""
    ids = {name: int(view.ticks[-1].id) - int(before.symbols[name].ticks[-1].id) for name, view in after.symbols.items()}
    applied = _tick_count(after, before)
    return sum(ids[name] - applied[name] for name in ids)


if __name__ == "__main__":
    main()
