"""Recordings for tests: small ones written as a recorder would, and what is heard when one is played."""

import threading
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from feeds.events import Event, SourceStarted
from feeds.intake import Intake
from feeds.recording import Recording
from feeds.replay import Replay
from feeds.venues import binance

START_NS = 1_700_000_000_000_000_000


def line(offset_ms: int, number: int, price: str = "100.00") -> str:
    """One print of ETH/USDT, received so many ms after the start, traded 10 ms earlier."""
    recv_ns = START_NS + offset_ms * 1_000_000
    message = f'{{"e":"trade","s":"ETHUSDT","t":{number},"p":"{price}","q":"1.5","T":{recv_ns // 1_000_000 - 10},"m":false}}'
    return f'{{"recv_ns":{recv_ns},"msg":{message}}}\n'


def write(folder: Path, text: str | bytes, name: str = "session.jsonl") -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


class Heard:
    """What came out of the inbox, with the moment of each batch; `until` waits for a condition instead of sleeping."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.moments: list[float] = []
        self.began = 0.0
        self._changed = threading.Condition()

    def emit(self, batch: Sequence[Event]) -> None:
        with self._changed:
            self.events += batch
            self.moments += [monotonic()] * len(batch)
            self._changed.notify_all()

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    def until(self, kind: type, count: int, timeout_s: float = 20.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.of(kind)) >= count, timeout_s), f"{len(self.of(kind))} {kind}"

    def first_loop(self) -> list[Event]:
        """Events from the first start to the second."""
        starts = [at for at, event in enumerate(self.events) if isinstance(event, SourceStarted)]
        return self.events[starts[0] : starts[1]]


def played(recording: Recording, speed: float, kind: type, count: int, **more: object) -> Heard:
    """Plays until so many events of that kind were heard, then stops (which must take less than a second)."""
    heard = Heard()
    intake = Intake(heard.emit)
    replay = Replay(recording, intake, binance.ADAPTER.parser(recording.symbols), speed=speed, **more)
    intake.start()
    heard.began = monotonic()
    replay.start()
    heard.until(kind, count)
    asked = monotonic()
    replay.stop()
    assert monotonic() - asked < 1.0
    intake.stop()
    return heard
