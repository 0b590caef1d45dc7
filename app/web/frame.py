"""(Snapshot, what the page has) → the frame that brings it up to date. Pure; docs/frames.md says what a frame holds.

A page's cursor is one *mark* per section: what it has of it. A `Flush` encodes each (section, mark) once, so viewers that
stand at the same place share the bytes. Sections that need not move with every frame move at most once per slot.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

import orjson

from app.core.snapshot import Snapshot
from app.web import sections
from app.web.section import Held, Section

Marks = Mapping[str, object]

NOW_SLOT_MS = 100


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows: main symbol, window of the tick chart, side charts (symbol, interval).

    `keys`: names of the sections of this page, in drawing order; `side_keys`: those of its side charts, drawn after them.
    """

    symbol: str
    window: str = "200"
    charts: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = field(init=False, compare=False, repr=False)
    side_keys: tuple[str, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        shown = ("ticks", "quote", *(("buckets",) if self.window != "200" else ()), "markers", "gaps", "lines")
        of_desk = ("positions", "orders", "risk", "alerts", "equity", "journal", "status")
        object.__setattr__(self, "keys", (*(f"{name}|{self.symbol}" for name in shown), *of_desk))
        bars = (f"bars|{symbol}|{interval}" for symbol, interval in self.charts)
        others = dict.fromkeys(f"lines|{symbol}" for symbol, _ in self.charts if symbol != self.symbol)
        object.__setattr__(self, "side_keys", (*bars, *others))

    def names(self) -> tuple[str, ...]:
        return (*self.keys, *self.side_keys, "throttle")


@dataclass(frozen=True, slots=True)
class Frame:
    """`text`: the message as JSON. `marks`: the cursor of a page that has applied it. `empty`: nothing changed.

    `errors`: sections that could not be built; whoever sends the frame logs them. `due_ms`: when a section that was held back
    for its slot may go, infinite when there is none.
    """

    epoch: str
    version: int
    text: bytes
    marks: Marks
    empty: bool
    errors: Mapping[str, Exception]
    due_ms: float = inf


class Flush:
    """One snapshot on its way out. `at_ms`: a steady clock, for slots; `wall_ns`: ours, for the age of the newest tick."""

    def __init__(self, snapshot: Snapshot, at_ms: float, wall_ns: int):
        self.snapshot = snapshot
        self._at_ms = at_ms
        self._wall_ns = wall_ns
        self._encoded: dict[tuple[str, int], Section | Held | Exception | None] = {}

    def frame(
        self, view: View, marks: Marks | None, *, with_side: bool = True, throttle: bytes = b"", in_order: bool = False
    ) -> Frame:
        """`marks` None: everything anew. `with_side` False leaves the side charts for a later refresh. `in_order`: the channel
        delivers in order, so that only full frames need name the epoch.
        """
        after = dict(marks or {})
        parts: list[bytes] = []
        errors: dict[str, Exception] = {}
        fresh_ticks, due_ms = False, inf
        for key in (*view.keys, *(view.side_keys if with_side or marks is None else ())):
            section = self._section(key, after.get(key))
            if isinstance(section, Exception):
                errors[key] = section
                continue
            if isinstance(section, Held):
                due_ms = min(due_ms, section.until_ms)
            elif section is not None:
                after[key] = section.mark
                if not section.text:
                    continue
                parts.append(section.text)
                fresh_ticks = fresh_ticks or key.startswith("ticks|")
        said = {key: f"{type(error).__name__}: {error}" for key, error in errors.items()}
        empty = not parts and said == after.get("errors", {})
        after["errors"] = said
        if throttle and after.get("throttle") != throttle:
            after["throttle"] = throttle
            parts.append(throttle)
        head: dict[str, object] = {"version": self.snapshot.version}
        if marks is None or not in_order:
            head["epoch"] = self.snapshot.epoch
        if marks is None:
            head["full"] = True
        slot = int(self._at_ms // NOW_SLOT_MS)
        if after.get("now") != slot:
            after["now"] = slot
            head["now_ms"] = round(self.snapshot.now_ns / 1e6, 1)
        if fresh_ticks:
            head["recv_ms"] = self._recv_ms(view.symbol)
        if said:
            head["errors"] = said
        return Frame(self.snapshot.epoch, self.snapshot.version, _text(head, parts), after, empty, errors, due_ms)

    def witness(self, throttle: bytes, *, health: bool) -> bytes:
        """What the Interval says while it does not draw: how far the desk is; `health`: and the status."""
        parts, errors = [throttle], {}
        status = self._section("status", None) if health else None
        if isinstance(status, Exception):
            errors["status"] = f"{type(status).__name__}: {status}"
        elif isinstance(status, Section):
            parts.append(status.text)
        head = {"witness": True, "epoch": self.snapshot.epoch, "version": self.snapshot.version}
        return _text({**head, "errors": errors} if errors else head, parts)

    def _section(self, key: str, mark: object) -> Section | Held | Exception | None:
        at = (key, id(mark))  # viewers at the same place hold the same mark
        if at not in self._encoded:
            try:
                self._encoded[at] = sections.build(self.snapshot, key, mark, self._at_ms)
            except Exception as error:  # one broken panel must not take the others with it
                self._encoded[at] = error
        return self._encoded[at]

    def _recv_ms(self, symbol: str) -> float | None:
        """Flush − receipt of the newest tick on the server; in replay, receipt is when the desk took it in."""
        market = self.snapshot.symbols.get(symbol)
        if market is None or not market.ticks:
            return None
        replayed = self.snapshot.feed.kind == "replay"
        received_ns = self.snapshot.applied_ns if replayed else market.ticks[-1].ts_recv_ns
        return round(max(0, self._wall_ns - received_ns) / 1e6, 1)


def _text(head: Mapping[str, object], parts: Iterable[bytes]) -> bytes:
    return orjson.dumps(head)[:-1] + b',"sections":[' + b",".join(parts) + b"]}"
