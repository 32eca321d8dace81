"""The consumer's thread hands out what moved a position, with or without records, and only of its own assignment."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from aiokafka.errors import IllegalStateError
from aiokafka.structs import TopicPartition

from streams.engine.batch import Chain
from streams.engine.fetching import FetchThread

A, B = TopicPartition("journal", 0), TopicPartition("journal", 1)


class Assignment:
    def __init__(self, **positions: int | None) -> None:
        self.tps = {A, B}
        self.states = {
            tp: SimpleNamespace(position=at, has_valid_position=at is not None, lso=90, highwater=95)
            for tp, at in zip((A, B), positions.values(), strict=True)
        }

    def state_value(self, tp):
        return self.states[tp]


class Consumer:
    def __init__(self, assignment: Assignment) -> None:
        self.sought: dict = {}
        subscription = SimpleNamespace(assignment=assignment)
        self._subscription = SimpleNamespace(subscription=subscription, reassignment_in_progress=False)

    def seek(self, tp, offset):
        self.sought[tp] = offset


def thread(assignment: Assignment) -> FetchThread:
    made = object.__new__(FetchThread)
    made._consumer = Consumer(assignment)
    return made


def test_a_position_that_moved_without_a_record_is_a_batch_too():
    assignment = Assignment(a=7, b=5)
    chain = Chain(assignment, {A: 3, B: 5})
    moved = thread(assignment)._moved(chain, {})
    assert [(batch.start, batch.end, batch.records) for batch in moved.values()] == [(3, 7, ())]
    assert chain.delivered == {A: 7, B: 5}


def test_batches_of_a_partition_follow_one_another_without_a_gap():
    assignment = Assignment(a=4, b=9)
    chain = Chain(assignment, {A: 3, B: 5})
    fetcher = thread(assignment)
    first = fetcher._moved(chain, {A: ["r"], B: ["s"]})
    assignment.states[A].position = 8
    second = fetcher._moved(chain, {A: ["t"]})
    assert (first[A].start, first[A].end, second[A].start, second[A].end) == (3, 4, 4, 8)
    assert set(second) == {A}


async def test_taking_up_seeks_every_partition_and_begins_a_new_chain():
    assignment = Assignment(a=None, b=None)
    fetcher = thread(assignment)
    chain = await fetcher._take_up({A: 3, B: 0})
    assert fetcher._consumer.sought == {A: 3, B: 0}
    assert chain.delivered == {A: 3, B: 0}
    assert fetcher._is_current(chain)


async def test_an_assignment_that_changed_meanwhile_is_not_taken_up():
    fetcher = thread(Assignment(a=None, b=None))
    with pytest.raises(IllegalStateError):
        await fetcher._take_up({A: 3})
    assert not fetcher._consumer.sought


async def test_after_a_rebalance_the_same_partitions_are_another_chain():
    fetcher = thread(Assignment(a=None, b=None))
    chain = await fetcher._take_up({A: 3, B: 0})
    fetcher._consumer._subscription.subscription.assignment = Assignment(a=3, b=0)
    assert not fetcher._is_current(chain)


async def test_records_of_an_open_transaction_are_no_lag():
    assignment = Assignment(a=None, b=None)
    fetcher = thread(assignment)
    await fetcher._take_up({A: 90, B: 80})
    assert fetcher.places() == {A: (90, 0), B: (80, 10)}
