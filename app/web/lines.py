"""The section of a frame with a position's lines on the charts. Pure; sent when a line or its distance changed."""

from typing import Any

from app.core.levels import levels
from app.core.markets import FINEST
from app.core.snapshot import Snapshot, SymbolView
from app.web.section import Held, Section, encoded
from app.web.tables import price_text, signed

SLOT_MS = 250
WORDS = {"entry": "entry", "even": "break-even", "stop": "stop", "target": "target", "liquidation": "liq"}


def lines(snapshot: Snapshot, market: SymbolView, mark: Any, at_ms: float) -> Section | Held | None:
    """Mark: (what the lines follow from, the books' revision, slot, rows)."""
    account, slot = snapshot.account, int(at_ms // SLOT_MS)
    follows = (account.revision, market.quote and (market.quote.bid, market.quote.ask))
    if mark is not None:
        if mark[0] == follows:
            return None
        if mark[1] == account.revision and not mark[3]:
            return None  # flat: no quote changes that
        if mark[1] == account.revision and mark[2] == slot:
            return Held((slot + 1) * SLOT_MS)
    step = market.instrument.tick_size if market.instrument else FINEST
    rows = [
        {
            "kind": level.kind,
            "price": float(level.price),
            "text": f"{WORDS[level.kind]} {price_text(level.price, step)}",
            "away": "" if level.away_percent is None else f"{signed(level.away_percent)} %".lstrip("+"),
        }
        for level in levels(snapshot, market.symbol)
    ]
    after = (follows, account.revision, slot, rows)
    if rows == (mark[3] if mark else []):
        return Section(b"", after)
    return encoded({"s": "lines", "symbol": market.symbol, "rows": rows}, after)
