"""`bash tests/run.sh` with an argument that nobody knows."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("run.sh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the script whose environment stands already, but for the requirements, which are missing here."""
    python = tmp_path / ".venv-tests" / "bin" / "python"
    for path in (python, tmp_path / "tests" / "run.sh"):
        path.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / "tests" / "run.sh").write_bytes(SCRIPT.read_bytes())
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "tests/run.sh", *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


def test_an_argument_that_pytest_does_not_know_is_named_before_anything_is_installed(folder: Path) -> None:
    ended = run(folder, "--core", "--bogus")
    assert ended.returncode == 2
    assert ended.stderr == "tests/run.sh: pytest takes no such thing: unrecognized arguments: --bogus\n"


def test_an_argument_that_pytest_knows_is_let_through(folder: Path) -> None:
    ended = run(folder, "-k", "nothing", "--maxfail=1")
    assert "takes no" not in ended.stderr and "requirements" in ended.stderr
