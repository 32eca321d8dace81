"""Reads `dead-letters` in the order of time over all partitions, from an instant or a page on, to its present end."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from connectors.dead_letters.letter import Letter, letter_of
from connectors.dead_letters.newest import Backwards
from connectors.topics import cluster
from streams.journal import DEAD_LETTERS
from streams.kafka import client_options
from streams.marks import high_watermarks
from streams.settings import Commit, Settings


class Unreadable(Exception):  # noqa: N818
    """The topic can't be read; says why."""


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
            await self._open()
        except (KafkaError, OSError, TimeoutError) as error:
            await self._consumer.stop()
            raise Unreadable(f"no broker answers at {self._settings.bootstrap}: {type(error).__name__}") from None
        except Unreadable:
            await self._consumer.stop()
            raise
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
            yield letter_of(record)

    async def newest(
        self, has: Callable[[Letter], bool], before: dict[int, int] | None = None, until: int | None = None
    ) -> Backwards:
        """Wanted letters backwards: from before these offsets by partition; in other partitions from an instant, or
        the end.
        """
        begins = await self._consumer.beginning_offsets(list(self._ends))
        bounds = dict(self._ends)
        if until is not None and self._settings.commit is Commit.TRANSACTIONS:  # the embedded broker has no such index
            found = await self._consumer.offsets_for_times(dict.fromkeys(self._ends, until + 1))
            bounds |= {tp: min(at.offset, bounds[tp]) for tp, at in found.items() if at is not None}
        named = {tp: (before or {}).get(tp.partition, bound) for tp, bound in bounds.items()}
        bounds = {tp: min(named[tp], bound) for tp, bound in bounds.items()}
        return Backwards(self._consumer, begins, bounds, has)

    async def at(self, partition: int, offset: int) -> Letter | None:
        """The letter at a position, if there is one (any longer)."""
        if all(tp.partition != partition for tp in self._ends):
            return None
        others = {tp.partition: end for tp, end in self._ends.items()}
        async for letter in self.letters({**others, partition: offset}):
            return letter if (letter.partition, letter.offset) == (partition, offset) else None
        return None

    async def _open(self) -> None:
        numbers = (await cluster.partitions(self._settings, [DEAD_LETTERS])).get(DEAD_LETTERS)
        if numbers is None:
            raise Unreadable(f"{self._settings.bootstrap} has no topic {self._topic}; `lianfang topics` makes it")
        await self._consumer.start()
        places = [TopicPartition(self._topic, number) for number in numbers]
        self._consumer.assign(places)
        self._ends = await high_watermarks(self._settings, self._consumer, places)

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
