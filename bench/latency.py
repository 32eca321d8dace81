"""From the broker's timestamp of a public record to the alert that a read_committed consumer can read: this system with
its real intake and rules, Kafka Streams with the same two stages, and a bare hop on the same broker all the while. Both
systems run throughout and are loaded in turn. Positive samples (gaps, for Kafka Streams) are mixed into ordinary load.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from bench import loads
from bench.listener import READY, first_told, heard
from bench.loads import Load
from bench.peers.contenders import STREAMS, started
from bench.peers.course import APPENDED, COMPACTED, create
from bench.peers.meter import Task
from connectors.embedded import Supervisor
from connectors.runtime import Place, Running
from connectors.runtime.place import settings_of
from connectors.topics.cluster import ensure
from tests.brokers import KafkaCluster
from tests.jars import ROOT

RATES = (100, 1000, 5000)
GOAL_AT, GOALS = 1000, {"p50": 100.0, "p99": 300.0}
HOP_EVERY = 0.05
WARM_S = 5
TICK_S, GRACE_S = 10, 5
IN_FORCE_S = GRACE_S + 1.5 * TICK_S
"""A registration counts from the tick that reaches its time."""
HEARD_WITHIN = 20.0
PARTITIONS = {"registry": 1, "chain-uploads": 2, "scan-events": 2, "test-results": 2, "field-reports": 1,
              "operator-journal": 2, "staff-journal": 1, "notices": 1}  # fmt: skip
"""A county's, on two cores: each partition that moves is a transaction every few tens of milliseconds."""


@dataclass(frozen=True)
class Phase:
    """One system under one rate: delays of its alerts and of hops meanwhile, milliseconds, and how many were asked."""

    system: str
    rate: int
    delays: list[float]
    hops: list[float]
    asked: int


def measure(seed: int, seconds: int, rounds: int) -> list[dict[str, Any]]:
    """Rows of the table. RuntimeError in plain words where there is no Java."""
    folder = Path(tempfile.mkdtemp(prefix="lianfang-bench-"))
    cluster = KafkaCluster(1, long=True)
    try:
        cluster.start()
        ticking = {"LIANFANG_TICK": str(TICK_S), "LIANFANG_GRACE": str(GRACE_S)}
        with worker_and_clock(cluster, folder, ticking), _streams(cluster, folder), listening(cluster, folder) as notes:
            phases = asyncio.run(_phases(cluster.bootstrap, notes, seed, seconds, rounds))
    finally:
        cluster.close()
        shutil.rmtree(folder, ignore_errors=True)
    return _rows(phases)


@contextmanager
def worker_and_clock(cluster: KafkaCluster, folder: Path, more: dict[str, str] | None = None) -> Iterator[None]:
    """A worker with all its flows, and the clock."""
    env = cluster.env | {"LIANFANG_PARTITIONS": json.dumps(PARTITIONS), "LIANFANG_LOG_LEVEL": "warning"}
    env |= more or {}
    place = Place(env, settings_of(env), volatile=False)
    asyncio.run(ensure(place.settings))
    with Supervisor() as supervisor:
        run = Running(place, supervisor, folder)
        run.start("worker", "worker", port=supervisor.port())
        run.start("clock", "clock", port=supervisor.port())
        run.wait_ready()
        yield


@contextmanager
def _streams(cluster: KafkaCluster, folder: Path) -> Iterator[None]:
    task = Task(
        cluster.bootstrap, loads.RECORDS, loads.STREAMS_ALERTS, "", "bench-streams", str(folder / "streams.meter"),
        str(folder / "streams"), journal="streams-journal",
    )  # fmt: skip
    topics = {task.topic: APPENDED, task.journal: {}, task.alerts: {}, loads.HOP: APPENDED, "unused": COMPACTED}
    asyncio.run(create(cluster.bootstrap, topics))
    child = started(STREAMS, task)
    try:
        yield
    finally:
        child.kill()
        child.wait()


@contextmanager
def listening(
    cluster: KafkaCluster, folder: Path, topics: tuple[str, ...] = (loads.OUR_ALERTS, loads.STREAMS_ALERTS, loads.HOP)
) -> Iterator[Path]:
    notes = folder / "heard"
    child = subprocess.Popen([sys.executable, "-m", "bench.listener", cluster.bootstrap, str(notes), *topics], cwd=ROOT)
    try:
        until = time.monotonic() + HEARD_WITHIN
        while not (notes.exists() and notes.read_text(encoding="utf-8").startswith(READY)):
            if time.monotonic() > until:
                raise RuntimeError("the listener does not come up")
            time.sleep(0.1)  # another process, which has nothing that could wake us
        yield notes
    finally:
        child.kill()
        child.wait()


async def _phases(bootstrap: str, notes: Path, seed: int, seconds: int, rounds: int) -> list[Phase]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=0)
    await producer.start()
    hopping = asyncio.create_task(_hop(producer))
    systems = [loads.Ours(producer, seed), loads.Streams(producer, seed)]
    try:
        await systems[0].register()
        await asyncio.sleep(IN_FORCE_S)
        for system in systems:
            await _phase(system, notes, GOAL_AT, WARM_S)
        phases = []
        for number in range(rounds):
            for rate in RATES:
                for system in systems if number % 2 == 0 else reversed(systems):
                    phases.append(await _phase(system, notes, rate, seconds))
                    found = phases[-1].delays
                    middle = f"{statistics.median(found):.0f} ms" if found else "nothing heard"
                    print(f"latency, round {number + 1}: {system.name} at {rate}/s: {middle}", file=sys.stderr)
        return phases
    finally:
        hopping.cancel()
        await asyncio.wait([hopping])
        await producer.stop()


async def _phase(system: Load, notes: Path, rate: int, seconds: int) -> Phase:
    begin = time.time() * 1000
    asked = await system.run(rate, seconds)
    end = time.time() * 1000
    until = time.monotonic() + HEARD_WITHIN
    while True:
        said = {name: one.read for name, one in first_told(notes, system.alerts).items() if name in asked}
        if len(said) == len(asked) or time.monotonic() > until:
            break
        await asyncio.sleep(0.2)
    hops = [one.read - one.written for one in heard(notes) if one.topic == loads.HOP and begin < one.read < end]
    return Phase(system.name, rate, [read - asked[name] for name, read in said.items()], hops, len(asked))


async def _hop(producer: AIOKafkaProducer) -> None:
    while True:
        await producer.send(loads.HOP, b"hop")
        await asyncio.sleep(HOP_EVERY)


def _rows(phases: list[Phase]) -> list[dict[str, Any]]:
    rows = []
    for rate in RATES:
        found: defaultdict[str, list[Phase]] = defaultdict(list)
        for phase in phases:
            if phase.rate == rate:
                found[phase.system].append(phase)
        ours, streams = (_row(name, rate, found[name]) for name in (loads.Ours.name, loads.Streams.name))
        hops = _figures([hop for phase in found[loads.Ours.name] for hop in phase.hops])
        if rate == GOAL_AT:
            ours["goal"] = "p50 ≤ 100, p99 ≤ 300, no worse than Kafka Streams"
            ours["missed"] = any(ours[name] > min(most, streams[name]) for name, most in GOALS.items())
        ours["missed"] = ours.get("missed", False) or ours["lost"] > 0
        ours["× hop"] = round(ours["p50"] / max(hops["p50"], 0.1), 1)
        ours["of Kafka Streams'"] = round(ours["p50"] / streams["p50"], 2)
        rows += [ours, streams, {"what": f"bare hop beside it at {rate:,}/s, ms", **hops}]
    return rows


def _row(name: str, rate: int, phases: list[Phase]) -> dict[str, Any]:
    delays = [delay for phase in phases for delay in phase.delays]
    medians = sorted(statistics.median(phase.delays) for phase in phases if phase.delays)
    asked = sum(phase.asked for phase in phases)
    return {
        "what": f"record → alert, {name}, at {rate:,}/s, ms",
        **_figures(delays),
        "p50 of rounds": f"{medians[0]:.0f}–{medians[-1]:.0f}" if medians else "none",
        "count": f"{len(delays)} of {asked}",
        "lost": asked - len(delays),
    }


def _figures(delays: list[float]) -> dict[str, float]:
    """As if a day had passed where nothing was heard."""
    found = sorted(delays) or [86_400_000.0]
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    return {name: round(found[min(len(found) - 1, int(share * len(found)))], 1) for name, share in shares.items()}
