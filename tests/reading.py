"""Reads whole partitions as any read_committed reader would: up to where they end now, and not until nothing comes for
a while, which on a busy machine is another thing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from schemas.topics import load
from streams.kafka import client_options
from streams.marks import high_watermarks
from streams.settings import Settings

WITHIN = 60.0


def few() -> dict[str, int]:
    """Two partitions of whatever has more: creating hundreds takes a broker of a test seconds."""
    return {
        name: 2 for name, topic in load().root.items() if isinstance(topic.partitions, int) and topic.partitions > 2
    }


def places(settings: Settings, topics: Mapping[str, int] | Iterable[str]) -> list[TopicPartition]:
    """All partitions of topics, which are named without prefix; their numbers are given or those of the settings."""
    counts = topics if isinstance(topics, Mapping) else {t: load().partitions(t, settings.partitions) for t in topics}
    return [TopicPartition(settings.prefix + topic, n) for topic, count in counts.items() for n in range(count)]


async def everything(
    settings: Settings, topics: Mapping[str, int] | Iterable[str]
) -> dict[TopicPartition, list[ConsumerRecord]]:
    """All committed messages of these topics up to their present ends. TimeoutError if they can not be read."""
    reader = AIOKafkaConsumer(
        **client_options(settings),
        enable_auto_commit=False,
        isolation_level="read_committed",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_max_wait_ms=50,
    )
    await reader.start()
    try:
        found: dict[TopicPartition, list[ConsumerRecord]] = {place: [] for place in places(settings, topics)}
        reader.assign(list(found))
        await reader.seek_to_beginning()
        # high watermarks: what a read_committed reader is told may lie before what was just committed
        bounds = await ends(settings, topics)
        async with asyncio.timeout(WITHIN):
            for place, end in bounds.items():
                while await reader.position(place) < end:
                    for part, messages in (await reader.getmany(timeout_ms=100)).items():
                        found[part] += messages
        return found
    finally:
        await reader.stop()


async def ends(settings: Settings, topics: Mapping[str, int] | Iterable[str]) -> dict[TopicPartition, int]:
    """Where these topics end now, markers of transactions included."""
    reader = AIOKafkaConsumer(**client_options(settings))
    await reader.start()
    try:
        return await high_watermarks(settings, reader, places(settings, topics))
    finally:
        await reader.stop()


async def messages(settings: Settings, topic: str) -> list[ConsumerRecord]:
    """All committed messages of one topic, partition after partition."""
    return [message for found in (await everything(settings, [topic])).values() for message in found]
