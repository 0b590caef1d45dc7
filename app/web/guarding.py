"""What guards an order on the ticket, as components: its bracket, the size by risk, and what stop and target would bring.

The numbers are the server's (asking.py); assets/desk-bracket.js brings them here.
"""

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from app.web.fields import chip, number, price


def bracket() -> list[Component]:
    """Both prices may stay empty: an order without a bracket."""
    units = [{"label": "USDT", "value": "risk"}, {"label": "% bal", "value": "risk_percent"}]
    return [
        price("loss", "Stop loss", hidden=False),
        price("gain", "Target", hidden=False),
        html.Span(
            id="field-risk",
            className="field",
            children=[
                html.Label("Risk", htmlFor="ticket-risk"),
                number("ticket-risk", ""),
                html.Label("Unit of the risk", htmlFor="ticket-risk-unit", className="unseen"),
                dbc.Select(id="ticket-risk-unit", options=units, value="risk", size="sm"),
                chip("size", "size-risk", "the size that loses so much at the stop, fees both ways included"),
            ],
        ),
    ]


def break_even_after() -> Component:
    """A habit rather than a wish of one order: it stands in the settings, and goes with every bracket that has a stop."""
    return html.Div(
        className="setting",
        children=[
            html.Label("Stop to break-even after", htmlFor="ticket-even"),
            number("ticket-even", ""),
            html.Span("ticks of profit; empty: never"),
        ],
    )


def outcome() -> Component:
    """Always there, between the two sides: nothing moves when a bracket is typed."""
    return html.Div(
        className="outcome number",
        id="ticket-outcome",
        title="net of fees both ways; a stop may fill worse than its price",
        children=[html.Span("", id="outcome-stopped"), html.Span("", id="outcome-gained")],
    )
