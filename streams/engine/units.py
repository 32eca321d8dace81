"""A unit of work: what is written at once or not at all, and the two ways of writing it."""

from __future__ import annotations

import asyncio
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer

from streams.engine import clients
from streams.engine.partitioner import partition_of
from streams.engine.position import KEY, Position
from streams.machine import Output
from streams.settings import Settings

Row = tuple[bytes, bytes | None]
Message = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]
"""Key, value, headers."""


@dataclass(slots=True)
class Unit:
    """Outputs, changed rows and the position after them."""

    position: Position
    outputs: list[Output] = field(default_factory=list)
    rows: Sequence[Row] = ()
    records: int = 0  # how many entries it comes from
    committed: list[Callable[[], None]] = field(default_factory=list)  # told when it is durable

    @property
    def empty(self) -> bool:
        """Only the position moved."""
        return not (self.outputs or self.rows or self.committed)


class Port(Protocol):
    """How the units of one input partition reach Kafka, one after another. Any exception is the end of the process."""

    async def start(self) -> None:
        """Become the only writer, as far as this form can."""

    async def commit(self, unit: Unit) -> None:
        """Returns when the unit is durable."""

    async def stop(self) -> None:
        """Give back what was opened."""


@dataclass(frozen=True)
class State:
    """One partition of a state topic (with prefix)."""

    topic: str
    partition: int


@dataclass
class Sending:
    """Where outputs go: names with the prefix, partitions by key."""

    settings: Settings
    counts: Callable[[str], int]  # topic without prefix → its number of partitions; KeyError if there is none

    async def send(self, producer: AIOKafkaProducer, outputs: Iterable[Output]) -> list[asyncio.Future[Any]]:
        """Give outputs to a producer, those of a partition in order; the futures tell when they are acknowledged."""
        places: defaultdict[tuple[str, int], list[Message]] = defaultdict(list)
        for output in outputs:
            message = output.key, output.value, list(output.headers)
            places[output.topic, self._partition(output)].append(message)
        sent = []
        for (topic, partition), messages in places.items():
            sent += await packed(producer, self.settings.prefix + topic, partition, messages)
        return sent

    def _partition(self, output: Output) -> int:
        if output.partition is not None:
            return output.partition
        count = self.counts(output.topic)
        return zlib.crc32(output.value or b"") % count if output.key is None else partition_of(output.key, count)


async def packed(
    producer: AIOKafkaProducer, topic: str, partition: int, messages: Iterable[Message]
) -> list[asyncio.Future[Any]]:
    """Give messages of one partition to a producer in order, in batches that are filled here: `producer.send` costs
    five times as much and makes a future for each message.
    """
    sent, batch = [], producer.create_batch()
    for key, value, headers in messages:
        if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None, headers=headers)  # the first one always fits
    batch.close()
    return [*sent, await producer.send_batch(batch, topic, partition=partition)]


class Transactional:
    """One transaction for each unit, under an id that belongs to the input partition. Costs a producer with two or
    three connections for each partition that is owned; 77 of them start in about a second on two cores.
    """

    def __init__(self, sending: Sending, state: State, transactional_id: str) -> None:
        self._sending, self._state = sending, state
        self._producer = clients.transactional_producer(sending.settings, transactional_id)

    async def start(self) -> None:
        """Fences the former owner: its open transaction is aborted, whatever it still sends is refused."""
        await self._producer.start()

    async def commit(self, unit: Unit) -> None:
        """One transaction. ProducerFenced if somebody else owns the partition by now."""
        await self._producer.begin_transaction()
        await self._write(unit)
        await self._finish()

    async def _write(self, unit: Unit) -> None:
        sent = await self._sending.send(self._producer, unit.outputs)
        state: list[Message] = [(key, value, []) for key, value in (*unit.rows, (KEY, unit.position.encode()))]
        sent += await packed(self._producer, self._state.topic, self._state.partition, state)
        await asyncio.gather(*sent)

    async def _finish(self) -> None:
        await self._producer.commit_transaction()

    async def stop(self) -> None:
        """Close the connections."""
        await self._producer.stop()


class Plain:
    """For the embedded broker, which has no transactions: outputs first, and when they are acknowledged rows and
    position as one batch of records. So state is whole, and after a crash in between outputs are written again, with
    the same identities. Fences nobody. Promises nothing across a crash of the broker.
    """

    def __init__(self, sending: Sending, state: State, producer: AIOKafkaProducer) -> None:
        self._sending, self._state, self._producer = sending, state, producer

    async def start(self) -> None:
        """The producer is shared by all partitions and runs already."""

    async def commit(self, unit: Unit) -> None:
        """Outputs, then state. ValueError if the state does not fit into one batch."""
        await asyncio.gather(*await self._sending.send(self._producer, unit.outputs))
        await self._save(unit)

    async def _save(self, unit: Unit) -> None:
        batch = self._producer.create_batch()
        for key, value in (*unit.rows, (KEY, unit.position.encode())):
            if batch.append(key=key, value=value, timestamp=None) is None:
                raise ValueError(f"{len(unit.rows)} rows do not fit into one batch")
        batch.close()
        await (await self._producer.send_batch(batch, self._state.topic, partition=self._state.partition))

    async def stop(self) -> None:
        """Nothing of its own to close."""
