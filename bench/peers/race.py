"""Runs contenders one at a time, in turn, on the same records of the same broker: starts the processes of one, waits
until it has read and committed everything, ends it, checks what it made.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.peers import path
from bench.peers.contenders import PATH, Contender, started
from bench.peers.course import COMPACTED, Course, create, how_many, load_path, uncommitted
from bench.peers.meter import Task, samples, speed

WARM = 0.15
"""The part of its records that a contender runs before it is measured: a JVM compiles, caches fill."""
COMMIT_WITHIN, STOP_WITHIN = 15.0, 5.0


@dataclass(frozen=True)
class Run:
    """What one contender did in one round."""

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
        """One contender over its share of the records. RuntimeError if it does not come to the end."""
        course = self._course(self._count(contender))
        tasks = [self._task(contender, course.topic, number) for number in range(processes)]
        asyncio.run(create(self.bootstrap, {tasks[0].alerts: {}, tasks[0].state: COMPACTED}))
        run = self._timed(contender, tasks, course.count, tasks[0].group)
        check = asyncio.run(course.check(tasks[0].alerts, contender.changelog(tasks[0])))
        return replace(run, check=check)

    def whole_path(self) -> Run:
        """The real path of a record, which has topics and records of its own."""
        task = self._task(PATH, "", 0)
        settings = path.settings_of(task)
        count = self._count(PATH)
        asyncio.run(load_path(settings, self.seed, count))
        task = replace(task, topic=settings.prefix + "operator-journal", alerts=settings.prefix + "dead-letters")
        run = self._timed(PATH, [task], count, settings.prefix + "path")
        refused = asyncio.run(how_many(self.bootstrap, task.alerts))
        return replace(run, check=f"{refused} refused") if refused else run

    def close(self) -> None:
        """Remove what contenders kept."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _count(self, contender: Contender) -> int:
        return max(2000, int(self.size * contender.share))

    def _course(self, count: int) -> Course:
        if count not in self._courses:
            course = self._courses[count] = Course(self.bootstrap, self.seed, count, self.operators)
            asyncio.run(course.load())
        return self._courses[count]

    def _task(self, contender: Contender, topic: str, number: int) -> Task:
        self._runs += number == 0
        group = f"race-{self._runs}-{contender.name}"
        place = self.folder / f"{group}-{number}"
        return Task(
            self.bootstrap, topic, f"{group}-alerts", f"{group}-state", group, f"{place}.meter", f"{place}.d",
            commit_ms=contender.commit_ms,
        )  # fmt: skip

    def _timed(self, contender: Contender, tasks: list[Task], count: int, group: str) -> Run:
        children = [started(contender, task) for task in tasks]
        try:
            self._wait(contender, tasks, children, count)
            left = self._uncommitted(group, tasks[0].topic)
        finally:
            _end(children)
        figures = speed([samples(Path(task.report)) for task in tasks], int(WARM * count))
        return Run(figures["wall"], figures["cpu"], figures["seconds"], f"{left} not committed" if left else "right")

    def _wait(
        self, contender: Contender, tasks: list[Task], children: list[subprocess.Popen[bytes]], count: int
    ) -> None:
        until = time.monotonic() + self.within
        while sum(_done(task) for task in tasks) < count:
            dead = [child.returncode for child in children if child.poll() is not None]
            if dead or time.monotonic() > until:
                what = f"ended with {dead[0]}" if dead else f"was not done after {self.within:.0f} s"
                raise RuntimeError(f"{contender.words} {what}; its log ends:\n{_log(tasks[0])}")
            time.sleep(0.1)  # other processes, which have nothing that could wake us

    def _uncommitted(self, group: str, topic: str) -> int:
        until = time.monotonic() + COMMIT_WITHIN
        while (left := asyncio.run(uncommitted(self.bootstrap, group, topic))) and time.monotonic() < until:
            time.sleep(0.2)
        return left


def _done(task: Task) -> int:
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
