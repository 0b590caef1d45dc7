"""Reads the sources and fails on any arrow, name or length that is not in the design."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([ROOT / "run_dashboard.py", *(ROOT / "app").rglob("*.py"), *(ROOT / "feeds").rglob("*.py")])
WRITTEN = sorted([*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "docs").rglob("*.py"), *(ROOT / "bench").rglob("*.py")])
PAGE = sorted([*(ROOT / "assets").glob("*.js"), *(ROOT / "assets").glob("*.css")])

# Who may know whom, the longest matching name first. Each row: our own modules, then libraries; the standard library is free
# but for CLOSED. run_dashboard puts everything together.
ARROWS: dict[str, tuple[set[str], set[str]]] = {
    "run_dashboard": ({"app", "feeds"}, {"uvicorn"}),
    "app.config": ({"app.flags", "app.core", "feeds.events"}, set()),
    "app.flags": ({"app.core", "feeds.events"}, set()),
    "app.hub": ({"app.core", "feeds.events"}, set()),
    "app.outbox": ({"app.core"}, set()),
    "app.rows": ({"app.core"}, {"sqlalchemy"}),
    "app.store": ({"app.core", "app.rows", "app.upgrade"}, {"platformdirs", "sqlalchemy"}),
    "app.upgrade": ({"app.core", "app.rows"}, {"sqlalchemy"}),
    "app.tune": ({"app.core"}, {"pandas"}),
    "app.core": ({"app.core", "feeds.events"}, set()),
    "app.core.returns": ({"feeds.events"}, {"pandas"}),
    "app.web": (
        {"app.web", "app.hub", "app.core", "app.config", "feeds.events"},
        {"dash", "dash_ag_grid", "dash_bootstrap_components", "fastapi", "starlette", "flask_bootstrap", "orjson", "pydantic"},
    ),
    "app": (set(), set()),
    "feeds.venues": ({"feeds.adapter", "feeds.events", "feeds.venues.binance_wire"}, {"orjson"}),
    "feeds": ({"feeds"}, {"orjson", "websocket"}),
}
# What a row does not get although the rows above would let it.
CLOSED: dict[str, set[str]] = {
    "app.core": {
        "asyncio",
        "datetime",
        "http",
        "logging",
        "queue",
        "random",
        "socket",
        "sqlite3",
        "subprocess",
        "threading",
        "time",
    },
    "app.web": {"queue", "socket", "subprocess", "threading"},
    "feeds": {"feeds.venues"},  # venues are found by name (feeds.adapter), their functions handed in by run_dashboard
    "feeds.venues": {"asyncio", "datetime", "http", "logging", "queue", "random", "socket", "threading", "time"},
}
LONGEST = 260
LONGEST_AT_PLOTLYS_NODES = 150
PLOTLYS_NODES = re.compile(
    r"\b_full(?:Layout|Data)\b|\b(?:scatter|bar)layer\b|\bjs-line\b|\b_dragging\b|_(?:length|offset)\b|\bcalcdata\b|__data__"
)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
NAMES_NOT_OURS = {"utils", "util", "helpers", "helper", "manager", "common", "trade", "ticker", "data", "info", "misc"}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str, module: str, is_package: bool = False) -> set[str]:
    """Every module a source names in an import, wherever it stands; `from a import b` counts as a.b."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".")[: len(module.split(".")) - node.level + is_package]
                base = ".".join([*package, *([base] if base else [])])
            found |= {f"{base}.{name.name}" for name in node.names}
    return found


def is_in(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def row_of(module: str, table: dict[str, object]) -> str | None:
    rows = [row for row in table if module == row or module.startswith(row + ".")]
    return max(rows, key=len, default=None)


def forbidden(module: str, imported: set[str]) -> set[str]:
    """Which of these imports the module may not have."""
    row = row_of(module, ARROWS)
    assert row, f"{module} has no row in the table of arrows"
    ours, libraries = ARROWS[row]
    closed = CLOSED.get(row_of(module, CLOSED) or "", set())
    wrong = set()
    for name in imported:
        if is_in(name, {"app", "feeds"}):
            allowed = (is_in(name, ours) or name in ("app", "feeds")) and not is_in(name, closed)
        elif name.partition(".")[0] in sys.stdlib_module_names:
            allowed = not is_in(name, closed)
        else:
            allowed = is_in(name, libraries)
        if not allowed:
            wrong.add(name)
    return wrong


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_a_module_imports_only_what_the_design_lets_it_know(path: Path) -> None:
    module = module_of(path)
    assert not forbidden(module, imports_of(path.read_text(encoding="utf-8"), module, path.name == "__init__.py"))


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("feeds.replay", "from app.hub import Hub", "app.hub.Hub"),
        ("feeds.venues.binance", "from feeds.venues import binance_usdm", "feeds.venues.binance_usdm"),
        ("feeds.venues.binance_wire", "from feeds.venues import binance", "feeds.venues.binance"),
        ("feeds.replay", "from feeds.venues.binance_wire import parser_of", "feeds.venues.binance_wire.parser_of"),
        ("feeds.sources", "from . import venues", "feeds.venues"),
        ("feeds.venues.binance", "import time", "time"),
        ("app.core.desk", "def now():\n    from time import time_ns", "time.time_ns"),
        ("app.core.desk", "from ..hub import Hub", "app.hub.Hub"),
        ("app.web.api", "from feeds.venues.binance import ADAPTER", "feeds.venues.binance.ADAPTER"),
        ("app.web.stream", "import threading", "threading"),
        ("app.hub", "from app.web import frame", "app.web.frame"),
        ("app.core.desk", "import pandas as pd", "pandas"),
    ],
)
def test_the_reader_of_arrows_sees_a_wrong_one(module: str, source: str, wrong: str) -> None:
    assert forbidden(module, imports_of(source, module)) == {wrong}


def test_only_the_registry_of_the_venue_free_part_of_feeds_names_the_venues() -> None:
    naming = {path.name for path in (ROOT / "feeds").glob("*.py") if "feeds.venues" in path.read_text(encoding="utf-8")}
    assert naming == {"adapter.py"}


def test_only_the_hub_holds_a_lock_in_app() -> None:
    users = {module_of(path) for path in SOURCES if is_in("threading", {name.partition(".")[0] for name in _of(path)})}
    assert {module for module in users if module.startswith("app.")} == {"app.hub", "app.outbox"}
    assert [module_of(path) for path in SOURCES if is_in(module_of(path), {"app"}) and "Lock(" in path.read_text("utf-8")] == [
        "app.hub"
    ]


def test_threads_and_timers_never_wait_by_sleeping() -> None:
    asleep = [
        module_of(path) for path in SOURCES if "time.sleep" in _of(path) or "time.sleep(" in path.read_text(encoding="utf-8")
    ]
    assert asleep == []


@pytest.mark.parametrize("path", [*WRITTEN, *PAGE], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_room(path: Path) -> None:
    limit = LONGEST_AT_PLOTLYS_NODES if path.name == "desk-plot.js" else LONGEST
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit


def names_in(source: str) -> set[str]:
    """Every class, function and constant of a module, wherever a class or function stands."""
    tree = ast.parse(source)
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    targets = [
        target
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)} | {
        target.id for target in targets if isinstance(target, ast.Name)
    }


def words_not_ours(names: set[str]) -> set[str]:
    """Names that hold one of the words: `read_trade`, `TickerRow`, `RAW_DATA`."""
    return {name for name in names if {word.lower() for word in WORD.findall(name)} & NAMES_NOT_OURS}


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_names_are_the_designs_words(path: Path) -> None:
    assert not words_not_ours({*module_of(path).split("."), *names_in(path.read_text(encoding="utf-8"))})


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("RAW_DATA = 1", "RAW_DATA"),
        ("MISC: int = 1", "MISC"),
        ("class TickerRow: pass", "TickerRow"),
        ("def a():\n    async def read_trade(): pass", "read_trade"),
    ],
)
def test_the_reader_of_names_sees_a_wrong_one(source: str, name: str) -> None:
    assert words_not_ours(names_in(source)) == {name}


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_a_module_opens_with_what_it_owns(path: Path) -> None:
    opening = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert opening and 1 <= len(opening.splitlines()) <= 6


def test_no_package_holds_a_single_file() -> None:
    for package in {path.parent for path in SOURCES} - {ROOT}:
        assert len([path for path in package.glob("*.py") if path.name != "__init__.py"]) > 1, package


@pytest.mark.parametrize("path", [path for path in PAGE if path.name != "desk-plot.js"], ids=lambda path: path.name)
def test_only_one_file_of_the_page_touches_plotlys_own_nodes(path: Path) -> None:
    assert not PLOTLYS_NODES.findall(path.read_text(encoding="utf-8"))


def _of(path: Path) -> set[str]:
    return imports_of(path.read_text(encoding="utf-8"), module_of(path), path.name == "__init__.py")
