"""What is taken out of Faust's consumer, hazard by hazard."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver

from streams.engine import ends
from streams.engine.transport import Consumer
from tests.unit.engine.fakes import TP, Left, batch, record


class Engine:
    def __init__(self, did: list) -> None:
        self.did = did
        self.error: Exception | None = None

    async def release(self):
        self.did.append("release")
        if self.error:
            raise self.error

    async def take_up(self):
        self.did.append("take up")
        if self.error:
            raise self.error

    def expect(self):
        self.did.append("expect")


@pytest.fixture
def did():
    return []


@pytest.fixture
def consumer(did, monkeypatch):
    """A consumer without a broker, over a Faust consumer that only notes what is called."""

    async def revoked(self, partitions):
        did.append("faust revokes")

    async def assigned(self, partitions, generation_id=0):
        did.append("faust assigns")

    monkeypatch.setattr(driver.Consumer, "on_partitions_revoked", revoked)
    monkeypatch.setattr(driver.Consumer, "on_partitions_assigned", assigned)
    made = object.__new__(Consumer)
    flow = SimpleNamespace(suspend=lambda: did.append("suspend"), clear=lambda: did.append("clear"))
    made.app = SimpleNamespace(engine=Engine(did), flow_control=flow, consumer_generation_id=3)
    made.stop_flow = lambda: did.append("stop flow")
    return made


async def test_partitions_are_drained_and_committed_before_faust_forgets_them(consumer, did):
    await consumer.on_partitions_revoked({TP})
    assert did == ["stop flow", "suspend", "clear", "release", "faust revokes"]


async def test_draining_that_fails_ends_the_process_instead_of_being_swallowed(consumer):
    consumer.app.engine.error = TimeoutError()
    with pytest.raises(Left) as left:
        await consumer.on_partitions_revoked({TP})
    assert left.value.code == ends.FAILED


async def test_the_flow_is_stopped_on_every_assignment_not_only_after_another(consumer, did):
    await consumer.on_partitions_assigned({TP}, 4)
    assert did == ["stop flow", "suspend", "clear", "expect", "faust assigns"]


async def test_faust_seeks_where_the_engine_says(consumer, did):
    await consumer.perform_seek()
    assert did == ["take up"]


async def test_a_rebalance_before_the_seek_is_left_to_its_own_load(consumer):
    consumer.app.engine.error = IllegalStateError("changed")
    with pytest.raises(IllegalStateError):
        await consumer.perform_seek()


async def test_a_seek_that_hangs_ends_the_process_instead_of_the_recovery(consumer):
    consumer.app.engine.error = TimeoutError()
    with pytest.raises(Left) as left:
        await consumer.perform_seek()
    assert left.value.code == ends.FAILED


async def test_faust_commits_nothing(consumer):
    assert await consumer.commit() is False


async def test_a_consumer_that_crashes_ends_the_process(consumer):
    with pytest.raises(Left):
        await consumer.crash(RuntimeError())


def test_a_message_is_one_batch_and_waits_for_no_acknowledgement(consumer):
    given = batch(4, record(4), record(5))
    message = consumer._message(given)
    assert (message.value, message.tp, message.offset) == (given, TP, 4)
    assert message.tracked
    assert message.generation_id == 3
