"""Reads whole topics as any read_committed reader would."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.clock.port import KafkaPort
from streams.journal import headers_of
from streams.kafka import client_options
from streams.settings import Settings
from tests.faults.ledger import READ, Message, Place

WITHIN = 60.0


async def everything(settings: Settings, port: KafkaPort, topics: tuple[str, ...] = READ) -> dict[Place, list[Message]]:
    """All committed messages of these topics up to their present ends. TimeoutError if they can not be read."""
    reader = AIOKafkaConsumer(
        **client_options(settings),
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_max_wait_ms=50,
    )
    await reader.start()
    try:
        ends = {TopicPartition(settings.prefix + t, n): end for (t, n), (_, end) in (await port.ends(topics)).items()}
        reader.assign(list(ends))
        found: dict[Place, list[Message]] = {_place(settings, place): [] for place in ends}
        async with asyncio.timeout(WITHIN):
            for place, end in ends.items():
                while await reader.position(place) < end:
                    for part, messages in (await reader.getmany(timeout_ms=200)).items():
                        found[_place(settings, part)] += [
                            Message(m.offset, m.key, m.value, headers_of(m.headers), m.timestamp) for m in messages
                        ]
        return found
    finally:
        await reader.stop()


def _place(settings: Settings, place: TopicPartition) -> Place:
    return place.topic.removeprefix(settings.prefix), place.partition
