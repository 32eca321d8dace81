"""The views process: follows the four topics without a group, from the offsets that stand in Redis beside the data.

Broken input or output ends it (the caller exits 70) and a fresh one goes on; there is nothing else to repair.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from redis.asyncio import Redis

from connectors.topics import cluster
from connectors.views.store import TOPICS, Message, Moved, Place, Store, readable
from streams import logs, metrics
from streams.health import Health
from streams.kafka import client_options
from streams.marks import high_watermarks
from streams.settings import Settings

MOST = 2000
"""Messages of one MULTI: it stops other clients of the Redis for a few milliseconds."""

LOOK_EVERY = 1.0
"""Seconds after which a quiet process looks whether Redis is still where it left it."""

log = logs.get(__name__)


class Process:
    """One views process. `run` returns when `stop` was called, and raises what broke otherwise."""

    def __init__(self, settings: Settings, health: Health) -> None:
        self._settings = settings
        self._health = health
        self._at: dict[Place, int] = {}  # offsets as this process last left them in Redis
        self._ends: dict[TopicPartition, int] = {}  # where the topics ended when the reading began
        self._look_again = 0.0
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopping.set()

    async def run(self) -> None:
        """Follow the topics until stopped."""
        settings = self._settings
        redis = Redis.from_url(settings.redis)
        consumer = AIOKafkaConsumer(
            **client_options(settings),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=settings.fetch_wait_ms,
            max_poll_records=MOST,
        )
        try:
            await consumer.start()
            store = Store(redis, settings.prefix)
            await self._begin(consumer, store)
            while not self._stopping.is_set():
                await self._round(consumer, store)
        finally:
            await consumer.stop()
            await redis.aclose()

    async def _begin(self, consumer: AIOKafkaConsumer, store: Store) -> None:
        """Assign all partitions and go to where Redis is, emptying it if it speaks of another Kafka."""
        self._health.set_ready(False, "reading the logs", part="views")
        parts = await self._partitions()
        consumer.assign(parts)
        self._ends = await high_watermarks(self._settings, consumer, parts)
        starts = await consumer.beginning_offsets(parts)
        stored = await store.offsets()
        beyond = [part for part in parts if stored.get(self._place(part), 0) > self._ends[part]]
        if beyond:
            log.warning("kafka-made-anew", partitions=[f"{part.topic}/{part.partition}" for part in beyond])
            await store.wipe()
            stored = {}
        for part in parts:
            consumer.seek(part, max(stored.get(self._place(part), 0), starts[part]))
        self._at = stored
        log.info("following", partitions=len(parts), known=sum(place in stored for place in map(self._place, parts)))

    async def _partitions(self) -> list[TopicPartition]:
        """All partitions of the four topics. cluster.Refused if a topic does not exist."""
        found = await cluster.partitions(self._settings, TOPICS)
        prefix = self._settings.prefix
        missing = [f"there is no topic {prefix + topic}" for topic in TOPICS if topic not in found]
        if missing:
            raise cluster.Refused("\n".join([*missing, "`lianfang topics` creates what is missing."]))
        return sorted(TopicPartition(prefix + topic, number) for topic, numbers in found.items() for number in numbers)

    async def _round(self, consumer: AIOKafkaConsumer, store: Store) -> None:
        """One batch, if there is one."""
        fetched = await consumer.getmany(timeout_ms=self._settings.fetch_wait_ms, max_records=MOST)
        messages, after = self._read(fetched)
        try:
            if after:
                await store.apply(messages, before=self._at, after=after, live=self._health.ready()[0])
                self._at |= after
                metrics.TRANSACTIONS.labels(flow="views").inc()
            elif time.monotonic() > self._look_again:
                self._look_again = time.monotonic() + LOOK_EVERY
                await store.check(self._at)
            await self._tell(consumer, store)
        except Moved:
            log.warning("views-moved")  # wiped, or another process: Redis says where to go on
            await self._begin(consumer, store)

    def _read(self, fetched: Mapping[TopicPartition, list[object]]) -> tuple[list[Message], dict[Place, int]]:
        messages: list[Message] = []
        after: dict[Place, int] = {}
        for part, records in fetched.items():
            topic, number = self._place(part)
            for record in records:
                message = Message(topic, number, record.offset, record.key, record.value)  # type: ignore[attr-defined]
                after[topic, number] = message.offset + 1
                if readable(message):
                    messages.append(message)
        return messages, after

    async def _tell(self, consumer: AIOKafkaConsumer, store: Store) -> None:
        """Lag, progress and readiness: ready once everything that was there at the beginning is in. Then the store says
        how far that was even where there was nothing: who asks can tell that nothing stands from that nobody has read.
        """
        self._health.beat("views")
        behind = 0
        positions: dict[Place, int] = {}
        for part, end in self._ends.items():
            position = positions[self._place(part)] = await consumer.position(part)
            behind += max(end - position, 0)
            lag = max((consumer.highwater(part) or 0) - position, 0)
            metrics.LAG.labels(flow="views", partition=f"{self._place(part)[0]}/{part.partition}").set(lag)
        if behind == 0 and not self._health.ready()[0]:
            await store.apply((), before=self._at, after=positions, live=False)
            self._at |= positions
            self._health.set_ready(True, f"{len(self._ends)} partitions followed", part="views")
            log.info("caught-up", partitions=len(self._ends))

    def _place(self, part: TopicPartition) -> Place:
        return part.topic.removeprefix(self._settings.prefix), part.partition
