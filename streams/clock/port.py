"""What the clock asks of Kafka: ends, committed offsets, ticks appended, the broker's time. Decides nothing.

Names are without prefix on this side. Errors are aiokafka's: those that say `retriable` may go away by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from streams.clock.rules import Ends, Offsets, Place
from streams.kafka import client_options, group_id
from streams.machine import ENTRY, Sort
from streams.marks import high_watermarks
from streams.settings import Commit, Settings

PROBE = "clock-probe"
REQUEST_TIMEOUT_MS = 10_000
"""Shorter than a process may be silent before it counts as dead."""


class Port(Protocol):
    """Kafka, as the barrier needs it; tests have one without Kafka."""

    async def ends(self, topics: Iterable[str]) -> Ends:
        """For every partition that there is now: first offset and high watermark."""

    async def append(self, topic: str, tick: int) -> Offsets:
        """The tick to every partition, acknowledged by all; the offsets after it."""

    async def committed(self, places: Iterable[Place]) -> Offsets:
        """What the workers' group has committed; what is not known is left out."""


class KafkaPort:
    """The port on a cluster. Start and stop it; one at a time may be inside a call."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._group = group_id(settings)
        self._coordinator: int | None = None
        self._known: dict[str, set[TopicPartition]] = {}
        self._started: list[Any] = []

    async def start(self) -> None:
        """Connect. KafkaError if no broker answers."""
        options = client_options(self._settings) | {"request_timeout_ms": REQUEST_TIMEOUT_MS}
        # read_uncommitted on purpose: the ends are high watermarks, because a transaction that was acknowledged before
        # T may not yet have its marker, and the end for read_committed would lie before it
        self._consumer = AIOKafkaConsumer(**options, enable_auto_commit=False)
        self._producer = AIOKafkaProducer(
            **options, acks="all", enable_idempotence=self._settings.commit is Commit.TRANSACTIONS, linger_ms=0
        )
        self._admin = AIOKafkaAdminClient(**options)
        try:
            for client, stop in (
                (self._consumer, self._consumer.stop),
                (self._producer, self._producer.stop),
                (self._admin, self._admin.close),
            ):
                self._started.append(stop)
                await client.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Disconnect whatever was connected."""
        while self._started:
            await self._started.pop()()

    async def ends(self, topics: Iterable[str]) -> Ends:
        """See `Port`. Partitions are asked for anew each time: public topics grow while the clock runs."""
        places = await self._partitions(topics)
        begin, end = await asyncio.gather(
            self._consumer.beginning_offsets(places), high_watermarks(self._settings, self._consumer, places)
        )
        return {self._place(place): (begin[place], end[place]) for place in places}

    async def append(self, topic: str, tick: int) -> Offsets:
        """See `Port`. Under simulated time the tick carries itself as timestamp, else the broker stamps it."""
        name = self._settings.prefix + topic
        stamp = tick if self._settings.simulated else None
        headers = [(ENTRY, Sort.TICK.encode())]
        places = await self._partitions([topic])
        sent = [
            await self._producer.send(
                name, b"%d" % tick, partition=place.partition, timestamp_ms=stamp, headers=headers
            )
            for place in places
        ]
        written = await asyncio.gather(*sent)
        offsets = {self._place(place): data.offset + 1 for place, data in zip(places, written, strict=True)}
        if min(offsets.values()) > 0:
            return offsets
        # a repeated send that the broker recognises as a duplicate comes back without an offset: the end lies after it
        return {place: end for place, (_, end) in (await self.ends([topic])).items()}

    async def committed(self, places: Iterable[Place]) -> Offsets:
        """See `Port`. An answer without a partition means that the coordinator has moved: it is looked for again."""
        asked = [TopicPartition(self._settings.prefix + topic, number) for topic, number in places]
        try:
            if self._coordinator is None:
                self._coordinator = await self._admin.find_coordinator(self._group)
            found = await self._admin.list_consumer_group_offsets(
                self._group, group_coordinator_id=self._coordinator, partitions=asked
            )
        except KafkaError:
            self._coordinator = None
            raise
        if len(found) < len(asked):
            self._coordinator = None
        return {self._place(place): value.offset for place, value in found.items() if value.offset >= 0}

    async def now(self) -> int:
        """The broker's time, milliseconds: when it appended a probe. On the embedded broker this machine's."""
        data = await self._producer.send_and_wait(self._settings.prefix + PROBE, b"", partition=0)
        return int(data.timestamp)

    async def tell(self, value: bytes, sort: Sort) -> None:
        """Append something that is not a tick to the notice journal, for routing."""
        name = self._settings.prefix + "notice-journal"
        await self._producer.send_and_wait(name, value, partition=0, headers=[(ENTRY, sort.encode())])

    async def _partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        """All partitions of these topics; what was seen once stays. UnknownTopicOrPartitionError while a broker that
        has just come up does not know them: to take that for "none" would let a tick pass what nobody has read.
        """
        names = [self._settings.prefix + topic for topic in topics]
        for topic in await self._admin.describe_topics(names):
            if topic["error_code"] or not topic["partitions"]:
                raise UnknownTopicOrPartitionError(topic["topic"])
            seen = self._known.setdefault(topic["topic"], set())
            seen |= {TopicPartition(topic["topic"], part["partition"]) for part in topic["partitions"]}
        return sorted(place for name in names for place in self._known[name])

    def _place(self, place: TopicPartition) -> Place:
        return place.topic.removeprefix(self._settings.prefix), place.partition
