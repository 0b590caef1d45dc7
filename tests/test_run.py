"""`bash tests/run.sh` with an argument that nobody knows, and where no browser is found and none may be installed."""

import os
import platform
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("run.sh")
LOOKED_INTO_ANYWAY = "/usr/lib/chromium:/usr/lib/chromium-browser:/snap/bin"
MISSING = {
    "ubuntu": "neither root nor sudo here: install these packages, or use --core: "
    "chromium-browser chromium-chromedriver fonts-dejavu-core",
    "debian": "neither root nor sudo here: install these packages, or use --core: chromium chromium-driver fonts-dejavu-core",
    "": "Chrome or Chromium and its chromedriver must be on PATH (install them, or use --core)",
}


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the script whose environment stands already, but for the requirements, which are missing here."""
    executable(tmp_path / ".venv-tests" / "bin" / "python", f'exec "{sys.executable}" "$@"')
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "run.sh").write_bytes(SCRIPT.read_bytes())
    return tmp_path


@pytest.fixture
def bare() -> Iterator[Path]:
    """A copy that anybody may read, with all that is required, one test, and beside it the few commands that PATH holds."""
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        made.chmod(0o755)
        (made / "tests" / "page").mkdir(parents=True)
        (made / "tests" / "run.sh").write_bytes(SCRIPT.read_bytes())
        (made / "tests" / "test_one.py").write_text("def test_one() -> None:\n    pass\n")
        (made / "tests" / "page" / "test_page.py").write_text("def test_page() -> None:\n    raise AssertionError\n")
        for requirements in ("requirements.txt", "requirements-dev.txt"):
            (made / requirements).write_text("# nothing\n")
        sum_of_both = subprocess.run(["cksum"], input=b"# nothing\n# nothing\n", capture_output=True, check=True).stdout
        environment = made / ".venv-tests"
        # `-c` asks only whether it is there: another user may not be let into the folder of this interpreter
        executable(environment / "bin" / "python", f'[ "$1" = -c ] || exec "{sys.executable}" "$@"')
        for checker in ("ruff", "mypy"):  # finds nothing: what stands here is not worth its seconds
            executable(environment / "bin" / checker, "exit 0")
        (environment / "installed").write_bytes(sum_of_both)
        (made / "bin").mkdir()
        for command in ("bash", "cat", "cksum", "dirname", "id", "sed"):
            (made / "bin" / command).symlink_to(shutil.which(command) or "")
        executable(made / "bin" / "apt-get", 'echo "apt-get $*" >&2')
        yield made


def run(folder: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "tests/run.sh", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        **more,
    )


def distribution() -> str:
    try:
        found = platform.freedesktop_os_release()
    except OSError:
        return ""
    words = f"{found.get('ID', '')} {found.get('ID_LIKE', '')}"
    return "ubuntu" if words.startswith("ubuntu") else "debian" if "debian" in words else ""


def test_an_argument_that_pytest_does_not_know_is_named_before_anything_is_installed(folder: Path) -> None:
    ended = run(folder, "--core", "--bogus")
    assert ended.returncode == 2
    assert ended.stderr == "tests/run.sh: pytest takes no such thing: unrecognized arguments: --bogus\n"


def test_an_argument_that_pytest_knows_is_let_through(folder: Path) -> None:
    ended = run(folder, "-k", "nothing", "--maxfail=1")
    assert "takes no" not in ended.stderr and "requirements" in ended.stderr


@pytest.mark.skipif(
    bool(shutil.which("chromedriver", path=LOOKED_INTO_ANYWAY)), reason="the script finds a driver here whatever PATH says"
)
@pytest.mark.parametrize("there", ["nothing", "a browser without its driver", "a sudo that asks for a password"])
def test_without_browser_root_and_sudo_it_says_what_to_install_and_installs_nothing(bare: Path, there: str) -> None:
    if there == "a browser without its driver":
        executable(bare / "bin" / "chromium", "")
    elif there == "a sudo that asks for a password":
        executable(bare / "bin" / "sudo", "exit 1")
    nobody = pwd.getpwnam("nobody")
    who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    before = sorted(bare.rglob("*"))
    ended = run(bare, env={"PATH": str(bare / "bin")}, **who)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"tests/run.sh: {MISSING[distribution()]}\n"
    assert sorted(bare.rglob("*")) == before


def test_core_runs_its_tests_where_no_browser_is_found(bare: Path) -> None:
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}  # the others take their seconds
    ended = run(bare, "--core", env={"PATH": str(bare / "bin"), **plugins})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout and "apt-get" not in ended.stderr
