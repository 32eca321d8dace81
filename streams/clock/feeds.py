"""How far each feed says it is complete, read from `feeds`, which operators write. Who is held by it is for `rules`."""

from __future__ import annotations

import asyncio

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.times import parse_instant
from streams.kafka import client_options
from streams.settings import Settings

FEEDS = "feeds"
DEADLINE = 10.0
"""Seconds within which the little topic must have been read to its end."""


class Feeds:
    """The present row of every feed, by name: milliseconds."""

    def __init__(self, settings: Settings) -> None:
        self._place = TopicPartition(settings.prefix + FEEDS, 0)
        self._consumer = AIOKafkaConsumer(
            **client_options(settings),
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
        )
        self.until: dict[str, int] = {}

    async def start(self) -> None:
        """Connect; the first `read` begins at the beginning."""
        await self._consumer.start()
        self._consumer.assign([self._place])

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def read(self) -> dict[str, int]:
        """Read to the present end and return all feeds. TimeoutError if that can't be done in time."""
        async with asyncio.timeout(DEADLINE):
            ends = await self._consumer.end_offsets([self._place])
            while await self._consumer.position(self._place) < ends[self._place]:
                for messages in (await self._consumer.getmany(timeout_ms=100)).values():
                    for message in messages:
                        self._apply(message.key.decode(), message.value)
        return self.until

    def _apply(self, feed: str, value: bytes | None) -> None:
        if value is None:
            self.until.pop(feed, None)
        else:
            self.until[feed] = parse_instant(orjson.loads(value)["complete_until"])
