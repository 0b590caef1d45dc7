"""A log → what refreshes cost at each level → throttle numbers to use. Reads only what `app.core.throttle` wrote.

Pandas is loaded by `tune` itself: the dashboard's own start does not wait for it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Found = dict[str, Any]

LINE = re.compile(r"\bthrottle (level|summary) (page=.*)")
PAIR = re.compile(r"(\w+)=(\S+)")
NEEDED = {
    "level": ("page", "old", "new", "cost_ms", "profile"),
    "summary": ("page", "transport", "n", "by_level", "profile"),
}
"""`profile` stands last: a line that holds it was not cut off."""
WORDS = ("page", "transport", "cause", "profile", "by_level")

ENOUGH = 100
"""Refreshes at one level below which its 95th percentile says nothing: it would rest on the five dearest."""
HEADROOM = 1.5
SLOW_PER_FAST, CRITICAL_PER_FAST = 2.5, 10
BUSY_AT_MOST = 1 / 3
LEAST_INTERVAL_MS, LEAST_FAST_MS = 50, 20
STEPS, STEPS_WHEN_SLOW, SLOW_FROM_MS = (1, 2, 4, 10), (1, 2, 3.5, 5), 500
RESTLESS_PER_MINUTE = 4
STREAK_WHEN_RESTLESS = 5
SUMMARIES_PER_MINUTE = 2


class Untunable(ValueError):
    """The file cannot be read, or nothing in it is about the throttle: one sentence that says which."""


@dataclass(frozen=True, slots=True)
class Recommended:
    """Throttle numbers, all in ms but the last two."""

    interval_ms: tuple[int, ...]
    fast_ms: int
    slow_ms: int
    critical_ms: int
    streak: int
    start_level: int

    def flags(self) -> str:
        """The flags of run_dashboard.py that set these numbers."""
        numbers = {f"interval-{level}": interval for level, interval in enumerate(self.interval_ms)}
        numbers |= {"fast-ms": self.fast_ms, "slow-ms": self.slow_ms, "critical-ms": self.critical_ms}
        numbers |= {"streak": self.streak, "start-level": self.start_level}
        return " ".join(f"--throttle-{name} {number}" for name, number in numbers.items())


def tune(path: str) -> str:
    """What `--tune LOGFILE` prints: costs per transport and level, then numbers and flags, or why there are none yet.

    Raises `Untunable` where the file is no such log.
    """
    found, damaged = [], 0
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                parsed = parse_line(line)
                if parsed is not None:
                    found.append(parsed)
                elif LINE.search(line):
                    damaged += 1
    except OSError as error:
        raise Untunable(f"--tune {path!r} cannot be read: {error.strerror or error}") from None
    if not found:
        raise Untunable(f"--tune {path!r} holds no throttle lines; a log made with --log-file while a page is open does")
    return _report(found, damaged)


def parse_line(line: str) -> Found | None:
    """One log line's pairs with numbers read, `kind` (`level` or `summary`) and `by_level` as [(level, n, p50, p95), …].

    None for any other line, and for one that is cut off or damaged. `-` is None.
    """
    match = LINE.search(line)
    if match is None:
        return None
    pairs = dict(PAIR.findall(match[2]))
    try:
        found = {name: text if name in WORDS else _number(text) for name, text in pairs.items()}
        found["by_level"] = [_group(text) for text in pairs.get("by_level", "-").split(",") if text != "-"]
    except ValueError:
        return None
    return {"kind": match[1], **found} if pairs.keys() >= set(NEEDED[match[1]]) else None


def recommend(p95_ms: float, streak: int, start_level: int) -> Recommended:
    """Numbers for a page whose refreshes usually (95 of 100) cost at most `p95_ms` at rest.

    interval-0 is three times that, so that a page is busy for a third of the time at most; fast is 1.5 times that, so that the
    usual counts as fast and the way down is open; slow is 2.5 and critical 10 times fast, as in the profile `scalping`.
    """
    fast_ms = _round_up(max(LEAST_FAST_MS, p95_ms * HEADROOM))
    first_ms = _round_up(max(LEAST_INTERVAL_MS, p95_ms / BUSY_AT_MOST))
    steps = STEPS if first_ms < SLOW_FROM_MS else STEPS_WHEN_SLOW
    intervals = tuple(round(first_ms * step) for step in steps)
    slow_ms, critical_ms = _round_up(fast_ms * SLOW_PER_FAST), fast_ms * CRITICAL_PER_FAST
    return Recommended(intervals, fast_ms, slow_ms, critical_ms, streak, start_level)


def _report(found: Sequence[Found], damaged: int) -> str:
    summaries = [line for line in found if line["kind"] == "summary"]
    changes = len(found) - len(summaries)
    table = _costs(summaries)
    refreshes = int(table["n"].sum())
    pages = len({line["page"] for line in found})
    text = [
        f"{refreshes:,} refreshes in {_count(len(summaries), 'summary line')} of {_count(pages, 'page')}, "
        + _count(changes, "change of level", "changes of level")
    ]
    if damaged:
        text.append(f"{_count(damaged, 'throttle line')} cut off or damaged: passed over")
    if refreshes:
        text += ["", "cost per refresh, ms", _printed(table)]
    by_transport = table.groupby("transport")["n"].sum()
    transport = by_transport.idxmax() if refreshes else ""
    usual = table[table["transport"] == transport].sort_values("level")
    enough = usual[usual["n"] >= ENOUGH]
    if enough.empty:
        most = int(usual["n"].max()) if refreshes else 0
        need = f"{most} refreshes at one level, {ENOUGH} are needed; keep a page open for some minutes more"
        return "\n".join([*text, "", f"too few samples to recommend anything: {need}"])
    if damaged > len(found):
        return "\n".join([*text, "", "more throttle lines are damaged than whole: nothing is recommended from such a log"])
    rest = enough.iloc[0]
    text += _doubts(usual, rest)
    per_minute = changes * SUMMARIES_PER_MINUTE / len(summaries)
    streak = STREAK_WHEN_RESTLESS if per_minute > RESTLESS_PER_MINUTE else int(summaries[-1].get("streak_to_drop") or 3)
    start_level = int(usual.loc[usual["n"].idxmax(), "level"])
    numbers = recommend(float(rest["p95"]), streak, start_level)
    return "\n".join([*text, "", *_explained(numbers, rest, per_minute), "", f"python run_dashboard.py {numbers.flags()}"])


def _doubts(usual: Any, rest: Any) -> list[str]:
    """What the numbers do not rest on, and that they were not measured at rest where that is so."""
    thin = [f"level {row['level']}: {row['n']}" for _, row in usual[usual["n"] < ENOUGH].iterrows()]
    doubts = [f"not used, fewer than {ENOUGH} refreshes: {', '.join(thin)}"] if thin else []
    if rest["level"] > usual["level"].min():
        doubts.append(
            f"careful: the page was not at rest for long enough, so these numbers are those of the busier level {rest['level']}; "
            "a log without the drill and without other load says more"
        )
    return ["", *doubts] if doubts else []


def _costs(summaries: Sequence[Found]) -> Any:
    """A data frame: transport, level, n, p50, p95. A percentile is the median of the lines' own, weighted by refreshes."""
    import pandas as pd

    rows = [(line["transport"], *group) for line in summaries for group in line["by_level"]]
    lines = pd.DataFrame(rows, columns=["transport", "level", "n", "p50", "p95"])
    return pd.DataFrame(
        [
            (transport, level, int(group["n"].sum()), _weighted_median(group, "p50"), _weighted_median(group, "p95"))
            for (transport, level), group in lines.groupby(["transport", "level"])
        ],
        columns=lines.columns,
    )


def _weighted_median(group: Any, column: str) -> float:
    ordered = group.sort_values(column)
    reached = ordered["n"].cumsum() >= ordered["n"].sum() / 2
    return float(ordered.loc[reached, column].iloc[0])


def _printed(table: Any) -> str:
    return str(table.to_string(index=False, float_format=lambda value: f"{value:.1f}"))


def _explained(numbers: Recommended, rest: Any, per_minute: float) -> list[str]:
    intervals = " ".join(str(interval) for interval in numbers.interval_ms)
    return [
        f"recommended, from level {rest['level']} by {rest['transport']} (p50 {rest['p50']:.1f} ms, p95 {rest['p95']:.1f} ms):",
        f"  intervals {intervals} ms: at rest a page is busy for a third of the time at most",
        f"  fast below {numbers.fast_ms} ms: what is usual at rest counts as fast, so the way down is open",
        f"  slow above {numbers.slow_ms} ms: {SLOW_PER_FAST} × fast",
        f"  critical above {numbers.critical_ms} ms: {CRITICAL_PER_FAST} × fast",
        f"  {numbers.streak} fast ones lead a level down: the level changed {per_minute:.1f} times a minute",
        f"  start at level {numbers.start_level}: most refreshes were made there",
    ]


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _round_up(value_ms: float) -> int:
    """To two digits, in steps of 5 ms at least: 33 → 35, 121 → 130, 1,234 → 1,300."""
    step = max(5, int(10 ** (math.floor(math.log10(value_ms)) - 1)))
    return math.ceil(value_ms / step) * step


def _number(text: str) -> float | None:
    if text == "-":
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _group(text: str) -> tuple[int, int, float, float]:
    level, n, p50, p95 = text.split("/")
    if float(p50) < 0 or not math.isfinite(float(p95)) or int(n) < 1:
        raise ValueError(text)
    return int(level), int(n), float(p50), float(p95)
