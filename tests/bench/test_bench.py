"""The bench's own arithmetic: a wrong latency or market would make every ratio a lie."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from bench.contenders import venue
from bench.market import bars, listings, price, prices
from bench.order_path import COUNTS, market, orders_that_work
from bench.report import TARGETS, targets_table
from bench.stretch import latencies_ms
from tests.test_launch import free_port


def test_a_tick_counts_from_its_emission_to_the_first_paint_that_shows_it_or_a_newer_one() -> None:
    emitted_s = np.array([1.000, 1.010, 1.020])
    ids = np.array([7.0, 8.0, 9.0])
    paints = np.array([[1_015.0, 7.0], [1_050.0, 9.0], [1_070.0, 11.0]])
    assert latencies_ms(emitted_s, ids, paints).round(6).tolist() == [15.0, 40.0, 30.0]


def test_a_tick_that_is_never_painted_counts_as_infinite() -> None:
    late = latencies_ms(np.array([1.0, 2.0]), np.array([7.0, 8.0]), np.array([[1_100.0, 7.0]]))
    assert late.round(6).tolist() == [100.0, np.inf]
    assert np.isinf(latencies_ms(np.array([1.0]), np.array([7.0]), np.empty((0, 2)))).all()


def test_history_and_ticks_come_from_the_same_market() -> None:
    listing = listings(2)[1]
    moments = np.array([5_000_000.25, 5_000_001.5, 123.4])
    assert np.allclose(prices(listing, moments), [price(listing, float(moment)) for moment in moments])
    now_s = time.time()
    last = bars(listing, "1m", now_s, 5_000_000 - now_s, 50.0, 3)[-1]
    assert abs(float(str(last[4])) - price(listing, 5_000_000)) < 0.01


def test_a_missed_target_is_called_missed() -> None:
    target = TARGETS["limit_p50"]
    lines = [targets_table({"limit_p50": value}).splitlines()[-1] for value in (target.aim, target.must, target.must + 0.1)]
    assert [line.split("  ")[-1].strip() for line in lines] == ["aim met", "must met", "MISSED"]


def test_the_orders_whose_cost_is_measured_work_from_the_first_message_to_the_last() -> None:
    assert orders_that_work() == list(COUNTS)
    events = market(400)
    assert len(events) == 400 and sorted(events, key=lambda event: event.ts_recv_ns) == events


def test_the_way_in_is_measured_with_the_desk_as_it_is() -> None:
    with venue(200, 2, 1, port=free_port()) as market:
        market.listening()
        command = [sys.executable, "-m", "bench.ingest_desk", "--venue-port", str(market.port), "--seconds", "1"]
        ran = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["messages"] > 50 and told["skipped"] == 0
