"""REST that begins the account anew, asked twice; and its button on the page: assets/desk-reset.js. The core decides."""

from typing import Annotated

from dash import html
from dash.development.base_component import Component
from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from app.core.model import Refused, ResetAccount
from app.hub import Hub
from app.web.answers import account_of
from app.web.fields import chip
from app.web.guard import refusal
from app.web.placing import NOT_STORED, when_on_disk

STATUS_OF = {"locked": 403, "discipline": 403, "store": 503, "open": 409, "confirm": 409}


class ResetBody(BaseModel):
    """`confirm`: what the first answer gave, the account's id."""

    model_config = ConfigDict(extra="forbid")

    confirm: Annotated[str, Field(max_length=64)] = ""


def attach(router: APIRouter, hub: Hub) -> None:
    @router.post("/account/reset")
    async def reset_account(body: Annotated[ResetBody, Body(default_factory=ResetBody)]) -> JSONResponse:
        """The account begins anew with `--balance`; what it did so far stays in the database. Refused while something is open."""
        steps = hub.submit(ResetAccount(body.confirm, hub.snapshot().now_ns))
        refused = next((step for step in steps if isinstance(step, Refused)), None)
        if refused is not None:
            answer = {"error": refused.code, "field": None, "message": refused.reason}
            return JSONResponse({**answer, "confirm": refused.confirm} if refused.confirm else answer, STATUS_OF[refused.code])
        if not await when_on_disk(hub):
            return refusal(503, "store", NOT_STORED)
        return JSONResponse({"account": account_of(hub.snapshot())})


def button() -> Component:
    return html.Div(
        className="reset",
        children=[
            chip("reset account", "reset-account", "begin the account anew with its opening balance; it asks first"),
            html.Span("", id="reset-said", className="note", role="status"),
        ],
    )
