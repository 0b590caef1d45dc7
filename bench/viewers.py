"""Simulated viewers: sockets that speak `docs/frames.md` as the page does, without drawing. One process, many viewers.

`python -m bench.viewers --port 8510 --count 40`; on SIGTERM it prints one JSON object of what they received.
"""

import argparse
import asyncio
import json
import secrets
import signal
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

DRAW_S = 0.016
"""A page answers from its next animation frame."""


@dataclass(slots=True)
class Received:
    """What all viewers got. `outrun`: frames that had to replace the window because ticks in between were gone. `waits_ms`:
    how long the oldest new tick of each frame had been here when the frame left.
    """

    frames: int = 0
    bytes: int = 0
    outrun: int = 0
    closed: int = 0
    waits_ms: list[float] = field(default_factory=list)


async def watch(address: str, received: Received) -> None:
    """One viewer: asks for the default view, acknowledges each frame after `DRAW_S`, answers beats."""
    loop = asyncio.get_running_loop()
    page_id = secrets.token_hex(16)
    view = {"page_id": page_id, "epoch": "", "version": -1, "symbol": "", "window": "200", "charts": None, "visible": True}
    async with connect(f"ws://{address}/ws/desk", origin=f"http://{address}", compression=None, max_queue=None) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"type": "view", **view}))
        seen: dict[str, int] = {}
        epoch = ""
        try:
            async for text in socket:
                frame = orjson.loads(text)
                if frame.get("type") == "beat":
                    await socket.send(orjson.dumps({"type": "beat", "id": frame["id"]}), text=True)
                    continue
                received.frames += 1
                received.bytes += len(text)
                received.outrun += _outrun(frame, seen)
                epoch = frame.get("epoch", epoch)
                if not frame.get("full"):
                    received.waits_ms += _waits_ms(frame)
                ack = {"type": "ack", "epoch": epoch, "version": frame["version"], "draw_ms": 2.0, "cost_ms": None}
                loop.call_later(DRAW_S, _send, loop, socket, orjson.dumps(ack))
        except ConnectionClosed:
            pass
    received.closed += 1


def _send(loop: asyncio.AbstractEventLoop, socket: ClientConnection, text: bytes) -> None:
    loop.create_task(socket.send(text, text=True))


def _outrun(frame: dict[str, Any], seen: dict[str, int]) -> int:
    missed = 0
    for section in frame["sections"]:
        if section["s"] == "ticks":
            before = seen.get(section["symbol"])
            seen[section["symbol"]] = section["n"]
            missed += before is not None and not frame.get("full") and section["n"] - before > len(section["rows"])
    return missed


def _waits_ms(frame: dict[str, Any]) -> list[float]:
    ticks = [section["rows"] for section in frame["sections"] if section["s"] == "ticks"]
    return [frame["recv_ms"] + rows[-1][0] - rows[0][0] for rows in ticks if rows]


async def run(address: str, count: int) -> None:
    received = Received()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    watching = [asyncio.create_task(watch(address, received)) for _ in range(count)]
    began_s = time.monotonic()
    await stop.wait()
    seconds = (time.monotonic() - began_s) * count
    for task in watching:
        task.cancel()
    ended = await asyncio.gather(*watching, return_exceptions=True)
    failed = sum(isinstance(one, Exception) and not isinstance(one, asyncio.CancelledError) for one in ended)
    rates = {"frames_per_s": received.frames / seconds, "bytes_per_s": received.bytes / seconds}
    leaves = {f"leaves_p{share}_ms": float(np.percentile(received.waits_ms or [0.0], share)) for share in (50, 99)}
    print(json.dumps({**rates, **leaves, "outrun": received.outrun, "lost": received.closed + failed}), flush=True)


def main() -> None:
    flags = argparse.ArgumentParser(description="simulated viewers")
    flags.add_argument("--port", type=int, required=True)
    flags.add_argument("--count", type=int, default=40)
    chosen = flags.parse_args()
    asyncio.run(run(f"127.0.0.1:{chosen.port}", chosen.count))


if __name__ == "__main__":
    main()
