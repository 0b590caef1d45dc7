"""What the ticket's rows are made of: chips, number fields, prices with steps. Plain components; no ids of their own."""

from collections.abc import Mapping

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component


def chip(words: str, name: str, label: str, more: Mapping[str, str] | None = None) -> Component:
    return html.Button(words, id=name, type="button", className="chip", title=label, **{"aria-label": label, **(more or {})})


def price(name: str, words: str, hidden: bool = True) -> Component:
    """A price with a step down and up; the arrow keys step too, ten at a time with Shift."""

    def step(way: int, sign: str, label: str) -> Component:
        return chip(sign, f"{name}-{label}", f"{words.lower()} one tick {label}", {"data-price": name, "data-step": str(way)})

    return html.Span(
        id=f"field-{name}",
        className="field",
        hidden=hidden,
        children=[
            html.Label(words, htmlFor=f"ticket-{name}"),
            step(-1, "−", "down"),
            number(f"ticket-{name}", ""),
            step(1, "+", "up"),
        ],
    )


def number(name: str, value: str) -> Component:
    return dbc.Input(id=name, type="text", inputmode="decimal", value=value, size="sm", autocomplete="off")
