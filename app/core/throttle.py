"""How often one page may refresh: a pure state machine from what refreshes cost, and the two log lines that let a person
tune it. Knows no page, transport or clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

TOP_LEVEL = 3
PARTS = ("cost", "build", "transfer", "draw")


@dataclass(frozen=True, slots=True)
class Profile:
    """The numbers of one throttle; by level 0–3 where there are four.

    A refresh that cost less than `fast_ms` is fast, more than `slow_ms` slow, more than `critical_ms` critical; `streak`
    fast ones in a row lead one level down. At level n side charts draw every `side_every[n]`-th refresh.
    """

    name: str
    interval_ms: tuple[float, float, float, float]
    start_level: int
    fast_ms: float
    slow_ms: float
    critical_ms: float
    streak: int = 3
    side_every: tuple[int, int, int, int] = (1, 2, 4, 8)


PROFILES: Mapping[str, Profile] = {
    "scalping": Profile("scalping", (100, 200, 400, 1000), 1, 60, 150, 600),
    "conservative": Profile("conservative", (1000, 2000, 3500, 5000), 1, 1000, 3000, 8000),
}


@dataclass(frozen=True, slots=True)
class State:
    """One page's throttle. `streak`: fast refreshes in a row, above level 0; `skip_next`: the next cost does not count."""

    level: int
    streak: int
    profile: Profile
    skip_next: bool

    @property
    def interval_ms(self) -> float:
        return self.profile.interval_ms[self.level]

    @property
    def side_every(self) -> int:
        return self.profile.side_every[self.level]


def start(profile: Profile) -> State:
    """A page that has just loaded: its first cost is the cost of loading and does not count."""
    return State(profile.start_level, 0, profile, True)


def resumed(state: State) -> State:
    """After a pause, or in a new epoch: the next refresh brings everything at once, so its cost does not count."""
    return replace(state, skip_next=True)


def step(state: State, cost_ms: float) -> State:
    """The state after a refresh that cost so much (server build + transfer + draw). A skipped refresh takes no step."""
    if state.skip_next:
        return replace(state, skip_next=False)
    verdict = judge(state.profile, cost_ms)
    level, streak = state.level, 0
    if verdict == "critical":
        level = TOP_LEVEL
    elif verdict == "slow":
        level = min(TOP_LEVEL, level + 1)
    elif verdict == "fast" and level and state.streak + 1 < state.profile.streak:
        streak = state.streak + 1
    elif verdict == "fast":
        level = max(0, level - 1)
    return state if (level, streak) == (state.level, state.streak) else replace(state, level=level, streak=streak)


def judge(profile: Profile, cost_ms: float) -> str:
    """`fast`, `steady`, `slow` or `critical`; a cost equal to a threshold has not crossed it."""
    if cost_ms > profile.critical_ms:
        return "critical"
    if cost_ms > profile.slow_ms:
        return "slow"
    return "fast" if cost_ms < profile.fast_ms else "steady"


class Summary:
    """What the refreshes of one stretch (30 s) cost, by part. `skipped`: refreshes in which nothing had changed."""

    def __init__(self) -> None:
        self.skipped = 0
        self._costs: dict[str, list[float]] = {part: [] for part in PARTS}
        self._by_level: dict[int | None, list[float]] = {}

    @property
    def n(self) -> int:
        return len(self._costs["cost"])

    def add(
        self,
        cost_ms: float,
        level: int | None = None,
        /,
        *,
        build_ms: float = 0.0,
        transfer_ms: float = 0.0,
        draw_ms: float = 0.0,
    ) -> None:
        """One refresh, made at `level` (None: whichever the summary is written at)."""
        for part, value in zip(PARTS, (cost_ms, build_ms, transfer_ms, draw_ms), strict=True):
            self._costs[part].append(value)
        self._by_level.setdefault(level, []).append(cost_ms)

    def costs(self, part: str) -> Sequence[float]:
        """Every value of one of `PARTS`, in ms, in order."""
        return self._costs[part]

    def by_level(self, current: int) -> list[tuple[int, Sequence[float]]]:
        """(level, total costs) in order of level; refreshes added without one count as `current`."""
        found: dict[int, list[float]] = {}
        for level, costs in self._by_level.items():
            found.setdefault(current if level is None else level, []).extend(costs)
        return sorted(found.items())


def percentile(values: Sequence[float], percent: int) -> float | None:
    """By nearest rank: the least of the values that at least `percent` of 100 do not exceed. None of nothing."""
    if not values:
        return None
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(0, rank - 1)]


def level_line(page: str, before: State, after: State, cost_ms: float) -> str:
    """A change of level and the numbers that caused it."""
    profile = after.profile
    verdict = judge(profile, cost_ms)
    return "throttle level " + _pairs(
        page=_word(page),
        old=before.level,
        new=after.level,
        cause=verdict,
        cost_ms=cost_ms,
        streak=before.streak + 1 if verdict == "fast" else 0,
        **_numbers(after),
    )


def summary_line(page: str, transport: str, state: State, summary: Summary, ticks_per_s: float) -> str:
    """One stretch's costs. `by_level` holds level/refreshes/p50/p95 of the total cost, a group for each level."""
    groups = (
        f"{level}/{len(costs)}/{_text(percentile(costs, 50))}/{_text(percentile(costs, 95))}"
        for level, costs in summary.by_level(state.level)
    )
    spread = {f"{part}_p{percent}_ms": percentile(summary.costs(part), percent) for part in PARTS for percent in (50, 95)}
    return "throttle summary " + _pairs(
        page=_word(page),
        transport=transport,
        level=state.level,
        n=summary.n,
        **spread,
        cost_max_ms=percentile(summary.costs("cost"), 100),
        by_level=",".join(groups) or None,
        skipped=summary.skipped,
        ticks_per_s=ticks_per_s,
        **_numbers(state),
    )


def _numbers(state: State) -> dict[str, object]:
    profile = state.profile
    thresholds = {"fast_ms": profile.fast_ms, "slow_ms": profile.slow_ms, "critical_ms": profile.critical_ms}
    return {"interval_ms": state.interval_ms, **thresholds, "streak_to_drop": profile.streak, "profile": profile.name}


def _pairs(**values: object) -> str:
    return " ".join(f"{name}={_text(value)}" for name, value in values.items())


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{round(value, 2):.15g}" if isinstance(value, float) else str(value)


def _word(text: str) -> str:
    """A page's id comes from a browser: whatever is no letter, digit, - or _ must not reach the log as it is."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "?" for letter in text) or "?"
