"""A worker that owns partitions and does not move ends itself; one that has nothing to do does not."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from streams.engine import ends, watch
from streams.engine.watch import Progress, Watchdog
from tests.unit.engine.fakes import TP, Left, partition


def engine(delivered: int, lag: int):
    part = partition()
    thread = SimpleNamespace(places=lambda: {TP: (delivered, lag)})
    return SimpleNamespace(partitions=[part], thread=thread)


def test_records_that_nobody_fetches_are_noticed():
    progress, worker = Progress(), engine(delivered=0, lag=4)
    progress.look(worker, 100.0)
    progress.look(worker, 100.0 + watch.STALL - 1)
    with pytest.raises(Left):
        progress.look(worker, 100.0 + watch.STALL + 1)


def test_a_batch_that_was_fetched_and_never_arrived_is_noticed():
    progress, worker = Progress(), engine(delivered=5, lag=0)
    progress.look(worker, 100.0)
    with pytest.raises(Left):
        progress.look(worker, 100.0 + watch.STALL + 1)


def test_partitions_without_work_do_not_hide_one_that_stands_still():
    progress, worker = Progress(), engine(delivered=5, lag=0)
    idle = partition()
    idle.tp = TP._replace(partition=1)
    worker.partitions.append(idle)
    for second in range(int(watch.STALL) + 1):
        progress.look(worker, float(second))
    with pytest.raises(Left):
        progress.look(worker, watch.STALL + 1)


def test_a_worker_without_work_may_rest_for_ever():
    progress, worker = Progress(), engine(delivered=0, lag=0)
    for hour in range(24):
        progress.look(worker, hour * 3600.0)


def test_one_partition_may_wait_while_another_moves_but_not_for_ever():
    progress, worker = Progress(), engine(delivered=0, lag=4)
    other = partition()
    other.tp = TP._replace(partition=1)
    worker.partitions.append(other)
    worker.thread.places = lambda: {TP: (0, 4), other.tp: (other.received, 1)}
    for second in range(int(watch.STALL_OF_ONE) + 1):
        other.received += 1
        progress.look(worker, float(second))
    other.received += 1
    with pytest.raises(Left):
        progress.look(worker, watch.STALL_OF_ONE + 1)


def test_an_event_loop_that_stands_still_is_noticed(monkeypatch):
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        threading.Event().wait()  # what ends the process never returns

    monkeypatch.setattr(ends, "leave", leave)
    monkeypatch.setattr(watch, "EVERY", 0.02)
    monkeypatch.setattr(watch, "STALL", 0.1)
    watchdog = Watchdog(session_timeout=8.0)
    watchdog.start()
    for _ in range(10):
        watchdog.beat()
        time.sleep(0.02)
    assert not codes
    until = time.monotonic() + 5
    while not codes and time.monotonic() < until:
        time.sleep(0.02)
    assert codes == [ends.FAILED]
