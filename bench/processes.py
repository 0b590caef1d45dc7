"""Child processes of a measurement: each in a session of its own, ready when its port answers, stopped with all its children."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Self

import psutil

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "out"
START_S = 30.0

pause = Event().wait
"""Lets a stretch of time pass; never used to wait for something to become true."""


class Child:
    """A process that listens on `port`. `cpu_seconds` counts it and its living children."""

    def __init__(self, name: str, command: Sequence[str], port: int):
        OUT.mkdir(exist_ok=True)
        self.port = port
        self.started_s = time.time()
        self._log = OUT / f"{name}.log"
        books = Path(tempfile.mkdtemp(prefix="bench-")) / "books.db"
        environment = {**os.environ, "DESK_DATABASE": f"sqlite:///{books}"}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True, env=environment)

    @property
    def pid(self) -> int:
        return self._process.pid

    def listening(self) -> Self:
        """Returns once the port takes connections."""
        until_s = time.monotonic() + START_S
        while time.monotonic() < until_s:
            if self._process.poll() is not None:
                raise RuntimeError(f"ended with {self._process.returncode}:\n{self._log.read_text()[-2000:]}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            pause(0.01)
        raise RuntimeError(f"nothing listens on {self.port}:\n{self._log.read_text()[-2000:]}")

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    def memory_mb(self) -> float:
        """Resident memory of the process itself."""
        return float(psutil.Process(self.pid).memory_info().rss) / 1e6

    def output(self) -> str:
        return self._log.read_text()

    def stop(self) -> None:
        """Asks the whole session first, then ends it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            os.killpg(self.pid, number)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                continue

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def python(module: str, *arguments: object) -> list[str]:
    """The command line of a module of this repository."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its living descendants."""
    total = 0.0
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for process in family:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total
