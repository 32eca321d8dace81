"""Runs contenders one at a time, in turn, on the same records of the same broker: starts the processes of one, waits
until it has read and committed everything, ends it, checks what it made.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.peers.contenders import Contender, started
from bench.peers.course import COMPACTED, Course, committed, create
from bench.peers.meter import Task, samples, speed

WARM = 0.15
"""The part of its records that a contender runs before it is measured: a JVM compiles, caches fill."""
COMMIT_WITHIN, STOP_WITHIN = 15.0, 5.0


@dataclass(frozen=True)
class Run:
    """What one contender did in one round."""

    name: str
    wall: float  # records a second
    cpu: float  # records a CPU second
    seconds: float
    check: str


@dataclass
class Race:
    """`within`: seconds after which a contender that is not done counts as hanging."""

    bootstrap: str
    seed: int
    size: int
    operators: int
    within: float
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="lianfang-race-")))
    _courses: dict[int, Course] = field(default_factory=dict)
    _runs: int = 0

    def run(self, contender: Contender, processes: int = 1) -> Run:
        """One contender over its share of the records."""
        course = self._course(max(2000, int(self.size * contender.share)))
        self._runs += 1
        group = f"race-{self._runs}-{contender.name}"
        tasks = [self._task(contender, course, group, number) for number in range(processes)]
        asyncio.run(create(self.bootstrap, {tasks[0].alerts: {}, tasks[0].state: COMPACTED}))
        children = [started(contender, task) for task in tasks]
        try:
            self._wait(contender, course, tasks, children)
        finally:
            _end(children)
        figures = speed([samples(Path(task.report)) for task in tasks], int(WARM * course.count))
        check = asyncio.run(course.check(tasks[0].alerts, contender.changelog(tasks[0])))
        return Run(contender.name, figures["wall"], figures["cpu"], figures["seconds"], check)

    def close(self) -> None:
        """Remove what contenders kept."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _course(self, count: int) -> Course:
        if count not in self._courses:
            course = self._courses[count] = Course(self.bootstrap, self.seed, count, self.operators)
            asyncio.run(course.load())
        return self._courses[count]

    def _task(self, contender: Contender, course: Course, group: str, number: int) -> Task:
        place = self.folder / f"{group}-{number}"
        return Task(
            self.bootstrap, course.topic, f"{group}-alerts", f"{group}-state", group, f"{place}.meter", f"{place}.d",
            commit_ms=contender.commit_ms,
        )  # fmt: skip

    def _wait(
        self, contender: Contender, course: Course, tasks: list[Task], children: list[subprocess.Popen[bytes]]
    ) -> None:
        until = time.monotonic() + self.within
        while sum(_count(task) for task in tasks) < course.count:
            dead = [child.returncode for child in children if child.poll() is not None]
            if dead or time.monotonic() > until:
                what = f"ended with {dead[0]}" if dead else f"was not done after {self.within:.0f} s"
                raise RuntimeError(f"{contender.words} {what}; its log ends:\n{_log(tasks[0])}")
            time.sleep(0.1)  # other processes, which have nothing that could wake us
        until = time.monotonic() + COMMIT_WITHIN
        while asyncio.run(committed(self.bootstrap, tasks[0].group, course.topic)) < course.count:
            if time.monotonic() > until:
                return  # the check says what is missing
            time.sleep(0.2)


def _count(task: Task) -> int:
    found = samples(Path(task.report))
    return found[-1].count if found else 0


def _log(task: Task) -> str:
    return Path(task.report).with_suffix(".log").read_text(encoding="utf-8", errors="replace")[-2000:]


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    until = time.monotonic() + STOP_WITHIN
    for child in children:
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()  # everything is committed; some stop slowly
            child.wait()


def summary(runs: list[Run], ours: list[Run]) -> dict[str, Any]:
    """Median, least and most of what it did, and of ours against it, round by round."""
    return {
        "wall": _spread([run.wall for run in runs]),
        "cpu": _spread([run.cpu for run in runs]),
        "ratio": _spread([mine.wall / run.wall for mine, run in zip(ours, runs, strict=True)]),
        "ratio_cpu": _spread([mine.cpu / run.cpu for mine, run in zip(ours, runs, strict=True)]),
        "check": "; ".join(sorted({run.check for run in runs})),
    }


def _spread(values: list[float]) -> tuple[float, float, float]:
    found = sorted(values)
    return found[len(found) // 2], found[0], found[-1]
