"""Dashboards that are started often: everything is imported once, then each start is a fork that runs `run_dashboard` itself.

As a script it is that one process: each line on stdin is a start as JSON, each line on stdout a process number with its exit
code once it has one. `Forks` is how tests speak to it.
"""

import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Child:
    """One dashboard. `code`: its exit code once it has ended, negative for the signal that killed it."""

    def __init__(self, pid: int):
        self.pid = pid
        self.code: int | None = None
        self._ended = threading.Event()

    def poll(self) -> int | None:
        return self.code

    def send_signal(self, number: int) -> None:
        if self.code is None:
            os.kill(self.pid, number)

    def wait(self, timeout_s: float) -> int:
        """The exit code; TimeoutError."""
        if not self._ended.wait(timeout_s) or self.code is None:
            raise TimeoutError(f"process {self.pid} has not ended within {timeout_s:g} s")
        return self.code

    def end(self, code: int) -> None:
        self.code = code
        self._ended.set()


class Forks:
    """Starts dashboards; `close` kills those that still run."""

    def __init__(self) -> None:
        self._children: dict[int, Child] = {}
        self._started: queue.Queue[Child] = queue.Queue()
        self._parent = subprocess.Popen(
            [sys.executable, "tests/servers/forked.py"],
            cwd=ROOT,
            env={**os.environ, "PYTHONWARNINGS": "default"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="forks", daemon=True)
        self._reader.start()

    def start(self, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Child:
        """`log`: what it writes to stderr is appended there."""
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps([list(arguments), str(log), dict(environment or {})]) + "\n")
        self._parent.stdin.flush()
        return self._started.get(timeout=20)

    def close(self) -> None:
        assert self._parent.stdin is not None and self._parent.stdout is not None
        self._parent.stdin.close()
        self._parent.wait(10)
        self._reader.join(5)
        self._parent.stdout.close()

    def _read(self) -> None:
        assert self._parent.stdout is not None
        for line in self._parent.stdout:
            pid, *code = (int(word) for word in line.split())
            if code:
                self._children.pop(pid).end(code[0])
            else:
                self._children[pid] = child = Child(pid)
                self._started.put(child)


def serve() -> None:
    """Forks for each line until stdin ends; then nothing is left behind."""
    running: set[int] = set()
    rest = b""
    while True:
        if select.select([0], [], [], 0.02)[0]:
            piece = os.read(0, 65536)
            if not piece:
                break
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                running.add(pid := _fork(line))
                print(pid, flush=True)
        for pid in [*running]:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                running.discard(pid)
                print(pid, os.waitstatus_to_exitcode(status), flush=True)
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _fork(line: bytes) -> int:
    import run_dashboard

    pid = os.fork()
    if pid:
        return pid
    arguments, log, environment = json.loads(line)
    for target, mode, path in ((0, os.O_RDONLY, os.devnull), (1, os.O_WRONLY, os.devnull), (2, os.O_WRONLY, log)):
        os.dup2(os.open(path, mode | (os.O_APPEND | os.O_CREAT if target == 2 else 0), 0o600), target)
    os.environ.update(environment)
    run_dashboard.on_signals(run_dashboard.leave)
    code = run_dashboard.main(arguments)
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    import gc

    sys.path.insert(0, str(ROOT))
    gc.disable()
    import uvicorn  # noqa: F401
    from uvicorn.protocols.http import h11_impl  # noqa: F401

    import run_dashboard  # noqa: F401

    gc.freeze()
    serve()
