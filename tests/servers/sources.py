"""Where the local venue's prints come from: chance, or a recording dated anew. Each is asked again and again what is due."""

import gzip
import json
import random
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tests.servers.market import Market

if TYPE_CHECKING:
    from tests.servers.binance import LocalBinance

NEVER_MS = 2.0**53
BEHIND_MS = 1_000.0
"""A source that fell behind by more than this does not catch up: what it missed is not made."""


class Source(Protocol):
    def step(self, now_ms: float, venue: "LocalBinance") -> float:
        """Publishes what is due and says when the next is (ms)."""
        ...


class Poisson:
    """`rate` prints and `quote_rate` quotes per second of one market, at random times."""

    def __init__(self, market: Market, rate: float, quote_rate: float):
        self._market = market
        self._dice = random.Random(f"times of {market.name}")
        self._rates = {"print": rate, "quote": quote_rate}
        self._due = {kind: float(market.start_ms) if rate else NEVER_MS for kind, rate in self._rates.items()}

    def step(self, now_ms: float, venue: "LocalBinance") -> float:
        for kind, rate in self._rates.items():
            if not rate:
                continue
            if now_ms - self._due[kind] > BEHIND_MS:
                self._due[kind] = now_ms
            while self._due[kind] <= now_ms:
                if kind == "print":
                    venue.publish(self._market.trade(int(now_ms)), self._market)
                else:
                    venue.publish_quote(self._market)
                self._due[kind] += self._dice.expovariate(rate) * 1000
        return min(self._due.values())


class Recorded:
    """Prints and quotes of a recording (lines `{"recv_ns": …, "msg": …}`, plain or gzip) at its pace, again and again."""

    def __init__(self, path: Path, markets: Mapping[str, Market]):
        opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open()
        self._markets = markets
        self._rows: list[tuple[float, dict[str, object]]] = []
        with opened as lines:
            for line in lines:
                record = json.loads(line)
                row = record["msg"].get("data", {})
                if row.get("s") in markets and (row.get("e") in ("trade", "aggTrade") or "b" in row):
                    self._rows.append((record["recv_ns"] / 1e6, row))
        self._at = 0
        self._shift_ms: float | None = None

    def step(self, now_ms: float, venue: "LocalBinance") -> float:
        if self._shift_ms is None:
            self._shift_ms = now_ms - self._rows[0][0]
        while self._rows[self._at][0] + self._shift_ms <= now_ms:
            row = self._rows[self._at][1]
            market = self._markets[str(row["s"])]
            if "p" in row:
                price, lots = self._units(market, row["p"], row["q"])
                venue.publish(market.trade(int(now_ms), price, lots, bool(row["m"])), market)
            else:
                venue.publish_quote(market)
            self._at += 1
            if self._at == len(self._rows):
                self._at, self._shift_ms = 0, None
                return now_ms + 1
        return self._rows[self._at][0] + self._shift_ms

    def _units(self, market: Market, price: object, size: object) -> tuple[int, int]:
        symbol = market.symbol
        return (
            int(Decimal(str(price)).scaleb(symbol.price_digits)),
            int(Decimal(str(size)).scaleb(symbol.lot_digits)),
        )
