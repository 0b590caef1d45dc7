"""A frozen `Config` read from flags, environment and defaults (in this order of precedence). Starts nothing.

A wrong value raises `BadConfig` with one sentence.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, NoReturn

from app.core.admission import Terms
from app.core.dealing import Limits
from app.core.kinds import AccountKind, kind_of
from app.core.margin import Tier
from app.core.returns import RiskTerms
from app.core.throttle import PROFILES, Profile
from app.flags import FLAGS

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SIDE_CHARTS = (("first", "1m"), ("first", "1h"), ("first", "1d"), ("last", "1s"))


class BadConfig(ValueError):
    """One sentence that names the flag and says what it takes."""


class Shown(Exception):
    """Help was asked for: the text to print."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one process, checked."""

    host: str
    port: int
    leverage: int
    feed: str
    symbols: tuple[str, ...]
    side_charts: tuple[tuple[str, str], ...]
    recording: str
    record: str
    speed: float
    balance: Decimal
    fee_maker: Decimal
    fee_taker: Decimal
    order_latency: float
    order_limit: int
    repeat_guard_ms: int
    max_quantity: Decimal
    max_notional: Decimal
    price_collar: Decimal
    var_window: int
    var_bucket: str
    var_percent: float
    sectors: tuple[tuple[str, str], ...]
    tiers: tuple[Tier, ...]
    database: str
    ws_url: str
    rest_url: str
    ticks: int
    stale_after: float
    line_stale_after: float
    transport: str
    throttle: Profile
    drill_cost: float
    log_level: str
    log_file: str
    tune: str

    @property
    def local(self) -> bool:
        """Served to this machine only."""
        return self.host in LOOPBACK

    @property
    def venue(self) -> str:
        """Whose live feed it is, if any."""
        return "binance-usdm" if self.feed == "binance-usdm" else "binance"

    @property
    def may_change_state(self) -> bool:
        """Only on this machine, until there are users."""
        return self.local

    @property
    def kind(self) -> AccountKind:
        """What is held with this feed."""
        return kind_of(self.feed)

    @property
    def terms(self) -> Terms:
        """What a paper account trades on."""
        return Terms(
            self.leverage,
            round(self.order_latency * 1_000_000),
            self.fee_maker,
            self.fee_taker,
            self.price_collar,
            self.max_quantity,
            self.max_notional,
            self.tiers or self.kind.tiers,
        )

    @property
    def caution(self) -> str:
        """What is allowed, and will disappoint; empty when nothing."""
        terms = self.terms
        if (most := terms.tiers[0].leverage) >= self.leverage:
            return ""
        return f"--leverage {self.leverage}: the {terms.tiers_named} allow at most {most}, so no order that opens is taken"

    @property
    def limits(self) -> Limits:
        """The guards before it."""
        return Limits(self.order_limit, self.repeat_guard_ms * 1_000_000)

    @property
    def risk(self) -> RiskTerms:
        """How value at risk is measured."""
        return RiskTerms(self.var_window, self.var_bucket, self.var_percent, self.sectors or ())

    @property
    def budgets_ms(self) -> tuple[int, int]:
        """(line, symbol): how long silence may last."""
        return round(self.line_stale_after * 1000), round(self.stale_after * 1000)


def read_config(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Config:
    """Flags, then environment (an empty variable is none), then defaults → Config. Raises `BadConfig` or `Shown` (help)."""
    given = _given(arguments)
    values: dict[str, Any] = {}
    asked: dict[str, str] = {}
    for flag in FLAGS:
        text, where = given.get(flag.name), flag.name
        if text is None:
            text, where = environment.get(flag.env) or None, flag.env
        if text:
            asked[flag.name] = where
        if text is None:
            text, where = flag.default, flag.name
        try:
            values[flag.field] = flag.read(text) if text or flag.default else None
        except ValueError as error:
            raise BadConfig(f"{where} {text!r}: expected {error}") from None
    for flag in FLAGS:
        if flag.name in asked and values["feed"] not in flag.feeds:
            raise BadConfig(f"{asked[flag.name]} has no effect with --feed {values['feed']}: leave one of the two out")
    return _assemble(values)


def for_recording(config: Config, recorded: Sequence[str]) -> Config:
    """What a replay can show of the settings: the recording's own symbols where none were asked for, else only recorded ones."""
    missing = [symbol for symbol in config.symbols if symbol not in recorded]
    if config.feed != "replay" or not missing:
        return config
    if config.symbols != _default_symbols():
        raise BadConfig(f"--symbols {missing[0]} is not in the recording, which has {', '.join(recorded)}")
    return replace(config, symbols=tuple(recorded), side_charts=_default_charts(recorded))


def help_text(everything: bool) -> str:
    """What `--help` (the flags that matter) and `--help-all` print."""
    lines = ["usage: python run_dashboard.py [flags]", ""]
    for flag in FLAGS:
        if flag.common or everything:
            default = f" [{flag.default}]" if flag.default else ""
            lines.append(f"  {flag.name + ' ' + flag.metavar:32} {flag.help}{default}")
    lines += ["", "Every flag also by environment variable, unless that is empty: --port is DESK_PORT."]
    return "\n".join(lines if everything else [*lines, "All flags: --help-all"])


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadConfig(f"{message}: see --help-all")


def _given(arguments: Sequence[str]) -> dict[str, str | None]:
    parser = _Parser(add_help=False, allow_abbrev=False)
    for name in ("-h", "--help", "--help-all"):
        parser.add_argument(name, action="store_true")
    for flag in FLAGS:
        parser.add_argument(flag.name)
    found = vars(parser.parse_args(arguments))
    if found["h"] or found["help"] or found["help_all"]:
        raise Shown(help_text(found["help_all"]))
    return {flag.name: found[flag.field] for flag in FLAGS}


def _assemble(values: dict[str, Any]) -> Config:
    chosen = PROFILES[values["throttle"]]
    numbers = {
        name.removeprefix("throttle_"): value
        for name, value in values.items()
        if name.startswith("throttle_") and value is not None
    }
    intervals = [numbers.pop(f"interval_{level}", chosen.interval_ms[level]) for level in range(4)]
    sides = [1, *(numbers.pop(f"side_{level}", chosen.side_every[level]) for level in range(1, 4))]
    kept = {field.name: getattr(chosen, field.name) for field in fields(chosen)} | numbers
    profile = Profile(**kept | {"interval_ms": tuple(intervals), "side_every": tuple(sides)})
    if intervals != sorted(intervals):
        raise BadConfig(f"--throttle-interval-0 to -3 must grow: {', '.join(map(str, intervals))} do not")
    costs = profile.fast_ms, profile.slow_ms, profile.critical_ms
    if not costs[0] < costs[1] < costs[2]:
        raise BadConfig(f"--throttle-fast-ms, -slow-ms and -critical-ms must grow: {', '.join(map(str, costs))} do not")
    watched = values["symbols"]
    values["side_charts"] = values["side_charts"] or _default_charts(watched)
    for symbol, interval in values["side_charts"]:
        if symbol not in watched:
            raise BadConfig(f"--side-charts {symbol} {interval}: {symbol} is not among --symbols {','.join(watched)}")
        if values["side_charts"].count((symbol, interval)) > 1:
            raise BadConfig(f"--side-charts {symbol} {interval}: named twice")
    rest = {name: value for name, value in values.items() if not name.startswith("throttle")}
    rest |= {name: "" for name, value in rest.items() if value is None}
    return Config(**rest, throttle=profile)


def _default_symbols() -> tuple[str, ...]:
    (flag,) = (flag for flag in FLAGS if flag.name == "--symbols")
    return tuple(flag.read(flag.default))


def _default_charts(watched: Sequence[str]) -> tuple[tuple[str, str], ...]:
    ends = {"first": watched[0], "last": watched[-1]}
    return tuple((ends[end], interval) for end, interval in SIDE_CHARTS)


def fail(sentence: str) -> int:
    """One clear line on stderr; the exit code for wrong input."""
    print(f"run_dashboard: {sentence}", file=sys.stderr)
    return 2
