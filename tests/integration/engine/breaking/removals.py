"""The engine's repairs, each taken out: what is put in its place is what stock Faust does, or aiokafka, or who writes
such an engine for the first time.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import threading
from dataclasses import replace
from typing import Any, NoReturn

import faust
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords
from faust.transport.drivers import aiokafka as driver

from streams.engine import app as app_module
from streams.engine import clients, ends, loading, topology, watch
from streams.engine import engine as engine_module
from streams.engine.app import App
from streams.engine.batch import Chain
from streams.engine.engine import Engine
from streams.engine.fetching import FetchThread
from streams.engine.partition import Partition
from streams.engine.position import KEY
from streams.engine.transport import Consumer
from streams.engine.units import Plain, Transactional, Unit
from streams.engine.watch import Progress, Watchdog
from tests.integration.engine import machines


async def _acknowledging(batches: Any, engine: Any) -> None:
    async for event in batches.events():
        await engine.feed(event.value)


def acknowledges_and_commits() -> None:
    """Faust acknowledges an event when its agent asks for the next one, and commits what is acknowledged on a timer."""
    machines.FLOWS = tuple(replace(flow, agent=_acknowledging) for flow in machines.FLOWS)
    message, init = Consumer._message, Consumer.__init__

    def untracked(self: Consumer, batch: Any) -> Any:
        made = message(self, batch)
        made.tracked = False
        return made

    def often(self: Consumer, *given: Any, **named: Any) -> None:
        init(self, *given, **named | {"commit_interval": 0.2})

    Consumer._message = untracked
    Consumer.__init__ = often
    Consumer.commit = driver.Consumer.commit


def waits_for_acknowledgements() -> None:
    """Faust keeps every message that a stream was given, and in a rebalance waits until all are acknowledged."""
    message, init = Consumer._message, App.__init__

    def untracked(self: Consumer, batch: Any) -> Any:
        made = message(self, batch)
        made.tracked = False
        return made

    def waiting(self: App, engine: Engine) -> None:
        init(self, engine)
        self.conf.stream_wait_empty = True

    Consumer._message = untracked
    App.__init__ = waiting


def reads_what_is_not_committed() -> None:
    """Faust's consumer reads uncommitted records unless its own kind of exactly-once is on."""
    FetchThread._create_worker_consumer = driver.AIOKafkaConsumerThread._create_worker_consumer


def begins_again_where_it_can() -> None:
    """Faust's consumer resets a position that is out of range to the earliest, and says nothing."""
    made = clients._reading
    clients._reading = lambda settings: made(settings) | {"auto_offset_reset": "earliest"}


def seeks_to_what_the_group_committed() -> None:
    """Faust seeks to the group's offsets, and nowhere where there are none."""

    async def seeks(self: FetchThread, positions: Any) -> Chain:
        consumer = self._ensure_consumer()
        committed = {tp: await consumer.committed(tp) for tp in positions}
        for tp, offset in committed.items():
            if offset:
                consumer.seek(tp, offset)
        assignment = consumer._subscription.subscription.assignment
        self._chain = Chain(assignment, {tp: at or 0 for tp, at in committed.items()})
        return self._chain

    FetchThread._take_up = seeks


def goes_by_the_groups_offset() -> None:
    """Faust's place in a log is what the group committed, and its beginning where that is nothing."""
    settle = loading._settle

    async def settled(one: Any, bounds: Any, committed: Any) -> None:
        await settle(one, bounds, committed)
        one.position = replace(one.position, next=await committed(one.source) or bounds.beginning[one.source])

    loading._settle = settled


def waits_for_the_seek_for_ever() -> None:
    """In Faust a seek that takes too long ends the recovery in silence: partitions are held, nothing moves."""
    engine_module.TAKE_UP_WITHIN = math.inf


def gives_up_without_draining() -> None:
    """Faust forgets in a revoke what it has in hand, before it commits."""
    Consumer.on_partitions_revoked = driver.Consumer.on_partitions_revoked


def lets_events_flow_while_assigned() -> None:
    """Faust stops its flow in a rebalance only if it had partitions before."""

    async def assigned(self: Consumer, tps: Any, generation_id: int = 0) -> None:
        self.app.engine.expect()
        await driver.Consumer.on_partitions_assigned(self, tps, generation_id)

    Consumer.on_partitions_assigned = assigned


def swallows_what_a_listener_raises() -> None:
    """aiokafka logs what a rebalance listener raises and goes on as if all had been done."""
    FetchThread.on_partitions_assigned = driver.AIOKafkaConsumerThread.on_partitions_assigned


def loads_inside_the_rebalance() -> None:
    """While a rebalance listener is awaited aiokafka sends no heartbeat."""
    load, assigned = Engine.load, Consumer.on_partitions_assigned

    async def nothing(self: Engine, *_: Any, **__: Any) -> None:
        """It was loaded before."""

    async def loads(self: Consumer, tps: Any, generation_id: int = 0) -> None:
        await load(self.app.engine)
        await assigned(self, tps, generation_id)

    Engine.load = nothing
    Consumer.on_partitions_assigned = loads


def lets_a_load_be_overtaken() -> None:
    """In Faust a second rebalance does not end the recovery of the first."""
    release = Engine.release

    async def lets_it_run(self: Engine) -> None:
        under_way, self._loading = self._loading, None
        await release(self)
        self._loading = under_way

    async def load(self: Engine, *_: Any, **__: Any) -> None:
        self._loading = asyncio.create_task(self._load())
        await asyncio.shield(self._loading)

    Engine.release = lets_it_run
    Engine.load = load


def takes_batches_of_any_assignment() -> None:
    """A queue does not know of assignments."""
    Engine._taker = lambda self, batch: self._owned.get(batch.tp)


def goes_on_after_an_exception() -> None:
    """Faust restarts an agent that raised, at the next event."""

    async def feed(self: Engine, batch: Any) -> None:
        partition = self._taker(batch)
        if partition is not None:
            partition.accept(batch)

    Engine.feed = feed
    app_module.App._on_agent_error = faust.App._on_agent_error


def stops_as_faust_does() -> None:
    """Faust stops one service after another and waits for each."""

    async def stop(engine: Engine, tasks: Any) -> NoReturn:
        await engine.app.stop()
        ends.leave(ends.DONE)

    sys.modules["streams.engine.run"]._stop = stop


def writes_in_two_steps() -> None:
    """Effects, then the place up to which they were done."""

    async def torn(self: Transactional, unit: Unit) -> None:
        await self._producer.begin_transaction()
        sent = await self._sending.send(self._producer, unit.outputs)
        await asyncio.gather(*sent, *[await self._row(key, value) for key, value in unit.rows])
        await self._finish()
        await self._producer.begin_transaction()
        await (await self._row(KEY, unit.position.encode()))
        await self._finish()

    async def row(self: Transactional, key: bytes, value: bytes | None) -> Any:
        return await self._producer.send(self._state.topic, value=value, key=key, partition=self._state.partition)

    Transactional._row = row
    Transactional.commit = torn


def saves_before_sending() -> None:
    """Place and state first, as Faust acknowledges before it knows that its sends went well."""

    async def torn(self: Plain, unit: Unit) -> None:
        await self._save(unit)
        await asyncio.gather(*await self._sending.send(self._producer, unit.outputs))

    Plain.commit = torn


def fences_nobody() -> None:
    """Each process writes under a name of its own."""
    made = clients.transactional_producer
    clients.transactional_producer = lambda settings, name: made(settings, f"{name}-{os.getpid()}")


def watches_no_freezing() -> None:
    """A process that was stopped goes on where it was."""
    Watchdog._run = lambda _: threading.Event().wait()


def loads_what_was_aborted() -> None:
    """Faust reads its changelogs uncommitted."""
    made = clients.state_reader
    loading.clients.state_reader = lambda settings, *, committed: made(settings, committed=False)


def loads_to_the_stable_end() -> None:
    """The end that a read_committed consumer is told lies before whatever transaction is still open."""
    made = clients.state_reader
    loading.clients.state_reader = lambda settings, *, committed: made(settings, committed=True)


def commits_before_it_wrote() -> None:
    """The first owner of a partition commits the group's offset and has no position row yet."""
    settle = loading._settle

    async def settled(one: Any, *given: Any) -> None:
        await settle(one, *given)
        one.fresh = False

    loading._settle = settled


def sees_records_only() -> None:
    """aiokafka's `getmany` says nothing where a position moved without a record."""
    moved = FetchThread._moved
    FetchThread._moved = lambda self, chain, records: {
        tp: batch for tp, batch in moved(self, chain, records).items() if batch.records
    }


def takes_any_batch() -> None:
    """Nobody counts what comes out of a queue."""
    Partition._check = lambda *_: None


def crashes_service_by_service() -> None:
    """Faust marks a service that crashed, and its parents, and leaves the process to itself."""
    Consumer.crash = driver.Consumer.crash
    App._crash = faust.App._crash


def watches_no_progress() -> None:
    """Faust logs that a stream has stopped."""
    Progress.look = lambda *_: None


def watches_no_loop() -> None:
    """Heartbeats go on in a thread of their own, so nobody notices."""
    watch.Watchdog.beat = lambda self: setattr(self, "_beaten", math.inf)


def takes_a_tick_for_done_at_its_first_slice() -> None:
    """A message that was begun is behind its reader."""
    whole: Any = Partition.position
    Partition.position = property(lambda self: replace(whole.fget(self), ticking=None))  # type: ignore[method-assign]


def ticks_again() -> None:
    """A tick is a message like any other."""
    begin = Partition._begin_tick

    def again(self: Partition, entry: Any) -> None:
        self._tick = None
        begin(self, entry)

    Partition._begin_tick = again


def reads_header_names_strictly() -> None:
    """aiokafka stops at a header name that is not UTF-8, and at each new attempt again."""
    fetcher.MemoryRecords = MemoryRecords


def lets_state_be() -> None:
    """A state topic keeps the partitions that it was made with."""

    async def nothing(*_: Any) -> bool:
        return False

    topology._grow = nothing
