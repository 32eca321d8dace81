"""What a worker needs to take up state that lies on a real broker: rows a second, and seconds for a gigabyte."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.structs import TopicPartition

from bench.growth.province import machine, rows
from bench.peers.course import COMPACTED, create
from streams.engine.loading import Loading, load
from streams.engine.position import KEY, Position
from streams.engine.units import packed
from streams.settings import Settings
from tests.brokers import KafkaCluster

STATE, SOURCE = "growth-state", "growth"
UNIT = 50_000
GOAL = 100_000


def measure(operators: int, rounds: int) -> list[dict[str, Any]]:
    """A row of the table."""
    cluster = KafkaCluster(1, long=True)
    try:
        cluster.start()
        return [asyncio.run(_recover(cluster, operators, rounds))]
    finally:
        cluster.close()


async def _recover(cluster: KafkaCluster, operators: int, rounds: int) -> dict[str, Any]:
    settings = Settings(bootstrap=cluster.bootstrap, replication=1, min_isr=1)
    await create(cluster.bootstrap, {STATE: COMPACTED, SOURCE: {}}, partitions=1)
    count, size = await _fill(cluster.bootstrap, operators)
    speeds = []
    for _ in range(rounds):
        one = Loading(TopicPartition(SOURCE, 0), TopicPartition(STATE, 0), machine())
        began = time.perf_counter()
        await load(settings, [one], _nothing)
        speeds.append(count / (time.perf_counter() - began))
        if len(one.machine.rows) != count:
            raise RuntimeError(f"{len(one.machine.rows):,} of {count:,} rows were loaded")
    speed = statistics.median(speeds)
    return {
        "what": "recovery: rows of a state topic on a real broker, read and taken up, rows a second",
        "median": f"{speed:,.0f} ({min(speeds):,.0f}–{max(speeds):,.0f})",
        "seconds for a gigabyte": round(count / speed / size * 2**30, 1),
        "goal": f"≥ {GOAL:,}",
        "missed": speed < GOAL,
        "count": f"{count:,} rows, {size / 2**20:,.0f} MiB",
    }


async def _fill(bootstrap: str, operators: int) -> tuple[int, int]:
    """How many rows, and how many bytes of keys and values."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, max_batch_size=256 * 1024)
    await producer.start()
    count = size = 0
    unit: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]] = []
    for key, value in rows(operators, 1):
        count, size = count + 1, size + len(key) + len(value)
        unit.append((key, value, []))
        if len(unit) == UNIT:
            await asyncio.gather(*await packed(producer, STATE, 0, unit))
            unit = []
    unit.append((KEY, Position(0).encode(), []))
    await asyncio.gather(*await packed(producer, STATE, 0, unit))
    await producer.stop()
    return count, size


async def _nothing(_: TopicPartition) -> int | None:
    return None
