"""Positions, orders and ticket as components: columns, labels, what stands there before the server has spoken.

The rows' texts are made on the server (tables.py), the tables are reconciled by assets/desk-table.js and desk-orders.js.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from app.web import guarding, ids, keys, margining, watch
from app.web.fields import chip, number, price

NUMBER = {"type": "rightAligned"}
PNL = {  # two lines, of two fields
    "cellRenderer": "DeskPnl",
    "valueGetter": {"function": "deskPnl(params)"},
    "headerTooltip": "at the mark, before fees; below it what closing now would leave: at the bid for a long, at the ask for a "
    "short, after the fees paid and the fee to pay",
}
TYPES = ("market", "limit", "stop", "stop_limit", "take_profit", "trailing_stop")
TIMES = (("gtc", "GTC"), ("ioc", "IOC"), ("post", "post-only"))
PERCENTS = (1, 5, 10, 25)


def book(symbols: Sequence[str], tiers: str) -> Component:
    """`tiers`: what they are called. Positions and orders in one panel: one of the two is shown."""
    return html.Section(
        id="panel-positions",
        className="panel book",
        **{"aria-label": "positions and orders", "data-src": "", "data-age": "", "data-shown": "positions"},
        children=[
            html.Div(
                className="panel-head",
                children=[
                    chip("Positions", "tab-positions", "show the positions", {"data-book": "positions", "aria-pressed": "true"}),
                    chip("Orders", "tab-orders", "show the orders", {"data-book": "orders", "aria-pressed": "false"}),
                    chip("Risk", "tab-risk", "show the risk", {"data-book": "risk", "aria-pressed": "false"}),
                    chip("Lock", "tab-lock", "show the lock", {"data-book": "lock", "aria-pressed": "false"}),
                    chip("Alerts", "tab-alerts", "show the alerts", {"data-book": "alerts", "aria-pressed": "false"}),
                    chip("Journal", "tab-journal", "show the round trips", {"data-book": "journal", "aria-pressed": "false"}),
                    html.Span("", id="realized", className="number weak"),
                    html.Span("", id="reason-positions", className="note"),
                    chip("cancel all", "cancel-all", "cancel every working order"),
                    chip("flatten", "flatten", "cancel every order and close every position"),
                ],
            ),
            margining.form(),
            _positions(tiers),
            _orders(),
            watch.risk(),
            watch.lock(),
            watch.alerts(symbols),
            watch.journal(symbols),
        ],
    )


def _column(field: str, name: str, width: int, tabs: str, **more: Any) -> dict[str, Any]:
    """A tab stop where `tabs` names the column itself: one of buttons; the totals have none. What glows when: desk-table.js."""
    still = {"suppressNavigable": {"function": "Boolean(params.node.rowPinned)"} if field == tabs else True}
    return {"field": field, "headerName": name, "flex": width, "minWidth": width, **still, **more}


def _grid(name: str, columns: Sequence[Mapping[str, Any]], empty: str, more: Mapping[str, Any]) -> Component:
    return dag.AgGrid(
        id=name,
        columnDefs=list(columns),
        rowData=[],
        getRowId="params.data.id",
        defaultColDef={"sortable": False, "resizable": False, "suppressMovable": True, "suppressHeaderMenuButton": True},
        dashGridOptions={
            "rowHeight": 27,
            "headerHeight": 25,
            "localeText": {"noRowsToShow": empty},
            "suppressHeaderFocus": True,  # else Tab never leaves the table
            "animateRows": False,
            "suppressScrollOnNewData": True,
            "suppressHorizontalScroll": True,
            "suppressColumnVirtualisation": True,  # a phone's cards show every column
            **more,
        },
        style={"height": "100%", "width": "100%"},
    )


def _positions(tiers: str) -> Component:
    def column(field: str, name: str, width: int, **more: Any) -> dict[str, Any]:
        return _column(field, name, width, "close", **more)

    signed = {**NUMBER, "cellRenderer": "DeskSigned"}
    columns = [
        column("symbol", "Symbol", 70),
        column("side", "Side", 42, cellRenderer="DeskSide"),
        column("quantity", "Quantity", 84, **NUMBER),
        column("entry", "Entry", 78, **NUMBER),
        column("mark", "Mark", 88, **NUMBER),
        column("pnl", "P&L before fees\nnet at exit", 94, **NUMBER, **PNL),
        column("pnl_percent", "% margin", 86, **signed),
        _column("margin", "Margin", 72, "margin", cellRenderer="DeskMargin", **NUMBER),
        column("leverage", "Lev", 42, **NUMBER),
        column("liquidation", "Liquidation", 78, headerTooltip=f"where the mark liquidates it: {tiers}", **NUMBER),
        column("distance", "Dist%", 48, **NUMBER),
        column("source", "Age, source", 84, cellRenderer="DeskAge", **NUMBER),
        column("close", "", 123, cellRenderer="DeskClose"),
    ]
    foot = {"id": "totals", "symbol": "Total", "pnl": "0.00", "margin": "0.00", "sign": 0}
    return _grid(ids.POSITIONS, columns, "no open positions", {"pinnedBottomRowData": [foot]})


def _orders() -> Component:
    def column(field: str, name: str, width: int, **more: Any) -> dict[str, Any]:
        return _column(field, name, width, "works", **more)

    columns = [
        column("at_ms", "Time", 66, cellRenderer="DeskTime"),
        column("symbol", "Symbol", 74),
        column("side", "Side", 42, cellRenderer="DeskWay"),
        column("type", "Type", 88),
        column("quantity", "Quantity", 76, **NUMBER),
        column("filled", "Filled", 70, **NUMBER),
        column("price", "Price", 148, minWidth=96, **NUMBER),
        column("average", "Average", 80, **NUMBER),
        column("fees", "Fees", 54, **NUMBER),
        column("state", "State", 200, minWidth=80, cellRenderer="DeskState"),
        column("works", "", 64, cellRenderer="DeskCancel"),
    ]
    return _grid(ids.ORDERS, columns, "no orders yet", {})


def ticket(symbols: Sequence[str], allowed: bool) -> Component:
    return html.Section(
        id="panel-ticket",
        className="panel ticket",
        **{"aria-label": "ticket"},
        children=[
            html.Div(
                className="panel-head",
                children=[html.H2("Ticket"), html.Span("", id="ticket-preview", className="note"), keys.switch()],
            ),
            keys.key_map(),
            html.Div(className="ticket-row", children=_what(symbols)),
            html.Div(className="ticket-row", children=_how()),
            html.Div(className="ticket-row guarded", children=guarding.bracket()),
            html.Div(
                className="ticket-row sides",
                children=[
                    _side("Buy", ids.TICKET_BUY),
                    guarding.outcome(),
                    _side("Sell", ids.TICKET_SELL),
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


def _side(words: str, name: str) -> Component:
    """The button, with the position's liquidation price and break-even after it; always as high as with them."""
    at = html.Span("", id=f"{name}-at", className="at number", title="of the position as it would be")
    return html.Button([html.Span(words), at], id=name, type="button", className=f"btn {words.lower()}", disabled=True)


def _what(symbols: Sequence[str]) -> list[Component]:
    sizes = [
        chip(
            f"{percent} %",
            f"size-{percent}",
            f"the size that binds {percent} % of the free margin",
            {"data-percent": str(percent)},
        )
        for percent in PERCENTS
    ]
    return [
        html.Label("Symbol", htmlFor=ids.TICKET_SYMBOL),
        dbc.Select(id=ids.TICKET_SYMBOL, options=list(symbols), value=symbols[0], size="sm"),
        html.Label("Quantity", htmlFor=ids.TICKET_QUANTITY),
        number(ids.TICKET_QUANTITY, "0.1"),
        html.Span(className="sizes", children=sizes),
    ]


def _how() -> list[Component]:
    types = [{"label": name.replace("_", " "), "value": name} for name in TYPES]
    times = [{"label": words, "value": name} for name, words in TIMES]
    return [
        html.Label("Type", htmlFor="ticket-type", className="unseen"),
        dbc.Select(id="ticket-type", options=types, value="market", size="sm"),
        price("stop", "Stop"),
        price("price", "Price"),
        price("trail", "Trail"),
        html.Span(
            id="field-time",
            className="field",
            hidden=True,
            children=[
                html.Label("Time in force", htmlFor="ticket-time", className="unseen"),
                dbc.Select(id="ticket-time", options=times, value="gtc", size="sm"),
            ],
        ),
    ]
