"""Sends a history's records as an upstream does, a few at a time, so that faults hit a stream and not a file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

from aiokafka import AIOKafkaProducer

from connectors.replay_kafka.batches import Message
from streams.engine.partitioner import partition_of
from streams.kafka import client_options
from streams.settings import Settings

PATIENCE = 240
"""Seconds, longer than any fault on a busy machine, where three brokers may take two minutes to come back: an upstream
that gives up would have to send again.
"""
TRANSACTION_MS = 80_000
"""How long one that dies in a transaction holds up whoever reads behind it."""


class Sender:
    """An upstream. `partitions` grow when a topic does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.partitions = dict(settings.partitions)
        self.gate = asyncio.Lock()  # who holds it sends alone
        self.sent: list[Message] = []
        self.producer = AIOKafkaProducer(**self._options(), enable_idempotence=True)

    def transactional(self, identity: str) -> AIOKafkaProducer:
        """Another upstream, which sends in transactions."""
        options = self._options() | {"request_timeout_ms": TRANSACTION_MS}
        return AIOKafkaProducer(
            **options, transactional_id=self._settings.prefix + identity, transaction_timeout_ms=TRANSACTION_MS
        )

    async def send(self, messages: Sequence[Message]) -> None:
        """All of them, acknowledged."""
        async with self.gate:
            await self.send_now(messages)
            self.sent += messages

    async def grown(self, topic: str, partitions: int) -> None:
        """From here on a topic has so many partitions: return when the producer has heard of them."""
        await self._heard(self.producer, topic, partitions)
        self.partitions[topic] = partitions

    def some_of_the_sent(self, chance: Random, number: int) -> list[Message]:
        """Records that were sent before."""
        return chance.sample(self.sent, min(number, len(self.sent)))

    async def send_now(self, messages: Sequence[Message], producer: AIOKafkaProducer | None = None) -> None:
        """The same for who holds the gate, or does not mind."""
        producer = producer or self.producer
        sent = []
        for message in messages:
            partitions = self.partitions[message.topic]
            await self._heard(producer, message.topic, partitions)
            acknowledged = await producer.send(
                self._settings.prefix + message.topic,
                message.line.value,
                key=message.key or None,
                partition=partition_of(message.key, partitions),
                timestamp_ms=message.line.recorded,
            )
            sent.append(acknowledged)
        await asyncio.gather(*sent)

    async def _heard(self, producer: AIOKafkaProducer, topic: str, partitions: int) -> None:
        """Return when a producer knows so many: a broker that has just come back may tell it of fewer again."""
        while len(await producer.partitions_for(self._settings.prefix + topic)) < partitions:
            await producer.client.force_metadata_update()
            await asyncio.sleep(0.1)

    def _options(self) -> dict[str, Any]:
        return {
            **client_options(self._settings),
            "acks": "all",
            "max_request_size": 2 * 1024 * 1024,
            "request_timeout_ms": PATIENCE * 1000,
        }
