"""REST that only asks what an order would be: its size, cost, and what its bracket loses and brings. Nothing is sent."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from app.core import preview as previews
from app.core.model import Bracket, PlaceOrder
from app.core.snapshot import Snapshot
from app.hub import Hub
from app.web.guard import refusal, unknown_symbol
from app.web.tables import preview_of, stands_at

NUMBER = re.compile(r"\d{1,12}(\.\d{1,18})?")
SIDES = {"buy": 1, "sell": -1}
NO_QUOTE, NO_STOP = "no quote yet", "a size by risk needs a stop"
ONE_LOT, NO_MARGIN = "one lot loses more than that", "no margin is free for it, or tier and guards forbid it"
LESS = "less than the risk allows: margin, tier or guards"
CAPPED = "less than {} % of the free margin: tier or guards allow no more"


def attach(router: APIRouter, hub: Hub) -> None:
    @router.get("/preview")
    async def preview(
        symbol: str,
        side: Literal["buy", "sell", ""] = "",
        quantity: str = "",
        percent: int = 0,
        price: str = "",
        stop: str = "",
        target: str = "",
        risk: str = "",
        risk_percent: str = "",
        type: Literal["market", "limit", ""] = "",
    ) -> JSONResponse:
        """What an order would cost, where it would stand and what its bracket loses and brings, as texts to show. The size: a
        `quantity`, `percent` of the free margin, or what loses `risk` (money) or `risk_percent` (of the balance) at `stop`.
        `side` left out: the one that the bracket belongs to, else buy. `sides`: where buying and selling it would lead, and with
        a `type` why it would be refused.
        """
        snapshot = hub.snapshot()
        if symbol not in snapshot.symbols:
            return unknown_symbol(symbol)
        given = {"quantity": quantity, "price": price, "stop": stop, "target": target, "risk": risk, "risk_percent": risk_percent}
        if wrong := next((name for name, text in given.items() if text and not NUMBER.fullmatch(text)), ""):
            return refusal(422, "invalid", f"{wrong}: must be a plain decimal number like 0.25", wrong)
        numbers = {name: Decimal(text) if text else None for name, text in given.items()}
        at, legs = numbers["price"], Bracket(numbers["stop"], numbers["target"])
        asked = PlaceOrder("", symbol, 1, Decimal(0), snapshot.now_ns, type="limit" if at else "market", price=at)
        asked = replace(asked, bracket=legs if stop or target else None)
        asked = replace(asked, side=SIDES.get(side) or previews.side_of(asked, snapshot))
        size, note = numbers["quantity"], ""
        if percent:
            size = previews.size_for(snapshot, symbol, asked.side, Decimal(percent))
            if size is not None and previews.capped(snapshot, symbol, asked.side, size, Decimal(percent)):
                note = CAPPED.format(percent)
        elif risk or risk_percent:
            size, note = _at_risk(snapshot, asked, numbers["risk"], numbers["risk_percent"])
        asked = replace(asked, quantity=size or Decimal(0))
        told = previews.preview(snapshot, asked) if size else None
        sides = {name: _side(snapshot, replace(asked, side=way), bool(type)) for name, way in SIDES.items()} if told else None
        wrong = told.wrong if told else ""
        return JSONResponse({**preview_of(snapshot, asked, told), "note": note, "wrong": wrong, "sides": sides})


def _side(snapshot: Snapshot, asked: PlaceOrder, judged: bool) -> Mapping[str, str]:
    """`at`: the position's liquidation price and break-even after it, as text; `refused`: why it would not be taken."""
    asked = replace(asked, bracket=None)
    if judged and (refused := previews.refusal(snapshot, asked)):
        return {"at": "", "refused": refused}
    told = previews.preview(snapshot, asked)
    return {"at": stands_at(snapshot, asked.symbol, told) if told else "", "refused": ""}


def _at_risk(snapshot: Snapshot, asked: PlaceOrder, money: Decimal | None, percent: Decimal | None) -> tuple[Decimal | None, str]:
    """(the size, what there is to say of it)."""
    if asked.bracket is None or asked.bracket.stop_price is None:
        return None, NO_STOP
    sizes = previews.size_at_risk(snapshot, asked, money, percent)
    if sizes is None:
        told = previews.preview(snapshot, replace(asked, quantity=Decimal(1)))
        return None, (told.wrong if told else "") or NO_QUOTE
    wanted, possible = sizes
    if not possible:
        return None, NO_MARGIN if wanted else ONE_LOT
    return possible, LESS if possible < wanted else ""
