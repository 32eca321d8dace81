"""The whole way on real Kafka: a public record, two workers, the clock, a bridge, the phones of those who can act.

Nobody is told twice over a kill -9 of a worker.
"""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from tests.conftest import Broker
from tests.integration.bridges.test_bridge_process import World, world

PLACE = {"county": "330111", "town": "330111001", "grid": "330111001003", "office": "330111-S01"}
_numbers = itertools.count(1)


async def send(it: World, topic: str, kind: str, data: dict[str, Any], *, hours: float = 0) -> None:
    """A record as an upstream publishes it."""
    moment = datetime.now(UTC) - timedelta(hours=hours)
    head = {"specversion": "1.0", "source": "test", "id": f"r{next(_numbers)}", "type": kind, "data": data}
    event = head | {"time": moment.isoformat()}
    producer = AIOKafkaProducer(bootstrap_servers=it.broker.bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(f"{it.prefix}{topic}", orjson.dumps(event))
    finally:
        await producer.stop()


async def people(it: World) -> None:
    areas = {
        "owner": ("owner", "operators", "A"),
        "officer": ("officer", "offices", PLACE["office"]),
        "grid": ("grid-worker", "grids", PLACE["grid"]),
        "desk": ("duty-desk", "counties", PLACE["county"]),
    }
    for person, (role, field, area) in areas.items():
        channels = [{"kind": "wecom-robot", "address": f"phone-of-{person}"}]
        data = {"person": person, "name": "某人", "role": role, field: [area], "channels": channels}
        await send(it, "registry", "person.assigned", data)
    shop = {"operator": "A", "name": "富阳鲜果行", "activated": True, "trades": True, "status": "active", **PLACE}
    await send(it, "registry", "operator.registered", shop, hours=30)


def start(it: World, *command: str) -> subprocess.Popen[bytes]:
    env = it.env | {"LIANFANG_TICK": "1", "LIANFANG_GRACE": "1"}
    process = subprocess.Popen([sys.executable, "-m", "connectors.cli", *command], env=env)
    it.processes.append(process)
    return process


async def told_after(it: World, known: int, wanted: int) -> list[dict[str, Any]]:
    """The messages after those that are known, once there are so many."""
    return (await it.until(lambda found: len(found) >= known + wanted))[known:]


async def settled(it: World) -> int:
    """How many messages there are, once none has come for a few ticks."""
    count, since = -1, time.monotonic()
    while time.monotonic() - since < 4:
        found = len(await it.messages())
        if found != count:
            count, since = found, time.monotonic()
        await asyncio.sleep(0.2)
    return count


async def test_a_positive_and_a_gap_reach_the_phones_of_those_who_can_act(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    async with world(kafka, prefix) as it:
        rules = files("streams").joinpath("rules.yaml").read_text("utf-8").replace("value: 30s", "value: 2s")
        (tmp_path / "rules.yaml").write_text(rules, "utf-8")
        it.env["LIANFANG_RULES"] = str(tmp_path / "rules.yaml")
        worker = start(it, "worker")
        start(it, "worker")
        start(it, "bridge", "wecom")
        start(it, "clock")
        await people(it)
        # another kind first: once those who answer for the shop hear of it, all of them are known
        await send(it, "scan-events", "goods.sold", {"operator": "A"})
        near = {f"phone-of-{who}" for who in ("owner", "officer", "grid")}
        await it.until(lambda found: {item["to"] for item in found} >= near)
        known = await settled(it)
        sample = {"sample": "S1", "on": "goods", "operator": "A", "lot": "L1", "hazard": "sars-cov-2"}
        await send(it, "test-results", "sample.tested", sample | {"result": "positive"})
        told = await told_after(it, known, 4)
        assert {item["to"] for item in told} == near | {"phone-of-desk"}
        assert all("紧急：检出阳性" in item["body"] and "富阳鲜果行" in item["body"] for item in told)
        worker.kill()
        worker.wait()
        lot = {"operator": "A", "lot": "L2", "goods": "fruit", "papers": []}
        await send(it, "chain-uploads", "lot.uploaded", lot)
        told = await told_after(it, known + 4, 3)
        assert {item["to"] for item in told} == near
        assert all("批次L2（水果）缺" in item["body"] for item in told)
        start(it, "worker")
        assert await settled(it) == known + 7
        assert len({item["notice"] for item in await it.messages()}) == known + 7
