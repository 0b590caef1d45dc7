"""Margin into a position or out of it: REST, and the small form that the page opens on a row. The core decides.

assets/desk-margin.js brings the form to its row and sends it.
"""

from decimal import Decimal
from typing import Annotated, Literal

from dash import html
from dash.development.base_component import Component
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict

from app.core.model import Refused
from app.core.moving import MoveMargin
from app.core.valuation import value_positions
from app.hub import Hub
from app.web.answers import position_of
from app.web.fields import chip, number
from app.web.guard import refusal
from app.web.placing import NOT_STORED, ClientId, decimal_text, when_on_disk

STATUS_OF = {"locked": 403, "discipline": 403, "store": 503, "client_id": 409, "margin": 409}
FIELD_OF = {"client_id": "client_id", "margin": "amount"}


class MarginBody(BaseModel):
    """`amount` above zero, a decimal text in the quote currency."""

    model_config = ConfigDict(extra="forbid")

    client_id: ClientId
    symbol: str
    way: Literal["add", "withdraw"]
    amount: Annotated[str, BeforeValidator(decimal_text)]

    def command(self, ts_ns: int) -> MoveMargin:
        amount = Decimal(self.amount)
        return MoveMargin(self.client_id, self.symbol, amount if self.way == "add" else amount.copy_negate(), ts_ns)


def attach(router: APIRouter, hub: Hub) -> None:
    @router.post("/positions/margin")
    async def move_margin(body: MarginBody) -> JSONResponse:
        """From the free margin into the position's, or back; the same `client_id` moves once. The position as it then is."""
        snapshot = hub.snapshot()
        held = {position.symbol for position in snapshot.account.positions}
        if body.symbol not in snapshot.symbols and body.symbol not in held:
            return refusal(404, "symbol", f"unknown symbol {body.symbol!r}", "symbol")
        steps = hub.submit(body.command(snapshot.now_ns))
        refused = next((step for step in steps if isinstance(step, Refused)), None)
        if refused is not None:
            return refusal(STATUS_OF[refused.code], refused.code, refused.reason, FIELD_OF.get(refused.code))
        if not await when_on_disk(hub):
            return refusal(503, "store", NOT_STORED)
        after = hub.snapshot()
        views = {view.position.symbol: view for view in value_positions(after)}
        view = views.get(body.symbol)
        done = {"client_id": body.client_id, "symbol": body.symbol, "way": body.way, "amount": body.amount}
        return JSONResponse({**done, "position": None if view is None else position_of(after, view)}, 201 if steps else 200)


def form() -> Component:
    """Stands over the tables' head, so that nothing moves; hidden until a row's margin is pressed."""
    return html.Dialog(
        id="margin-form",
        className="margin-form",
        **{"aria-labelledby": "margin-of"},
        children=[
            html.Label("Margin", htmlFor="margin-amount", id="margin-of"),
            number("margin-amount", ""),
            chip("add", "margin-add", "add so much of the free margin to the position's"),
            chip("withdraw", "margin-withdraw", "give so much of the position's margin back"),
            chip("✕", "margin-close", "close this field"),
            html.Span("", id="margin-said", className="number", role="status"),
        ],
    )
