"""The whole way on real Kafka: a public record, two workers, the clock, a bridge, the phones of those who can act.

Nobody is told twice over a kill -9 of a worker.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from connectors.embedded import Supervisor
from schemas.notices import decode_notice
from streams.clock.barrier import Barrier
from streams.clock.port import KafkaPort
from tests.conftest import Broker
from tests.integration.bridges.test_bridge_process import PATIENCE, World, world
from tests.reading import messages

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
        await producer.send_and_wait(f"{it.settings.prefix}{topic}", orjson.dumps(event))
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
    process = Supervisor.popen([sys.executable, "-m", "connectors.cli", *command], env=env)
    it.processes.append(process)
    return process


async def told(it: World, word: str, *people: str) -> None:
    """Wait until these people's phones show a message with the word."""
    wanted = {f"phone-of-{who}" for who in people}
    await it.until(lambda found: {item["to"] for item in found if word in item["body"]} >= wanted)


async def through(it: World) -> None:
    """Wait until everything that was sent is through all stages, and each notice that came of it is on its phone."""
    port = KafkaPort(it.settings)
    await port.start()
    try:
        await Barrier(port).calm(routed=True, within=PATIENCE)
    finally:
        await port.stop()
    notices = {decode_notice(item.value or b"").id for item in await messages(it.settings, "notices")}
    await it.until(lambda found: {item["notice"].partition("/")[0] for item in found} >= notices)


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
        await through(it)
        near = ("owner", "officer", "grid")
        sample = {"sample": "S1", "on": "goods", "operator": "A", "lot": "L1", "hazard": "sars-cov-2"}
        await send(it, "test-results", "sample.tested", sample | {"result": "positive"})
        await told(it, "紧急：检出阳性", *near, "desk")
        worker.kill()
        worker.wait()
        await send(it, "chain-uploads", "lot.uploaded", {"operator": "A", "lot": "L2", "goods": "fruit", "papers": []})
        await told(it, "批次L2（水果）缺", *near)
        start(it, "worker")
        await send(it, "scan-events", "goods.sold", {"operator": "A"})
        await told(it, "没有溯源码", *near)
        await through(it)
        found = await it.told()
        assert all("富阳鲜果行" in item["body"] for item in found)
        assert len({item["notice"] for item in found}) == len(found)
        assert sorted(item["to"] for item in found if "检出阳性" in item["body"]) == sorted(
            f"phone-of-{who}" for who in (*near, "desk")
        )
        assert sorted(item["to"] for item in found if "批次L2" in item["body"]) == sorted(
            f"phone-of-{who}" for who in near
        )
