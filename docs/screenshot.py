"""Takes the pictures of README.md: `python docs/screenshot.py`. Needs requirements-dev.txt and chromedriver on PATH.

Starts a dashboard of its own on a free port, replays the bundled session, opens two positions, and
photographs the page at two sizes.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parents[1]
PICTURES = {"dashboard.png": (1600, 1000), "phone.png": (390, 844)}
BARS_WANTED = 90
TICKS_WANTED = 300
CHARTS_DRAWN = """
    const shown = [...document.querySelectorAll('[id^=overlay-]')].filter((each) => each.offsetParent);
    return shown.length && shown.every((each) => each.querySelector('.tag') && !each.querySelector('.tag').hidden);
"""
ORDERS = (("ETH/USDT", "buy", "2.5"), ("BTC/USDT", "sell", "0.05"))
SPEED = 2
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb")


def main() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "run_dashboard.py",
        "--port",
        str(port),
        "--leverage",
        "500",
        "--feed",
        "replay",
        "--speed",
        str(SPEED),
    ]
    desk = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DESK_DATABASE": "sqlite://"})
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options)
    try:
        wait = WebDriverWait(browser, 120, poll_frequency=0.1)
        wait.until(lambda _: answers(address))
        wait.until(lambda _: bars(address) >= BARS_WANTED)
        fetch(address + "/api/replay/unlock", {})
        for symbol, side, quantity in ORDERS:
            fetch(address + "/api/orders", {"client_id": f"picture-{side}", "symbol": symbol, "side": side, "quantity": quantity})
        for name, (width, height) in PICTURES.items():
            photograph(browser, wait.until, address, ROOT / "docs" / name, width, height)
    finally:
        browser.quit()
        desk.send_signal(signal.SIGTERM)
        desk.wait(10)


def photograph(
    browser: webdriver.Chrome, until: Callable[..., object], address: str, path: Path, width: int, height: int
) -> None:
    """Opens the page at that size, waits until ticks move on it, and writes the picture."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(address)
    first = until(lambda page: page.execute_script("return window.desk && window.desk.drawn && window.desk.drawn.id"))
    until(lambda page: int(page.execute_script("return window.desk.drawn.id")) > int(str(first)) + TICKS_WANTED)
    until(lambda page: page.execute_script(CHARTS_DRAWN))
    browser.save_screenshot(str(path))
    print(f"{path.relative_to(ROOT)}: {width}×{height}")


def answers(address: str) -> bool:
    try:
        return bool(fetch(address + "/api/status"))
    except OSError:
        return False


def bars(address: str) -> int:
    """How many bars the shortest chart has by now."""
    return len(fetch(address + "/api/candles?symbol=BTC/USDT&interval=1s&limit=500")["candles"])


def fetch(url: str, body: dict[str, str] | None = None) -> dict[str, list[object]]:
    """The JSON at that address; with a body it is posted."""
    posted = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, posted, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        found: dict[str, list[object]] = json.load(answer)
        return found


if __name__ == "__main__":
    main()
