"""Positions table and ticket as components: columns, labels, what stands there before the server has spoken.

The rows' texts are made on the server (tables.py), the table is reconciled by assets/desk-table.js.
"""

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag
import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from app.web import ids


def positions() -> Component:
    def column(field: str, name: str, width: int, **more: Any) -> dict[str, Any]:
        """Tab stops only at the close buttons, of which the totals have none. What glows and when: assets/desk-table.js."""
        still = {"suppressNavigable": {"function": "Boolean(params.node.rowPinned)"} if field == "close" else True}
        return {"field": field, "headerName": name, "flex": width, "minWidth": width, **still, **more}

    number = {"type": "rightAligned"}
    signed = {**number, "cellRenderer": "DeskSigned"}
    columns = [
        column("symbol", "Symbol", 74),
        column("side", "Side", 46, cellRenderer="DeskSide"),
        column("quantity", "Quantity", 86, **number),
        column("entry", "Entry", 82, **number),
        column("mark", "Mark", 88, **number),
        column("pnl", "P&L before fees", 109, **signed),
        column("pnl_percent", "% of margin", 88, **signed),
        column("margin", "Margin", 75, **number),
        column("leverage", "Lev", 46, type="rightAligned"),
        column("liquidation", "Liquidation", 82, **number),
        column("distance", "Dist %", 54, type="rightAligned"),
        column("source", "Age, source", 88, cellRenderer="DeskAge", type="rightAligned"),
        column("close", "", 60, cellRenderer="DeskClose"),
    ]
    foot = {"id": "totals", "symbol": "Total", "pnl": "0.00", "margin": "0.00", "sign": 0}
    return html.Section(
        id="panel-positions",
        className="panel book",
        **{"aria-label": "positions", "data-src": "", "data-age": ""},
        children=[
            html.Div(
                className="panel-head",
                children=[
                    html.H2("Positions"),
                    html.Span("", id="realized", className="number weak"),
                    html.Span("", id="reason-positions", className="note"),
                ],
            ),
            dag.AgGrid(
                id=ids.POSITIONS,
                columnDefs=columns,
                rowData=[],
                getRowId="params.data.id",
                defaultColDef={"sortable": False, "resizable": False, "suppressMovable": True, "suppressHeaderMenuButton": True},
                dashGridOptions={
                    "rowHeight": 27,
                    "headerHeight": 25,
                    "pinnedBottomRowData": [foot],
                    "localeText": {"noRowsToShow": "no open positions"},
                    "suppressHeaderFocus": True,  # else Tab never leaves the table
                    "animateRows": False,
                    "suppressScrollOnNewData": True,
                    "suppressHorizontalScroll": True,
                    "suppressColumnVirtualisation": True,  # a phone's cards show every column
                },
                style={"height": "100%", "width": "100%"},
            ),
        ],
    )


def ticket(symbols: Sequence[str], allowed: bool) -> Component:
    return html.Section(
        id="panel-ticket",
        className="panel ticket",
        **{"aria-label": "ticket"},
        children=[
            html.Div(className="panel-head", children=[html.H2("Ticket"), html.Span("market, paper book", className="note")]),
            html.Div(
                className="ticket-row",
                children=[
                    html.Label("Symbol", htmlFor=ids.TICKET_SYMBOL),
                    dbc.Select(id=ids.TICKET_SYMBOL, options=list(symbols), value=symbols[0], size="sm"),
                    html.Label("Quantity", htmlFor=ids.TICKET_QUANTITY),
                    dbc.Input(
                        id=ids.TICKET_QUANTITY, type="text", inputmode="decimal", value="0.1", size="sm", autocomplete="off"
                    ),
                ],
            ),
            html.Div(
                className="ticket-row sides",
                children=[
                    html.Button("Buy", id=ids.TICKET_BUY, type="button", className="btn buy", disabled=True),
                    html.Button("Sell", id=ids.TICKET_SELL, type="button", className="btn sell", disabled=True),
                ],
            ),
            html.Div("", id="ticket-refused", className="ticket-refused", role="status"),
            html.Div(
                className="ticket-answer",
                children=[
                    html.Span("" if allowed else "read-only: this address is not loopback", id=ids.TICKET_ANSWER, role="status"),
                    html.Button("trade in replay", id=ids.UNLOCK, type="button", className="chip", hidden=True),
                ],
            ),
        ],
    )
