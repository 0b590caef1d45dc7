"""A TCP proxy on loopback between browser and dashboard that can freeze WebSockets without closing them."""

import asyncio
import threading
import weakref

from tests.servers.ending import deafen, finish


class FreezingProxy:
    """Forwards `port` → `target`. While frozen, connections that became WebSockets carry nothing, either way; HTTP goes on,
    unless everything was frozen.

    `websockets`: how many connections asked for an upgrade so far.
    """

    def __init__(self, target: int):
        self.port = 0
        self.websockets = 0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._open: asyncio.Event = asyncio.Event()
        self._open.set()
        self._everything = False
        self._writers: weakref.WeakSet[asyncio.StreamWriter] = weakref.WeakSet()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> "FreezingProxy":
        self._thread.start()
        assert self._listening.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def freeze(self, *, everything: bool = False) -> None:
        self._everything = everything
        self._loop.call_soon_threadsafe(self._open.clear)

    def thaw(self) -> None:
        self._loop.call_soon_threadsafe(self._open.set)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()
        self._loop.run_until_complete(deafen(server.sockets))
        server.close()
        self._open.set()
        self._loop.run_until_complete(finish(self._writers))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        self._writers.add(far_writer)
        kind = {"upgraded": False}
        try:
            await asyncio.gather(self._pass(reader, far_writer, kind, True), self._pass(far_reader, writer, kind, False))
        finally:
            writer.close()
            far_writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: dict[str, bool], asks: bool) -> None:
        try:
            while piece := await reader.read(65536):
                if asks and b"pgrade: websocket" in piece and b"/ws/desk" in piece:
                    kind["upgraded"] = True
                    self.websockets += 1
                if kind["upgraded"] or self._everything:
                    await self._open.wait()
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
        except (ConnectionError, OSError, RuntimeError):
            writer.close()
