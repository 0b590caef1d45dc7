"""The place of the discipline lock on the page, as components; its texts come with frames, assets/desk-risk.js places them."""

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component


def risk() -> Component:
    """Shown by the tab `Risk`, in the panel of positions and orders."""
    return html.Div(id="risk", className="sheet", children=[_lock()])


def _lock() -> Component:
    return html.Section(
        className="lock",
        **{"aria-label": "discipline lock"},
        children=[
            html.H2("Lock", title="days are UTC days; an open loss counts, an open profit does not"),
            html.Div(
                className="limits",
                children=[
                    *_limit("day-loss", "Daily loss, USDT", "off", "decimal"),
                    *_limit("orders", "Orders in 10 min", "off", "numeric"),
                    *_limit("losses", "Losses in a row", "off", "numeric"),
                    *_limit("pause", "then pause, min", "15", "numeric"),
                ],
            ),
            html.Div(
                className="limits-send",
                children=[
                    html.Label("Reason", htmlFor="limit-reason"),
                    dbc.Input(
                        id="limit-reason",
                        type="text",
                        size="sm",
                        autocomplete="off",
                        maxlength=300,
                        placeholder="for a looser limit or an override: in force after 15 min",
                    ),
                    html.Button("set limits", id="set-limits", type="button", className="chip"),
                    html.Button("override the lock", id="override", type="button", className="chip", disabled=True),
                ],
            ),
            html.Div("", id="lock-state", className="lock-state", role="status"),
            html.Div("", id="lock-answer", className="note", role="status"),
        ],
    )


def _limit(name: str, label: str, nothing: str, mode: str) -> list[Component]:
    used = html.Span("", id=f"used-{name}", className="number weak")
    if name == "day-loss":
        used = html.Span(
            [used, html.Button("3 %", id="propose-loss", type="button", className="chip", title="3 % of the balance")],
            className="proposal",
        )
    return [
        html.Label(label, htmlFor=f"limit-{name}"),
        dbc.Input(id=f"limit-{name}", type="text", inputmode=mode, size="sm", autocomplete="off", placeholder=nothing, value=""),
        used,
    ]
