"""A worker that owns partitions and does not move ends itself; one that has nothing to do does not."""

from __future__ import annotations

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


class Over(BaseException):
    """The night is over and the process still runs."""


class Night:
    """Time as the watchdog knows it: how long each of its sleeps took, and whether the loop came round meanwhile."""

    def __init__(self, *sleeps: tuple[float, bool]) -> None:
        self.now, self._sleeps = 100.0, iter(sleeps)
        self.watchdog: Watchdog | None = None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, _: float) -> None:
        seconds, came_round = next(self._sleeps, (None, False))
        if seconds is None:
            raise Over
        self.now += seconds
        if came_round and self.watchdog is not None:
            self.watchdog.beat()


def ended_after(monkeypatch, session: float, *sleeps: tuple[float, bool]) -> float | None:
    """Seconds after which the watchdog has ended the process; None if it has not."""
    night = Night(*sleeps)
    monkeypatch.setattr(watch, "time", night)
    night.watchdog = Watchdog(session)
    with pytest.raises((Left, Over)) as end:
        night.watchdog._run()
    return night.now - 100.0 if getattr(end.value, "code", None) == ends.FAILED else None


def test_an_event_loop_that_stands_still_is_noticed(monkeypatch):
    looks = int(watch.STALL / watch.EVERY)
    alive, still = [(watch.EVERY, True)] * 100, [(watch.EVERY, False)] * looks
    assert ended_after(monkeypatch, 8.0, *alive, *still) is None
    assert ended_after(monkeypatch, 8.0, *alive, *still, (watch.EVERY, False)) == (100 + looks + 1) * watch.EVERY


@pytest.mark.parametrize(("session", "stood", "ended"), [(8.0, 5.5, False), (8.0, 5.75, True), (1.0, 1.5, False)])
def test_a_process_that_stood_still_for_most_of_its_session_does_not_go_on(monkeypatch, session, stood, ended):
    """Others may own its partitions. However short the session, a few late looks alone end nothing."""
    after = ended_after(monkeypatch, session, (watch.EVERY, True), (stood, True), (watch.EVERY, True))
    assert after == (watch.EVERY + stood if ended else None)
