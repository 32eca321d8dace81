"""Contender: this engine with a machine for the very job."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from bench.peers import job
from bench.peers.meter import Meter, Task
from schemas.reasons import Reason, Verdict
from streams.context import Context
from streams.engine import Flow, run
from streams.machine import Applied, Entry, Output
from streams.rows import Row, Rows, row_key
from streams.settings import Settings


class Operator(Row):
    """The same as the dict of `job.updated`."""

    operator: str
    count: int
    gaps: int
    chain: int
    recent: tuple[tuple[str, str, float, str, str], ...]


_NEW = Operator("", 0, 0, 0, ())


@dataclass
class Lots:
    """A `streams.machine.Machine`."""

    alerts: str
    meter: Meter
    rows: Rows

    def resume(self, tick: int | None) -> None:
        """There are no ticks here."""

    def apply(self, entry: Entry) -> Applied:
        """One record."""
        self.meter.count += 1
        record = job.read(entry.value or b"")
        if record is None:
            return Applied((), Verdict.REFUSED, "lot.uploaded", Reason.INVALID_DATA)
        lot = record.data
        name = row_key("o", lot.operator)
        row, gap = self.rows.get(name, Operator) or _NEW, job.has_gap(record)
        told = lot.lot, lot.goods, lot.amount, lot.unit, record.time
        count, chain = row.count + 1, zlib.crc32(record.id.encode(), row.chain)
        recent = (*row.recent[-(job.RECENT - 1) :], told)
        self.rows.put(name, Operator(lot.operator, count, row.gaps + gap, chain, recent))
        if not gap:
            return Applied((), Verdict.APPLIED, record.type)
        said = job.alert(record, count, chain)
        return Applied((Output(self.alerts, entry.key, said),), Verdict.APPLIED, record.type)

    def tick(self, tick: int, entry: Entry) -> Iterator[list[Output]]:
        """There are none."""
        return iter(())

    def broken(self, entry: Entry, error: Exception) -> Applied:
        """It does not break; if it does, the figures are worth nothing."""
        raise error


def flow(task: Task, meter: Meter) -> Flow:
    """The one flow of this contender."""

    def machine(partition: int, context: Context) -> Lots:
        return Lots(task.alerts, meter, Rows({"o": Operator}))

    return Flow("same-job", {task.topic: task.state}, machine)


if __name__ == "__main__":
    given = Task.given()
    settings = Settings(bootstrap=given.bootstrap, replication=1, min_isr=1, log_level="warning", log_format="json")
    run(settings, [flow(given, Meter(given))], process="worker", group=given.group)
