"""How a process of flows ends when it is told to: it drains, leaves its group and says 0; it never hangs over that."""

from __future__ import annotations

import asyncio
import importlib
from types import SimpleNamespace

import pytest

from streams.engine import ends
from tests.unit.engine.fakes import Left

run = importlib.import_module("streams.engine.run")  # the package names its function so


class Engine:
    """Notes in which order it is taken down; `breaks` names the step that fails, `hangs` the one that never returns."""

    def __init__(self, *, breaks: str = "", hangs: str = "") -> None:
        self.did: list[str] = []
        self._breaks, self._hangs = breaks, hangs
        self.thread = SimpleNamespace(leave=lambda: self._step("leave"))

    def halt(self) -> None:
        self.did.append("halt")

    async def release(self) -> None:
        await self._step("release")

    async def _step(self, name: str) -> None:
        self.did.append(name)
        if self._breaks == name:
            raise RuntimeError("it broke")
        if self._hangs == name:
            await asyncio.Event().wait()


@pytest.fixture
def timers(monkeypatch) -> list[SimpleNamespace]:
    """What would end the process if stopping took too long."""
    made: list[SimpleNamespace] = []

    def timer(seconds: float, call, args) -> SimpleNamespace:
        one = SimpleNamespace(seconds=seconds, call=call, args=args, started=False, daemon=False)
        one.start = lambda: setattr(one, "started", True)
        made.append(one)
        return one

    monkeypatch.setattr(run.threading, "Timer", timer)
    return made


async def stopped(engine: Engine) -> int:
    """The code with which the process ends."""
    with pytest.raises(Left) as left:
        await run._stop(engine, [])
    return left.value.code


async def test_it_stops_taking_work_writes_what_it_has_done_leaves_and_says_0(timers):
    engine = Engine()
    assert await stopped(engine) == ends.DONE
    assert engine.did == ["halt", "release", "leave"]


async def test_what_can_not_be_drained_is_for_a_fresh_process(timers):
    engine = Engine(breaks="release")
    assert await stopped(engine) == ends.FAILED
    assert "leave" not in engine.did


async def test_a_group_that_can_not_be_left_costs_its_session_and_no_more(timers):
    assert await stopped(Engine(breaks="leave")) == ends.DONE


async def test_a_broker_that_is_away_does_not_keep_it_from_ending(timers, monkeypatch):
    monkeypatch.setattr(run, "LEAVE_WITHIN", 0.01)
    assert await stopped(Engine(hangs="leave")) == ends.DONE


async def test_if_draining_hangs_a_thread_ends_the_process_with_70(timers, monkeypatch):
    stopping = asyncio.create_task(run._stop(Engine(hangs="release"), []))
    while not timers:
        await asyncio.sleep(0)
    (timer,) = timers
    assert (timer.seconds, timer.started, timer.daemon) == (run.STOP_WITHIN, True, True)
    with pytest.raises(Left) as left:
        timer.call(*timer.args)
    assert left.value.code == ends.FAILED
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping


async def test_whatever_part_of_it_breaks_ends_the_process():
    async def breaks() -> None:
        raise LookupError("not there")

    with pytest.raises(Left) as left:
        await run._guarded(breaks(), "the watchdog broke")
    assert left.value.code == ends.FAILED


async def test_a_part_that_is_cancelled_is_not_broken():
    part = asyncio.create_task(run._guarded(asyncio.Event().wait(), "committing broke"))
    await asyncio.sleep(0)
    part.cancel()
    with pytest.raises(asyncio.CancelledError):
        await part
