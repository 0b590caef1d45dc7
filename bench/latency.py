"""Part 1, tick to pixel: the contenders in alternation at each rate, medians of several stretches, ratios."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from bench.contenders import Contender, available
from bench.report import table, targets_table
from bench.stretch import NOISE_PERCENT, Painted, Stretch, measure, quietest

HEAD = (
    "tick to pixel",
    "ticks/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "p50 ÷ plain",
    "p50 ÷ limit",
    "draws/s",
    "long ms/s",
    "longest",
    "KB/s",
    "server %",
    "browser %",
    "start s",
    "reload s",
    "others %",
)


@dataclass(frozen=True, slots=True)
class Result:
    """One contender at one rate: its stretches, every number their median."""

    contender: Contender
    rate: float
    stretches: tuple[Stretch, ...]

    def of(self, name: str) -> float:
        return median(float(getattr(stretch, name)) for stretch in self.stretches)

    def drawn(self, name: str) -> float:
        return median(float(getattr(_page(stretch), name)) for stretch in self.stretches)

    def percentile(self, share: float) -> float:
        return median(_page(stretch).percentile(share) for stretch in self.stretches)

    @property
    def missing(self) -> int:
        return sum(stretch.missing or 0 for stretch in self.stretches)


def run(rates: Sequence[float], rounds: int, seconds: float, tries: int) -> None:
    """Measures and prints."""
    contenders = available()
    taken: dict[tuple[str, float], list[Stretch]] = {}
    for round_ in range(rounds):
        for rate in rates:
            for contender in contenders:
                try:
                    stretch = quietest(tries, partial(measure, contender, rate, seconds, seed=round_ + 1))
                except (RuntimeError, OSError) as error:
                    print(f"  {contender.title} at {rate:g}/s failed: {error}", flush=True)
                    continue
                taken.setdefault((contender.name, rate), []).append(stretch)
                print("  " + _line(contender, rate, stretch), flush=True)
    results = {
        (contender.name, rate): Result(contender, rate, tuple(taken[contender.name, rate]))
        for rate in rates
        for contender in contenders
        if (contender.name, rate) in taken
    }
    print("\n" + table(HEAD, [_row(result, results) for result in results.values()]))
    print("\n" + targets_table(_values(results, rates)) + "\n", flush=True)


def _line(contender: Contender, rate: float, stretch: Stretch) -> str:
    painted = _page(stretch)
    p50, p95, p99 = (painted.percentile(share) for share in (50, 95, 99))
    noise = f"  (noisy: others used {stretch.others_percent:.0f} % of a core)" if stretch.others_percent > NOISE_PERCENT else ""
    return f"{contender.title} at {rate:g}/s: {p50:.0f} / {p95:.0f} / {p99:.0f} ms, {painted.draws_per_s:.0f} draws/s{noise}"


def _row(result: Result, results: dict[tuple[str, float], Result]) -> list[str]:
    p50 = result.percentile(50)
    plain, limit = (results.get((name, result.rate)) for name in ("plain", "limit"))
    return [
        result.contender.title,
        f"{result.rate:g}",
        *(f"{result.percentile(share):.0f}" for share in (50, 95, 99)),
        f"{p50 / plain.percentile(50):.3f}" if plain else "–",
        f"{p50 / limit.percentile(50):.2f}" if limit else "–",
        f"{result.drawn('draws_per_s'):.1f}",
        f"{result.drawn('long_ms_per_s'):.0f}",
        f"{result.drawn('longest_ms'):.0f}",
        f"{result.of('bytes_per_s') / 1000:.1f}",
        f"{result.of('server_percent'):.1f}",
        f"{result.of('browser_percent'):.0f}",
        f"{result.of('start_s'):.2f}",
        f"{result.of('reload_s'):.2f}",
        f"{result.of('others_percent'):.0f}",
    ]


def _values(results: dict[tuple[str, float], Result], rates: Sequence[float]) -> dict[str, float | None]:
    """The targets' numbers, as far as measured."""

    def ratio(name: str, other: str, share: float, rate: float = 100, other_rate: float = 100) -> float | None:
        one, two = results.get((name, rate)), results.get((other, other_rate))
        return one.percentile(share) / two.percentile(share) if one and two else None

    values: dict[str, float | None] = {
        "plain_p50": ratio("desk", "plain", 50),
        "plain_p95": ratio("desk", "plain", 95),
        "limit_p50": ratio("desk", "limit", 50),
        "limit_p99": ratio("desk", "limit", 99),
        "rate_1000": ratio("desk", "desk", 50, 1000),
        "rate_5000": ratio("desk", "desk", 50, 5000),
        "interval_p50": ratio("interval", "plain", 50),
        "missing": sum(result.missing for result in results.values()),
    }
    desk = results.get(("desk", 100))
    if desk:
        values |= {"start": desk.of("start_s"), "reload": desk.of("reload_s"), "server_100": desk.of("server_percent")}
        values |= {"long": desk.drawn("long_ms_per_s"), "longest": desk.drawn("longest_ms")}
        values["bytes"] = desk.of("bytes_per_s") / 1000
    if fast := results.get(("desk", 5000)):
        values["server_5000"] = fast.of("server_percent")
    return values


def _page(stretch: Stretch) -> Painted:
    return stretch.painted[0]
