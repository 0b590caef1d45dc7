"""A dashboard that records is killed: what it recorded is what it showed, print by print, and plays again."""

import json
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from feeds.events import Tick
from feeds.recording import Cut, open_recording
from feeds.venues import binance, binance_usdm
from tests.servers.binance import LocalBinance
from tests.servers.forked import Child, Forks
from tests.test_launch import free_port

KEPT = 5_000
WANTED = 150


class Recorded:
    """Dashboards on one port. `state()` what `/api/status` says, None where nobody answers."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self.log = folder / "desk.log"
        self._forks = Forks()

    def start(self, *flags: str) -> Child:
        return self._forks.start(["--port", str(self.port), "--ticks", str(KEPT), *flags], self.log)

    def ask(self, path: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None

    def until(self, path: str, condition: Any) -> Any:
        until_s = time.monotonic() + 20
        while time.monotonic() < until_s:
            found = self.ask(path)
            if found and condition(found):
                return found
            time.sleep(0.02)
        raise AssertionError(f"{path}: not within 20 s; {self.log.read_text()}")

    def close(self) -> None:
        self._forks.close()


@pytest.mark.parametrize(("feed", "venue_of"), [("binance", binance), ("binance-usdm", binance_usdm)])
def test_what_a_killed_dashboard_recorded_is_what_it_showed_and_plays_again_saying_where_it_was_cut(
    tmp_path: Path, feed: str, venue_of: Any
) -> None:
    folder, one = tmp_path / "raw", Recorded(tmp_path)
    try:
        with LocalBinance(rate=100, quote_rate=50) as venue:
            live = ("--feed", feed, "--ws-url", venue.ws_url, "--rest-url", venue.rest_url)
            killed = one.start(*live, "--record", str(folder))
            one.until("/api/status", lambda found: found["recording"]["frames"] > 2 * WANTED and found["recording"]["bytes"])
            shown = one.until("/api/ticks?symbol=ETH/USDT", lambda found: len(found["ticks"]) > WANTED)["ticks"]
            one.until("/api/status", lambda found: len(written(folder, venue_of)) > WANTED)
            killed.send_signal(signal.SIGKILL)
            assert killed.wait(10) == -signal.SIGKILL
        ours = {int(tick["id"]): tick for tick in shown}
        read = [tick for tick in written(folder, venue_of) if tick.symbol == "ETH/USDT"]
        assert [tick.seq for tick in read] == list(range(read[0].seq, read[0].seq + len(read)))
        both = [tick for tick in read if tick.seq in ours]
        assert len(both) > WANTED / 2 and min(ours) == read[0].seq
        for tick in both:
            known = ours[tick.seq]
            assert (tick.id, tick.ts_event_ns, tick.ts_recv_ns) == (known["id"], known["ts_event_ns"], known["ts_recv_ns"])
            assert (float(tick.price), float(tick.size), tick.aggressor) == (
                float(known["price"]),
                float(known["size"]),
                known["aggressor"],
            )
        one.start("--feed", "replay", "--recording", str(folder), "--speed", "50")
        again = one.until("/api/status", lambda found: "breaks off after line" in found["feed"]["reason"])
        assert again["recording"] is None and again["feed"]["source"] == "replay"
        first = one.until("/api/ticks?symbol=ETH/USDT", lambda found: found["ticks"])["ticks"][0]
        assert first["id"] == read[0].id
        lines = [said for said in one.log.read_text().splitlines() if "breaks off after line" in said]
        assert len(lines) == 1 and "REPLAY" in lines[0]
    finally:
        one.close()


def written(folder: Path, venue_of: Any) -> list[Tick]:
    """The prints that can be read from disk now."""
    if not (folder.is_dir() and any(file.stat().st_size > 1_000 for file in folder.iterdir())):
        return []
    found: list[Tick] = []
    recording = open_recording(str(folder))
    parse = venue_of.ADAPTER.parser(recording.symbols)
    try:
        for recv_ns, text in recording.lines():
            found += [event for event in parse(text, recv_ns) if isinstance(event, Tick)]
    except Cut:
        pass
    return found
