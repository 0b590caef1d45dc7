"""The page's tree, from plain settings: what stands where. Empty of market values; assets/desk*.js fills them in.

Knows no snapshot, no hub, no callback. Every control has a label and can be reached by keyboard.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from app.web import figures, ids, trading
from app.web.guarding import break_even_after

SIDE_BARS = 100
WINDOWS = (("200", "{ring}", "the last {ring} ticks"), ("1m", "1 m", "one minute"), ("5m", "5 m", "five minutes"))
INTERVAL_NAMES = {"1s": "1 s", "1m": "1 m", "5m": "5 m", "15m": "15 m", "1h": "1 h", "1d": "1 d"}


def layout(options: Mapping[str, Any]) -> Component:
    """`options`: symbols, charts [(symbol, interval), …], leverage, tiers (their name), account_kind (words), ring,
    state_changes_allowed, transport, interval_ms, line_stale_ms, symbol_stale_ms: plain values. All of them travel to the page in
    `data-config`.
    """
    symbols, charts = list(options["symbols"]), list(options["charts"])[:4]
    settings = {**options, "symbols": symbols, "charts": [list(chart) for chart in charts], "side_bars": SIDE_BARS}
    return html.Div(
        id=ids.ROOT,
        className=f"desk side-{len(charts)}",
        **{"data-bs-theme": "dark", "data-config": json.dumps(settings)},
        children=[
            _header(symbols, str(options["account_kind"])),
            _strip(),
            html.Main(
                className="charts",
                children=[_tick_panel(symbols[0], int(options["ring"])), _side(charts)],
            ),
            html.Div(
                className="lower",
                children=[
                    trading.book(symbols, str(options["tiers"])),
                    trading.ticket(symbols, bool(options["state_changes_allowed"])),
                ],
            ),
            dcc.Interval(id=ids.BEAT, interval=options["interval_ms"]),
            dcc.Store(id=ids.FRAME),
            dcc.Store(id=ids.PAGE_STATE),
        ],
    )


def _header(symbols: Sequence[str], traded: str) -> Component:
    """`traded`: what is held with this feed, in words."""

    def fact(name: str, title: str, text: str = "–") -> Component:
        return html.Span(text, id=name, className="fact", title=title)

    return html.Header(
        className="head",
        children=[
            html.Div(
                className="head-market",
                children=[
                    html.Label("Main symbol", htmlFor=ids.SYMBOL, className="unseen"),
                    dbc.Select(id=ids.SYMBOL, options=list(symbols), value=symbols[0], size="sm", className="symbol"),
                    html.Span("–", id=ids.LAST_PRICE, className="last", **{"data-src": "", "data-age": ""}),
                    html.Span("", id="last-way", className="way", **{"aria-hidden": "true"}),
                    fact("spread", "spread in price steps and basis points"),
                    fact("change", "change since the session's start"),
                ],
            ),
            html.Div(
                className="head-line",
                children=[
                    html.Span(
                        id="feed",
                        className="feed",
                        title=traded,
                        role="status",
                        children=[
                            html.Span(className="dot", id="feed-dot"),
                            html.Span("connecting", id="feed-text"),
                            html.Span("", id="feed-name"),
                        ],
                    ),
                    fact("ages", "age of the last tick, per symbol"),
                ],
            ),
            html.Div(
                className="head-machine",
                children=[
                    fact("latency", "tick to screen: server + half a round trip + page; the venue's own leg apart"),
                    fact("throttle", "throttle level and refresh interval"),
                    fact("counts", "ticks lost, gaps, refused messages, dropped from the inbox"),
                    fact("compatible", "Plotly draws every frame itself: slower, but right", ""),
                    html.Span("", id="clock", className="fact clock", title="the source's clock"),
                    _settings(),
                ],
            ),
        ],
    )


def _settings() -> Component:
    def choice(name: str, label: str, options: Sequence[tuple[str, str]]) -> Component:
        buttons = [
            html.Button(text, type="button", className="chip", **{"data-set": name, "data-value": value, "aria-pressed": "false"})
            for value, text in options
        ]
        return html.Div(className="setting", role="group", **{"aria-label": label}, children=[html.Span(label), *buttons])

    return html.Details(
        id="settings",
        className="settings",
        children=[
            html.Summary("Settings", title="Time zone, colours, signals, stops"),
            html.Div(
                className="settings-box",
                children=[
                    choice("zone", "Times", (("utc", "UTC"), ("local", "local"))),
                    choice("colours", "Colours", (("teal", "teal and orange"), ("green", "green and red"))),
                    choice("signals", "Signals", (("on", "shown"), ("off", "hidden"))),
                    break_even_after(),
                ],
            ),
        ],
    )


def _strip() -> Component:
    """28 px that are always there: a banner never moves what stands below it."""
    return html.Div(
        id=ids.STRIP,
        className="strip",
        role="status",
        children=[
            html.Span("", id="strip-text"),
            html.Button("try live again", id=ids.TRY_LIVE, type="button", className="chip", hidden=True),
        ],
    )


def _panel(name: str, kind: str, head: Sequence[Component], figure: Mapping[str, Any], label: str) -> Component:
    return html.Section(
        id=f"panel-{name}",
        className=f"panel {kind}",
        **{"aria-label": label, "data-src": "", "data-age": ""},
        children=[
            html.Div(className="panel-head", children=list(head)),
            html.Div(
                className="plot",
                children=[
                    dcc.Graph(id=name, figure=dict(figure), config=dict(figures.config()), className="graph", responsive=True),
                    html.Div(className="overlay", id=f"overlay-{name}"),
                    html.Div("waiting for the first message", className="empty", id=f"empty-{name}"),
                    html.Div("", className="reason", id=f"reason-{name}", role="status"),
                    html.Div("", className="note", id=f"note-{name}"),
                    html.Div("", className="note readout number", id=f"readout-{name}"),
                    html.Button("", type="button", className="return", id=f"return-{name}", hidden=True),
                ],
            ),
        ],
    )


def _tick_panel(symbol: str, ring: int) -> Component:
    windows = [
        html.Button(
            text.format(ring=ring),
            type="button",
            className="chip",
            title=title.format(ring=ring),
            **{"data-window": name, "aria-pressed": "true" if name == "200" else "false"},
        )
        for name, text, title in WINDOWS
    ]
    legend = [
        html.Button(
            [html.Span(mark, className=f"form {kind}", **{"aria-hidden": "true"}), html.Span(text, id=f"legend-{kind}")],
            type="button",
            className="legend",
            title=f"show or hide {text}",
            **{"data-traces": traces, "aria-pressed": "true"},
        )
        for kind, mark, text, traces in (
            ("volume", "▮", "volume", "1"),
            ("signals", "△", "signals", "2,3"),
            ("fills", "↑↓", "fills", "4,5"),
        )
    ]
    head = [
        html.H2(symbol, id="ticks-symbol"),
        html.Span("–", id="ticks-price", className="number strong"),
        html.Span("", id="ticks-span", className="number weak"),
        html.Div(legend, className="legends", role="group", **{"aria-label": "traces"}),
        html.Div(windows, className="windows", role="group", **{"aria-label": "window of the tick chart"}),
    ]
    return _panel(ids.TICK_CHART, "main", head, figures.tick_chart(ring), "ticks")


def _side(charts: Sequence[tuple[str, str]]) -> Component:
    tabs, panels = [], []
    for number, ((symbol, interval), name) in enumerate(zip(charts, ids.CANDLES, strict=False)):
        label = f"{symbol} {INTERVAL_NAMES.get(interval, interval)}"
        tabs.append(
            html.Button(
                label,
                type="button",
                className="chip",
                **{"data-tab": str(number), "aria-pressed": "true" if number == 0 else "false"},
            )
        )
        head = [
            html.H2(label),
            html.Span("", id=f"price-{name}", className="number weak"),
            html.Span("", id=f"close-{name}", className="number weak countdown", title="time to the bar's close"),
        ]
        panels.append(_panel(name, "candle", head, figures.candle_chart(SIDE_BARS), f"candles {label}"))
    return html.Div(
        className="side",
        **{"data-shown": "0"},
        id="side",
        children=[html.Div(tabs, className="tabs", role="group", **{"aria-label": "side chart"}), *panels],
    )
