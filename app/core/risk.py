"""What open positions may cost: value at risk, the chance of a liquidation, the cost of a round trip, exposure. Pure.

Estimates, so floats; money that is counted stays Decimal. Made outside the lock, from a snapshot.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from app.core import margin
from app.core.matching import BP
from app.core.returns import RiskTerms
from app.core.snapshot import Snapshot
from feeds.events import Candle

ZERO = Decimal(0)
VOLATILITY_S, WARM_UP_S = 300, 60
HORIZONS_S = (10, 60)
SECTORS = {
    "BTC": "store of value",
    "LTC": "payments",
    "XRP": "payments",
    "BCH": "payments",
    "ETH": "smart contracts",
    "SOL": "smart contracts",
    "ADA": "smart contracts",
    "AVAX": "smart contracts",
    "DOT": "smart contracts",
    "BNB": "exchanges",
    "LINK": "infrastructure",
    "UNI": "decentralised finance",
    "AAVE": "decentralised finance",
    "DOGE": "memes",
    "SHIB": "memes",
}
"""Ours, and small; a file adds to it (`--sectors`)."""


@dataclass(frozen=True, slots=True)
class PositionRisk:
    """`value_at_risk` in the quote currency, from `returns` of them. `touch`: the chance of liquidation within each horizon.

    `cost_percent`: of a round trip, in % of the margin. None where it is not known.
    """

    symbol: str
    value_at_risk: float | None
    returns: int
    touch: tuple[float | None, ...]
    cost_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class BookRisk:
    """The whole book; `exposure` by asset and by sector: signed worth at the marks."""

    positions: tuple[PositionRisk, ...]
    value_at_risk: float | None
    returns: int
    assets: tuple[tuple[str, Decimal], ...]
    sectors: tuple[tuple[str, Decimal], ...]


def book_risk(snapshot: Snapshot) -> BookRisk:
    terms, returns = snapshot.risk_terms, snapshot.returns
    worth = {
        position.symbol: margin.EXACT.multiply(position.quantity, mark)
        for position in snapshot.account.positions
        if (market := snapshot.symbols.get(position.symbol)) is not None and (mark := market.mark) is not None
    }
    rows = []
    for position in snapshot.account.positions:
        symbol, market = position.symbol, snapshot.symbols.get(position.symbol)
        own = returns.own.get(symbol, ())
        mark = None if market is None else market.mark
        sigma = None if market is None else volatility(market.series["1s"].closed)
        liquidation = margin.liquidation_price(position, snapshot.terms.tiers)
        touch = tuple(touch_chance(mark, liquidation, sigma, horizon) for horizon in HORIZONS_S)
        at_risk = value_at_risk([[one] for one in own], [worth[symbol]], terms.percent) if symbol in worth else None
        rows.append(PositionRisk(symbol, at_risk, len(own), touch, _round_trip(snapshot, symbol)))
    known = returns.symbols == tuple(worth) and len(worth) == len(snapshot.account.positions)
    joint = returns.joint if known else ()
    assets = _summed((symbol.partition("/")[0], value) for symbol, value in worth.items())
    sectors = SECTORS | dict(terms.sectors)
    by_sector = _summed((sectors.get(asset, "no sector"), value) for asset, value in assets)
    whole = value_at_risk(joint, list(worth.values()), terms.percent) if known else None
    return BookRisk(tuple(rows), whole, len(joint), assets, by_sector)


def value_at_risk(returns: Sequence[Sequence[float]], worth: Sequence[Decimal], percent: float) -> float | None:
    """Historical simulation (Jorion, Value at Risk, ch. 10): what the present positions would have made of each past return,
    worth · r summed over them; minus the `percent` quantile of that, linear between neighbours. A loss is positive; never below
    zero. None before the second return.
    """
    if len(returns) < 2 or not worth:
        return None
    weights = [float(one) for one in worth]
    made = sorted(sum(weight * one for weight, one in zip(weights, row, strict=True)) for row in returns)
    at = (len(made) - 1) * percent / 100
    below = min(int(at), len(made) - 2)
    return max(0.0, -(made[below] + (at - below) * (made[below + 1] - made[below])))


def volatility(seconds: Sequence[Candle]) -> float | None:
    """σ per √second: √(Σ r² / seconds) of one-second log returns of the last 300 s; a second without a print has a return
    of zero. None before a minute.
    """
    if len(seconds) < 2:
        return None
    last = seconds[-1].open_time_ms
    recent = [bar for bar in seconds[-VOLATILITY_S - 1 :] if last - bar.open_time_ms <= VOLATILITY_S * 1000]
    spent = (last - recent[0].open_time_ms) / 1000
    if spent < WARM_UP_S:
        return None
    closes = [float(bar.close) for bar in recent]
    squares = sum(math.log(after / before) ** 2 for before, after in zip(closes, closes[1:], strict=False))
    return math.sqrt(squares / spent)


def touch_chance(mark: Decimal | None, liquidation: Decimal | None, sigma: float | None, horizon_s: float) -> float | None:
    """2 · Φ(−|ln(P / L)| / (σ · √T)), at most 1: the reflection principle of Brownian motion (Karatzas and Shreve, 2.6).

    Assumes a log price without drift, of the volatility of the last five minutes, watched without a pause and without jumps: a
    market that gaps or wakes up is worse than this says. None where something is not known; 0 where there is no such price.
    """
    if mark is None or sigma is None:
        return None
    if liquidation is None:
        return 0.0
    far = abs(math.log(float(mark) / float(liquidation)))
    if not sigma:
        return 0.0 if far else 1.0
    return min(1.0, math.erfc(far / (sigma * math.sqrt(horizon_s)) / math.sqrt(2)))


def _round_trip(snapshot: Snapshot, symbol: str) -> Decimal | None:
    """|Q| · (2 · taker fee · mark + spread) in % of the margin: in and out at the market, as it stands."""
    (position,) = (one for one in snapshot.account.positions if one.symbol == symbol)
    market = snapshot.symbols.get(symbol)
    if market is None or market.quote is None or market.mark is None:
        return None
    with localcontext(margin.EXACT):
        one_unit = 2 * snapshot.terms.taker_bp * BP * market.mark + market.quote.ask - market.quote.bid
        return margin.ROUNDED.divide(abs(position.quantity) * one_unit * 100, position.margin)


def _summed(parts: Iterable[tuple[str, Decimal]]) -> tuple[tuple[str, Decimal], ...]:
    found: dict[str, Decimal] = {}
    for name, value in parts:
        found[name] = margin.EXACT.add(found.get(name, ZERO), value)
    return tuple(found.items())


def due(snapshot: Snapshot) -> Mapping[str, Sequence[Candle]]:
    """The closed bars whose returns are needed: of every open position, as many as the window asks for and one before."""
    terms: RiskTerms = snapshot.risk_terms
    return {
        position.symbol: market.series[terms.bucket].closed[-terms.window - 1 :]
        for position in snapshot.account.positions
        if (market := snapshot.symbols.get(position.symbol)) is not None
    }
