"""Reads `dead-letters` in the order of time over all partitions, from an instant or a page on, to its present end."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.journal import DEAD_LETTERS, ORIGINAL, headers_of
from streams.kafka import client_options
from streams.marks import high_watermarks
from streams.settings import Settings


class Unreadable(Exception):  # noqa: N818
    """The topic can't be read; says why."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter."""

    partition: int
    offset: int
    time: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]

    def said(self, name: str) -> str:
        """A header of ours, as text."""
        return self.headers.get(name, b"").decode("utf-8", "replace")

    @property
    def position(self) -> str:
        """`partition/offset`: how the commands name it."""
        return f"{self.partition}/{self.offset}"

    @property
    def origin(self) -> str:
        """`topic/partition/offset` of what could not be used."""
        return "/".join(self.said(f"origin-{part}") for part in ("topic", "partition", "offset"))

    @property
    def originals(self) -> list[tuple[str, bytes]]:
        """The headers that its sender wrote."""
        return [(name[len(ORIGINAL) :], value) for name, value in self.headers.items() if name.startswith(ORIGINAL)]

    @property
    def type(self) -> str:
        """What type the record says it is, whether or not that is one."""
        binary = self.headers.get(f"{ORIGINAL}ce_type")
        if binary is not None:
            return binary.decode("utf-8", "replace")
        try:
            tree = orjson.loads(self.value or b"")
        except orjson.JSONDecodeError:
            return ""
        kind = tree.get("type") if isinstance(tree, dict) else None
        return kind if isinstance(kind, str) else ""


class Reader:
    """An open reader of the topic. Use as an async context."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = settings.prefix + DEAD_LETTERS
        self._consumer = AIOKafkaConsumer(
            **client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest",
            isolation_level="read_committed", fetch_max_wait_ms=settings.fetch_wait_ms, max_poll_records=100,
        )  # fmt: skip
        self._ends: dict[TopicPartition, int] = {}
        self._ready: dict[TopicPartition, deque[ConsumerRecord[bytes, bytes]]] = {}

    async def __aenter__(self) -> Reader:
        try:
            partitions = await self._partitions()
            await self._consumer.start()
            tps = [TopicPartition(self._topic, partition) for partition in partitions]
            self._consumer.assign(tps)
            self._ends = await high_watermarks(self._settings, self._consumer, tps)
        except (KafkaError, OSError, TimeoutError) as error:
            await self._consumer.stop()
            raise Unreadable(f"no broker answers at {self._settings.bootstrap}: {type(error).__name__}") from None
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def letters(self, start: dict[int, int] | None = None, since: int | None = None) -> AsyncIterator[Letter]:
        """From these offsets by partition; in other partitions from an instant, or the beginning. Oldest first."""
        await self._seek(start or {}, since)
        while True:
            await self._fill()
            waiting = [(queue[0].timestamp, tp.partition, tp) for tp, queue in self._ready.items() if queue]
            if not waiting:
                return
            record = self._ready[min(waiting)[2]].popleft()
            headers = headers_of(record.headers)
            yield Letter(record.partition, record.offset, record.timestamp, record.key, record.value, headers)

    async def at(self, partition: int, offset: int) -> Letter | None:
        """The letter at a position, if there is one (any longer)."""
        if all(tp.partition != partition for tp in self._ends):
            return None
        others = {tp.partition: end for tp, end in self._ends.items()}
        async for letter in self.letters({**others, partition: offset}):
            return letter if (letter.partition, letter.offset) == (partition, offset) else None
        return None

    async def _partitions(self) -> list[int]:
        admin = AIOKafkaAdminClient(**client_options(self._settings), request_timeout_ms=10_000)
        try:
            await admin.start()
            if self._topic not in await admin.list_topics():
                raise Unreadable(f"{self._settings.bootstrap} has no topic {self._topic}; `lianfang topics` makes it")
            (described,) = await admin.describe_topics([self._topic])
            return sorted(partition["partition"] for partition in described["partitions"])
        finally:
            await admin.close()

    async def _seek(self, start: dict[int, int], since: int | None) -> None:
        beginnings = await self._consumer.beginning_offsets(list(self._ends))
        times = await self._consumer.offsets_for_times(dict.fromkeys(self._ends, since)) if since is not None else {}
        for tp, end in self._ends.items():
            found = times.get(tp)
            default = beginnings[tp] if since is None else (found.offset if found else end)
            wanted = start.get(tp.partition, default)
            self._consumer.seek(tp, min(max(wanted, beginnings[tp]), end))
            self._ready[tp] = deque()

    async def _fill(self) -> None:
        """Until each partition has something waiting or is read to its end. Positions move over aborted records too."""
        while True:
            wanting = [tp for tp, queue in self._ready.items() if not queue]
            wanting = [tp for tp in wanting if await self._consumer.position(tp) < self._ends[tp]]
            if not wanting:
                return
            for tp, records in (await self._consumer.getmany(*wanting, timeout_ms=200)).items():
                self._ready[tp].extend(record for record in records if record.offset < self._ends[tp])
