"""The texts of the tab `Risk` and of `/api/risk`: what `app.core.risk` measured, ready to show. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from app.core.equity import EquityPoint
from app.core.margin import utilisation
from app.core.paper import plain
from app.core.risk import HORIZONS_S, PositionRisk, book_risk
from app.core.snapshot import Snapshot
from app.core.valuation import totals, value_positions
from app.web.tables import signed

WARN, CRITICAL = 80, 95
CURVE_POINTS, CURVE_WIDTH, CURVE_HEIGHT = 240, 240, 60


def risk_texts(snapshot: Snapshot) -> Mapping[str, object]:
    """What the page shows; every value ready, also the width of the gauge."""
    account, terms, risk = snapshot.account, snapshot.risk_terms, book_risk(snapshot)
    used = _utilisation(snapshot)
    bound = account.balance - account.free_margin
    bucket = "minutes" if terms.bucket == "1m" else f"× {terms.bucket}"
    return {
        "used": None if used is None else f"{used:.1f} %",
        "gauge": f"{min(used or Decimal(0), Decimal(100)):.1f}%",
        "level": "act" if (used or 0) >= CRITICAL else "warn" if (used or 0) >= WARN else "",
        "bound": f"{bound:,.2f} bound · {account.free_margin:,.2f} free".replace("-", "−"),
        "assets": [_exposed(name, value) for name, value in risk.assets],
        "sectors": [_exposed(name, value) for name, value in risk.sectors],
        "measure": f"VaR {terms.percent:g} % · {terms.bucket}",
        "positions": [_position(one, terms.window, bucket) for one in risk.positions],
        "book": None if not risk.positions else _money(risk.value_at_risk),
        "book_note": _warming(risk.returns, terms.window, bucket) if risk.positions else "",
        **_extremes(snapshot.equity),
    }


def risk_of(snapshot: Snapshot) -> dict[str, object]:
    """`/api/risk`: estimates are JSON numbers, money that is counted is an exact text."""
    account, terms, risk, point = snapshot.account, snapshot.risk_terms, book_risk(snapshot), snapshot.equity
    used = _utilisation(snapshot)
    return {
        "account": snapshot.account_id,
        "margin": {
            "utilisation_percent": None if used is None else plain(used),
            "bound": plain(account.balance - account.free_margin),
            "free": plain(account.free_margin),
        },
        "value_at_risk": {
            "percent": terms.percent,
            "bucket": terms.bucket,
            "window": terms.window,
            "book": risk.value_at_risk,
            "returns": risk.returns,
        },
        "positions": [
            {
                "symbol": one.symbol,
                "value_at_risk": one.value_at_risk,
                "returns": one.returns,
                "touch": {f"{horizon}s": chance for horizon, chance in zip(HORIZONS_S, one.touch, strict=True)},
                "round_trip_percent": None if one.cost_percent is None else plain(one.cost_percent),
            }
            for one in risk.positions
        ],
        "exposure": {"assets": _exact(risk.assets), "sectors": _exact(risk.sectors)},
        "equity": None if point is None else _point(point),
        "curve": [[one.ts_ns // 1_000_000, plain(one.equity)] for one in account.curve],
    }


def curve_of(curve: Sequence[EquityPoint]) -> Mapping[str, object]:
    """The equity of the last day as the path of a small picture, its lowest and highest value at the edges."""
    step = -(-len(curve) // CURVE_POINTS) or 1
    shown = [*curve[::-1][::step]][::-1]
    if len(shown) < 2:
        return {"path": "", "low": "", "high": ""}
    low, high = min(one.equity for one in shown), max(one.equity for one in shown)
    first, span = shown[0].ts_ns, shown[-1].ts_ns - shown[0].ts_ns or 1
    points = (
        f"{(one.ts_ns - first) * CURVE_WIDTH / span:.1f} {float((high - one.equity) / ((high - low) or 1)) * CURVE_HEIGHT:.1f}"
        for one in shown
    )
    return {"path": "M" + "L".join(points), "low": f"{low:,.2f}", "high": f"{high:,.2f}"}


def _utilisation(snapshot: Snapshot) -> Decimal | None:
    pnl = totals(value_positions(snapshot))[0]
    return None if pnl is None else utilisation(snapshot.account.balance, snapshot.account.free_margin, pnl)


def _position(one: PositionRisk, window: int, bucket: str) -> Mapping[str, object]:
    return {
        "symbol": one.symbol,
        "var": _money(one.value_at_risk),
        "note": _warming(one.returns, window, bucket),
        "touch": [_chance(chance) for chance in one.touch],
        "cost": None if one.cost_percent is None else f"{one.cost_percent:.1f} %",
    }


def _warming(returns: int, window: int, bucket: str) -> str:
    return "" if returns >= window else f"{returns} of {window} {bucket}"


def _exposed(name: str, value: Decimal) -> str:
    return f"{name} {signed(value)}"


def _money(value: float | None) -> str | None:
    return None if value is None else f"{value:,.2f}"


def _chance(chance: float | None) -> str | None:
    if chance is None:
        return None
    return "< 0.1 %" if 0 < chance < 0.001 else f"{chance * 100:.1f} %"


def _extremes(point: EquityPoint | None) -> Mapping[str, object]:
    if point is None:
        return {"equity": "", "drawdown": "", "extremes": ""}
    down = f"drawdown {point.drawdown:.2f} %, largest {point.deepest:.2f} %{_when(point.deepest_ns)}"
    marks = (("best", point.best, point.best_ns), ("worst", point.worst, point.worst_ns))
    told = [f"{name} {signed(value)}{_when(ts_ns)}" for name, value, ts_ns in marks if value is not None]
    return {"equity": f"{point.equity:,.2f}", "drawdown": down, "extremes": " · ".join(told)}


def _when(ts_ns: int) -> str:
    return f" at {datetime.fromtimestamp(ts_ns // 1_000_000_000, UTC):%d %b %H:%M:%S}" if ts_ns else ""


def _exact(parts: Sequence[tuple[str, Decimal]]) -> Mapping[str, str]:
    return {name: plain(value) for name, value in parts}


def _point(point: EquityPoint) -> dict[str, object]:
    return {
        "equity": plain(point.equity),
        "peak": plain(point.peak),
        "drawdown_percent": plain(point.drawdown),
        "deepest_percent": plain(point.deepest),
        "deepest_ms": point.deepest_ns // 1_000_000 or None,
        "best": None if point.best is None else plain(point.best),
        "best_ms": point.best_ns // 1_000_000 or None,
        "worst": None if point.worst is None else plain(point.worst),
        "worst_ms": point.worst_ns // 1_000_000 or None,
    }
