"""The hotkeys' switch and their map as components. Which keys there are stands here; what they do: assets/desk-keys.js."""

from dash import html
from dash.development.base_component import Component

from app.web.fields import chip

ACTIONS = (
    ("buy", "buy, as the ticket says", "b"),
    ("sell", "sell, as the ticket says", "s"),
    ("flip", "flip the position of the ticket's symbol", "f"),
    ("size-1", "size 1 %", "1"),
    ("size-5", "size 5 %", "2"),
    ("size-10", "size 10 %", "3"),
    ("size-25", "size 25 %", "4"),
    ("close-25", "close 25 % of the ticket's symbol", "5"),
    ("close-50", "close 50 %", "6"),
    ("close-100", "close 100 %", "7"),
    ("cancel-all", "cancel all orders", "c"),
)
"""(name, words, key as shipped). Whoever changes a key keeps it in the browser."""

FIXED = (("cancel all orders", "Esc Esc"), ("flatten", "⌫ ⌫"), ("this list", "?"))
"""Armed or not; they can not be changed."""


def switch() -> Component:
    """Off until it is pressed."""
    return html.Span(
        className="keys",
        children=[
            chip("keys off", "keys-armed", "arm or disarm the hotkeys", {"aria-pressed": "false"}),
            chip("?", "keys-help", "show the hotkeys and change them"),
        ],
    )


def key_map() -> Component:
    rows = [html.Div(className="key-row", children=[html.Span(words), _key(name, words, key)]) for name, words, key in ACTIONS]
    rows += [html.Div(className="key-row", children=[html.Span(words), html.Kbd(keys)]) for words, keys in FIXED]
    return html.Dialog(
        id="key-map",
        className="key-map",
        **{"aria-labelledby": "key-map-title"},
        children=[
            html.H2("Hotkeys", id="key-map-title"),
            html.P("Press a key's button, then the new key. Armed by the switch at the ticket; the last three always work."),
            html.Div(rows, className="key-rows"),
            html.Div("", id="key-map-said", role="status"),
            html.Div(
                className="key-ends",
                children=[
                    chip("as shipped", "keys-reset", "the keys as shipped"),
                    chip("close", "keys-close", "close this list"),
                ],
            ),
        ],
    )


def _key(name: str, words: str, key: str) -> Component:
    label = f"key for: {words}"
    return html.Button(
        key, type="button", className="chip key", title=label, **{"data-action": name, "data-key": key, "aria-label": label}
    )
