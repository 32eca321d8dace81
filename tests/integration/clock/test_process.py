"""`lianfang clock` as a process on both brokers: ticks of the broker's time behind the barrier, and an orderly end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator

import pytest

from connectors.topics import cluster
from schemas.envelope import PUBLIC_TOPICS
from streams.settings import Settings
from tests.conftest import Broker
from tests.integration.clock.test_barrier import JOURNALS, played
from tests.nursery import COMMAND, Forked, Nursery

PARTITIONS = dict.fromkeys(PUBLIC_TOPICS, 1) | {"operator-journal": 2, "staff-journal": 1}


@pytest.fixture(params=["embedded_broker", "kafka"])
def settings(request: pytest.FixtureRequest, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    broker: Broker = request.getfixturevalue(request.param)
    own = {"LIANFANG_PREFIX": prefix, "LIANFANG_PARTITIONS": json.dumps(PARTITIONS)}
    for name, value in (broker.env | own | {"LIANFANG_TICK": "1", "LIANFANG_GRACE": "0.1"}).items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.fixture
def clocks(settings: Settings, nursery: Nursery) -> Iterator[list[Forked]]:
    """Two clocks at once: they do no harm."""
    asyncio.run(cluster.ensure(settings))
    processes = [nursery.popen([*COMMAND, "clock"], env=dict(os.environ)) for _ in range(2)]
    yield processes
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()


async def test_clocks_tick_every_second_of_the_brokers_time_and_end_when_asked(settings, clocks):
    async with played(settings) as worker, asyncio.TaskGroup() as group:
        passing = group.create_task(worker.passes_for_ever(*JOURNALS))
        until = time.monotonic() + 60
        ticks: list[int] = []
        while len(set(ticks)) < 3 and time.monotonic() < until:
            await asyncio.sleep(0.3)
            ticks = [int(value) for part, _, value in await worker.values("operator-journal") if part == 0]
        passing.cancel()
        found = await worker.values("operator-journal")
    assert len(set(ticks)) >= 3
    assert all(tick % 1000 == 0 for tick in ticks)
    assert all(int(value) < stamp < int(value) + 60_000 for _, stamp, value in found)
    for process in clocks:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(30) for process in clocks] == [0, 0]


async def test_a_clock_refuses_another_number_of_journal_partitions(settings, nursery):
    await cluster.ensure(settings)
    other = os.environ | {"LIANFANG_PARTITIONS": json.dumps(PARTITIONS | {"operator-journal": 3})}
    done = nursery.run([*COMMAND, "clock"], other)
    assert done.returncode == 78
    assert "fixed at the first start" in done.stderr
