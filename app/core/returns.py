"""Simple returns of closed bars, by pandas: once a minute and after a fill, never per tick. Pure; pandas is loaded late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from feeds.events import INTERVAL_MS, Candle


@dataclass(frozen=True, slots=True)
class RiskTerms:
    """How value at risk is measured: from the last `window` returns of `bucket` bars, the loss that `percent` % of them exceed.

    `sectors`: the sector of an asset, beside those that ship.
    """

    window: int = 60
    bucket: str = "1m"
    percent: float = 5.0
    sectors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Returns:
    """The newest returns, oldest first: `own` of each symbol alone, `joint` of all at the same times (one row for each time)."""

    epoch: str
    own: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: MappingProxyType({}))
    symbols: tuple[str, ...] = ()
    joint: tuple[tuple[float, ...], ...] = ()


def returns_of(epoch: str, bars: Mapping[str, Sequence[Candle]], terms: RiskTerms) -> Returns:
    """r = close / close before − 1, between neighbouring bars only: a missing bar has no return and gives its successor none."""
    import pandas as pd

    if not bars:
        return Returns(epoch)
    step = INTERVAL_MS[terms.bucket]
    prices = {symbol: {bar.open_time_ms // step: float(bar.close) for bar in of} for symbol, of in bars.items()}
    closes = pd.DataFrame({symbol: pd.Series(of, dtype=float) for symbol, of in prices.items()})
    if closes.empty:
        return Returns(epoch, {symbol: () for symbol in bars}, tuple(bars))
    every = closes.reindex(range(int(closes.index.min()), int(closes.index.max()) + 1)).pct_change(fill_method=None)
    own = {symbol: tuple(every[symbol].dropna().tail(terms.window).tolist()) for symbol in bars}
    joint = every.dropna().tail(terms.window)
    return Returns(epoch, own, tuple(bars), tuple(map(tuple, joint.to_numpy().tolist())))
