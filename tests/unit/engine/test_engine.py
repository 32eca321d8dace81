"""Taking partitions up and giving them up: in which order, and what happens when a rebalance comes in between."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.errors import IllegalStateError
from aiokafka.structs import TopicPartition

from streams.engine import ends
from streams.engine import engine as module
from streams.engine.batch import Chain
from streams.engine.engine import Engine
from streams.engine.flow import Flow
from streams.engine.position import Position
from streams.health import Health
from streams.settings import Settings
from tests.unit.engine.fakes import Left, Machine, Memory, batch, record

TP = TopicPartition("d-journal", 0)


class Thread:
    """The consumer's thread, without one."""

    def __init__(self, did: list) -> None:
        self.did = did
        self.error: Exception | None = None
        self.offset: int | None = None

    async def take_up(self, positions):
        if self.error is not None:
            raise self.error
        self.did.append(("seek", dict(positions)))
        return Chain(object(), dict(positions))

    async def commit_offsets(self, offsets):
        self.did.append(("commit", dict(offsets)))
        return True

    async def committed(self, tp):
        return self.offset

    def drop(self):
        self.did.append("drop")

    def places(self):
        return {}


class Port(Memory):
    """A port that tells what is done with it."""

    did: list

    async def start(self):
        self.did.append("start")

    async def commit(self, unit):
        await super().commit(unit)
        self.did.append(("write", unit.position))

    async def stop(self):
        self.did.append("stop")


@pytest.fixture
def did():
    return []


@pytest.fixture
def port(did):
    made = Port()
    made.did = did
    return made


@pytest.fixture
def engine(did, port, monkeypatch):
    """An engine that is assigned one partition; `stored` is the position row that a load finds."""
    flow = Flow("operators", {"journal": "journal-state"}, lambda *_: Machine())
    made = Engine(Settings(prefix="d-"), [flow], group="d-g", rules=None, health=Health())
    thread = Thread(did)
    consumer = SimpleNamespace(assignment=lambda: {TP}, thread=thread, stop_flow=lambda: None)
    made.app = SimpleNamespace(consumer=consumer, flow_control=SimpleNamespace(suspend=lambda: None))
    made.stored = Position(5, 7)

    async def look(*_):
        return {"journal": 1, "journal-state": 1}

    async def load(settings, loadings, committed):
        for one in loadings:
            did.append("load")
            one.position, one.fresh = made.stored or Position(0), made.stored is None

    async def port_of(_):
        return port

    monkeypatch.setattr(module.topology, "look", look)
    monkeypatch.setattr(module, "load", load)
    made._port = port_of
    return made


async def taken_up(engine: Engine) -> Engine:
    await engine.load()
    await engine.take_up()
    return engine


async def test_the_former_owner_is_fenced_before_state_is_read_and_the_seek_comes_last(engine, did):
    await taken_up(engine)
    assert did == ["start", "load", ("seek", {TP: 5})]
    assert engine.health.ready()[0]


async def test_the_machine_hears_of_the_last_tick(engine):
    await taken_up(engine)
    assert engine.partitions[0].machine.resumed == [7]


async def test_a_first_owner_writes_the_position_row_before_anything_is_committed(engine, did):
    engine.stored = None
    await taken_up(engine)
    committing = asyncio.create_task(engine.commit_forever())
    async with asyncio.timeout(30):
        while ("commit", {TP: 0}) not in did:
            await asyncio.sleep(0.005)
    committing.cancel()
    assert did.index(("write", Position(0))) < did.index(("commit", {TP: 0}))


async def test_the_groups_offset_follows_what_is_durable(engine, did):
    await taken_up(engine)
    committing = asyncio.create_task(engine.commit_forever())
    chain = engine._chain
    await engine.feed(SimpleNamespace(tp=TP, chain=chain, start=5, end=6, records=[record(5)]))
    async with asyncio.timeout(30):
        while ("commit", {TP: 6}) not in did:
            await asyncio.sleep(0.005)
    committing.cancel()
    assert did.index(("write", Position(6, 7))) < did.index(("commit", {TP: 6}))


async def test_a_batch_of_an_earlier_assignment_is_dropped(engine):
    await taken_up(engine)
    await engine.feed(batch(0, record(0), chain=Chain(object())))
    assert engine.partitions[0].received == 5


async def test_a_batch_that_does_not_follow_ends_the_process(engine):
    await taken_up(engine)
    with pytest.raises(Left) as left:
        await engine.feed(SimpleNamespace(tp=TP, chain=engine._chain, start=6, end=7, records=[record(6)]))
    assert left.value.code == ends.FAILED


async def test_giving_up_writes_what_was_applied_commits_it_and_closes(engine, did):
    await taken_up(engine)
    await engine.feed(SimpleNamespace(tp=TP, chain=engine._chain, start=5, end=6, records=[record(5)]))
    await engine.release()
    assert did[-4:] == ["drop", ("write", Position(6, 7)), ("commit", {TP: 6}), "stop"]
    assert not engine.partitions
    assert not engine.running
    assert not engine.health.ready()[0]


async def test_after_giving_up_nothing_is_fed(engine):
    await taken_up(engine)
    chain, part = engine._chain, engine.partitions[0]
    await engine.release()
    await engine.feed(SimpleNamespace(tp=TP, chain=chain, start=5, end=6, records=[record(5)]))
    assert part.received == 5


async def test_a_rebalance_during_the_load_stops_it_and_gives_the_writers_back(engine, did, monkeypatch):
    reading = asyncio.Event()

    async def never(*_):
        reading.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "load", never)
    loading = asyncio.create_task(engine.load())
    await reading.wait()
    assert engine.loading
    await engine.release()
    with pytest.raises(IllegalStateError):
        await loading
    assert did == ["start", "drop", "stop"]


async def test_an_assignment_that_changed_before_the_seek_is_left_to_the_next_load(engine):
    await engine.load()
    engine.thread.error = IllegalStateError("changed")
    with pytest.raises(IllegalStateError):
        await engine.take_up()
    assert not engine.running


async def test_two_that_give_up_at_once_wait_for_each_other(engine, port, did):
    await taken_up(engine)
    port.gate.clear()
    await engine.feed(SimpleNamespace(tp=TP, chain=engine._chain, start=5, end=6, records=[record(5)]))
    first, second = asyncio.create_task(engine.release()), asyncio.create_task(engine.release())
    await asyncio.sleep(0.02)
    assert not second.done()
    port.gate.set()
    await asyncio.gather(first, second)
    assert did.count(("write", Position(6, 7))) == 1


async def test_a_load_that_fails_ends_the_process(engine, monkeypatch):
    async def fails(*_):
        raise TimeoutError

    monkeypatch.setattr(module, "load", fails)
    with pytest.raises(Left) as left:
        await engine.load()
    assert left.value.code == ends.FAILED


async def test_without_partitions_it_is_ready_and_says_why(engine):
    engine.app.consumer.assignment = set
    await engine.load()
    ready, words = engine.health.ready()
    assert ready
    assert "more processes than partitions" in words


async def test_partitions_that_were_assigned_are_expected_to_be_loaded(engine):
    engine.expect()
    assert engine.assigned_at is not None
    await taken_up(engine)
    assert engine.assigned_at is None
