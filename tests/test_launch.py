"""The command as a user meets it: one clear line for wrong input, and an orderly end."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from websocket import create_connection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.flags import FLAGS
from tests.servers.binance import LocalBinance

ROOT = Path(__file__).resolve().parents[1]
IN_ORDER = ["streams", "feeds", "desk thread", "server", "outbox", "database"]
"""Open pages are told first; what is under way is applied, answered, and on disk before that closes."""


def run(*flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "run_dashboard.py", *flags],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=20,
    )


def refused(*flags: str, **environment: str) -> str:
    """The one line that stands on stderr when the command ends with exit code 2."""
    ended = run(*flags, **environment)
    assert ended.returncode == 2, ended.stderr
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1 and "Traceback" not in ended.stderr, ended.stderr
    return lines[0]


def test_a_wrong_value_ends_the_command_with_one_line() -> None:
    line = refused("--leverage", "5000")
    assert "--leverage" in line and "1 to 1000" in line


def test_a_recording_for_a_feed_that_plays_none_is_one_line() -> None:
    line = refused("--feed", "binance", "--recording", "session.jsonl")
    assert "--recording has no effect with --feed binance" in line


def test_a_wrong_value_in_the_environment_names_the_variable() -> None:
    assert "DESK_PORT" in refused(DESK_PORT="x")


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused("--port", str(port), "--feed", "replay")
    assert str(port) in line and "--port" in line


@pytest.mark.parametrize("kind", ["missing", "empty", "not a recording", "gzip cut before its first line", "folder"])
def test_a_recording_that_can_not_be_played_is_one_line(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "session.jsonl"
    if kind == "empty":
        file.write_bytes(b"")
    elif kind == "not a recording":
        file.write_text("a,b,c\n1,2,3\n")
    elif kind == "gzip cut before its first line":
        file.write_bytes(gzip.compress(b'{"recv_ns":1,"msg":{"stream":"ethusdt@trade","data":{"s":"ETHUSDT"}}}\n')[:20])
    elif kind == "folder":
        file.mkdir()
    line = refused("--feed", "replay", "--recording", str(file), "--port", "8149")
    assert "session.jsonl" in line


@pytest.mark.parametrize(("folder", "words"), [("session.jsonl", "is a file"), ("session.jsonl/in", "cannot be written")])
def test_a_place_where_nothing_can_be_recorded_is_one_line(tmp_path: Path, folder: str, words: str) -> None:
    (tmp_path / "session.jsonl").write_text("")
    line = refused("--feed", "binance", "--record", str(tmp_path / folder), "--port", str(free_port()))
    assert folder in line and words in line


def test_a_replay_is_not_recorded() -> None:
    assert "--record has no effect with --feed replay" in refused("--feed", "replay", "--record", "there")


def test_a_symbol_that_was_not_recorded_is_named_with_those_that_were() -> None:
    line = refused("--feed", "replay", "--symbols", "SOL/USDT", "--port", "8148")
    assert "SOL/USDT" in line and "ETH/USDT, BTC/USDT" in line


def test_help_shows_what_matters_and_help_all_the_rest() -> None:
    short, everything = run("--help"), run("--help-all")
    assert (short.returncode, everything.returncode) == (0, 0)
    assert "--leverage" in short.stdout and "--throttle-slow-ms" not in short.stdout
    assert all(flag.name in everything.stdout for flag in FLAGS)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_stops_everything_in_order_under_an_open_stream(name: str, tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "run_dashboard.py", "--port", str(port), "--feed", "replay", "--log-level", "DEBUG"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    until_line(process.stderr, "serving on")
    with connect(f"ws://127.0.0.1:{port}/ws/desk") as stream:
        stream.send(json.dumps({"type": "view", "page_id": "test", "symbol": "ETH/USDT", "window": "200"}))
        assert json.loads(stream.recv(5))["full"]
        process.send_signal(getattr(signal, name))
        _, errors = process.communicate(timeout=3)
        assert told_on_closing(stream) == 1001  # by its stream: the server that ends before would say 1012
    assert process.returncode == 0
    assert errors.strip().splitlines()[-1] == "run_dashboard: stopped"
    assert "Traceback" not in errors
    assert stopped(errors) == IN_ORDER


def test_it_stops_within_three_seconds_under_a_live_feed_a_page_that_does_not_read_and_a_history_that_hangs() -> None:
    with LocalBinance(rate=50) as venue, socket.create_server(("127.0.0.1", 0)) as mute:
        port, rest_url = free_port(), f"http://127.0.0.1:{mute.getsockname()[1]}"
        flags = (
            "--port",
            str(port),
            "--feed",
            "binance",
            "--ws-url",
            venue.ws_url,
            "--rest-url",
            rest_url,
            "--log-level",
            "DEBUG",
        )
        process = subprocess.Popen([sys.executable, "run_dashboard.py", *flags], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        until_line(process.stderr, "serving on")
        small = ((socket.SOL_SOCKET, socket.SO_RCVBUF, 4096),)
        deaf = create_connection(f"ws://127.0.0.1:{port}/ws/desk", sockopt=small)
        with connect(f"ws://127.0.0.1:{port}/ws/desk") as stream:
            epoch = until_live(stream, "")
            for at in range(200):  # a page that comes and goes is sent everything anew each time, until nothing more fits
                deaf.send(json.dumps({"type": "view", "page_id": "deaf", "symbol": "ETH/USDT", "visible": at % 2 == 1}))
            mute.settimeout(5)
            asking, _ = mute.accept()
            until_live(stream, epoch)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=3)
        asking.close()
        deaf.shutdown()
    assert process.returncode == 0
    assert errors.strip().splitlines()[-1] == "run_dashboard: stopped"
    assert "Traceback" not in errors
    assert stopped(errors) == IN_ORDER


def stopped(errors: str) -> list[str]:
    """The parts of the dashboard as they ended, by the log at level DEBUG."""
    return [line.partition(" stopped: ")[2] for line in errors.splitlines() if " stopped: " in line]


def told_on_closing(stream: ClientConnection) -> int:
    """The code with which the other side closed, 1006 where it said nothing; frames that came before are read."""
    while True:
        try:
            stream.recv(5)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


def until_live(stream: ClientConnection, epoch: str) -> str:
    """Takes frames as a page does, until one says that the feed is live; in and out: the epoch named last."""
    until_ns = time.monotonic_ns() + 20 * 10**9
    stream.send(json.dumps({"type": "view", "page_id": "reads", "symbol": "ETH/USDT", "window": "200", "visible": True}))
    while time.monotonic_ns() < until_ns:
        message = json.loads(stream.recv(5))
        if message.get("type") == "beat":
            stream.send(json.dumps({"type": "beat", "id": message["id"]}))
            continue
        epoch = message.get("epoch", epoch)
        stream.send(json.dumps({"type": "ack", "epoch": epoch, "version": message["version"], "draw_ms": 1}))
        if any(section["s"] == "status" and section["feed"]["state"] == "live" for section in message["sections"]):
            return epoch
    raise AssertionError("not live within 20 s")


@pytest.mark.parametrize(
    ("name", "module"),
    [("SIGINT", "asyncio.constants"), ("SIGTERM", "app.core.throttle"), ("SIGTERM", "uvicorn.config")]
    + [("SIGINT", "fastapi.routing"), ("SIGINT", "app.web.layout")],
)
def test_a_signal_while_it_still_loads_ends_it_with_one_line(name: str, module: str) -> None:
    """The interpreter itself tells how far it has come: a line on stderr for each module that it has loaded."""
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "run_dashboard.py", "--port", str(free_port()), "--feed", "replay"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    loaded = (line.rpartition("|")[2].strip() for line in process.stderr)
    last = next(said for said in loaded if said == module or "serving on" in said)
    assert last == module, f"{module} is not loaded"
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=3)
    assert process.returncode == 0, errors
    assert [line for line in errors.splitlines() if "run_dashboard" in line] == ["run_dashboard: stopped"]
    assert "Traceback" not in errors


def test_the_bundled_recording_is_not_read_while_a_live_venue_delivers() -> None:
    with LocalBinance(rate=50) as venue:
        flags = ("--feed", "auto", "--ws-url", venue.ws_url, "--rest-url", venue.rest_url, "--port", str(free_port()))
        process = subprocess.Popen([sys.executable, "-c", UNREADABLE, *flags], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        until_line(process.stderr, "serving on")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=3)
    assert process.returncode == 0 and "nothing to replay" not in errors


UNREADABLE = """
import pathlib, sys
import feeds.recording
feeds.recording.BUNDLED = pathlib.Path("not there")
import run_dashboard
sys.exit(run_dashboard.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("feed", ["auto", "replay"])
def test_a_recording_that_was_asked_for_is_checked_at_launch_whoever_may_play_it(tmp_path: Path, feed: str) -> None:
    file = tmp_path / "session.jsonl"
    file.write_text("no recording\n")
    assert "session.jsonl: line 1" in refused("--feed", feed, "--recording", str(file), "--port", str(free_port()))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_line(lines: Iterable[str], words: str) -> None:
    assert any(words in line for line in lines), f"never said: {words}"
