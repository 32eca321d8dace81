"""A machine, a port and entries for tests of the engine without Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aiokafka.structs import TopicPartition

from schemas.reasons import Reason, Verdict
from streams.engine.batch import Batch, Chain
from streams.engine.flow import Flow
from streams.engine.partition import Partition
from streams.engine.position import Position
from streams.engine.units import Unit
from streams.machine import ENTRY, Applied, Entry, Output
from streams.rows import Row, Rows, row_key

TP = TopicPartition("journal", 0)


class Left(BaseException):
    """Stands for the end of the process."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Count(Row):
    count: int


class Machine:
    """Counts by key, echoes each entry; breaks on `boom`; at a tick says every key, one a slice."""

    def __init__(self) -> None:
        self.rows = Rows({"c": Count})
        self.resumed: list[int | None] = []

    def resume(self, tick: int | None) -> None:
        self.resumed.append(tick)

    def apply(self, entry: Entry) -> Applied:
        key = row_key("c", (entry.key or b"").decode())
        before = self.rows.get(key, Count)
        self.rows.put(key, Count(before.count + 1 if before else 1))
        if entry.value == b"boom":
            raise RuntimeError("a rule broke")
        return Applied([Output("out", entry.key, entry.value)], Verdict.APPLIED, "test")

    def tick(self, tick: int, entry: Entry) -> Iterator[list[Output]]:
        for key in list(self.rows.keys()):
            row = self.rows.get(key, Count)
            assert row is not None
            self.rows.put(key, Count(row.count + 1000))
            yield [Output("said", key.encode(), b"%d" % tick)]

    def broken(self, entry: Entry, error: Exception) -> Applied:
        return Applied([Output("dead-letters", entry.key, entry.value)], Verdict.REFUSED, "", Reason.INTERNAL_ERROR)

    def count(self, key: str) -> int | None:
        row = self.rows.get(row_key("c", key), Count)
        return row.count if row else None


@dataclass
class Memory:
    """A port that remembers units; `gate` cleared holds the next one up, and `asked` says that one is there."""

    units: list[Unit] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def commit(self, unit: Unit) -> None:
        self.asked.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.units.append(unit)

    @property
    def outputs(self) -> list[Output]:
        return [output for unit in self.units for output in unit.outputs]


@dataclass
class Seen:
    """An observer that remembers."""

    applied_offsets: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    durable_at: list[int] = field(default_factory=list)
    received_offsets: list[int] = field(default_factory=list)
    left_offsets: list[int] = field(default_factory=list)

    def received(self, partition: Partition, batch: Batch) -> None:
        self.received_offsets += [one.offset for one in batch.records]

    def left(self, partition: Partition, records: Sequence[Record]) -> None:
        self.left_offsets += [one.offset for one in records]

    def applied(self, partition: Partition, entry: Entry, applied: Applied, outputs: list[Output]) -> None:
        self.applied_offsets.append(entry.offset)

    def ticked(self, partition: Partition, entry: Entry, outputs: list[Output]) -> None: ...

    def broke(self, partition: Partition, entry: Entry, error: Exception) -> None:
        self.broken.append(entry.offset)

    def durable(self, partition: Partition, unit: Unit, *, written: bool) -> None:
        self.durable_at.append(partition.durable)


@dataclass(frozen=True)
class Record:
    """aiokafka's ConsumerRecord, as far as the engine reads it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 0


def record(offset: int, key: str = "a", value: bytes = b"v") -> Record:
    return Record(offset, key.encode(), value)


def tick(offset: int, at: int) -> Record:
    return Record(offset, None, b"%d" % at, ((ENTRY, b"tick"),))


def batch(start: int, *records: Record, end: int | None = None, chain: Chain | None = None) -> Batch:
    return Batch(TP, chain or Chain(object()), start, end if end is not None else start + len(records), records)


def partition(
    *, machine: Machine | None = None, port: Memory | None = None, observer: Seen | None = None,
    position: Position | None = None, topic: str = "journal", flow: Flow | None = None, linger: float = 0.0,
) -> Partition:  # fmt: skip
    chosen = machine or Machine()
    return Partition(
        flow or Flow("operators", {topic: f"{topic}-state"}, lambda *_: chosen), TP, topic, chosen,
        position or Position(0), port or Memory(), observer or Seen(), linger,
    )  # fmt: skip
