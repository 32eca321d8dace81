"""One owned input partition: its machine, the entries that wait for it, the units that wait to be written. Applying is
synchronous, writing goes on beside it; the two meet only where a unit is sealed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from aiokafka.structs import TopicPartition

from schemas.envelope import PUBLIC_TOPICS
from streams.engine import ends
from streams.engine.batch import Batch
from streams.engine.flow import Flow
from streams.engine.position import Position
from streams.engine.units import Port, Unit
from streams.journal import headers_of
from streams.machine import ENTRY, Applied, Entry, Machine, Output, Sort, Ticking

UNIT = 3000
"""Entries and outputs that are written together at most; few subjects favour large units, each row is written once."""
UNIT_OF_TICK = 500
"""The same within a tick: small, so that the first alerts of a burst leave at once."""
UNIT_BYTES = 8 * 1024 * 1024
BACKLOG = 20_000
"""Records that may be accepted and not yet durable before the agent waits."""
SLICE = 0.004
"""Seconds of applying before the event loop gets its turn."""
FLUSH_WITHIN = 15.0
SAVE_EVERY = 1.0
"""Seconds between two position rows where nothing but the position moves."""
BREAKS = 3
"""What an entry that our own rules broke on adds to the measure; every other one, and each tick, takes 1 away. So it
fills where more than one in four breaks, and drains by itself."""
_TICK = Sort.TICK.encode()

Change = Callable[[], Iterable[Output] | None]


class Observer(Protocol):
    """What is told of a partition's work, for metrics and for the group's offset. Must not raise."""

    def received(self, partition: Partition, batch: Batch) -> None:
        """A batch was accepted, nothing of it is applied yet."""

    def left(self, partition: Partition, records: Sequence[Any]) -> None:
        """These were accepted and are the next owner's to apply."""

    def applied(self, partition: Partition, entry: Entry, applied: Applied, outputs: list[Output]) -> None:
        """One entry was worked off."""

    def ticked(self, partition: Partition, entry: Entry, outputs: list[Output]) -> None:
        """One slice of a tick was worked off."""

    def broke(self, partition: Partition, entry: Entry, error: Exception) -> None:
        """The rules raised; the entry goes to `dead-letters`."""

    def durable(self, partition: Partition, unit: Unit, *, written: bool) -> None:
        """Everything up to the unit's position is done and can't be lost. Not `written`: there was nothing to write."""


class Partition:
    """`machine` has its rows; `position` is where the next entry is expected. Not started until `start`."""

    def __init__(
        self, flow: Flow, tp: TopicPartition, topic: str, machine: Machine, position: Position, port: Port,
        observer: Observer, linger: float,
    ) -> None:  # fmt: skip
        self.flow, self.tp, self.topic, self.number = flow, tp, topic, tp.partition  # topic: without prefix
        self.machine, self.port = machine, port
        self.received = self._next = position.next
        self._tick, self._rules, self.broken = position.tick, position.rules, position.broken
        self._observer, self._linger = observer, linger
        self._takes_ticks = topic not in PUBLIC_TOPICS  # there anybody can write our header
        self._inbox: deque[Batch] = deque()
        self._applied = 0  # records of the first of them that are applied
        self._ticking: tuple[Entry, int, Iterator[list[Output]]] | None = None
        self._writes: deque[tuple[Change, asyncio.Future[None]]] = deque()
        self._sealed: deque[Unit] = deque()
        self._unit = Unit(position)
        self._weight = self._bytes = 0
        self._backlog = self._units = 0
        self._flushed = self._saved = position  # of the last unit, and of the last one that was written
        self._written_at = 0.0
        self._something, self._room, self._lock = asyncio.Event(), asyncio.Event(), asyncio.Lock()
        self._room.set()
        self._closed = False
        self._again: asyncio.Handle | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def position(self) -> Position:
        """How far it is applied."""
        ticking = None
        if self._ticking is not None:
            entry, tick, _ = self._ticking
            ticking = tick, entry.offset, entry.timestamp
        return Position(self._next, self._tick, self._rules, self.broken, ticking)

    @property
    def durable(self) -> int:
        """Everything before this offset is done for good."""
        return self._flushed.done

    @property
    def busy(self) -> bool:
        """It has work of its own to do before it needs more."""
        return bool(self._inbox or self._ticking or self._sealed or self._writes) or self._lock.locked()

    @property
    def progress(self) -> int:
        """Changes whenever anything was applied or written."""
        return self._next + self.durable + self._weight + self._units

    def start(self) -> None:
        """Begin to write, and the flow's own task; go on with the tick that was under way."""
        position = self._flushed
        if position.ticking is not None:
            tick, offset, timestamp = position.ticking
            entry = Entry(self.topic, self.number, offset, timestamp, None, b"%d" % tick, {ENTRY: _TICK})
            self._ticking = entry, tick, self.machine.tick(tick, entry)
            self._again = asyncio.get_running_loop().call_soon(self._work)
        self._tasks.append(asyncio.create_task(self._flush_forever(), name=f"flush {self.topic}/{self.number}"))
        if self.flow.task is not None:
            self._tasks.append(
                asyncio.create_task(self._run_task(self.flow.task), name=f"task {self.topic}/{self.number}")
            )

    async def room(self) -> None:
        """Back pressure: returns when not too much is accepted and not yet durable."""
        await self._room.wait()

    def accept(self, batch: Batch) -> None:
        """Take the next batch and work. A batch that is not the next one ends the process: something was lost."""
        self._check(batch)
        self.received = batch.end
        self._observer.received(self, batch)
        self._count(len(batch.records))
        self._inbox.append(batch)
        self._work()

    def write(self, change: Change) -> asyncio.Future[None]:
        """Change rows and emit outputs outside the log; see the package's docstring."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._closed:
            done.cancel()
        else:
            self._writes.append((change, done))
            self._work()
        return done

    async def drain(self) -> None:
        """Stop applying, write what was applied, stop. What was accepted and not applied is read again by the next
        owner.
        """
        self._closed = True
        for _, done in self._writes:  # first of all: what the flow's task waits for at its end may wait for one of them
            done.cancel()
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks[1:], return_exceptions=True)
        self._observer.left(self, [record for batch in self._inbox for record in batch.records][self._applied :])
        self._inbox.clear()
        async with self._lock:  # a unit that is being written is finished, never cut off
            for task in self._tasks:
                task.cancel()
            self._seal()
            while self._sealed:
                await self._write_unit(self._sealed.popleft(), save=True)

    def _check(self, batch: Batch) -> None:
        if batch.start != self.received:
            ends.fail(
                "a batch was lost between fetch and agent",
                topic=self.topic, partition=self.number, expected=self.received, came=batch.start,
            )  # fmt: skip

    def _count(self, records: int) -> None:
        self._backlog += records
        if self._backlog < BACKLOG:
            self._room.set()
        else:
            self._room.clear()

    def _work(self) -> None:
        """Apply until nothing is left, enough is sealed, or the slice of time is over."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        until = time.monotonic() + SLICE
        try:
            while not self._closed and len(self._sealed) < (2 if self._ticking is None else 1) and self._step(until):
                if time.monotonic() > until:
                    self._again = asyncio.get_running_loop().call_soon(self._work)
                    break
        except Exception as error:
            ends.fail("the machine can't go on", error, topic=self.topic, partition=self.number, offset=self._next)
        if self._sealed or self._unit.outputs or self._unit.committed or self._next != self._flushed.next:
            self._something.set()

    def _step(self, until: float) -> bool:
        """A slice of a tick and what may overtake it, a change from outside, or some entries; False: nothing to do."""
        if self._ticking is not None:
            self._slice(*self._ticking)
            self._entries(max(until, time.monotonic() + SLICE / 2))  # a turn of its own, however long the slice took
        elif self._writes:
            self._change(*self._writes.popleft())
        elif self._inbox:
            self._entries(until)
        else:
            return False
        return True

    def _entries(self, until: float) -> None:
        """Until there are no more, until it is time, until there is enough for a unit, or until one has to wait."""
        while self._inbox:
            batch = self._inbox[0]
            for record in batch.records[self._applied :]:
                if not self._entry(record):
                    return
                self._applied += 1
                if self._weight >= UNIT or self._bytes >= UNIT_BYTES:
                    self._seal()
                    return
                if time.monotonic() > until:
                    return
            self._inbox.popleft()
            self._next, self._applied = batch.end, 0

    def _entry(self, record: Any) -> bool:
        """Apply one; False if it has to wait until a tick is done."""
        headers = headers_of(record.headers)
        entry = Entry(self.topic, self.number, record.offset, record.timestamp, record.key, record.value, headers)
        is_tick = self._takes_ticks and headers.get(ENTRY) == _TICK
        if self._ticking is not None and (is_tick or not self._overtake(entry, *self._ticking)):
            return False
        self._unit.records += 1
        if is_tick:
            self._begin_tick(entry)
        else:
            self._apply(entry)
        self._next = record.offset + 1
        return True

    def _overtake(self, entry: Entry, tick: Entry, _: int, slices: Iterator[list[Output]]) -> bool:
        outputs = slices.ahead(entry) if isinstance(slices, Ticking) else None
        if outputs is None:
            return False
        if outputs:
            self._add(outputs, len(outputs))
            self._observer.ticked(self, tick, outputs)
        return True

    def _begin_tick(self, entry: Entry) -> None:
        tick = int(entry.value or b"")
        if self._tick is None or tick > self._tick:  # else a second clock, or one that was late: the tick has been
            self._ticking = entry, tick, self.machine.tick(tick, entry)

    def _slice(self, entry: Entry, tick: int, slices: Iterator[list[Output]]) -> None:
        outputs = next(slices, None)
        if outputs is None:
            self._ticking = None
            self._tick = tick
            self.broken = max(0, self.broken - 1)
            self._seal()
            return
        self._add(outputs, len(outputs) + 1)
        self._observer.ticked(self, entry, outputs)
        if self._weight >= UNIT_OF_TICK or self._bytes >= UNIT_BYTES:
            self._seal()

    def _apply(self, entry: Entry) -> None:
        self.machine.rows.mark()
        try:
            applied = self.machine.apply(entry)
            outputs = list(applied.outputs)
            self.broken = max(0, self.broken - 1)
        except Exception as error:  # a rule of ours raised: the record is set aside, the others go on
            self.machine.rows.rollback()
            self.broken += BREAKS
            self._observer.broke(self, entry, error)
            applied = self.machine.broken(entry, error)
            outputs = list(applied.outputs)
        self._add(outputs, len(outputs) + 1)
        self._observer.applied(self, entry, applied, outputs)

    def _change(self, change: Change, done: asyncio.Future[None]) -> None:
        if done.done():
            return
        self.machine.rows.mark()
        try:
            outputs = list(change() or ())
        except Exception as error:
            self.machine.rows.rollback()
            done.set_exception(error)
            return
        self._add(outputs, len(outputs) + 1)
        self._unit.committed.append(lambda: _resolve(done))

    def _add(self, outputs: list[Output], weight: int) -> None:
        self._weight += weight
        for output in outputs:
            self._unit.outputs.append(output)
            self._bytes += len(output.value or b"")

    def _seal(self) -> None:
        """Take outputs, changed rows and position in one step: what is applied from here on is of the next unit."""
        unit, self._unit = self._unit, Unit(self.position)
        unit.position, unit.rows = self.position, self.machine.rows.take()
        self._weight = self._bytes = 0
        self._sealed.append(unit)

    async def _flush_forever(self) -> None:
        while True:
            await self._until_something()
            if not self._sealed and not self._unit.committed:
                # adaptive: who comes after a pause does not wait, who comes in a stream is written with the others
                await asyncio.sleep(max(0.0, self._written_at + self._linger - time.monotonic()))
            try:
                async with self._lock:
                    if self._closed:
                        return
                    if not self._sealed:
                        self._seal()
                    await self._write_unit(self._sealed.popleft())
            except Exception as error:
                ends.fail("a unit could not be written", error, topic=self.topic, partition=self.number)
            self._work()

    async def _until_something(self) -> None:
        wait = None if self._saved == self._flushed else max(0.0, self._written_at + SAVE_EVERY - time.monotonic())
        with contextlib.suppress(TimeoutError):  # then only the position has moved, and its row is due
            async with asyncio.timeout(wait):
                await self._something.wait()
        self._something.clear()

    async def _write_unit(self, unit: Unit, *, save: bool = False) -> None:
        overdue = time.monotonic() - self._written_at >= SAVE_EVERY
        written = not unit.empty or ((save or overdue) and unit.position != self._saved)
        if written:
            async with asyncio.timeout(FLUSH_WITHIN):
                await self.port.commit(unit)
            self._written_at, self._saved = time.monotonic(), unit.position
        self._flushed, self._units = unit.position, self._units + 1
        self._count(-unit.records)
        for tell in unit.committed:
            tell()
        self._observer.durable(self, unit, written=written)

    async def _run_task(self, task: Callable[[Partition], Awaitable[None]]) -> None:
        try:
            await task(self)
        except Exception as error:
            ends.fail("a flow's task broke", error, flow=self.flow.name, partition=self.number)


def _resolve(done: asyncio.Future[None]) -> None:
    if not done.done():  # its waiter may have been cancelled
        done.set_result(None)
