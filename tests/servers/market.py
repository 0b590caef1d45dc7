"""A made-up market of one symbol: prints, best quotes and the bars they add up to, exact to the last digit.

Prices move with time (about 1 USD in 10 s at 2,700), not with the number of prints. Integers inside: ticks of price, lots
of size; decimal text only where a message is written.
"""

import copy
import random
from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

INTERVAL_MS = {"1s": 1_000, "1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "1d": 86_400_000}
STEP_PER_ROOT_S = 0.316 / 2_700
PRINTS_KEPT = 200_000
ROWS_KEPT = 1_100
PAST_PRINT_MS = 250
"""Between the prints of the last whole minute and of the one that is open when the venue starts."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """`price_digits`, `lot_digits`: decimals of the steps of price and size."""

    name: str
    start_price: str
    price_digits: int = 2
    lot_digits: int = 4


KNOWN = {
    "ETHUSDT": Symbol("ETHUSDT", "2684.39", 2, 4),
    "BTCUSDT": Symbol("BTCUSDT", "61700.00", 2, 5),
}


@dataclass(frozen=True, slots=True)
class Print:
    id: int
    price: int
    lots: int
    time_ms: int
    maker: bool


@dataclass(slots=True)
class Row:
    """One bar in the making; integers."""

    open_ms: int
    open: int
    high: int
    low: int
    close: int
    lots: int = 0
    quote: int = 0
    count: int = 0
    taker_lots: int = 0
    taker_quote: int = 0


PASTS: dict[tuple[str, int, int], tuple[dict[str, list[Row]], Any, float, float, int]] = {}


class Market:
    """`start_ms`: the present; before it stand prints of one to two minutes, and 500 bars of every interval that agree."""

    def __init__(self, symbol: Symbol, start_ms: int, seed: int):
        self.symbol = symbol
        self.name = symbol.name
        self.random = random.Random(f"{seed} {symbol.name}")
        self.prints: deque[Print] = deque(maxlen=PRINTS_KEPT)
        self.next_id = 1_000_001
        self.update_id = 1
        self.price = int(Decimal(symbol.start_price).scaleb(symbol.price_digits))
        self._rows: dict[str, deque[Row]] = {interval: deque(maxlen=ROWS_KEPT) for interval in INTERVAL_MS}
        self._last_ms = float(start_ms)
        self._exact = float(self.price)
        first_ms = start_ms - start_ms % 60_000 - 60_000
        self._past((symbol.name, first_ms, seed), first_ms)
        self.start_ms = start_ms
        for time_ms in range(first_ms, start_ms, PAST_PRINT_MS):
            self.trade(time_ms)

    def walk(self, time_ms: float) -> int:
        """The price at a time, in ticks: a random walk in time."""
        root = max(0.0, (time_ms - self._last_ms) / 1000) ** 0.5
        self._last_ms = max(self._last_ms, time_ms)
        self._exact *= 1 + self.random.gauss(0, STEP_PER_ROOT_S) * root
        return max(1, round(self._exact))

    def trade(self, time_ms: int, price: int | None = None, lots: int | None = None, maker: bool | None = None) -> Print:
        maker = self.random.random() < 0.5 if maker is None else maker
        price = self.walk(time_ms) + (0 if maker else 1) if price is None else price
        lots = 1 + int(self.random.expovariate(1 / 800)) if lots is None else lots
        made = Print(self.next_id, price, lots, time_ms, maker)
        self.next_id += 1
        self.price = price
        self.prints.append(made)
        amount = price * lots
        for interval, step in INTERVAL_MS.items():
            self._add(interval, time_ms - time_ms % step, made, amount)
        return made

    def rows(self, interval: str, now_ms: int, limit: int, start_ms: int | None) -> list[list[object]]:
        """As the venue serves them: oldest first, the open bar last, a bar without a print at the last close."""
        step = INTERVAL_MS[interval]
        self._roll(interval, now_ms - now_ms % step)
        rows = self._rows[interval]
        found = [row for row in rows if row.open_ms <= now_ms and (start_ms is None or row.open_ms >= start_ms)]
        return [self._row_text(row, step) for row in (found[:limit] if start_ms is not None else found[-limit:])]

    def price_text(self, price: int) -> str:
        return _text(price, self.symbol.price_digits)

    def lots_text(self, lots: int) -> str:
        return _text(lots, self.symbol.lot_digits)

    def _add(self, interval: str, open_ms: int, made: Print, amount: int) -> None:
        rows = self._rows[interval]
        row = rows[-1]
        if row.open_ms != open_ms:
            if open_ms < row.open_ms:
                row = next(row for row in reversed(rows) if row.open_ms <= open_ms)
            else:
                self._roll(interval, open_ms)
                row = rows[-1]
        if row.count == 0:
            row.open = row.high = row.low = made.price
        row.high, row.low, row.close = max(row.high, made.price), min(row.low, made.price), made.price
        row.lots += made.lots
        row.quote += amount
        row.count += 1
        if not made.maker:
            row.taker_lots += made.lots
            row.taker_quote += amount

    def _roll(self, interval: str, open_ms: int) -> None:
        rows, step = self._rows[interval], INTERVAL_MS[interval]
        while rows[-1].open_ms < open_ms:
            close = rows[-1].close
            rows.append(Row(rows[-1].open_ms + step, close, close, close, close))

    def _row_text(self, row: Row, step: int) -> list[object]:
        money_digits = self.symbol.price_digits + self.symbol.lot_digits
        return [
            row.open_ms,
            *(self.price_text(price) for price in (row.open, row.high, row.low, row.close)),
            self.lots_text(row.lots),
            row.open_ms + step - 1,
            _text(row.quote, money_digits),
            row.count,
            self.lots_text(row.taker_lots),
            _text(row.taker_quote, money_digits),
            "0",
        ]

    def _past(self, key: tuple[str, int, int], first_ms: int) -> None:
        """The history before a minute is the same for every venue that is started in it: it is made once."""
        if key not in PASTS:
            if len(PASTS) > 20:
                PASTS.clear()
            self._history(first_ms)
            rows = {interval: [copy.copy(row) for row in found] for interval, found in self._rows.items()}
            PASTS[key] = (rows, self.random.getstate(), self._exact, self._last_ms, self.price)
            return
        rows, state, self._exact, self._last_ms, self.price = PASTS[key]
        for interval, found in rows.items():
            self._rows[interval].extend(copy.copy(row) for row in found)
        self.random.setstate(state)

    def _history(self, start_ms: int) -> None:
        """Pieces of growing age: seconds to the whole minute 10 min ago, minutes before, … days; each adds to all longer bars."""
        steps = list(INTERVAL_MS.values())
        edges = [start_ms - start_ms % 1000]
        for step, coarser in zip(steps, [*steps[1:], steps[-1]], strict=True):
            edge = edges[-1] - 520 * step
            edges.append(edge - edge % coarser)
        final = self._exact
        self._last_ms = edges[-1]
        pieces: list[tuple[int, Row]] = []
        for at, step in reversed(list(enumerate(steps))):
            for open_ms in range(edges[at + 1], edges[at], step):
                inner = [self.walk(open_ms + step * (part + 1) / 4) for part in range(4)]
                first = pieces[-1][1].close if pieces else inner[0]
                lots = max(1, int(step / 1000 * self.random.uniform(500, 4_000)))
                count = max(1, step // 250)
                row = Row(open_ms, first, max(first, *inner), min(first, *inner), inner[-1], lots, lots * inner[-1], count)
                pieces.append((step, row))
        shift = final / self._exact
        for step, row in pieces:
            row.open, row.high, row.low, row.close = (
                max(1, round(price * shift)) for price in (row.open, row.high, row.low, row.close)
            )
            row.quote = row.lots * row.close
            for interval, longer in INTERVAL_MS.items():
                if longer >= step:
                    self._merge(interval, row, row.open_ms - row.open_ms % longer)
        self._exact, self._last_ms = final, float(start_ms)
        self.price = pieces[-1][1].close

    def _merge(self, interval: str, piece: Row, open_ms: int) -> None:
        rows = self._rows[interval]
        if not rows or rows[-1].open_ms < open_ms:
            rows.append(Row(open_ms, piece.open, piece.high, piece.low, piece.close))
        row = rows[-1]
        row.high, row.low, row.close = max(row.high, piece.high), min(row.low, piece.low), piece.close
        row.lots += piece.lots
        row.quote += piece.quote
        row.count += piece.count


def _text(amount: int, digits: int) -> str:
    """Eight decimals, as the venue writes them."""
    return f"{Decimal(amount).scaleb(-digits):.8f}"
