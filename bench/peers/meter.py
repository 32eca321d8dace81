"""How a contender is measured from inside its process: a thread notes time, records done and CPU time a few times a
second. The clock is the system's monotonic one, so lines of several processes (a JVM too) can be laid side by side.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVERY = 0.1


@dataclass(frozen=True)
class Task:
    """What a contender is told: its only argument, as JSON."""

    bootstrap: str
    topic: str  # where the records are
    alerts: str  # where alerts go
    state: str  # topic of the rows, for those that choose its name
    group: str
    report: str  # file for the meter
    folder: str  # for local state
    journal: str = ""  # topic between two stages; "" for a job in one
    commit_ms: int = 100  # for those whose transactions come by the clock

    @classmethod
    def given(cls) -> Task:
        """From the command line."""
        return cls(**json.loads(sys.argv[1]))


class Meter:
    """`count` is the contender's to raise, once for each record."""

    def __init__(self, task: Task) -> None:
        self.count = 0
        self._report = Path(task.report)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with self._report.open("a", encoding="ascii", buffering=1) as report:
            while True:
                report.write(f"{time.monotonic():.4f} {self.count} {time.process_time():.4f}\n")
                time.sleep(EVERY)


@dataclass(frozen=True)
class Sample:
    """One line of a report."""

    at: float
    count: int
    cpu: float


def samples(report: Path) -> list[Sample]:
    """What a meter has written so far."""
    if not report.exists():
        return []
    lines = report.read_text(encoding="ascii").split("\n")[:-1]  # the last one may be half written
    return [Sample(float(at), int(count), float(cpu)) for at, count, cpu in (line.split() for line in lines)]


def speed(reports: list[list[Sample]], warm: int) -> dict[str, Any]:
    """Records a wall second and a CPU second, from where each process has done its share of the warm-up until the
    first of them has nothing left to do. ValueError if that is no time at all.
    """
    share = warm / len(reports)
    if not all(report and report[-1].count > share for report in reports):
        raise ValueError("a process had nothing to do")
    begin = max(next(one.at for one in report if one.count > share) for report in reports)
    end = min(next(one.at for one in report if one.count == report[-1].count) for report in reports)
    inside = [[one for one in report if begin <= one.at <= end] for report in reports]
    if not all(len(report) > 1 for report in inside):
        raise ValueError("too few records to measure anything")
    done = sum(report[-1].count - report[0].count for report in inside)
    cpu = sum(report[-1].cpu - report[0].cpu for report in inside)
    wall = max(report[-1].at for report in inside) - min(report[0].at for report in inside)
    return {"wall": done / wall, "cpu": done / cpu, "records": done, "seconds": wall}
