"""What the documents say is what the code does: flags, commands, paths, versions."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

from app.core.throttle import PROFILES
from app.flags import FEEDS, FLAGS
from app.tune import tune
from tests.test_architecture import imports_of

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "feeds").rglob("*.md"), *(ROOT / "bench").glob("*.md")]
)
LAUNCH = (
    "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && "
    ".venv/bin/python run_dashboard.py --port 8051 --leverage 500"
)
FIRST_SCREEN_LINES = 25


def required(name: str) -> dict[str, str]:
    """Package → bounds, from a requirements file."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = (re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?(\S+)", line) for line in lines if line and line[0] not in "#-")
    return {match[1].lower(): match[2] for match in found if match}


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.name)
def test_every_flag_stands_in_the_readme_with_its_variable_default_and_words(flag) -> None:
    default = f"`{flag.default}`" if flag.default else "–"
    assert f"| `{flag.name}` | `{flag.env}` | {default} | {flag.help} |" in README.splitlines()


def test_the_readme_names_no_flag_that_does_not_exist() -> None:
    others = {"--help", "--help-all", "--core", "--no-index", "--find-links"}
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*", README)) - others == {flag.name for flag in FLAGS}


def test_every_feed_is_explained() -> None:
    assert all(f"| `{feed}` |" in README for feed in FEEDS)


def test_both_commands_stand_in_the_first_screen() -> None:
    first = README.splitlines()[:FIRST_SCREEN_LINES]
    assert LAUNCH in first
    assert "bash tests/run.sh" in first
    assert LAUNCH.replace("python3", "py -3").replace("/bin/", "/Scripts/").replace("/", "\\") in first


def test_the_launch_commands_flags_are_understood() -> None:
    said = subprocess.run([sys.executable, "run_dashboard.py", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0
    assert "--port" in said.stdout and "--leverage" in said.stdout and "--help-all" in said.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_pictures_of_a_document_exist(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


def test_files_named_in_the_readme_exist() -> None:
    named = set(re.findall(r"`((?:app|assets|bench|docs|feeds|tests)/[\w./*-]*|\w+\.(?:py|txt|md))`", README))
    assert named and [name for name in named if not list(ROOT.glob(name.rstrip("/")))] == []


def test_the_json_paths_of_the_readme_are_those_of_the_server() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "app" / "web").glob("*.py"))
    served = {f"{method.upper()} /api{path}" for method, path in re.findall(r'@router\.(get|post|delete)\("([^"]+)"', source)}
    assert set(re.findall(r"`((?:GET|POST|DELETE) /api/[a-z_/{}.-]+)", README)) == served


def test_the_throttles_numbers_in_the_readme_are_the_profiles() -> None:
    scalping, conservative = (PROFILES[name].interval_ms for name in ("scalping", "conservative"))
    assert f"({', '.join(f'{ms:g}' for ms in scalping)} ms)" in README
    assert f"({', '.join(f'{ms / 1000:g}' for ms in conservative)} s)" in README


def test_the_log_in_the_readme_is_one_that_tune_reads(tmp_path: Path) -> None:
    (block,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    log = tmp_path / "desk.log"
    log.write_text(block, encoding="utf-8")
    levels = [tuple(map(int, pair)) for pair in re.findall(r"old=(\d) new=(\d)", block)]
    assert levels == [(1, 2), (2, 3), (3, 2), (2, 1), (1, 0)], "it climbs, and it recovers"
    assert f"1 summary line of 1 page, {len(levels)} changes of level" in tune(str(log))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_has_a_lower_and_an_upper_bound(name: str) -> None:
    bounds = required(name)
    assert bounds and all(re.fullmatch(r">=[\d.]+,<[\d.]+", bound) for bound in bounds.values()), bounds


def test_plotlys_upper_bound_is_the_minor_version_that_is_tested() -> None:
    major, minor = (int(part) for part in version("plotly").split(".")[:2])
    assert required("requirements.txt")["plotly"].endswith(f",<{major}.{minor + 1}")


def test_what_the_code_imports_is_required() -> None:
    sources = [ROOT / "run_dashboard.py", *(ROOT / "app").rglob("*.py"), *(ROOT / "feeds").rglob("*.py")]
    named = {name.partition(".")[0] for path in sources for name in imports_of(path.read_text(encoding="utf-8"), "x.y")}
    packages = packages_distributions()
    wanted = {packages[name][0].lower().replace("_", "-") for name in named if name in packages}
    brought = {"fastapi", "pydantic", "starlette", "uvicorn"}  # by dash[fastapi]
    assert len(wanted) > 10 and wanted - brought <= set(required("requirements.txt"))
    assert {"bootstrap-flask", "plotly", "pandas"} <= set(required("requirements.txt"))  # served as a file; fixed by the user


def test_the_build_server_runs_the_same_tests() -> None:
    assert re.search(r"^exec bash tests/run\.sh", (ROOT / ".ci/run").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_changelog_speaks_of_every_release_and_the_licence_is_there() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[?(Unreleased|\d+\.\d+\.\d+)", changes, re.MULTILINE)
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_bundled_sessions_origin_and_licence_stand_beside_it() -> None:
    note = (ROOT / "feeds" / "recordings" / "README.md").read_text(encoding="utf-8")
    for needed in (
        "nkaz001/hftbacktest",
        "imsatoshi/GeneTrader",
        "Copyright (c) 2022 nkaz001",
        "Copyright (c) 2024 jz",
        "Permission is hereby granted",
    ):
        assert needed in note
    size = sum(path.stat().st_size for path in (ROOT / "feeds" / "recordings").rglob("*") if path.is_file())
    assert size < 4_000_000
