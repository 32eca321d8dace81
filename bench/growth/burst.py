"""Ten thousand deadlines that fall due at one tick, on a real broker with a real worker, while other records go on:
until when they are worked off, and what a positive result waits meanwhile.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from bench.latency import listening, worker_and_clock
from bench.listener import Heard, first_told
from bench.loads import OUR_ALERTS, Ours
from tests.brokers import KafkaCluster

TICK_S, GRACE_S, PAPERS_WITHIN_S = 20, 5, 30
DUES, UPLOAD_S = 10_000, 4
RATE = 100
"""Records a second that go on meanwhile, a fifth of them positive samples."""
WITHIN_S = 40
GOAL_ALL, GOAL_OTHERS_MS = 5.0, 1000.0


def measure(seed: int) -> list[dict[str, Any]]:
    """A row of the table. RuntimeError in plain words where there is no Java."""
    folder = Path(tempfile.mkdtemp(prefix="lianfang-bench-"))
    cluster = KafkaCluster(1, long=True)
    try:
        cluster.start()
        with (
            worker_and_clock(cluster, folder, {"LIANFANG_TICK": str(TICK_S), "LIANFANG_GRACE": str(GRACE_S)}),
            listening(cluster, folder, (OUR_ALERTS,)) as notes,
        ):
            return [asyncio.run(_burst(cluster.bootstrap, notes, seed))]
    finally:
        cluster.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _burst(bootstrap: str, notes: Path, seed: int) -> dict[str, Any]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=0)
    await producer.start()
    try:
        load = Ours(producer, seed)
        await load.register()
        begun = await _uploaded(load)
        tick = begun + 2 * TICK_S  # the first one at or after the last upload and the time that papers may take
        print(f"growth: {DUES:,} papers fall due in {tick + GRACE_S - time.time():.0f} s", file=sys.stderr)
        sent = await load.run(RATE, int(tick + GRACE_S - time.time()) + WITHIN_S)
    finally:
        await producer.stop()
    said = first_told(notes, OUR_ALERTS)
    return _row([one for name, one in said.items() if name.startswith("D")], said, sent, (tick + GRACE_S) * 1000)


async def _uploaded(load: Ours) -> int:
    """Lots without papers, within a few seconds behind a tick; the second of that tick."""
    begun = int(time.time() // TICK_S + 1) * TICK_S
    await asyncio.sleep(begun + 1 - time.time())
    for number in range(DUES):
        await load.upload(f"D{number}")
        if number % (DUES // UPLOAD_S // 20) == 0:
            await asyncio.sleep(max(0.0, begun + 1 + UPLOAD_S * number / DUES - time.time()))
    return begun


def _row(dues: list[Heard], said: dict[str, Heard], sent: dict[str, int], tick: float) -> dict[str, Any]:
    last = max((one.read for one in dues), default=float("inf"))
    meanwhile = sorted(
        said[name].read - at if name in said else float("inf")
        for name, at in sent.items()
        if tick - 1000 < at < last + 1000
    )
    others = meanwhile[int(0.99 * len(meanwhile))] if meanwhile else float("inf")
    took = (last - tick) / 1000
    return {
        "what": f"{DUES:,} deadlines fall due at one tick, broker on the same cores: tick → alert, seconds",
        "first": round((min((one.read for one in dues), default=float("inf")) - tick) / 1000, 2),
        "last": round(took, 2),
        "positives meanwhile, ms: p50": round(statistics.median(meanwhile), 1) if meanwhile else None,
        "p99": round(others, 1),
        "goal": f"last ≤ {GOAL_ALL:g}, p99 ≤ {GOAL_OTHERS_MS:g}",
        "missed": len(dues) != DUES or took > GOAL_ALL or others > GOAL_OTHERS_MS,
        "count": f"{len(dues):,} of {DUES:,}, {len(meanwhile)} positives",
    }
