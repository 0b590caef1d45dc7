"""The end of a local server's event loop: no task and no socket is left behind when it is closed."""

import asyncio
from asyncio.trsock import TransportSocket
from collections.abc import Iterable
from typing import Protocol

PATIENCE_S = 3.0


class Connected(Protocol):
    """What knows its transport, from its connection on."""

    transport: asyncio.Transport


async def deafen(listening: Iterable[TransportSocket]) -> None:
    """No further connection is accepted, and those that were are handed on: once their listener is closed, Python 3.11 would
    drop them without closing their sockets."""
    for socket in listening:
        asyncio.get_running_loop().remove_reader(socket.fileno())
    await asyncio.sleep(0)


async def finish(connections: Iterable[Connected]) -> None:
    """Aborts every connection until no other task runs on this loop: Python 3.11 waits for none in `Server.wait_closed`."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + PATIENCE_S
    while asyncio.all_tasks() - {asyncio.current_task()} and loop.time() < until_s:
        for connection in list(connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)  # a transport closes its socket one turn after it was aborted
