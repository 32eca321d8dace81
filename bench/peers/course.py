"""The course that contenders run: a topic of records on a broker, the same for all, and what came out compared with
what should have. Starts no contender.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.peers.job import Expected, records
from bench.replay import history
from connectors.topics.cluster import ensure
from schemas.envelope import TYPES
from streams.engine.partitioner import partition_of
from streams.settings import Settings

PARTITIONS = 4
COMPACTED = {"cleanup.policy": "compact"}
APPENDED = {"message.timestamp.type": "LogAppendTime"}


@dataclass
class Course:
    """`count` records by `operators`, in the topic of that name."""

    bootstrap: str
    seed: int
    count: int
    operators: int
    expected: Expected = field(default_factory=Expected)

    @property
    def topic(self) -> str:
        """Where the records are."""
        return f"records-{self.count}"

    async def load(self) -> None:
        """Create the topic and fill it."""
        await create(self.bootstrap, {self.topic: {}})
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, enable_idempotence=True, max_batch_size=512 * 1024
        )
        await producer.start()
        batches = {number: producer.create_batch() for number in range(PARTITIONS)}
        for key, value in records(self.seed, self.count, self.operators, self.expected):
            number = partition_of(key, PARTITIONS)
            if batches[number].append(key=key, value=value, timestamp=None) is None:
                await producer.send_batch(batches[number], self.topic, partition=number)
                batches[number] = producer.create_batch()
                batches[number].append(key=key, value=value, timestamp=None)
        for number, batch in batches.items():
            await producer.send_batch(batch, self.topic, partition=number)
        await producer.stop()

    async def check(self, alerts: str, changelog: str) -> str:
        """`right`, or in words what was lost, doubled or is wrong."""
        said = Counter([_said(orjson.loads(value)) async for _, value in everything(self.bootstrap, alerts)])
        rows = {}
        async for key, value in everything(self.bootstrap, changelog):
            if value is not None and b"[" in value and key != b"lianfang-position":
                name, count, chain = _row(value)
                rows[name] = count, chain
        wrong = {
            "alerts lost": len(self.expected.alerts - said.keys()),
            "alerts doubled": sum(said.values()) - len(said),
            "alerts that should not be": len(said.keys() - self.expected.alerts),
            "rows wrong": sum(rows.get(name) != right for name, right in self.expected.rows.items()),
        }
        return ", ".join(f"{count} {what}" for what, count in wrong.items() if count) or "right"


def _said(alert: dict[str, Any]) -> tuple[str, int, int]:
    return alert["operator"], alert["count"], alert["chain"]


def _row(value: bytes) -> tuple[str, int, int]:
    """Operator, count and chain, however a contender stores a row: as an object, or as an array behind a few words."""
    found = orjson.loads(value if value.startswith(b"{") else value[value.index(b"[") :])
    if isinstance(found, dict):
        return _said(found)
    return found[0], found[1], found[3]


async def create(bootstrap: str, topics: dict[str, dict[str, str]], partitions: int = PARTITIONS) -> None:
    """Create topics with their settings; one copy of each partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(name, partitions, 1, topic_configs=given) for name, given in topics.items()]
        )
    finally:
        await admin.close()


async def ends(bootstrap: str, topic: str) -> dict[TopicPartition, int]:
    """The end of each partition, markers and all."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        return dict(await consumer.end_offsets(partitions))
    finally:
        await consumer.stop()


async def everything(bootstrap: str, topic: str) -> AsyncIterator[tuple[bytes, bytes]]:
    """Every key and value of a topic that a read_committed reader sees."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )  # fmt: skip
    await consumer.start()
    try:
        left = await ends(bootstrap, topic)
        consumer.assign(list(left))
        while left:
            for batch in (await consumer.getmany(timeout_ms=200, max_records=5000)).values():
                for message in batch:
                    yield message.key, message.value
            left = {tp: end for tp, end in left.items() if await consumer.position(tp) < end}
    finally:
        await consumer.stop()


async def how_many(bootstrap: str, topic: str) -> int:
    """Messages that a read_committed reader sees."""
    return sum([1 async for _ in everything(bootstrap, topic)])


async def uncommitted(bootstrap: str, group: str, topic: str) -> int:
    """How far a group is from the end of a topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        left = await ends(bootstrap, topic)
        offsets = await admin.list_consumer_group_offsets(group, partitions=list(left))
    finally:
        await admin.close()
    return sum(end - max(0, offsets[tp].offset) for tp, end in left.items())


async def load_path(settings: Settings, seed: int, count: int) -> None:
    """The topics of the real path, and records on the public ones, each key in a partition of its own as upstream's."""
    await ensure(settings)
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, enable_idempotence=True, linger_ms=5)
    await producer.start()
    for line in history(seed, count):
        event = orjson.loads(line.value)
        topic, _ = TYPES[event["type"]]
        key = event["data"]["operator"].encode()
        await producer.send(f"{settings.prefix}{topic}", line.value, key=key, timestamp_ms=line.recorded)
    await producer.stop()
