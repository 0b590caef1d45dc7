"""The tree holds what page and programs rely on: ids, labels, settings; and nothing from elsewhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash.development.base_component import Component

from app.web import ids, keys, trading
from app.web.layout import layout

ASSETS = Path(__file__).resolve().parents[2] / "assets"
CHARTS = (("ETH/USDT", "1m"), ("ETH/USDT", "1h"), ("ETH/USDT", "1d"), ("BTC/USDT", "1s"))


def options(**changed: Any) -> dict[str, Any]:
    return {
        "symbols": ("ETH/USDT", "BTC/USDT"),
        "charts": CHARTS,
        "leverage": 500,
        "tiers": "example tiers",
        "account_kind": "synthetic perpetual on spot: no funding, mark = mid",
        "ring": 200,
        "state_changes_allowed": True,
        "transport": "auto",
        "interval_ms": 200,
        "line_stale_ms": 3000,
        "symbol_stale_ms": 5000,
        **changed,
    }


def elements(tree: Component) -> Iterator[Component]:
    yield tree
    yield from (child for child in tree._traverse() if isinstance(child, Component))


def by_id(tree: Component) -> dict[str, Component]:
    return {element.id: element for element in elements(tree) if getattr(element, "id", None)}


def test_every_name_that_programs_rely_on_is_on_the_page() -> None:
    found = by_id(layout(options()))
    charts = {"tick-chart", "candles-0", "candles-1", "candles-2", "candles-3"}
    assert charts | {"positions", "last-price", "beat", "frame", "page-state"} <= found.keys()


def test_every_name_in_ids_is_on_the_page() -> None:
    found = by_id(layout(options()))
    names = [value for name, value in vars(ids).items() if name.isupper() and isinstance(value, str)]
    assert names and set(names) <= found.keys()


def test_no_name_is_given_twice() -> None:
    names = [element.id for element in elements(layout(options())) if getattr(element, "id", None)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("count", range(5))
def test_there_are_as_many_side_charts_as_asked_for(count: int) -> None:
    found = by_id(layout(options(charts=CHARTS[:count])))
    assert [name for name in ids.CANDLES if name in found] == list(ids.CANDLES[:count])


def test_the_settings_travel_to_the_page_as_they_are() -> None:
    config = json.loads(by_id(layout(options(ring=50)))[ids.ROOT].to_plotly_json()["props"]["data-config"])
    assert config["ring"] == 50
    assert config["symbols"] == ["ETH/USDT", "BTC/USDT"]
    assert config["charts"][3] == ["BTC/USDT", "1s"]
    assert config["transport"] == "auto"


def test_the_interval_starts_with_the_throttles_pace_and_never_ends() -> None:
    beat = by_id(layout(options(interval_ms=350)))[ids.BEAT]
    assert beat.interval == 350
    assert getattr(beat, "max_intervals", None) is None


def test_every_button_says_what_it_does_and_every_field_has_a_label() -> None:
    tree = layout(options())
    labelled = {element.htmlFor for element in elements(tree) if type(element).__name__ == "Label"}
    for element in elements(tree):
        kind = type(element).__name__
        if kind in ("Select", "Input"):
            assert element.id in labelled
        if kind == "Button" and not str(getattr(element, "id", "")).startswith("return-"):
            assert element.children, element


def test_a_panel_says_where_its_numbers_come_from() -> None:
    panels = [element for element in elements(layout(options())) if str(getattr(element, "id", "")).startswith("panel-")]
    assert len(panels) == 7
    for panel in panels:
        if panel.id != "panel-ticket":
            assert {"data-src", "data-age"} <= panel.to_plotly_json()["props"].keys()


def test_the_positions_table_reconciles_by_id_and_always_has_its_foot() -> None:
    grid = by_id(layout(options()))[ids.POSITIONS]
    assert grid.getRowId == "params.data.id"
    assert grid.rowData == []
    assert [row["id"] for row in grid.dashGridOptions["pinnedBottomRowData"]] == ["totals"]
    assert "P&L before fees\nnet at exit" in [column["headerName"] for column in grid.columnDefs]


def test_where_it_is_liquidated_is_said_to_follow_from_example_tiers() -> None:
    (column,) = [one for one in by_id(layout(options()))[ids.POSITIONS].columnDefs if one["field"] == "liquidation"]
    assert column["headerTooltip"] == "where the mark liquidates it: example tiers"


def test_what_is_traded_stands_at_the_feed() -> None:
    assert by_id(layout(options()))["feed"].title == "synthetic perpetual on spot: no funding, mark = mid"


def test_tab_stops_at_the_buttons_and_leaves_the_table_again() -> None:
    grid = by_id(layout(options()))[ids.POSITIONS]
    assert grid.dashGridOptions["suppressHeaderFocus"] is True
    stops = [column for column in grid.columnDefs if column["suppressNavigable"] is not True]
    assert [column["field"] for column in stops] == ["margin", "close"]
    assert stops[0]["suppressNavigable"] == {"function": "Boolean(params.node.rowPinned)"}  # the totals close nothing


def test_the_ticket_is_shut_until_the_server_has_spoken() -> None:
    found = by_id(layout(options()))
    assert found[ids.TICKET_BUY].disabled and found[ids.TICKET_SELL].disabled


def test_a_page_that_may_not_trade_says_why() -> None:
    found = by_id(layout(options(state_changes_allowed=False)))
    assert "read-only" in found[ids.TICKET_ANSWER].children


def test_nothing_on_the_page_names_another_host() -> None:
    texts = [json.dumps(layout(options()).to_plotly_json(), default=lambda part: part.to_plotly_json())]
    texts += [path.read_text() for path in ASSETS.iterdir() if path.suffix in (".js", ".css")]
    for text in texts:
        assert not [host for host in re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text) if "www.w3.org" not in host]


def test_every_hotkey_has_a_key_of_its_own() -> None:
    shipped = [key for _, _, key in keys.ACTIONS]
    assert len(set(shipped)) == len(shipped) and all(len(key) == 1 for key in shipped)
    percents = {f"size-{percent}" for percent in trading.PERCENTS}
    assert percents == {name for name, _, _ in keys.ACTIONS if name.startswith("size-")}
