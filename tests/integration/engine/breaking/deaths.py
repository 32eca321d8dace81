"""Ends of the process at points that a kill from outside does not hit, each once."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.engine import partition, units
from streams.engine.engine import Engine
from streams.engine.fetching import FetchThread
from streams.engine.partition import Partition
from streams.engine.position import KEY
from streams.engine.units import Plain, Sending, Transactional, Unit
from tests.integration.engine.breaking import die, told


def exits() -> None:
    """The process ends inside a transaction, between two, between load and seek, and in the middle of a tick."""
    finish, commit, take_up, slice_ = Transactional._finish, Transactional.commit, Engine.take_up, Partition._slice
    seen = {"commits": 0, "slices": 0}

    async def dies_inside(self: Transactional) -> None:
        seen["commits"] += 1
        if seen["commits"] > 5:
            die("inside-a-transaction")
        await finish(self)

    async def dies_between(self: Transactional, unit: Unit) -> None:
        await commit(self, unit)
        if seen["commits"] > 5:
            die("between-two-transactions")

    async def dies_before_the_seek(self: Engine) -> None:
        die("between-load-and-seek")
        await take_up(self)

    def dies_within_a_tick(self: Partition, *given: Any) -> None:
        seen["slices"] += 1
        if seen["slices"] > 7:
            die("within-a-tick")
        slice_(self, *given)

    Transactional._finish = dies_inside
    Transactional.commit = dies_between
    Engine.take_up = dies_before_the_seek
    Partition._slice = dies_within_a_tick


def dies_with_the_position_unsaved() -> None:
    """The process ends when all of a transaction with a position row in it is sent, before it is committed."""
    send, pack, commit = AIOKafkaProducer.send, units.packed, AIOKafkaProducer.commit_transaction

    def note(producer: AIOKafkaProducer, *keys: bytes | None) -> None:
        producer.holds = getattr(producer, "holds", set()) | {"position" if key == KEY else "other" for key in keys}

    async def notes(self: AIOKafkaProducer, topic: str, *given: Any, **named: Any) -> Any:
        note(self, named.get("key"))
        return await send(self, topic, *given, **named)

    async def packs(producer: AIOKafkaProducer, topic: str, partition: int, messages: Any) -> Any:
        kept = list(messages)
        note(producer, *(key for key, _, _ in kept))
        return await pack(producer, topic, partition, kept)

    async def dies(self: AIOKafkaProducer) -> None:
        holds, self.holds = getattr(self, "holds", set()), set()
        self.seen = getattr(self, "seen", set()) | holds
        if told("die") and "position" in holds and "other" in self.seen:
            die("died")
        await commit(self)

    AIOKafkaProducer.send, units.packed = notes, packs
    AIOKafkaProducer.commit_transaction = dies


def dies_halfway_through_a_plain_unit() -> None:
    """After the word `die` the process ends when it has done one of the two steps in which a unit is written without
    transactions: outputs sent, or state saved.
    """
    send, save = Sending.send, Plain._save

    async def sends(self: Sending, producer: Any, outputs: Any) -> Any:
        sent = await send(self, producer, outputs)
        if told("die") and sent:
            await asyncio.gather(*sent)
            die("died")
        return sent

    async def saves(self: Plain, unit: Unit) -> None:
        await save(self, unit)
        if told("die") and unit.outputs:
            die("died")

    Sending.send = sends
    Plain._save = saves


def dies_within_a_tick() -> None:
    """The process ends in the middle of a tick, when some of its slices are written and others not; after the word."""
    slice_ = Partition._slice
    partition.UNIT_OF_TICK = 2  # each slice is a unit
    before: dict[tuple[Partition, int], tuple[int, int]] = {}

    def dies(self: Partition, entry: Any, *given: Any) -> None:
        units, slices = before.get((self, entry.offset), (self._units, 0))
        before[self, entry.offset] = units, slices + 1
        if told("die") and slices > 3 and self._units > units:
            die("died")
        slice_(self, entry, *given)

    Partition._slice = dies


def dies_before_the_group_hears() -> None:
    """The process ends after a transaction, before the group's offset follows; once, after the word `die`."""
    commit = FetchThread._commit_offsets

    async def dies(self: FetchThread, offsets: Any) -> bool:
        if told("die"):
            die("died")
        return await commit(self, offsets)

    FetchThread._commit_offsets = dies
