"""Two transparent rules computed from prints, and how well each did so far. Floats; time is event time only.

Nothing here is advice: a rule says what it saw, in numbers, and its score says what came of it.
"""

from collections import deque
from dataclasses import replace

from app.core.model import Signal
from app.core.snapshot import RuleScore
from feeds.events import Gap, Tick

CROSS, SWEEP = "EMA cross", "sweep"
QUIET_NS = 2_000_000_000
"""A rule speaks at most once in this time."""
HORIZON_NS = 10_000_000_000
KEPT = 50

FAST, SLOW = 20, 100
"""Prints that the two averages of the price look back on; the aggressor imbalance looks back on `SLOW`."""
FAST_STEP, SLOW_STEP = 2 / (FAST + 1), 2 / (SLOW + 1)
IMBALANCE = 0.3
CONFIRM_NS = 2_000_000_000

RUN = 8
RUN_NS = 500_000_000
RUN_BP = 1.0

HOLE_NS = 1_000_000_000
"""Averages bridge a hole in the prints that is shorter."""


class Rules:
    """Both rules for one symbol. Mutable; lives in Desk. `signals`: the last 50, oldest first.

    EMA cross: the average price of about the last 20 prints crosses that of the last 100, and within 2 s the aggressors
    agree: (bought − sold) / all over about the last 100 prints is above 0.3 in the direction of the cross.
    Sweep: 8 prints in a row by the same aggressor, within 0.5 s, move the price by at least 1 bp in its direction.
    """

    def __init__(self, symbol: str):
        self.signals: tuple[Signal, ...] = ()
        self._symbol = symbol
        self._scores = {rule: RuleScore(rule, 0, None) for rule in (CROSS, SWEEP)}
        self._scores_view = tuple(self._scores.values())
        self._measured = {rule: 0 for rule in (CROSS, SWEEP)}
        self._spoke_ns: dict[str, int] = {}
        self._begin()

    def on_tick(self, tick: Tick, n: int) -> list[Signal]:
        """The signals that this print fires; `n` is its number since the epoch began."""
        price, ts_ns, aggressor = float(tick.price), tick.ts_event_ns, tick.aggressor
        if ts_ns >= self._due_ns and self._waiting:
            self._measure(price, ts_ns)
        found = []
        if self._swept(aggressor, price, ts_ns) and self._may_speak(SWEEP, ts_ns):
            found.append(self._fire(SWEEP, aggressor, tick, n, self._sweep_reason()))
        side = self._crossed(aggressor, float(tick.size), price, ts_ns)
        if side and self._may_speak(CROSS, ts_ns):
            found.append(self._fire(CROSS, side, tick, n, self._cross_reason()))
        return found

    def on_gap(self, gap: Gap) -> None:
        """Prints are missing: a run ends; after a longer hole the averages begin anew and no move is measured across it."""
        self._run.clear()
        if gap.to_ns - gap.from_ns >= HOLE_NS:
            self._begin()

    def scores(self) -> tuple[RuleScore, ...]:
        """One per rule, always in the same order; the same tuple until one changes."""
        return self._scores_view

    def _begin(self) -> None:
        self._waiting: deque[Signal] = deque()
        self._due_ns = 0
        self._seen = 0
        self._fast = self._slow = self._net = self._gross = 0.0
        self._above = 0
        self._confirm_until_ns = 0
        self._run: deque[tuple[int, float]] = deque(maxlen=RUN)
        self._run_side = 0

    def _swept(self, aggressor: int, price: float, ts_ns: int) -> bool:
        run = self._run
        if aggressor != self._run_side:
            self._run_side = aggressor
            run.clear()
        run.append((ts_ns, price))
        if len(run) < RUN or not aggressor:
            return False
        began_ns, began = run[0]
        return ts_ns - began_ns <= RUN_NS and aggressor * (price - began) * 10_000 >= RUN_BP * began

    def _crossed(self, aggressor: int, size: float, price: float, ts_ns: int) -> int:
        """+1 or −1 where a cross is confirmed by this print, else 0."""
        self._seen += 1
        if self._seen == 1:
            self._fast = self._slow = price
        self._fast = fast = self._fast + (price - self._fast) * FAST_STEP
        self._slow = slow = self._slow + (price - self._slow) * SLOW_STEP
        self._net += (aggressor * size - self._net) * SLOW_STEP
        self._gross += (size - self._gross) * SLOW_STEP
        above = 1 if fast > slow else -1 if fast < slow else self._above
        if above != self._above:
            self._above = above
            self._confirm_until_ns = ts_ns + CONFIRM_NS if self._seen > SLOW else 0
        if ts_ns <= self._confirm_until_ns and above * self._net > IMBALANCE * self._gross:
            self._confirm_until_ns = 0
            return above
        return 0

    def _may_speak(self, rule: str, ts_ns: int) -> bool:
        spoke_ns = self._spoke_ns.get(rule)
        return spoke_ns is None or ts_ns - spoke_ns >= QUIET_NS

    def _fire(self, rule: str, side: int, tick: Tick, n: int, reason: str) -> Signal:
        signal = Signal(rule, self._symbol, side, tick.price, n, tick.ts_event_ns, reason)
        self._spoke_ns[rule] = tick.ts_event_ns
        self._waiting.append(signal)
        self._due_ns = self._waiting[0].ts_event_ns + HORIZON_NS
        self.signals = (*self.signals, signal)[-KEPT:]
        self._note(replace(self._scores[rule], count=self._scores[rule].count + 1))
        return signal

    def _measure(self, price: float, ts_ns: int) -> None:
        """The first print 10 s or more after a signal says what came of it."""
        while self._waiting and ts_ns >= self._waiting[0].ts_event_ns + HORIZON_NS:
            signal = self._waiting.popleft()
            fired_at = float(signal.price)
            move_bp = signal.side * (price - fired_at) / fired_at * 10_000
            measured = replace(signal, move_bp=move_bp)
            self.signals = tuple(measured if other is signal else other for other in self.signals)
            score = self._scores[signal.rule]
            self._measured[signal.rule] += 1
            mean = score.mean_move_bp or 0.0
            self._note(replace(score, mean_move_bp=mean + (move_bp - mean) / self._measured[signal.rule]))
        self._due_ns = self._waiting[0].ts_event_ns + HORIZON_NS if self._waiting else 0

    def _note(self, score: RuleScore) -> None:
        self._scores[score.rule] = score
        self._scores_view = tuple(self._scores.values())

    def _cross_reason(self) -> str:
        share = abs(self._net) / self._gross
        direction, who = ("above", "buyers") if self._above > 0 else ("below", "sellers")
        return (
            f"average of {FAST} prints {self._fast:.8g} crossed {direction} that of {SLOW} {self._slow:.8g}; "
            f"{who} lead the volume by {share:.0%}"
        )

    def _sweep_reason(self) -> str:
        (began_ns, began), (ended_ns, ended) = self._run[0], self._run[-1]
        what, moved = ("buys", "up") if self._run_side > 0 else ("sells", "down")
        return (
            f"{RUN} {what} in a row in {(ended_ns - began_ns) / 1e6:.0f} ms moved the price {moved} "
            f"{abs(ended - began) / began * 10_000:.1f} bp, {began:.8g} to {ended:.8g}"
        )
