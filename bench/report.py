"""What was measured, against the targets: tables of ratios, as text. Measures nothing."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One promise, smaller is better. `must` and `aim` in the unit that `form` writes."""

    name: str
    must: float
    aim: float
    form: str = "{:.2f}"

    def row(self, value: float | None) -> list[str]:
        if value is None or value != value:
            return [self.name, "–", self._text(self.must), self._text(self.aim), "not measured"]
        verdict = "aim met" if value <= self.aim else "must met" if value <= self.must else "MISSED"
        return [self.name, self._text(value), self._text(self.must), self._text(self.aim), verdict]

    def _text(self, value: float) -> str:
        return "never" if value == float("inf") else self.form.format(value)


TARGETS = {
    "plain_p50": Target("p50 at 100/s, ratio to the plain way", 0.06, 0.04, "{:.3f}"),
    "plain_p95": Target("p95 at 100/s, ratio to the plain way", 0.09, 0.05, "{:.3f}"),
    "limit_p50": Target("p50 at 100/s, ratio to the limit", 1.5, 1.1),
    "limit_p99": Target("p99 at 100/s, ratio to the limit", 2.0, 1.3),
    "rate_1000": Target("p50 at 1,000/s, ratio to 100/s", 1.5, 1.2),
    "rate_5000": Target("p50 at 5,000/s, ratio to 100/s", 2.0, 1.3),
    "interval_p50": Target("Interval alone: p50 at 100/s, ratio to the plain way", 0.20, 0.09, "{:.3f}"),
    "start": Target("command → first tick drawn, s", 3.0, 2.0),
    "reload": Target("reload → first tick drawn, s", 1.0, 0.5),
    "long": Target("long tasks, ms per second, at 100/s", 50, 10, "{:.0f}"),
    "longest": Target("longest task, ms, at 100/s", 80, 50, "{:.0f}"),
    "missing": Target("ticks missing from the drawn window, all rates", 0, 0, "{:.0f}"),
    "lost": Target("ticks not ingested, 5,000 messages/s", 0, 0, "{:.0f}"),
    "server_100": Target("server CPU at 100/s, % of a core", 6, 4, "{:.1f}"),
    "server_5000": Target("server CPU at 5,000/s, % of a core", 30, 15, "{:.1f}"),
    "leaves": Target("by WebSocket a frame leaves after its oldest event, p99, ms", 50, 33, "{:.0f}"),
    "viewers_p50": Target("40 more viewers: p50, ratio to alone", 1.5, 1.2),
    "viewers_server": Target("40 more viewers: server CPU, % of a core", 40, 20, "{:.1f}"),
    "bytes": Target("bytes per viewer at 100/s, KB/s", 15, 8, "{:.1f}"),
}


def targets_table(values: dict[str, float | None]) -> str:
    """The promises that `values` speaks of, in the order above."""
    rows = [TARGETS[key].row(values[key]) for key in TARGETS if key in values]
    return table(("target", "measured", "must", "aim", ""), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the first is text, the others are right-aligned numbers."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]

    def text(line: Sequence[str]) -> str:
        pads = (str.ljust, *[str.rjust] * (len(line) - 1))
        return "  ".join(pad(cell, width) for pad, cell, width in zip(pads, line, widths, strict=True)).rstrip()

    return "\n".join([text(lines[0]), "  ".join("-" * width for width in widths), *map(text, lines[1:])])
