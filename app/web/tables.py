"""Rows of the positions table as texts ready to show: pure, no arithmetic that valuation has not done."""

from collections.abc import Mapping
from decimal import Decimal

from app.core.margin import EXACT
from app.core.paper import plain
from app.core.snapshot import PositionView, Snapshot
from app.core.valuation import totals, value_positions

Row = Mapping[str, object]
CENT = Decimal("0.01")


def signed(value: Decimal | None, step: Decimal = CENT) -> str | None:
    """'+12.40', '−3.00', '0.00': the sign always stands before the number."""
    if value is None:
        return None
    rounded = value.quantize(step)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{abs(rounded):,f}"


def position_rows(snapshot: Snapshot) -> tuple[dict[str, Row], Row]:
    """(rows by id, totals), see docs/frames.md."""
    views = value_positions(snapshot)
    rows = {view.position.symbol: _row(snapshot, view) for view in views}
    pnl, used, percent = totals(views)
    foot: Row = {
        "pnl": signed(pnl),
        "pnl_percent": signed(percent),
        "margin": f"{used.quantize(CENT):,f}",
        "realized": signed(EXACT.subtract(snapshot.account.realized_pnl, snapshot.account.fees)),
        "sign": _sign(pnl),
        "count": len(views),
    }
    return rows, foot


def _row(snapshot: Snapshot, view: PositionView) -> Row:
    position = view.position
    instrument = snapshot.symbols[position.symbol].instrument
    step = instrument.tick_size if instrument else Decimal("0.00000001")
    half = step / 10 if instrument else step  # a mark may stand between two steps; always room for it, or its digits would jump
    return {
        "id": position.symbol,
        "symbol": position.symbol,
        "side": "long" if position.quantity > 0 else "short",
        "quantity": ("+" if position.quantity > 0 else "−") + plain(abs(position.quantity)),
        "entry": _price(position.entry, step),
        "mark": _price(view.mark, half),
        "pnl": signed(view.pnl),
        "pnl_percent": signed(view.pnl_percent),
        "margin": f"{position.margin.quantize(CENT):,f}",
        "leverage": f"{position.leverage}×",
        "liquidation": _price(view.liquidation_price, step),
        "distance": signed(view.distance_percent),
        "age_ms": view.mark_age_ms,
        "source": view.mark_source,
        "sign": _sign(view.pnl),
        "close_side": "sell" if position.quantity > 0 else "buy",
        "close_quantity": plain(abs(position.quantity)),
    }


def _price(value: Decimal | None, step: Decimal) -> str | None:
    return None if value is None else f"{value.quantize(step.normalize()):,f}"


def _sign(value: Decimal | None) -> int:
    return 0 if not value else 1 if value > 0 else -1
