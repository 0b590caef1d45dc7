"""The real dashboard as a process of its own, and a real Chromium looking at it."""

import atexit
import contextlib
import functools
import json
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dash.testing.browser import Browser
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.servers.forked import Forks

CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1600,1000",
    "--disable-backgrounding-occluded-windows",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def options() -> Options:
    """Every host but loopback is blocked."""
    found = Options()
    for flag in CHROMIUM_FLAGS:
        found.add_argument(flag)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# A number is called live or replayed only while it is young and of that source; what is stale is marked; ages are numbers.
UNTRUE = """((desk) => {
    if (!desk || !desk.config || document.hidden) return [];
    const known = ['', 'stream', 'replay', 'stale', 'snapshot', 'backfill', 'rest_snapshot', 'snapshot_fallback'];
    const kind = desk.state.status && desk.state.status.feed.kind;
    const claims = (one) => {
        const { src, age, live } = one.dataset;
        if (!known.includes(src)) return 'is of no known source';
        if (!/^[0-9]*([.][0-9]+)?$/.test(age)) return 'has no age';
        if (src === 'stale' && live === 'yes') return 'is stale and marked as live';
        if (kind && ['stream', 'replay'].includes(src) && src !== kind) return `is not of this ${kind}`;
        if (['stream', 'replay'].includes(src) && Number(age) > desk.config.symbol_stale_ms + 1000) return 'is too old';
        return '';
    };
    return [...document.querySelectorAll('[data-src]')].map((one) => [one, claims(one)]).filter(([, wrong]) => wrong)
        .map(([one, wrong]) => `${one.id || one.outerHTML} ${wrong}: ${one.dataset.src} ${one.dataset.age}`);
})(window.desk)"""


@functools.cache
def forks() -> Forks:
    """Starts the dashboards of all page tests; the command itself is started in tests/test_launch.py."""
    made = Forks()
    atexit.register(made.close)
    return made


class Desk:
    """One running dashboard. `url` of its page, `api(path)` its JSON, `log()` what it wrote to stderr so far."""

    def __init__(self, log_path: Path, *flags: str, port: int | None = None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log_path = log_path
        books = log_path.parent / f"books-{self.port}.db"  # started again on its port, it finds them again
        log_path.touch()
        self.process = forks().start(("--port", str(self.port), *flags), log_path, {"DESK_DATABASE": f"sqlite:///{books}"})
        until(lambda: self._answers() or self.process.poll() is not None, 20, "the server to answer")
        assert self.process.poll() is None, self.log()

    def api(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.load(answer)

    def log(self) -> str:
        return self._log_path.read_text()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(5)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(10)
        except TimeoutError:
            self.kill()
            raise

    def _answers(self) -> bool:
        try:
            self.api("/api/status")
        except OSError:
            return False
        return True


class Page:
    """The browser's view of a dashboard."""

    def __init__(self, driver: Any):
        self.driver = driver

    def open(self, desk: Desk, *, drawn: bool = True) -> "Page":
        self.driver.get(desk.url)
        if drawn:
            self.wait_drawn()
        return self

    def js(self, expression: str, *arguments: Any) -> Any:
        return self.driver.execute_script(f"return ({expression})", *arguments)

    def until(self, expression: str, timeout_s: float = 10.0) -> Any:
        """Waits until the expression is true in the page; its value."""
        WebDriverWait(self.driver, timeout_s, poll_frequency=0.02).until(
            lambda driver: driver.execute_script(f"return Boolean({expression})"), f"never true: {expression}"
        )
        return self.js(expression)

    def wait_drawn(self, timeout_s: float = 15.0) -> dict[str, Any]:
        return self.until("window.desk && window.desk.drawn && window.desk.drawn.id && window.desk.drawn", timeout_s)

    def wait_moves(self, timeout_s: float = 10.0) -> dict[str, Any]:
        """A tick other than the one drawn now is drawn within `timeout_s`."""
        before = self.js("window.desk.drawn && window.desk.drawn.id")
        return self.until(f"window.desk.drawn && window.desk.drawn.id !== {json.dumps(before)} && window.desk.drawn", timeout_s)

    def text(self, element_id: str) -> str:
        return str(self.driver.find_element(By.ID, element_id).text)

    def click(self, selector: str) -> None:
        self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def untrue(self) -> list[str]:
        """Every element of this tab that claims more for its numbers than it may, in words; empty for a true page."""
        return list(self.js(UNTRUE))

    def errors(self) -> list[str]:
        """What the console says is wrong since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def network(self, *, offline: bool) -> None:
        conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def until(condition: Callable[[], Any], timeout_s: float, what: str) -> Any:
    """Waits for a condition of the outside world; its value."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {timeout_s:g} s for {what}")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Starts dashboards: `desk("--feed", "replay")`. All are stopped afterwards, and none may have ended in a traceback."""
    with contextlib.ExitStack() as ending:
        count = iter(range(100))

        def start(*flags: str, port: int | None = None) -> Desk:
            return ending.enter_context(running(tmp_path / f"desk-{next(count)}.log", *flags, port=port))

        yield start


@contextlib.contextmanager
def running(log_path: Path, *flags: str, port: int | None = None) -> Iterator[Desk]:
    one = Desk(log_path, *flags, port=port)
    yield one
    if one.process.poll() is None:
        assert one.stop() == 0, one.log()
    assert "Traceback" not in one.log(), one.log()


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One replay for all tests of a module that only look at it."""
    with running(tmp_path_factory.mktemp("replay") / "desk.log", "--feed", "replay") as one:
        yield one


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for all tests."""
    folder = str(tmp_path_factory.mktemp("downloads"))
    with Browser("chrome", headless=True, options=[options()], download_path=folder, percy_run=False) as one:
        yield one


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh tab; whatever the test opened is swept for untrue claims (in the tab it ended with) and closed afterwards."""
    driver = browser.driver
    first = driver.window_handles[0]
    driver.switch_to.new_window("tab")
    driver.get_log("browser")
    one = Page(driver)
    yield one
    untrue = one.untrue()
    for handle in driver.window_handles:
        if handle != first:
            driver.switch_to.window(handle)
            driver.close()
    driver.switch_to.window(first)
    assert untrue == []
