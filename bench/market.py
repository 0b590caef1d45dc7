"""The market the bench trades: a price that is a pure function of time, so that every tick rate sees the same volatility.

Knows no socket and no clock. A sum of value noise over octaves of time whose height grows with the root of the period moves
like a random walk on every scale, costs a few microseconds to read anywhere, and needs no history to be kept.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

OCTAVES = tuple(2.0**k for k in range(-5, 21))
"""Periods in seconds: from a thirtieth of a second to twelve days."""

MOVE_USD = 0.37
"""Height of the octave of 1 s per unit of `scale`: gives about 1 USD (root mean square) in 10 s at scale 1."""

INTERVAL_S = {"1s": 1, "1m": 60, "5m": 300, "15m": 900, "1h": 3_600, "1d": 86_400}

MEAN_SIZE = 0.5
SAMPLES = 8


@dataclass(frozen=True, slots=True)
class Listing:
    """One symbol on offer. `name` as the venue writes it; `scale` multiplies every move."""

    name: str
    base_price: float
    scale: float


def listings(count: int) -> tuple[Listing, ...]:
    """The first `count` symbols: ETH and BTC, then made-up ones."""
    known = (Listing("ETHUSDT", 2_684.0, 1.0), Listing("BTCUSDT", 61_710.0, 23.0))
    more = tuple(Listing(f"SYM{number}USDT", 500.0 + 10 * number, 0.2) for number in range(2, count))
    return (known + more)[:count]


def price(listing: Listing, market_s: float) -> float:
    """The middle of the market at `market_s` seconds of market time."""
    moves = 0.0
    for number, period in enumerate(OCTAVES):
        place = market_s / period
        cell = int(place // 1)
        share = place - cell
        low, high = _lattice(listing.name, number, cell), _lattice(listing.name, number, cell + 1)
        moves += (low + (high - low) * share) * period**0.5
    return listing.base_price + moves * MOVE_USD * listing.scale


@lru_cache(maxsize=65_536)
def _lattice(name: str, octave: int, cell: int) -> float:
    """A value in −1 … 1 that depends on nothing but its arguments (a splitmix64 finaliser)."""
    mask = (1 << 64) - 1
    mixed = (cell * 0x9E3779B97F4A7C15 + octave * 0xD1B54A32D192ED03 + int.from_bytes(name.encode()[:8], "big")) & mask
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
    return (mixed ^ (mixed >> 31)) / 2**63 - 1.0


def prices(listing: Listing, market_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """`price` of many moments at once: history must not hold up the ticks."""
    moves = np.zeros_like(market_s)
    for number, period in enumerate(OCTAVES):
        cell, share = np.divmod(market_s / period, 1.0)
        low, high = (_lattices(listing.name, number, cell.astype(np.int64) + step) for step in (0, 1))
        moves += (low + (high - low) * share) * period**0.5
    return listing.base_price + moves * MOVE_USD * listing.scale


def _lattices(name: str, octave: int, cells: NDArray[np.int64]) -> NDArray[np.float64]:
    start = np.uint64((octave * 0xD1B54A32D192ED03 + int.from_bytes(name.encode()[:8], "big")) & (2**64 - 1))
    mixed = cells.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + start
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed ^ (mixed >> np.uint64(31))).astype(np.float64) / 2**63 - 1.0


def bars(listing: Listing, interval: str, wall_s: float, shift_s: float, rate: float, limit: int) -> list[list[object]]:
    """The last `limit` bars up to wall time `wall_s` in the venue's own row shape, oldest first, the last one open.

    `shift_s`: market time minus wall time; `rate`: ticks per second, for the volumes.
    """
    length = INTERVAL_S[interval]
    last = int(wall_s // length)
    starts = np.arange(last - limit + 1, last + 1, dtype=np.float64) * length
    lasted = np.minimum(starts + length, wall_s) - starts
    seen = prices(listing, (starts + shift_s)[:, None] + lasted[:, None] * np.linspace(0, 1, SAMPLES))
    rows: list[list[object]] = []
    for start, took, inside in zip(starts.tolist(), lasted.tolist(), seen, strict=True):
        count = int(rate * took)
        volume = f"{count * MEAN_SIZE:.8f}"
        texts = [f"{value:.2f}" for value in (inside[0], inside.max(), inside.min(), inside[-1])]
        open_ms = int(start) * 1_000
        rows.append([open_ms, *texts, volume, open_ms + length * 1_000 - 1, volume, count, volume, volume, "0"])
    return rows
