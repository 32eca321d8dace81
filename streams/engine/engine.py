"""Owns partitions: loads them when they are assigned, feeds them, commits the group's offset behind them, gives them
up. Everything here runs in the main event loop; what talks to the group runs in the consumer's thread (`fetching`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import IllegalStateError
from aiokafka.structs import TopicPartition

from streams import logs
from streams.context import Context
from streams.engine import clients, ends, topology
from streams.engine.batch import Batch, Chain
from streams.engine.flow import Flow
from streams.engine.loading import Loading, load
from streams.engine.observing import Observing
from streams.engine.partition import Partition
from streams.engine.units import Plain, Port, Sending, State, Transactional, Unit
from streams.health import Health
from streams.measures import Measures
from streams.settings import Commit, Settings

if TYPE_CHECKING:
    from streams.engine.app import App
    from streams.engine.fetching import FetchThread
    from streams.parameters import Rules

log = logs.get(__name__)
START_WITHIN = 60.0
TAKE_UP_WITHIN = 15.0
COMMIT_WITHIN = 15.0
STOP_WITHIN = 10.0
AT_ONCE = 16
"""Producers that start at the same time."""


class Engine:
    """One for each process."""

    def __init__(
        self, settings: Settings, flows: Iterable[Flow], *, group: str, rules: Rules, health: Health
    ) -> None:  # fmt: skip
        self.settings, self.flows, self.group, self.rules, self.health = settings, tuple(flows), group, rules, health
        self.app: App
        self._by_topic = {settings.prefix + topic: flow for flow in self.flows for topic in flow.inputs}
        self._counts: dict[str, int] = {}
        self._owned: dict[TopicPartition, Partition] = {}
        self._chain: Chain | None = None
        self._loading: asyncio.Task[None] | None = None
        self.assigned_at: float | None = None  # since when partitions are assigned and not yet taken up
        self._ports: dict[TopicPartition, Port] = {}
        self._plain: AIOKafkaProducer | None = None
        self._observing = Observing(
            self._durable, Measures(simulated=settings.simulated), lambda: self.partitions, settings.internal_errors
        )
        self._offsets: dict[TopicPartition, int] = {}
        self._to_commit = asyncio.Event()
        self._commit_lock, self._releasing = asyncio.Lock(), asyncio.Lock()
        health.set_ready(ready=False, why="starting")

    @property
    def thread(self) -> FetchThread:
        """The consumer's thread."""
        thread: FetchThread = self.app.consumer.thread
        return thread

    @property
    def partitions(self) -> list[Partition]:
        """What is owned now."""
        return list(self._owned.values())

    @property
    def running(self) -> bool:
        """Partitions are owned, loaded, and fed."""
        return self._chain is not None

    @property
    def loading(self) -> bool:
        """State is being read; that has a deadline of its own."""
        return self._loading is not None and not self._loading.done()

    async def feed(self, batch: Batch) -> None:
        """What an agent does with each message. A batch of an earlier assignment is dropped (H12: a queue kept it)."""
        try:
            partition = self._taker(batch)
            if partition is not None:
                await partition.room()
                if self._taker(batch) is partition:
                    partition.accept(batch)
        except asyncio.CancelledError:
            raise  # nothing is half applied: `accept` is synchronous
        except BaseException as error:
            ends.fail("a batch could not be taken", error)  # H18: Faust would go on with the next one

    def _taker(self, batch: Batch) -> Partition | None:
        return self._owned.get(batch.tp) if batch.chain is self._chain else None

    def expect(self) -> None:
        """Partitions were assigned; a load follows."""
        self.assigned_at = time.monotonic()

    async def load(self, *_: Any, **__: Any) -> None:
        """Called by Faust when a rebalance is complete, while heartbeats go on (H8). IllegalStateError (H9) if another
        one comes in between: Faust then waits for that one's load.
        """
        self._loading = asyncio.create_task(self._load())
        try:
            await self._loading
        except asyncio.CancelledError:
            raise IllegalStateError("another rebalance began while state was loaded") from None
        except Exception as error:
            ends.fail("state could not be loaded", error)

    async def _load(self) -> None:
        assigned = sorted(TopicPartition(*tp) for tp in self.app.consumer.assignment())
        if not assigned:
            self.assigned_at = None
            self.health.set_ready(ready=True, why="owns no partition: there are more processes than partitions")
            return
        self.health.set_ready(ready=False, why=f"loading {len(assigned)} partitions")
        log.info("partitions assigned", partitions=len(assigned))
        self._counts = await topology.look(self.settings, self.flows)
        async with asyncio.timeout(START_WITHIN):
            await self._start_ports(assigned)  # fences former owners, so from here on nobody else writes
        log.info("writers started", partitions=len(assigned))
        context = Context(self.settings, self.rules, self._counts)
        loadings = [self._loading_of(tp, context) for tp in assigned]
        await load(self.settings, loadings, self.thread.committed)
        loaded = [self._partition(one) for one in loadings]
        # a group's offset must never stand without a position row beside it, or a lost state topic would go unnoticed
        fresh = [partition for one, partition in zip(loadings, loaded, strict=True) if one.fresh]
        async with asyncio.timeout(START_WITHIN):
            await asyncio.gather(*(partition.port.commit(Unit(partition.position)) for partition in fresh))
        self._owned = {partition.tp: partition for partition in loaded}

    async def _start_ports(self, assigned: list[TopicPartition]) -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        self._ports = {tp: await self._port(tp) for tp in assigned}

        async def start(port: Port) -> None:
            async with gate:
                await port.start()

        await asyncio.gather(*(start(port) for port in self._ports.values()))

    async def _port(self, tp: TopicPartition) -> Port:
        topic = tp.topic.removeprefix(self.settings.prefix)
        state = State(self.settings.prefix + self._by_topic[tp.topic].inputs[topic], tp.partition)
        sending = Sending(self.settings, lambda name: self._counts[name])
        if self.settings.commit is Commit.TRANSACTIONS:
            return Transactional(sending, state, f"{self.group}-{topic}-{tp.partition}")
        if self._plain is None:
            self._plain = clients.plain_producer(self.settings)
            await self._plain.start()
        return Plain(sending, state, self._plain)

    def _loading_of(self, tp: TopicPartition, context: Context) -> Loading:
        flow = self._by_topic[tp.topic]
        state = flow.inputs[tp.topic.removeprefix(self.settings.prefix)]
        return Loading(
            tp, TopicPartition(self.settings.prefix + state, tp.partition), flow.machine(tp.partition, context)
        )

    def _partition(self, one: Loading) -> Partition:
        one.machine.resume(one.position.tick)
        topic = one.source.topic.removeprefix(self.settings.prefix)
        return Partition(
            self._by_topic[one.source.topic], one.source, topic, one.machine, one.position, self._ports[one.source],
            self._observing, self.settings.linger,
        )  # fmt: skip

    async def take_up(self) -> None:
        """Seek to the positions and begin. IllegalStateError if the assignment is another one by now."""
        async with asyncio.timeout(TAKE_UP_WITHIN):
            self._chain = await self.thread.take_up({tp: one.position.next for tp, one in self._owned.items()})
        for tp, partition in self._owned.items():
            self._offsets[tp] = partition.durable
            partition.start()
        self._to_commit.set()
        self.assigned_at = None
        self.health.set_ready(ready=True, why=f"{len(self._owned)} partitions")
        log.info("partitions taken up", partitions=len(self._owned))

    def halt(self) -> None:
        """From here on nothing is fetched or fed."""
        self._chain = None
        self.app.consumer.stop_flow()
        self.app.flow_control.suspend()

    async def release(self) -> None:
        """Give everything up: finish what is being written, write what was applied, commit, close. With a deadline."""
        self._chain = None
        self.thread.drop()
        async with self._releasing:  # a revoke and SIGTERM may come together
            if self._loading is not None and not self._loading.done():
                self._loading.cancel()
                await asyncio.wait([self._loading])
            self.health.set_ready(ready=False, why="rebalancing")
            owned, self._owned = self._owned, {}
            ports, self._ports = self._ports, {}
            async with asyncio.timeout(self._drain_within):
                await asyncio.gather(*(partition.drain() for partition in owned.values()))
                self._offsets.clear()  # from here on they are the next owner's to tell
                await self._commit({tp: partition.durable for tp, partition in owned.items()})
            async with asyncio.timeout(STOP_WITHIN):
                # one that was cut off while it started may fail to stop; it has written nothing
                await asyncio.gather(*(port.stop() for port in ports.values()), return_exceptions=True)
            self._observing.forget(owned.values())
            if owned:
                log.info("partitions given up", partitions=len(owned))

    @property
    def _drain_within(self) -> float:
        return min(8.0, self.settings.rebalance_timeout * 0.6)

    def _durable(self, partition: Partition) -> None:
        self._offsets[partition.tp] = partition.durable
        self._to_commit.set()

    async def commit_forever(self) -> None:
        """The group's offset follows each transaction at once: the clock's barrier reads it. Never before: what it says
        is durably done must stay true.
        """
        while True:
            await self._to_commit.wait()
            self._to_commit.clear()
            try:
                async with asyncio.timeout(COMMIT_WITHIN):
                    offsets, self._offsets = self._offsets, {}
                    await self._commit(offsets)
            except Exception as error:
                ends.fail("the group's offsets could not be committed", error)

    async def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        async with self._commit_lock:
            if offsets:
                await self.thread.commit_offsets(offsets)

    def look(self) -> None:
        """For metrics: lag and sizes as they are now."""
        self._observing.look(self.partitions, self.thread.places())
