"""REST for the journal: round trips that are over, filtered, as JSON, as the page's texts and as CSV. The core made them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from app.core.margin import EXACT, ROUNDED
from app.core.markets import FINEST
from app.core.paper import plain
from app.core.snapshot import Snapshot
from app.core.trip import AFTER, HORIZONS_S, Trip
from app.hub import Hub
from app.web.guard import refusal
from app.web.tables import instrument_of, price_text, signed

ZERO = Decimal(0)
SHOWN = 200
UNITS = "slip (+ costs), moves after the entry, best, worst: bp of it"
DAY_NS = 86_400_000_000_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
HEAD = (
    ("trip", "account", "symbol", "side", "quantity", "entry", "exit", "opened_utc", "closed_utc", "seconds")
    + ("pnl_before_fees", "fees", "net_pnl", "end", "slippage_in", "slippage_out")
    + (*(f"mid_after_{s}s" for s in HORIZONS_S), *(f"moved_after_{s}s" for s in HORIZONS_S), "best", "worst")
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Days are UTC days, of the end of a trip. A trip is won when more than its fees came of it, lost when less."""

    symbol: str = ""
    side: Literal["", "long", "short"] = ""
    result: Literal["", "won", "lost"] = ""
    since: date | None = None
    until: date | None = None

    def passes(self, trip: Trip) -> bool:
        if self.symbol not in ("", trip.symbol) or self.side not in ("", side_of(trip)):
            return False
        if self.result and (trip.net_pnl <= 0 if self.result == "won" else trip.net_pnl >= 0):
            return False
        ended = datetime.fromtimestamp(trip.closed_ns // 1_000_000_000, UTC).date()
        return (self.since is None or ended >= self.since) and (self.until is None or ended <= self.until)


def wanted(
    symbol: str = "",
    side: Literal["", "long", "short"] = "",
    result: Literal["", "won", "lost"] = "",
    since: Annotated[date | None, Query(alias="from")] = None,
    until: Annotated[date | None, Query(alias="to")] = None,
) -> Filter:
    return Filter(symbol, side, result, since, until)


Wanted = Annotated[Filter, Depends(wanted)]


def attach(router: APIRouter, hub: Hub) -> None:
    def found(chosen: Filter) -> tuple[Snapshot, list[Trip], JSONResponse | None]:
        """Oldest first; or what is wrong with the question."""
        snapshot = hub.snapshot()
        trips = snapshot.account.trips
        if chosen.symbol and chosen.symbol not in snapshot.symbols and all(trip.symbol != chosen.symbol for trip in trips):
            return snapshot, [], refusal(404, "symbol", f"unknown symbol {chosen.symbol!r}", "symbol")
        if chosen.since and chosen.until and chosen.since > chosen.until:
            return snapshot, [], refusal(422, "to", "to: must not be before from", "to")
        return snapshot, [trip for trip in trips if chosen.passes(trip)], None

    @router.get("/journal")
    def journal(chosen: Wanted) -> JSONResponse:
        """Round trips that are over, oldest first; `from` and `to` are UTC days like 2024-08-08, of their end."""
        snapshot, trips, wrong = found(chosen)
        totals = {name: plain(value) for name, value in _money(trips).items()}
        told = {
            "account": snapshot.account_id,
            "trips": [trip_of(trip) for trip in trips],
            "totals": {**_counts(trips), **totals},
        }
        return wrong or JSONResponse(told)

    @router.get("/journal/rows")
    def rows(chosen: Wanted) -> JSONResponse:
        """The same as texts to show, the newest 200, newest first."""
        snapshot, trips, wrong = found(chosen)
        shown = [row_of(snapshot, trip) for trip in reversed(trips[-SHOWN:])]
        return wrong or JSONResponse({"rows": shown, "words": words_of(trips, len(snapshot.account.trips))})

    @router.get("/journal.csv")
    def table(chosen: Wanted) -> Response:
        """The same for a spreadsheet."""
        snapshot, trips, wrong = found(chosen)
        name = f"journal-{snapshot.account_id}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return wrong or Response(csv_of(snapshot.account_id, trips), media_type="text/csv; charset=utf-8", headers=headers)


def side_of(trip: Trip) -> str:
    return "long" if trip.side > 0 else "short"


def trip_of(trip: Trip) -> dict[str, object]:
    """One trip of `/api/journal`: slippage, moves and excursions for a unit, in the quote currency; null what nobody knows."""
    mids = {f"{seconds}s": getattr(trip, name) for seconds, name in zip(HORIZONS_S, AFTER, strict=True)}
    return {
        "trip_id": str(trip.number),
        "symbol": trip.symbol,
        "side": side_of(trip),
        "quantity": plain(trip.opened),
        "entry": plain(trip.entry),
        "exit": _text(trip.exit),
        "opened_ms": trip.opened_ns // 1_000_000,
        "closed_ms": trip.closed_ns // 1_000_000,
        "duration_ms": (trip.closed_ns - trip.opened_ns) // 1_000_000,
        "pnl": plain(trip.realized_pnl),
        "fees": plain(trip.fees),
        "net_pnl": plain(trip.net_pnl),
        "end": trip.end,
        "slippage_in": _text(trip.slippage_in),
        "slippage_out": _text(trip.slippage_out),
        "mid_after": {name: _text(mid) for name, mid in mids.items()},
        "moved_after": {name: _text(trip.moved(mid)) for name, mid in mids.items()},
        "best": _text(trip.best),
        "worst": _text(trip.worst),
    }


def row_of(snapshot: Snapshot, trip: Trip) -> dict[str, object]:
    """One row of the page: texts, null what nobody knows; what concerns a unit in basis points of the entry."""
    instrument = instrument_of(snapshot, trip.symbol)
    step = instrument.tick_size if instrument else FINEST

    def price(value: Decimal | None) -> str | None:
        between = value is not None and value % step  # an average may stand between two steps
        return price_text(value, step / 10 if between else step)

    def points(value: Decimal | None) -> str | None:
        return None if value is None else signed(ROUNDED.divide(EXACT.multiply(value, Decimal(10_000)), trip.entry))

    return {
        "id": str(trip.number),
        "at_ms": trip.opened_ns // 1_000_000,
        "symbol": trip.symbol,
        "side": side_of(trip),
        "quantity": plain(trip.opened),
        "entry": price(trip.entry),
        "exit": price(trip.exit),
        "held": _held((trip.closed_ns - trip.opened_ns) / 1e9),
        "net": signed(trip.net_pnl),
        "fees": f"{trip.fees:,.2f}".replace("-", "−"),
        "slip_in": points(trip.slippage_in),
        "slip_out": points(trip.slippage_out),
        "after": [points(trip.moved(getattr(trip, name))) for name in AFTER],
        "best": points(trip.best),
        "worst": points(trip.worst),
        "liquidated": trip.end == "liquidated",
    }


def words_of(trips: Sequence[Trip], all_of_them: int) -> str:
    """What the chosen ones came to."""
    if not all_of_them:
        return "no round trip yet: one stands here when its position is flat again"
    counts, money = _counts(trips), _money(trips)
    of = f" of {all_of_them}" if len(trips) != all_of_them else ""
    shown = f", the newest {SHOWN} shown" if len(trips) > SHOWN else ""
    said = f"{counts['won']} won, {counts['lost']} lost · net {signed(money['net_pnl'])} · fees {money['fees']:,.2f} · {UNITS}"
    return f"{len(trips)}{of} round trip{'' if len(trips) == 1 else 's'}{shown} · {said}".replace("-", "−")


def csv_of(account: str, trips: Sequence[Trip]) -> str:
    """A line for each, under a header. Numbers are exact and bare, times UTC, what nobody knows is empty."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(HEAD)
    for trip in trips:
        told = trip_of(trip)
        mids, moved = told["mid_after"], told["moved_after"]
        assert isinstance(mids, dict) and isinstance(moved, dict)
        rows.writerow(
            [
                *(told["trip_id"], bare(account), bare(trip.symbol), told["side"], told["quantity"], told["entry"], told["exit"]),
                *(_utc(trip.opened_ns), _utc(trip.closed_ns), plain(Decimal(trip.closed_ns - trip.opened_ns) / 10**9)),
                *(told["pnl"], told["fees"], told["net_pnl"], told["end"], told["slippage_in"], told["slippage_out"]),
                *(*mids.values(), *moved.values(), told["best"], told["worst"]),
            ]
        )
    return file.getvalue()


def bare(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _counts(trips: Sequence[Trip]) -> dict[str, int]:
    won, lost = sum(trip.net_pnl > 0 for trip in trips), sum(trip.net_pnl < 0 for trip in trips)
    return {"count": len(trips), "won": won, "lost": lost}


def _money(trips: Sequence[Trip]) -> dict[str, Decimal]:
    with localcontext(EXACT):
        return {"net_pnl": sum((trip.net_pnl for trip in trips), ZERO), "fees": sum((trip.fees for trip in trips), ZERO)}


def _held(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} m {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} m"


def _utc(ts_ns: int) -> str:
    return f"{datetime.fromtimestamp(ts_ns // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}.{ts_ns // 1_000_000 % 1000:03}"


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
