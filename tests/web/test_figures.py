"""The scenes are what Plotly accepts, and lean where a redraw costs."""

from typing import Any

import plotly.graph_objects as go
import pytest

from app.web import figures

SCENES = {"ticks": figures.tick_chart(200), "candles": figures.candle_chart(100)}
AXES = ("xaxis", "yaxis", "yaxis2")


@pytest.mark.parametrize("name", SCENES)
def test_plotly_accepts_every_property_of_the_scene(name: str) -> None:
    figure = go.Figure(SCENES[name])
    assert len(figure.data) == len(SCENES[name]["data"])


def test_the_tick_chart_has_the_price_line_first_and_the_volume_bars_second_on_an_axis_of_their_own() -> None:
    price, volume, *markers = SCENES["ticks"]["data"]
    assert (price["type"], price["mode"], price.get("yaxis", "y")) == ("scatter", "lines", "y")
    assert (volume["type"], volume["yaxis"]) == ("bar", "y2")
    assert [marker["name"] for marker in markers] == ["signal up", "signal down", "bought", "sold"]
    assert {marker["mode"] for marker in markers} == {"markers"}


def test_a_signal_and_its_opposite_differ_in_form_and_not_only_in_colour() -> None:
    shapes = {trace["name"]: trace["marker"]["symbol"] for trace in SCENES["ticks"]["data"][2:]}
    assert shapes["signal up"] != shapes["signal down"]
    assert shapes["bought"] != shapes["signal up"]


def test_rising_candles_are_hollow_and_falling_ones_filled() -> None:
    candles = SCENES["candles"]["data"][0]
    assert candles["increasing"]["fillcolor"] == figures.PANEL
    assert candles["decreasing"]["fillcolor"] == candles["decreasing"]["line"]["color"]


@pytest.mark.parametrize("name", SCENES)
def test_bars_state_their_width_since_plotly_would_make_slivers_of_them(name: str) -> None:
    assert SCENES[name]["data"][1]["width"] > 0.5


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("axis", AXES)
def test_no_axis_measures_its_labels_or_moves_the_margins(name: str, axis: str) -> None:
    layout = SCENES[name]["layout"]
    assert layout[axis]["ticklabeloverflow"] == "allow"
    assert layout[axis]["tickangle"] == 0
    assert layout[axis]["automargin"] is False
    assert layout[axis]["autorange"] is False


@pytest.mark.parametrize("name", SCENES)
def test_the_overlaid_axis_keeps_ticks_of_its_own_because_plotly_would_synchronise_them(name: str) -> None:
    assert SCENES[name]["layout"]["yaxis2"]["tickmode"] == "auto"


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_carries_no_template_no_range_slider_and_no_legend_box(name: str) -> None:
    layout = SCENES[name]["layout"]
    assert "template" not in layout
    assert layout["xaxis"]["rangeslider"] == {"visible": False}
    assert layout["showlegend"] is False


def test_all_charts_have_the_same_margins_so_that_edges_line_up() -> None:
    assert SCENES["ticks"]["layout"]["margin"] == SCENES["candles"]["layout"]["margin"]


def test_every_title_is_an_object_as_plotly_7_demands() -> None:
    for scene in SCENES.values():
        assert all("text" in title for title in _titles(scene))


def test_each_call_makes_a_scene_of_its_own() -> None:
    first, second = figures.tick_chart(200), figures.tick_chart(200)
    first["data"][0]["x"].append(1)
    assert second["data"][0]["x"] == []


def test_a_larger_ring_gets_a_wider_axis() -> None:
    assert figures.tick_chart(500)["layout"]["xaxis"]["range"][1] > 500


def test_text_and_lines_stand_out_from_the_panel() -> None:
    assert contrast(figures.WEAK_TEXT, figures.PANEL) >= 4.5
    for color in (figures.UP, figures.DOWN, figures.LINE, figures.NEITHER):
        assert contrast(color, figures.PANEL) >= 3


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio of two #rrggbb colours."""

    def luminance(color: str) -> float:
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _titles(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        own = [node["title"]] if "title" in node else []
        return own + [title for child in node.values() for title in _titles(child)]
    return [title for child in node for title in _titles(child)] if isinstance(node, list) else []
