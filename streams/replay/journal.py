"""One partition of a journal as it lies, worked off by the machine of its flow as the engine would: entries in the
order of their offsets, ticks where they stand. No Kafka, no transactions, no other partition: what a machine sends to
another journal is among its outputs, and the other journal says for itself what arrived.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping

import orjson

from schemas.envelope import PUBLIC_TOPICS
from schemas.times import parse_instant
from streams.context import Context
from streams.intake.machine import Intake
from streams.machine import ENTRY, Entry, Machine, Output, Sort
from streams.operators.machine import Operators
from streams.routing.machine import Routing
from streams.staff.machine import Staff

JOURNALS: Mapping[str, Callable[[int, Context], Machine]] = {
    "operator-journal": Operators,
    "staff-journal": Staff,
    "notice-journal": Routing,
}
"""Every journal and its machine."""
MACHINES: Mapping[str, Callable[[int, Context], Machine]] = {**dict.fromkeys(PUBLIC_TOPICS, Intake), **JOURNALS}
"""The same, and the public topics before them."""
UNIT = 3000
"""Entries after which rows are encoded: how often plays no part in what is in them."""
_TICK = Sort.TICK.encode()


class CannotGoOn(Exception):  # noqa: N818
    """The machine itself broke, not a rule on a record: where this journal was read, a worker stands."""


class Worked:
    """A partition from its beginning on. `rows`: key → stored bytes, as of the last `settle`."""

    def __init__(self, topic: str, number: int, context: Context) -> None:
        self.topic, self.number = topic, number
        self.rows: dict[bytes, bytes] = {}
        self.tick: int | None = None  # the last one that was applied
        self.entries = self.ticks = self.broken = 0
        self._machine = MACHINES[topic](number, context)
        self._machine.resume(None)

    def take(self, entry: Entry) -> list[Output]:
        """Apply the next entry; gives what it makes. CannotGoOn."""
        self.entries += 1
        try:
            if self.topic not in PUBLIC_TOPICS and entry.headers.get(ENTRY) == _TICK:
                outputs = self._take_tick(entry)
            else:
                outputs = self._apply(entry)
        except Exception as error:
            where = f"{self.topic}/{self.number}/{entry.offset}"
            raise CannotGoOn(f"{where}: {type(error).__name__}: {error}") from error
        if self.entries % UNIT == 0:
            self.settle()
        return outputs

    def settle(self) -> None:
        """Bring `rows` up to date."""
        for key, row in self._machine.rows.take():
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row

    def _take_tick(self, entry: Entry) -> list[Output]:
        tick = int(entry.value or b"")
        if self.tick is not None and tick <= self.tick:
            return []  # a second clock, or one that was late
        outputs = [output for slice_ in self._machine.tick(tick, entry) for output in slice_]
        self.tick = tick
        self.ticks += 1
        return outputs

    def _apply(self, entry: Entry) -> list[Output]:
        self._machine.rows.mark()
        try:
            return list(self._machine.apply(entry).outputs)
        except Exception as error:  # a rule of ours raised, as it did in the worker: the record is set aside
            self._machine.rows.rollback()
            self.broken += 1
            return list(self._machine.broken(entry, error).outputs)


def in_time(partitions: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    """Alert messages of several partitions by `changed_at`; those of one partition stay as they were written."""
    return (value for _, value in heapq.merge(*map(_timed, partitions), key=lambda pair: pair[0]))


def _timed(values: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each value with the latest `changed_at` up to it, so that merging never turns the order of a partition round."""
    latest = 0
    for value in values:
        latest = max(latest, parse_instant(orjson.loads(value)["changed_at"]))
        yield latest, value
