"""Part 3, what growth costs the dashboard: ticks per second, symbols, tabs of one browser, viewers elsewhere."""

from dataclasses import replace
from functools import partial

from bench.contenders import DESK, Contender, dashboard
from bench.market import listings
from bench.report import table, targets_table
from bench.stretch import Stretch, measure, quietest

RATE = 100.0
HEAD = (
    "cost of growth",
    "p50 ms",
    "worst page p50",
    "p99 ms",
    "÷ alone",
    "server %",
    "browser %",
    "server MB",
    "KB/s a viewer",
    "frames/s a viewer",
    "leaves p99 ms",
    "lost",
    "others %",
)


def run(seconds: float, tries: int) -> None:
    """Measures each step beside the first, prints as it goes."""
    steps: list[tuple[str, Contender, dict[str, float]]] = [
        ("alone: 2 symbols, 1 tab, 100 ticks/s", DESK, {}),
        ("1,000 ticks/s", DESK, {"rate": 1_000}),
        ("5,000 ticks/s", DESK, {"rate": 5_000}),
        ("8 symbols", _with_symbols(8), {"symbols": 8}),
        ("8 tabs of one browser", DESK, {"pages": 8}),
        ("1 more viewer", DESK, {"viewers": 1}),
        ("40 more viewers", DESK, {"viewers": 40}),
        ("40 more viewers, 5,000 ticks/s", DESK, {"viewers": 40, "rate": 5_000}),
    ]
    found: dict[str, Stretch] = {}
    for title, contender, change in steps:
        numbers = {name: int(value) for name, value in change.items() if name != "rate"}
        try:
            found[title] = quietest(tries, partial(measure, contender, change.get("rate", RATE), seconds, **numbers))
        except (RuntimeError, OSError) as error:
            print(f"  {title} failed: {error}", flush=True)
            continue
        print(f"  {title}: {found[title].painted[0].percentile(50):.0f} ms", flush=True)
    alone = found.get(steps[0][0])
    print("\n" + table(HEAD, [_row(title, stretch, alone) for title, stretch in found.items()]))
    many = found.get("40 more viewers")
    ratio = many.painted[0].percentile(50) / alone.painted[0].percentile(50) if many and alone else None
    one = found.get("1 more viewer")
    values = {
        "leaves": one.viewers["leaves_p99_ms"] if one else None,
        "viewers_p50": ratio,
        "viewers_server": many.server_percent if many else None,
    }
    print("\n" + targets_table(values) + "\n", flush=True)


def _with_symbols(count: int) -> Contender:
    names = ",".join(f"{listing.name.removesuffix('USDT')}/USDT" for listing in listings(count))
    return replace(DESK, command=dashboard("--transport", "auto", "--symbols", names))


def _row(title: str, stretch: Stretch, alone: Stretch | None) -> list[str]:
    first = stretch.painted[0]
    watched = stretch.viewers
    return [
        title,
        f"{first.percentile(50):.0f}",
        f"{max(painted.percentile(50) for painted in stretch.painted):.0f}",
        f"{first.percentile(99):.0f}",
        f"{first.percentile(50) / alone.painted[0].percentile(50):.2f}" if alone else "–",
        f"{stretch.server_percent:.1f}",
        f"{stretch.browser_percent:.0f}",
        f"{stretch.memory_mb:.0f}",
        f"{watched.get('bytes_per_s', stretch.bytes_per_s) / 1000:.1f}",
        f"{watched.get('frames_per_s', first.draws_per_s):.1f}",
        f"{watched['leaves_p99_ms']:.0f}" if watched else "–",
        f"{(stretch.missing or 0) + int(watched.get('lost', 0))}",
        f"{stretch.others_percent:.0f}",
    ]
