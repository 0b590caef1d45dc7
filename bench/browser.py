"""Real Chromium without a window, spoken to over its debugging protocol: pages, scripts in them, bytes on the wire."""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from bench.processes import cpu_seconds, pause

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions --remote-debugging-port=0 --remote-allow-origins=* "
    "--window-size=1600,1000"
).split()
PROBE = (Path(__file__).parent / "probe.js").read_text()


class PageError(RuntimeError):
    """A script in the page threw, or what was waited for never came."""


class Page:
    """One tab. Calls are answered in order; events of the protocol are counted by `on_event`."""

    def __init__(self, address: str):
        self._socket: ClientConnection = connect(address, max_size=None, compression=None, ping_interval=None)
        self._number = 0
        self.on_event: Callable[[dict[str, Any]], None] = lambda event: None
        self.call("Page.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=PROBE)
        self.call("Emulation.setDeviceMetricsOverride", width=1600, height=1000, deviceScaleFactor=1, mobile=False)

    def call(self, method: str, **params: object) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise PageError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.on_event(answer)

    def drain(self, seconds: float) -> None:
        """Lets time pass and hands events over meanwhile."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            try:
                self.on_event(json.loads(self._socket.recv(timeout=left_s)))
            except TimeoutError:
                return

    def evaluate(self, script: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise PageError(f"{script[:200]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, script: str, timeout_s: float = 30.0) -> Any:
        """The script's value once it is true."""
        until_s = time.monotonic() + timeout_s
        while time.monotonic() < until_s:
            value = self.evaluate(script)
            if value:
                return value
            pause(0.05)
        raise PageError(f"never true: {script}")

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        self._socket.close()


class Browser:
    """A Chromium with an empty profile; `cpu_seconds` counts all its processes."""

    def __init__(self) -> None:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            raise RuntimeError(f"no Chromium or Chrome found (looked for {', '.join(NAMES)})")
        self._profile = Path(tempfile.mkdtemp(prefix="bench-browser-"))
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._port = self._debugging_port()

    def page(self) -> Page:
        """A new window, so that every page counts as visible."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/json/version") as answer:
            address = json.load(answer)["webSocketDebuggerUrl"]
        with connect(address, max_size=None, compression=None) as socket:
            order = {"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank", "newWindow": True}}
            socket.send(json.dumps(order))
            while (answered := json.loads(socket.recv(timeout=20))).get("id") != 1:
                pass
        return Page(f"ws://127.0.0.1:{self._port}/devtools/page/{answered['result']['targetId']}")

    def cpu_seconds(self) -> float:
        return cpu_seconds(self._process.pid)

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(5)
        shutil.rmtree(self._profile, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _debugging_port(self) -> int:
        note = self._profile / "DevToolsActivePort"
        until_s = time.monotonic() + 20
        while time.monotonic() < until_s:
            if note.exists() and (lines := note.read_text().splitlines()):
                return int(lines[0])
            pause(0.02)
        raise RuntimeError("Chromium did not start")
