"""The process is killed under order load, at moments from a printed seed, between and inside commits: after each start no order
that was acknowledged is missing or doubled, and the books add up.
"""

import http.client
import json
import os
import random
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.servers.binance import LocalBinance
from tests.servers.forked import Child, Forks
from tests.test_launch import free_port

KILLS = 50
LOADERS = 3
LONGEST_S = 0.25


class Killed:
    """One dashboard after another on the same port and books. `receipts`: the orders that were acknowledged, by client id."""

    def __init__(self, flags: list[str], port: int):
        self.url = f"http://127.0.0.1:{port}"
        self.receipts: dict[str, Any] = {}
        self._flags = flags
        self._forks = Forks()

    def start(self) -> Child:
        """One that answers and whose market is live."""
        child = self._forks.start(self._flags, Path(os.devnull))
        until_s = time.monotonic() + 20
        while time.monotonic() < until_s:
            found = self.ask("/api/status")
            if found and found["symbols"]["ETH/USDT"]["state"] == "live" and self.ask("/api/quote?symbol=ETH/USDT")["bid"]:
                return child
            time.sleep(0.02)
        raise AssertionError("not live within 20 s")

    def kill(self, child: Child) -> None:
        child.send_signal(signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's JSON, None where nobody answers."""
        request = urllib.request.Request(self.url + path, headers={"Content-Type": "application/json"})
        if body is not None:
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except (OSError, ValueError, http.client.HTTPException):
            return None

    def load(self, name: str, chance: random.Random, ended: threading.Event) -> None:
        """Orders one after another until nobody answers any more."""
        number = 0
        while not ended.is_set():
            number += 1
            client_id = f"{name}-{number:05}"
            wish = {"client_id": client_id, "symbol": "ETH/USDT", "side": chance.choice(["buy", "sell"]), "by": "program"}
            kind = {"type": "limit", "price": "1000"} if chance.random() < 0.2 and wish["side"] == "buy" else {"type": "market"}
            answer = self.ask("/api/orders", {**wish, **kind, "quantity": f"0.0{chance.randint(10, 99)}"})
            if answer is None:
                return
            self.receipts[client_id] = answer["order"]

    def close(self) -> None:
        self._forks.close()


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Killed]:
    with LocalBinance(rate=50, quote_rate=50) as venue:
        port = free_port()
        flags = ["--feed", "binance", "--ws-url", venue.ws_url, "--rest-url", venue.rest_url, "--port", str(port)]
        flags += ["--order-limit", "0", "--order-latency", "10", "--database", f"sqlite:///{tmp_path / 'books.db'}"]
        one = Killed(flags, port)
        yield one
        one.close()


def test_no_acknowledged_order_or_fill_is_lost_or_doubled_by_fifty_kills(killed: Killed) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    fills_before: list[Any] = []
    for number in range(KILLS):
        child = killed.start()
        orders = {order["client_id"]: order for order in killed.ask("/api/orders")["orders"]}
        check_books(killed, fills_before, orders, f"seed {seed}, start {number}")
        ended = threading.Event()
        loads = [
            threading.Thread(target=killed.load, args=(f"run{number:02}-{which}", random.Random(chance.random()), ended))
            for which in range(LOADERS)
        ]
        for load in loads:
            load.start()
        ended.wait(chance.random() * LONGEST_S)  # a moment from the seed, not a condition
        fills_before = killed.ask("/api/fills")["fills"]
        killed.kill(child)
        ended.set()
        for load in loads:
            load.join(20)
    killed.kill(killed.start())
    assert len(killed.receipts) > KILLS


def check_books(killed: Killed, fills_before: list[Any], orders: dict[str, Any], when: str) -> None:
    """What was acknowledged is there, once; what was shown as filled still is; positions are what the fills make."""
    for client_id, receipt in killed.receipts.items():
        found = orders.get(client_id) or killed.ask(f"/api/orders?client_id={client_id}")["orders"][0]
        assert found["order_id"] == receipt["order_id"], when
        assert Decimal(found["filled_quantity"]) >= Decimal(receipt["filled_quantity"]), when
    fills = killed.ask("/api/fills")["fills"]
    ids = [int(fill["fill_id"]) for fill in fills]
    assert ids == list(range(ids[0], ids[0] + len(ids))) if ids else True, when
    known = {fill["fill_id"]: fill for fill in fills}
    assert all(known[fill["fill_id"]] == fill for fill in fills_before if fill["fill_id"] in known), when
    assert not fills_before or int(fills_before[-1]["fill_id"]) <= ids[-1], when
    killed.receipts = dict(list(killed.receipts.items())[-200:])
