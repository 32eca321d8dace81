"""What goes wrong in the world around the engine, or in the code that it runs: with every repair in place nothing of it
loses, doubles or hangs anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from typing import Any

from aiokafka.client import AIOKafkaClient

from streams.engine import engine as engine_module
from streams.engine import watch
from streams.engine.engine import Engine
from streams.engine.fetching import FetchThread
from streams.engine.flow import Flow
from streams.engine.partition import Partition
from streams.engine.transport import Consumer
from streams.engine.units import Plain, Transactional, Unit
from tests.integration.engine import machines
from tests.integration.engine.breaking import all_told, once, told, until_told
from tests.integration.engine.machines import Counter

IMPATIENCE = 2.0
SESSION = 3.0
LONG_SESSION, LONGER = 6.0, 8.0
"""Seconds, of workers that are broken."""


def holds_a_unit() -> None:
    """After the word `hold` a unit with records is not written until the word `go`: full buffers."""
    for port in (Transactional, Plain):
        _holding(port)


def _holding(port: Any) -> None:
    commit = port.commit

    async def holds(self: Any, unit: Unit) -> None:
        if told("hold") and unit.records:
            once("holding")
            await until_told("go")
        await commit(self, unit)

    port.commit = holds


def sees_no_freezing() -> None:
    """Nothing notices that the process stood still."""
    watch.Watchdog._run = lambda _: threading.Event().wait()


def writes_slowly() -> None:
    """The first unit with records is under way when a rebalance comes, and until two workers have taken over what they
    got by it, five seconds at most.
    """
    commit, drop, start = Transactional.commit, FetchThread.drop, Engine._start_ports

    def drops(self: FetchThread) -> None:
        if told("writing"):
            once("revoked")
        drop(self)

    async def takes_over(self: Engine, assigned: Any) -> None:
        await start(self, assigned)
        if told("revoked"):
            once(f"taken-over-{os.getpid()}")

    async def slowly(self: Transactional, unit: Unit) -> None:
        if unit.records and once("writing"):
            await until_told("revoked")
            with contextlib.suppress(TimeoutError):  # nobody takes over before it is written, as it should be
                async with asyncio.timeout(5.0):
                    while len(all_told("taken-over-")) < 2:
                        await asyncio.sleep(0.01)
            once("let-go")
        await commit(self, unit)

    FetchThread.drop = drops
    Engine._start_ports = takes_over
    Transactional.commit = slowly


def waits_before_the_seek() -> None:
    """Between load and seek, until the word `go`."""
    take_up = Engine.take_up

    async def waits(self: Engine) -> None:
        once("loaded")
        await until_told("go")
        await take_up(self)

    Engine.take_up = waits


def an_answer_is_lost() -> None:
    """The consumer's thread never answers the first seek."""
    take_up = FetchThread.take_up
    engine_module.TAKE_UP_WITHIN = 1.0

    async def lost(self: FetchThread, positions: Any) -> Any:
        if once("lost"):
            await asyncio.Event().wait()
        return await take_up(self, positions)

    FetchThread.take_up = lost


def answers_the_seek_late() -> None:
    """The consumer's thread has taken up, and the engine hears of it when its partitions have been revoked again, while
    it joins; and from then on when something was fetched, or two seconds later.
    """
    take_up, revoked, assigned = (
        FetchThread._take_up,
        FetchThread.on_partitions_revoked,
        FetchThread.on_partitions_assigned,
    )

    async def late(self: FetchThread, positions: Any) -> Any:
        chain = await take_up(self, positions)
        if once("sought"):
            await until_told("given-up")
        else:
            await _until_delivered(chain, positions)
            once("answered")
        return chain

    async def gives_up(self: FetchThread, tps: Any) -> None:
        await revoked(self, tps)
        if told("sought"):
            once("given-up")

    async def joins(self: FetchThread, *given: Any) -> None:
        if told("given-up") and once("joining"):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2.0):
                    while not self.consumer.flow_active:  # which the late answer brings about
                        await asyncio.sleep(0.01)
        await assigned(self, *given)

    FetchThread._take_up = late
    FetchThread.on_partitions_revoked = gives_up
    FetchThread.on_partitions_assigned = joins


async def _until_delivered(chain: Any, positions: Any) -> None:
    with contextlib.suppress(TimeoutError):  # nothing flows, as it should be
        async with asyncio.timeout(2.0):
            while chain.delivered == positions:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)


def a_listener_breaks() -> None:
    """Something raises while partitions are assigned, the first time."""
    expect = Engine.expect

    def breaks(self: Engine) -> None:
        if once("broke"):
            raise RuntimeError("a listener broke")
        expect(self)

    Engine.expect = breaks


def loads_for_longer_than_a_session() -> None:
    """There is much state. `loads-again` when it is read a second time."""
    load = engine_module.load

    async def long(*given: Any) -> None:
        if not once("loads"):
            once("loads-again")
        await asyncio.sleep(LONGER)
        await load(*given)

    engine_module.load = long


def loads_until_told() -> None:
    """The first load goes on until the word `go`."""
    load = engine_module.load

    async def waits(*given: Any) -> None:
        if once("loading"):
            await until_told("go")
        await load(*given)

    engine_module.load = waits


def tells_of_its_load() -> None:
    """`loading` when a load begins after the word `tell`, `loaded` when it is over."""
    load = engine_module.load

    async def tells(*given: Any) -> None:
        if told("tell"):
            once("loading")
        await load(*given)
        if told("tell"):
            once("loaded")

    engine_module.load = tells


def a_queue_holds_a_batch() -> None:
    """After the word `hold` the next batch waits in a queue until its assignment is over and the next one has begun."""
    feed = Engine.feed

    async def later(self: Engine, batch: Any) -> None:
        if told("hold") and batch.records and once("held"):
            while self._chain is batch.chain or batch.tp not in self._owned or not self.running:
                await asyncio.sleep(0.01)
            once("freed")
        await feed(self, batch)

    Engine.feed = later


def clears_its_queues() -> None:
    """Faust clears the queues of its agents while they hold batches; once, after the word `clear`."""
    feed = Engine.feed

    async def clears(self: Engine, batch: Any) -> None:
        if told("clear") and batch.records and once("clearing"):
            while not any(queue.qsize() for queue in self.app.flow_control._queues):
                await asyncio.sleep(0.01)
            self.app.flow_control.clear()
            once("cleared")
        await feed(self, batch)

    Engine.feed = clears


def reads_a_public_topic() -> None:
    """A flow on a topic that may grow."""
    intake = Flow("intake", {"scan-events": "scan-events-positions"}, machines.first)
    machines.FLOWS = (*machines.FLOWS, intake)


def loses_a_batch() -> None:
    """A fetched batch never arrives, as when Faust clears a queue that holds events. After the word `lose`."""
    moved = FetchThread._moved

    def loses(self: FetchThread, *given: Any) -> Any:
        found = moved(self, *given)
        for tp, batch in list(found.items()):
            if batch.records and told("lose") and once("lost"):
                del found[tp]
        return found

    FetchThread._moved = loses


def breaks_on_a_batch() -> None:
    """Taking a batch raises, the first time after the word `break`."""
    accept = Partition.accept

    def breaks(self: Partition, batch: Any) -> None:
        if told("break") and batch.records and once("broke"):
            raise RuntimeError("a batch could not be taken")
        accept(self, batch)

    Partition.accept = breaks


def a_part_of_the_worker_breaks() -> None:
    """The task that drains the consumer raises, the first time after the word `break`."""
    message = Consumer._message

    def breaks(self: Consumer, batch: Any) -> Any:
        if told("break") and once("broke"):
            raise RuntimeError("the fetcher broke")
        return message(self, batch)

    Consumer._message = breaks


def a_broker_answers_nobody() -> None:
    """After the word `cut` the first process gets no answers any more."""
    send = AIOKafkaClient.send
    state = {"cut": False}

    async def never(self: AIOKafkaClient, *given: Any, **named: Any) -> Any:
        state["cut"] = state["cut"] or (told("cut") and once("is-cut"))
        if state["cut"]:
            await asyncio.Event().wait()
        return await send(self, *given, **named)

    AIOKafkaClient.send = never


def blocks_the_loop() -> None:
    """An entry on which the rules compute for ever, the first time after the word `block`."""
    apply = Counter.apply

    def blocks(self: Counter, entry: Any) -> Any:
        if told("block") and once("blocked"):
            threading.Event().wait()
        return apply(self, entry)

    Counter.apply = blocks


def is_impatient() -> None:
    """A worker that may stand still with work to do for two seconds only."""
    watch.STALL = watch.STALL_OF_ONE = IMPATIENCE


def is_patient() -> None:
    """A worker that may stand still for as long as it likes: no watchdog comes to help."""
    watch.STALL = watch.STALL_OF_ONE = 3600.0
