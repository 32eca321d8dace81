"""`dead-letters` backwards, newest first over all partitions: a slice of each partition at a time, from its end on, so
that the first page of a million letters is there as soon as that of ten. What is kept of a letter is what a list shows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from connectors.dead_letters.letter import Letter, letter_of

SLICE, LARGEST = 100, 3200
"""Offsets that are read of a partition at a time: few for a page, more the longer nothing is found."""


class Backwards:
    """Letters before `bounds` (exclusive, by partition), of which `has` says that they are wanted."""

    def __init__(
        self, consumer: AIOKafkaConsumer, begins: Mapping[TopicPartition, int], bounds: Mapping[TopicPartition, int],
        has: Callable[[Letter], bool],
    ) -> None:  # fmt: skip
        self._consumer, self._begins, self._has = consumer, begins, has
        self._bounds = {tp: max(bound, begins[tp]) for tp, bound in bounds.items()}
        self._slices = dict.fromkeys(bounds, SLICE)
        self._ready: dict[TopicPartition, list[Letter]] = {tp: [] for tp in bounds}
        self.looked = 0

    @property
    def unseen(self) -> dict[int, int]:
        """By partition: everything from there on was given, or was not wanted."""
        return {tp.partition: ready[-1].offset + 1 if ready else self._bounds[tp] for tp, ready in self._ready.items()}

    async def letters(self) -> AsyncIterator[Letter]:
        """Newest first, without their values."""
        while True:
            while wanting := [tp for tp, ready in self._ready.items() if not ready and self._more(tp)]:
                await self._fill(wanting)
            waiting = [tp for tp, ready in self._ready.items() if ready]
            if not waiting:
                return
            yield self._ready[max(waiting, key=lambda tp: (self._ready[tp][-1].time, tp.partition))].pop()

    def _more(self, tp: TopicPartition) -> bool:
        return self._bounds[tp] > self._begins[tp]

    async def _fill(self, wanting: list[TopicPartition]) -> None:
        """The next slice of each. Positions move over markers and aborted letters too."""
        upper = {tp: self._bounds[tp] for tp in wanting}
        for tp in wanting:
            self._bounds[tp] = max(self._begins[tp], upper[tp] - self._slices[tp])
            self._consumer.seek(tp, self._bounds[tp])
        while unread := [tp for tp in wanting if await self._consumer.position(tp) < upper[tp]]:
            for tp, records in (await self._consumer.getmany(*unread, timeout_ms=200)).items():
                for record in records:
                    if record.offset < upper[tp]:
                        self._take(tp, letter_of(record))
        for tp in wanting:
            self._slices[tp] = min(LARGEST, 2 * self._slices[tp]) if not self._ready[tp] else SLICE

    def _take(self, tp: TopicPartition, letter: Letter) -> None:
        self.looked += 1
        if self._has(letter):
            self._ready[tp].append(letter.slim())
