"""Beside the frames: while a position is open, its returns are measured after every closed bar and fill, in a thread."""

import asyncio
import contextlib
import logging

from app.core.returns import RiskTerms, returns_of
from app.core.risk import due
from app.hub import Hub

log = logging.getLogger(__name__)

LOOK_S = 0.5


def load() -> None:
    """Pandas, whole before the first request: plotly looks at it as soon as it is half there."""
    returns_of("", {}, RiskTerms())


async def measure(hub: Hub, stopped: asyncio.Event) -> None:
    """Until it is stopped."""
    measured: object = None
    while not stopped.is_set():
        snapshot = hub.snapshot()
        bars = due(snapshot)
        newest = tuple((symbol, of[-1].open_time_ms if of else 0, len(of)) for symbol, of in bars.items())
        wanted = snapshot.epoch, newest, len(snapshot.account.fills) and snapshot.account.fills[-1].fill_id
        if bars and wanted != measured:
            measured = wanted
            try:
                hub.submit(await asyncio.to_thread(returns_of, snapshot.epoch, bars, snapshot.risk_terms))
            except Exception:  # the estimate is missing then, and nothing else
                log.exception("no value at risk")
        await _pause(stopped, LOOK_S)


async def _pause(stopped: asyncio.Event, most_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopped.wait(), most_s)
