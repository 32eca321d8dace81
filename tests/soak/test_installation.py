"""How a process ended is judged by who ended it: the run's own kill -9 is no answer to a signal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from connectors.embedded import Supervisor
from tests.brokers import KafkaCluster, Node
from tests.soak import installation
from tests.soak.installation import Breaking, Installation

STOPS, IGNORES = "echo; sleep 60", "trap '' TERM; echo; sleep 60"


@pytest.fixture
def place(tmp_path) -> Iterator[Installation]:
    cluster = KafkaCluster(1, nodes=[Node(1, 1, 2, tmp_path)])
    with Supervisor(pause=60) as supervisor:
        yield Installation(cluster, "p-", tmp_path, supervisor)
        for child in supervisor.children:
            supervisor.kill(child.name)


async def runs(place: Installation, script: str) -> None:
    log = place.folder / "log"
    place.supervisor.add("w", ["sh", "-c", script], output=log)
    async with asyncio.timeout(60):
        while not log.read_text():
            await asyncio.sleep(0.01)


async def test_a_process_that_is_told_to_stop_is_judged_by_its_answer(place):
    await runs(place, STOPS)
    await place.terminate("w")
    assert place.ended == {"w": -15}


async def test_a_process_that_does_not_stop_in_time_is_judged_by_the_kill_that_ended_it(place, monkeypatch):
    monkeypatch.setattr(installation, "TERMINATED_WITHIN", 0.1)
    await runs(place, IGNORES)
    await place.terminate("w")
    assert place.ended == {"w": -9}


async def test_a_process_that_a_fault_kills_while_it_stops_owes_no_answer(place):
    await runs(place, IGNORES)
    stops = asyncio.create_task(place.terminate("w"))
    await asyncio.sleep(0)
    place.kill("w")
    await stops
    assert (place.ended, place.child("w").exits) == ({}, [-9])


async def test_a_process_that_was_gone_before_it_was_told_to_stop_has_ended_as_it_has(place):
    await runs(place, "echo; exit 3")
    async with asyncio.timeout(60):
        while place.child("w").pid is not None:
            await asyncio.sleep(0.01)
    await place.terminate("w")
    assert (place.ended, place.child("w").exits) == ({}, [3])


async def test_a_process_that_can_not_write_to_its_end_because_brokers_are_broken_may_give_up(place):
    await runs(place, "trap 'exit 70' TERM; echo; while :; do sleep 0.05; done")
    async with place.brokers:
        await place.terminate("w")
    assert (place.ended, place.child("w").exits) == ({}, [70])


async def test_nor_if_a_write_that_began_then_is_still_under_way(place):
    async with place.brokers:
        await runs(place, "trap 'exit 70' TERM; echo; while :; do sleep 0.05; done")
    await place.terminate("w")
    assert (place.ended, place.child("w").exits) == ({}, [70])


@pytest.mark.parametrize(("lines", "judged"), [({"w": "its own"}, {}), ({}, {"w": 70})])
async def test_nor_if_its_own_line_to_them_is_cut(lines, judged, place):
    place.lines, place.cuts = lines, {"w": Breaking()}
    await runs(place, "trap 'exit 70' TERM; echo; while :; do sleep 0.05; done")
    async with place.cuts["w"]:
        await place.terminate("w")
    assert place.ended == judged


@pytest.mark.parametrize("ever", ["never broken", "whole for long"])
async def test_with_whole_brokers_it_may_not(ever, place, monkeypatch):
    monkeypatch.setattr(installation, "FLUSH_WITHIN", 0.0 if ever == "whole for long" else 15.0)
    if ever == "whole for long":
        async with place.brokers:
            pass
    await runs(place, "trap 'exit 70' TERM; echo; while :; do sleep 0.05; done")
    await place.terminate("w")
    assert place.ended == {"w": 70}
