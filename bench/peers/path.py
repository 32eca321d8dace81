"""Contender: the real path of a record through this system: intake, journal, the rules of operators, rows, alerts. Its
records are those of `bench.replay`, under a prefix of its own; simulated, because they are of a day long past.
"""

from __future__ import annotations

from bench.peers.meter import Meter, Task
from streams.context import Context
from streams.engine import Flow, run
from streams.intake.agent import FLOW as INTAKE
from streams.machine import Applied, Entry
from streams.operators.machine import Operators
from streams.settings import Settings

PARTITIONS = {
    "registry": 4, "chain-uploads": 4, "scan-events": 4, "test-results": 4, "field-reports": 4, "operator-journal": 4,
    "staff-journal": 4, "notices": 4, "dead-letters": 4,
}  # fmt: skip
"""As many as the course of the peers has."""


def settings_of(task: Task) -> Settings:
    """Of the contender, and of whoever makes its topics."""
    return Settings(
        bootstrap=task.bootstrap, prefix=f"{task.group}-", partitions=PARTITIONS, replication=1, min_isr=1,
        simulated=True, log_level="warning", log_format="json",
    )  # fmt: skip


def flows(meter: Meter) -> list[Flow]:
    """Intake and operators; each entry of the journal counts as one record done."""

    class Counted(Operators):
        def apply(self, entry: Entry) -> Applied:
            meter.count += 1
            return super().apply(entry)

    def machine(partition: int, context: Context) -> Operators:
        return Counted(partition, context)

    return [INTAKE, Flow("operators", {"operator-journal": "operators-state"}, machine)]


if __name__ == "__main__":
    given = Task.given()
    run(settings_of(given), flows(Meter(given)), process="worker", group="path")
