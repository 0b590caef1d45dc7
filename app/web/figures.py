"""The charts' scenes as plain dicts: traces, axes, style. Built once per page; assets/desk-*.js moves the picture in them.

Knows no snapshot, no server, no Dash. The x axis of every chart is a position in its window, not a time: a position never
moves, so a new tick moves the line and leaves axes, grid and labels alone (a redraw of those is what costs).
"""

from collections.abc import Mapping, Sequence
from typing import Any

Figure = dict[str, Any]

UP, DOWN, NEITHER = "#2ec4b6", "#ff8552", "#8b93a3"
"""Teal and orange: told apart under the common colour blindness; style.css and the setting `green and red` know others."""

LINE, GRID, WEAK_TEXT, PANEL = "#d5dbe7", "#1e2430", "#98a1b3", "#10141c"
FONT = "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

MARGIN = {"l": 8, "r": 72, "t": 8, "b": 22}
"""The same on all charts, so that edges line up; nothing is measured to find them."""

TICK_TRACES = ("price", "volume", "signal up", "signal down", "bought", "sold")
CANDLE_TRACES = ("candles", "volume")


def tick_chart(ring: int) -> Figure:
    """Line of the last `ring` prices (trace 0), their sizes as bars (trace 1), then signals and own fills (traces 2 to 5)."""
    markers = (
        ("triangle-up-open", UP),
        ("triangle-down-open", DOWN),
        ("arrow-up", UP),
        ("arrow-down", DOWN),
    )
    traces: list[Figure] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": TICK_TRACES[0],
            "x": [],
            "y": [],
            "line": {"color": LINE, "width": 1.5, "simplify": False},
            "hoverinfo": "skip",
        },
        _volume_bars(),
    ]
    for name, (shape, color) in zip(TICK_TRACES[2:], markers, strict=True):
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [],
                "y": [],
                "text": [],
                "marker": {"symbol": shape, "color": color, "size": 11, "line": {"color": color, "width": 2}},
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    return {"data": traces, "layout": _layout([-1, ring - 1 + ring * 0.04], 14)}


def candle_chart(bars: int) -> Figure:
    """Candles (trace 0; rising hollow, falling filled) with their volume as bars (trace 1), room for `bars` of them."""
    candles: Figure = {
        "type": "candlestick",
        "name": CANDLE_TRACES[0],
        **{name: [] for name in ("x", "open", "high", "low", "close")},
        "increasing": {"line": {"color": UP, "width": 1}, "fillcolor": PANEL},
        "decreasing": {"line": {"color": DOWN, "width": 1}, "fillcolor": DOWN},
        "whiskerwidth": 0,
        "hoverinfo": "skip",
    }
    layout = _layout([-1, bars + 2], 7)
    layout["boxgap"] = 0.3
    layout["boxgroupgap"] = 0
    return {"data": [candles, _volume_bars()], "layout": layout}


def config() -> Mapping[str, Any]:
    """What Plotly's own controls may do: drag pans, the wheel zooms; a double click is ours (back to live)."""
    return {"displayModeBar": False, "scrollZoom": True, "doubleClick": False, "showTips": False, "responsive": True}


def _volume_bars() -> Figure:
    return {
        "type": "bar",
        "name": "volume",
        "x": [],
        "y": [],
        "yaxis": "y2",
        "width": 0.8,  # on its own, Plotly takes it from the smallest distance between two points
        "marker": {"color": [], "line": {"width": 0}},
        "hoverinfo": "skip",
    }


def _layout(x_range: Sequence[float], price_labels: int) -> Figure:
    price_axis = {
        **_axis(),
        "side": "right",
        "range": [0, 1],
        "nticks": price_labels,
        "tickformat": ",.2f",
        "gridcolor": GRID,
        "showgrid": True,
    }
    volume_axis = {
        **_axis(),
        "overlaying": "y",
        "side": "left",
        "range": [0, 1],
        "tickmode": "auto",
        "showgrid": False,
        "showticklabels": False,
        "fixedrange": True,
    }
    position_axis = {
        **_axis(),
        "rangeslider": {"visible": False},
        "range": list(x_range),
        "tickmode": "array",
        "tickvals": [],
        "ticktext": [],
        "showgrid": False,
    }
    return {
        "uirevision": "always",
        "autosize": True,
        "margin": {**MARGIN, "pad": 0, "autoexpand": False},
        "paper_bgcolor": PANEL,
        "plot_bgcolor": PANEL,
        "font": {"family": FONT, "size": 11, "color": WEAK_TEXT},
        "showlegend": False,
        "dragmode": "pan",
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": "#1a202c", "bordercolor": "#3a4356", "font": {"color": "#e8ebf2", "size": 12}},
        "bargap": 0.2,  # none would make Plotly round every bar to whole pixels
        "barmode": "overlay",
        "title": {"text": ""},
        "xaxis": position_axis,
        "yaxis": price_axis,
        "yaxis2": volume_axis,
    }


def _axis() -> Figure:
    """Lean: labels are neither measured against each other nor rotated, margins never move."""
    return {
        "autorange": False,
        "automargin": False,
        "tickangle": 0,
        "ticklabeloverflow": "allow",
        "ticks": "",
        "zeroline": False,
        "showline": False,
        "title": {"text": ""},
    }
