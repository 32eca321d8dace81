"""What the engine tells of its work: the ledger of each partition, delays, lag, size of state; and the limit on records
that our own rules break on. Moves no records.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aiokafka.structs import TopicPartition

from schemas.envelope import PUBLIC_TOPICS
from schemas.reasons import Reason
from streams import logs, metrics
from streams.engine import ends
from streams.engine.batch import Batch
from streams.engine.partition import BREAKS, Partition
from streams.engine.units import Unit
from streams.journal import DEAD_LETTERS
from streams.machine import ENTRY, Applied, Entry, Output, Sort
from streams.measures import Measures

log = logs.get(__name__)
_RECORD = Sort.RECORD.encode()
LOOK_EVERY, WEIGH_EVERY = 1.0, 15.0


class Observing:
    """One for each process. `durable` is told whenever a partition has moved on for good; `owned` are all that the
    process has. So many entries in a row as `limit`, or a share of more than a quarter for longer, broken by our own
    rules stop the process: a defect must not empty a topic into `dead-letters`.
    """

    def __init__(
        self, durable: Callable[[Partition], None], measures: Measures, owned: Callable[[], Iterable[Partition]],
        limit: int,
    ) -> None:  # fmt: skip
        self._durable, self._measures, self._owned, self._limit = durable, measures, owned, limit
        self._looked = self._weighed = 0.0
        self._worked_off: defaultdict[tuple[str, int, str, str, bool], int] = defaultdict(int)

    def received(self, partition: Partition, batch: Batch) -> None:
        """A batch was accepted: counted before anything is done with it, so that what gets lost here is missed."""
        self._ledger(partition, "in", batch.records)

    def left(self, partition: Partition, records: Sequence[Any]) -> None:
        """These were accepted and are the next owner's to apply."""
        self._ledger(partition, "left", records)

    def applied(self, partition: Partition, entry: Entry, applied: Applied, outputs: list[Output]) -> None:
        """One entry was worked off."""
        if applied.verdict is None:
            return
        ledger = partition.topic in PUBLIC_TOPICS or entry.headers.get(ENTRY) == _RECORD
        self._worked_off[partition.topic, partition.number, applied.type, applied.verdict, ledger] += 1
        if applied.reason is not None:
            metrics.DEAD_LETTERS.labels(reason=applied.reason).inc()
            log.info(
                "record refused",
                topic=partition.topic, partition=partition.number, offset=entry.offset,
                type=applied.type, reason=applied.reason,
            )  # fmt: skip

    def ticked(self, partition: Partition, entry: Entry, outputs: list[Output]) -> None:
        """One slice of a tick was worked off. A letter in it says that a rule of ours raised on a row."""
        for letter in outputs:
            if letter.topic == DEAD_LETTERS:
                metrics.DEAD_LETTERS.labels(reason=Reason.INTERNAL_ERROR).inc()
                log.error(
                    "rules broke at a tick",
                    topic=partition.topic, partition=partition.number, offset=entry.offset,
                    operator=(letter.key or b"").decode(), why=dict(letter.headers)["message"].decode(),
                )  # fmt: skip

    def broke(self, partition: Partition, entry: Entry, error: Exception) -> None:
        """The rules raised on an entry."""
        log.error(
            "rules broke on a record",
            topic=partition.topic, partition=partition.number, offset=entry.offset, exc_info=error,
        )  # fmt: skip
        # a fresh process would break on the same entries: the measure is in the position rows, and nobody starts at 0
        if sum(owned.broken for owned in self._owned()) > BREAKS * self._limit:
            ends.alarm(
                "our own rules break on too many records; no more of them are set aside, all the others are where they "
                "were; install a version that is repaired, or let them be set aside with LIANFANG_INTERNAL_ERRORS",
                topic=partition.topic, partition=partition.number, offset=entry.offset, limit=self._limit,
            )  # fmt: skip

    def _ledger(self, partition: Partition, verdict: str, records: Sequence[Any]) -> None:
        """The ledger counts everything on a public topic, of a journal what came from there."""
        count = len(records)
        if partition.topic not in PUBLIC_TOPICS:
            count = sum((ENTRY, _RECORD) in record.headers for record in records)
        if count:
            metrics.LEDGER.at(partition.topic, partition.number, verdict).inc(count)

    def durable(self, partition: Partition, unit: Unit, *, written: bool) -> None:
        """A unit can't be lost any more."""
        for (topic, number, kind, verdict, ledger), count in self._worked_off.items():
            metrics.RECORDS.at(topic, kind, verdict).inc(count)
            if ledger:
                metrics.LEDGER.at(topic, number, verdict).inc(count)
        self._worked_off.clear()
        if written:
            metrics.TRANSACTIONS.labels(flow=partition.flow.name).inc()
            self._measure(unit)
        self._durable(partition)

    def _measure(self, unit: Unit) -> None:
        try:
            self._measures.durable(unit.outputs)
        except Exception:
            log.exception("outputs could not be measured")  # figures are no reason to stop

    def look(self, partitions: Iterable[Partition], places: Mapping[TopicPartition, tuple[int, int]]) -> None:
        """Called often; now and then a look at lag, more rarely at the size of state, which walks over all rows."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        weigh = now - self._weighed > WEIGH_EVERY
        self._weighed = now if weigh else self._weighed
        for partition in partitions:
            labels = {"flow": partition.flow.name, "partition": _label(partition)}
            behind = partition.received - partition.durable
            metrics.LAG.labels(**labels).set(behind + places.get(partition.tp, (0, 0))[1])
            metrics.ROWS.labels(**labels).set(len(partition.machine.rows))
            if weigh:
                metrics.ROW_BYTES.labels(**labels).set(partition.machine.rows.stored_size())

    def forget(self, partitions: Iterable[Partition]) -> None:
        """They are another process's to tell of."""
        for partition in partitions:
            metrics.forget_partition(partition.flow.name, _label(partition))


def _label(partition: Partition) -> str:
    """Its number; with the topic where the flow reads several."""
    return str(partition.number) if len(partition.flow.inputs) == 1 else f"{partition.topic}/{partition.number}"
