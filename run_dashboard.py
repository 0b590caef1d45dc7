"""The composition root: flags → Config → parts wired together → server. The only file that names concrete parts together.

Threads start here and nowhere else; stopping runs in reverse: streams, feeds, desk, server, and last the way to disk.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

OnSignal = Callable[[int, FrameType | None], None]


def leave(number: int, frame: FrameType | None) -> None:
    """Until the server stands nobody was told anything: out at once, and no half-loaded library is unwound."""
    os.write(2, b"run_dashboard: stopped\n")
    os._exit(0)


def on_signals(do: OnSignal | signal.Handlers) -> None:
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), do)


if __name__ == "__main__":
    on_signals(leave)  # before the imports, which take most of the start
    gc.disable()  # until the server stands: nothing that is loaded goes away again

import asyncio
import contextlib
import functools
import logging
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from app.config import BadConfig, Config, Shown, fail, for_recording, read_config
from app.core.books import Books
from app.core.desk import LIVE, Desk
from app.core.model import RecorderStopped, StoreState
from app.hub import Hub
from app.outbox import Outbox
from app.store import BadStore, Store, own_store
from feeds.adapter import adapter, shipped_instruments
from feeds.events import SourceStarted
from feeds.intake import Intake, Tap
from feeds.recorder import BadFolder, Recorder
from feeds.recording import BadRecording, Recording, open_recording
from feeds.replay import Replay
from feeds.runner import LiveFeed
from feeds.sources import Sources

log = logging.getLogger("desk")

GRACE_S = 1
STORED_S = 2.0


def main(arguments: list[str]) -> int:
    """The exit code: 0 after a stop that was asked for, 2 for wrong input."""
    try:
        config = read_config(arguments)
        if config.tune:
            return _tune(config.tune)
        _log_to(config)
        bound = _bind(config)
        recording = functools.cache(lambda: open_recording(config.recording))
        recorder = Recorder(config.record, config.venue) if config.record else None
        store, books, unstored = _books(config)
        if config.recording or config.feed == "replay":  # else it is read when there is no live feed
            config = for_recording(config, recording().symbols)
    except Shown as text:
        print(text)
        return 0
    except (BadConfig, BadRecording, BadFolder, BadStore) as error:
        return fail(str(error))
    if config.caution:
        log.warning(config.caution)
    hub = Hub(Desk(config.terms, config.ticks, books, config.limits, config.balance, config.risk))
    outbox = Outbox(store.commit, hub.durable, lambda reason: hub.emit([StoreState(reason)])) if store else None
    if outbox is None:
        hub.emit([StoreState(unstored)])
    else:
        hub.store_with(outbox.put)
        outbox.start()
    if recorder:
        recorder.start(lambda reason: hub.emit([RecorderStopped(reason)]))
    intake = Intake(hub.emit)
    sources = _sources(config, intake, recording, recorder.put if recorder else None)
    intake.start()
    sources.start()
    _serve(config, hub, intake, sources, bound, recorder)
    if recorder:
        recorder.stop(STORED_S)
    if store and outbox:
        outbox.stop(STORED_S)
        store.close()
    print("run_dashboard: stopped", file=sys.stderr)
    return 0


def _books(config: Config) -> tuple[Store | None, Books, str]:
    """The store and what it holds. Without a database by name and with none that can be opened: charts only, and why."""
    try:
        store = Store(config.database) if config.database else own_store()
    except BadStore as error:
        if config.database:
            raise
        log.error("the books can not be stored, so nothing can be traded: %s", error)
        return None, Books(config.balance), str(error)
    return store, store.books(LIVE, config.balance, config.terms), ""


def _sources(config: Config, intake: Intake, recording: Callable[[], Recording], tap: Tap | None = None) -> Sources:
    """The live venue and the replay as factories; which one runs is decided in `Sources`. `recording()` reads it when needed."""
    venue = adapter(config.venue)
    line_ms, symbol_ms = config.budgets_ms
    venue = replace(venue, budgets=replace(venue.budgets, line_ms=line_ms, symbol_ms=symbol_ms))

    def live() -> LiveFeed:
        lane = intake.lane(venue.parser(config.symbols), tap=tap)
        instruments = shipped_instruments(venue, config.symbols)
        now_ns = time.time_ns()
        lane.put_event(
            SourceStarted(
                secrets.token_hex(8), venue.name, "stream", config.symbols, instruments, now_ns, budgets_ms=config.budgets_ms
            )
        )
        return LiveFeed(venue, config.symbols, lane, config.ws_url or None, config.rest_url or None)

    def replay(reason: str) -> Replay:
        played = recording()
        recorded = adapter(played.source)
        missing = [symbol for symbol in config.symbols if symbol not in played.symbols]
        if config.recording:
            reason = f"{reason}; recording {played.path.name}"
        if missing:
            reason = f"{reason}; not in the recording: {', '.join(missing)}"
        return Replay(
            played,
            intake,
            recorded.parser(played.symbols),
            speed=config.speed,
            reason=reason,
            symbols=config.symbols,
            instruments=shipped_instruments(recorded, config.symbols),
            budgets_ms=config.budgets_ms,
        )

    return Sources(config.feed, live, replay)


def _serve(config: Config, hub: Hub, intake: Intake, sources: Sources, bound: socket.socket, recorder: Recorder | None) -> None:
    """Runs the server until a signal; the import is late so that the feed connects meanwhile."""
    import uvicorn

    from app.web.server import create_app

    controls = {"inbox_depth": lambda: intake.depth, "go_live": sources.go_live, "try_now": sources.try_now}
    controls["recording"] = lambda: recorder.state if recorder else None
    application, stream = create_app(hub, controls, config)
    gc.freeze()  # what was loaded stays: collections need not look at it again
    gc.enable()

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # uvicorn would raise them again when done (exit 143); ours stop the parts in order

    settings = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        ws_per_message_deflate=not config.local,  # a quarter of the bytes, for time that a loopback would not win back
        lifespan="on",
        proxy_headers=False,
    )
    server = Server(settings)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()

        def on_signal(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(asked.set)

        on_signals(on_signal)
        serving = loop.create_task(server.serve(sockets=[bound]))
        waiting = loop.create_task(asked.wait())
        log.info("serving on http://%s (leverage %d)", address(config), config.leverage)
        await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED)
        await stream.stop()
        await asyncio.to_thread(sources.stop)
        await asyncio.to_thread(intake.stop)
        server.should_exit = True
        await serving
        log.debug("stopped: server")
        on_signals(signal.SIG_IGN)  # all has stopped: nothing is left to be told

    with asyncio.Runner(loop_factory=settings.get_loop_factory()) as runner:
        runner.run(serve())


def _bind(config: Config) -> socket.socket:
    """The listening socket, before anything starts; a port in use is the user's to solve."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    bound = socket.socket(family)
    option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
    bound.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        bound.bind((config.host, config.port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        reason = error.strerror or error
        raise BadConfig(f"cannot serve on {address(config)}: {reason}; choose another --port or --host") from None
    return bound


def address(config: Config) -> str:
    """Host and port as they stand in a link: an IPv6 host in brackets."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"{host}:{config.port}"


def _log_to(config: Config) -> None:
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if config.log_file:
        try:
            handlers.append(logging.FileHandler(config.log_file, encoding="utf-8"))
        except OSError as error:
            raise BadConfig(f"--log-file {config.log_file!r} cannot be written: {error.strerror}") from None
    logging.basicConfig(
        level=config.log_level, handlers=handlers, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("websocket").setLevel(logging.CRITICAL)  # the feed's owner reports in its own words


def _tune(path: str) -> int:
    from app.tune import Untunable, tune

    try:
        print(tune(path))
    except Untunable as error:
        return fail(str(error))
    return 0


if __name__ == "__main__":
    threading.current_thread().name = "main"
    sys.exit(main(sys.argv[1:]))
