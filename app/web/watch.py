"""The tabs `Risk`, `Lock`, `Alerts` and `Journal` as components; what stands in them comes with frames, the journal when it is
looked at: desk-risk.js, desk-alerts.js, desk-journal.js.
"""

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from app.web import resetting


def risk() -> Component:
    """Shown by the tab `Risk`, in the panel of positions and orders: margin and exposure, what may be lost, equity."""
    gauge = html.Div(html.Div(id="gauge-bar"), className="gauge", id="gauge", role="img", **{"aria-label": "margin utilisation"})
    margin = [html.H2("Margin"), gauge, _line("gauge-words"), _line("exposure-assets"), _line("exposure-sectors")]
    loss = [html.Div(id="risk-rows", className="risk-rows"), _line("risk-note"), resetting.button()]
    equity = [
        html.H2(["Equity ", html.Span("", id="equity-now", className="number")]),
        html.Div(id="equity-curve", className="curve", role="img", **{"aria-label": "equity curve"}),
        _line("equity-down"),
        _line("equity-extremes"),
    ]
    parts = (("margin and exposure", margin), ("what may be lost", loss), ("equity", equity))
    return html.Div(
        id="risk",
        className="sheet",
        children=[html.Section(children, className="part", **{"aria-label": label}) for label, children in parts],
    )


def _line(name: str) -> Component:
    return html.Div("", id=name, className="number")


def lock() -> Component:
    """Shown by the tab `Lock`."""
    return html.Div(id="lock", className="sheet", children=[_lock()])


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


KINDS = (
    ("price", "price"),
    ("spread", "spread, bp"),
    ("margin", "margin, %"),
    ("liquidation", "liquidation nearer, %"),
    ("drawdown", "drawdown, %"),
    ("lock", "the lock"),
    ("feed", "the feed"),
    ("liquidated", "a liquidation"),
)


def alerts(symbols: Sequence[str]) -> Component:
    """Shown by the tab `Alerts`: what rang, the newest first, and the rules."""
    sound = html.Button("sound", id="alert-sound", type="button", className="chip", **{"aria-pressed": "true"})
    seen = html.Button("seen all", id="alerts-seen", type="button", className="chip")
    rang = [
        html.Div(className="limits-send", children=[html.H2("Rang"), seen, sound]),
        html.Div(id="alert-list", role="log"),
    ]
    rules = [
        _rule_form(symbols),
        html.Div("", id="rule-answer", className="note", role="status"),
        html.Div(id="rule-list"),
    ]
    return html.Div(
        id="alerts",
        className="sheet",
        children=[
            html.Section(rang, className="rang", **{"aria-label": "what rang"}),
            html.Section(rules, className="rules", **{"aria-label": "rules of alerts"}),
        ],
    )


def _rule_form(symbols: Sequence[str]) -> Component:
    def choice(name: str, label: str, options: Sequence[tuple[str, str]]) -> list[Component]:
        listed = [{"label": words, "value": value} for value, words in options]
        return [
            html.Label(label, htmlFor=f"rule-{name}", className="unseen"),
            dbc.Select(id=f"rule-{name}", options=listed, value=options[0][0], size="sm"),
        ]

    return html.Div(
        className="limits-send",
        children=[
            *choice("kind", "Kind of alert", KINDS),
            *choice("symbol", "Symbol of the alert", [(symbol, symbol) for symbol in symbols]),
            *choice("way", "Way of the price", (("rises", "rises to"), ("falls", "falls to"))),
            html.Label("Level of the alert", htmlFor="rule-level", className="unseen"),
            dbc.Input(
                id="rule-level", type="text", inputmode="decimal", size="sm", autocomplete="off", placeholder="level", value=""
            ),
            html.Button("add", id="rule-send", type="button", className="chip"),
            html.Button("not", id="rule-drop", type="button", className="chip", title="leave the rule as it is", hidden=True),
        ],
    )


def journal(symbols: Sequence[str]) -> Component:
    """Shown by the tab `Journal`: filters, what they come to, the round trips."""

    def choice(name: str, label: str, options: Sequence[tuple[str, str]]) -> list[Component]:
        listed = [{"label": words, "value": value} for value, words in options]
        return [
            html.Label(label, htmlFor=f"journal-{name}", className="unseen"),
            dbc.Select(id=f"journal-{name}", options=listed, value="all", size="sm"),
        ]

    def day(name: str, label: str) -> list[Component]:
        field = html.Span(dbc.Input(id=f"journal-{name}", type="date", size="sm", value=""), title=label)
        return [html.Label(label, htmlFor=f"journal-{name}", className="unseen"), field]

    bar = [
        *choice("symbol", "Symbol of the trips", [("all", "all symbols"), *((symbol, symbol) for symbol in symbols)]),
        *choice("side", "Side of the trips", (("all", "long, short"), ("long", "long"), ("short", "short"))),
        *choice("result", "Result of the trips", (("all", "won, lost"), ("won", "won"), ("lost", "lost"))),
        *day("from", "closed on this day (UTC) or later"),
        *day("to", "closed on this day (UTC) or earlier"),
        html.A("CSV", id="journal-csv", href="/api/journal.csv", download="", className="chip", title="for a spreadsheet"),
        html.Span("", id="journal-words", className="number", role="status"),
    ]
    units = (
        "slippage, moves after the entry, best and worst: basis points of the entry, + with the position; slippage: + is a cost"
    )
    return html.Div(
        id="journal",
        className="sheet",
        children=[
            html.Div(bar, className="journal-bar", role="group", **{"aria-label": "filter of the journal"}),
            html.Div(id="journal-rows", role="table", title=units, tabIndex="0", **{"aria-label": "round trips"}),
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
