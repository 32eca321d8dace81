"""From the moment a positive result is published until the provider accepted the message, on a real Kafka broker.

The whole system runs as processes: two workers, clock, bridges, sandbox. 50 records a second; twice in the run hundreds
of deadlines fall due at one tick, as at 20:00. Beside it, in the same run, a bare hop: a record through the same broker
from an idempotent producer to a consumer.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from connectors.embedded import Supervisor, start_store
from connectors.runtime import Place, Running, Wish, running
from connectors.runtime.place import FEW, settings_of
from schemas.times import format_instant
from tests.brokers import KafkaCluster

RATE = 50
POSITIVES_A_SECOND = 2
OPERATORS, STAFF, COUNTIES = 240, 600, 60
GOALS = {"p50": 0.5, "p99": 2.0}
IN_FORCE_S = 20
"""A registration counts from the tick that reaches its time: grace and a tick and a half, before the load begins."""
SETTLE_S = 30
"""At the end: how long the last messages may take."""
_SAMPLE = re.compile(r"BENCH-\d+")


def measure(seed: int, seconds: int) -> list[dict[str, Any]]:
    """Rows of the table. RuntimeError in plain words where there is no Java."""
    with _system() as (place, run):
        sent, hops = asyncio.run(_load(place, random.Random(seed), seconds))
        accepted = _accepted(run, sent)
    delays = sorted(accepted[sample] - at for sample, at in sent.items() if sample in accepted)
    hops.sort()
    row: dict[str, Any] = {
        "what": "positive published → accepted by the provider, seconds",
        "p50": round(_quantile(delays, 0.5), 3),
        "p99": round(_quantile(delays, 0.99), 3),
        "most": round(delays[-1], 3),
        "goal": f"{GOALS['p50']} / {GOALS['p99']}",
        "count": f"{len(delays)} of {len(sent)}",
    }
    row["missed"] = len(delays) < len(sent) or row["p50"] > GOALS["p50"] or row["p99"] > GOALS["p99"]
    hop = {
        "what": "bare hop through the same broker in the same run, seconds",
        "p50": round(_quantile(hops, 0.5), 3),
        "p99": round(_quantile(hops, 0.99), 3),
        "most": round(hops[-1], 3),
        "count": len(hops),
    }
    ratio = {"what": "ratio", **{name: round(row[name] / hop[name], 1) for name in ("p50", "p99")}}
    return [row, hop, ratio]


@contextmanager
def _system() -> Iterator[tuple[Place, Running]]:
    folder = Path(tempfile.mkdtemp(prefix="lianfang-bench-"))
    cluster = KafkaCluster(1)
    try:
        cluster.start()
        with Supervisor() as supervisor:
            store = start_store(supervisor, output=folder / "store.log")
            rules = _rules(folder / "rules.yaml")
            env = cluster.env | {
                "LIANFANG_REDIS": store.address,
                "LIANFANG_RULES": str(rules),
                "LIANFANG_TICK": "10",
                "LIANFANG_LOG_FORMAT": "json",
                "LIANFANG_PARTITIONS": json.dumps(FEW),
            }
            place = Place(env, settings_of(env), volatile=False)
            with running(place, supervisor, folder, Wish(workers=2)) as run:
                yield place, run
    finally:
        cluster.close()
        shutil.rmtree(folder, ignore_errors=True)


def _rules(path: Path) -> Path:
    """The ordinary rules, but for a first test within seconds: so hundreds of tests fall due at one tick of the run."""
    text = (Path(__file__).parent.parent / "streams" / "rules.yaml").read_text(encoding="utf-8")
    changed, count = re.subn(r"(first_test_within:\n    - \{from: 2020-11-01, value: )24h", r"\g<1>40s", text)
    if count != 1:
        raise RuntimeError("the rules file has no first_test_within of 24h any more: mend bench/latency.py")
    # tests are due only where test_every is in use, which it no longer is by today's date
    path.write_text(re.sub(r"    - \{from: 2023-01-08, value: none[^\n]*\n", "", changed), encoding="utf-8")
    return path


async def _load(place: Place, chance: random.Random, seconds: int) -> tuple[dict[str, float], list[float]]:
    """When each positive sample was published, and what bare hops took meanwhile."""
    bootstrap = place.settings.bootstrap
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=0)
    await producer.start()
    hops: list[float] = []
    hopping = asyncio.create_task(_hop(bootstrap, hops))
    sent: dict[str, float] = {}
    try:
        await _register(producer)
        await asyncio.sleep(IN_FORCE_S)
        begin, number = time.monotonic(), 0
        while (now := time.monotonic() - begin) < seconds:
            while number < now * RATE:
                if number % (RATE // POSITIVES_A_SECOND) == 0 and now < seconds - 5:
                    sample = f"BENCH-{len(sent)}"
                    sent[sample] = time.time()
                    await _publish(producer, "test-results", "sample.tested", _positive(sample, len(sent) % OPERATORS))
                else:
                    operator = f"B{chance.randrange(OPERATORS)}"
                    data = {"operator": operator, "lot": f"L{number}", "supplier": "S"}
                    await _publish(producer, "scan-events", "goods.received", data)
                number += 1
            await asyncio.sleep(0.005)
    finally:
        hopping.cancel()
        await asyncio.wait([hopping])
        await producer.stop()
    if not hopping.cancelled():
        hopping.result()  # it broke: say so
    return sent, hops


def _positive(sample: str, operator: int) -> dict[str, Any]:
    return {"sample": sample, "on": "surface", "operator": f"B{operator}", "result": "positive", "hazard": "sars-cov-2"}


async def _register(producer: AIOKafkaProducer) -> None:
    for number in range(COUNTIES):
        channels = [{"kind": "wecom-robot", "address": f"desk-{number}"}]
        person = {
            "person": f"D{number}",
            "name": "专班",
            "group": True,
            "role": "duty-desk",
            "counties": [f"C{number}"],
        }
        await _publish(producer, "registry", "person.assigned", person | {"channels": channels})
    for number in range(OPERATORS):
        place = {"county": f"C{number % COUNTIES}", "town": "T", "grid": "G", "office": "S"}
        data = {"operator": f"B{number}", "name": "店", **place, "activated": True, "trades": True, "status": "active"}
        await _publish(producer, "registry", "operator.registered", data)
    for number in range(STAFF):
        await _publish(
            producer, "registry", "staff.enrolled", {"operator": f"B{number % OPERATORS}", "staff": f"W{number}"}
        )


async def _publish(producer: AIOKafkaProducer, topic: str, kind: str, data: dict[str, Any]) -> None:
    event = {
        "specversion": "1.0", "id": os.urandom(8).hex(), "source": "/bench", "type": kind,
        "time": format_instant(int(time.time() * 1000)), "data": data,
    }  # fmt: skip
    await producer.send(topic, orjson.dumps(event))


async def _hop(bootstrap: str, hops: list[float]) -> None:
    """One record every quarter of a second through a topic of its own, to its end."""
    topic = "bench-hop"
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=0)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=100)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    await producer.start()
    await consumer.start()
    try:
        await producer.send_and_wait(topic, b"")
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        await consumer.seek_to_end(place)
        while True:
            began = time.monotonic()
            await producer.send(topic, b"%f" % began)
            await consumer.getone()
            hops.append(time.monotonic() - began)
            await asyncio.sleep(0.25)
    finally:
        await consumer.stop()
        await producer.stop()


def _accepted(run: Running, sent: dict[str, float]) -> dict[str, float]:
    """When the sandbox accepted the message about each sample, seconds since 1970."""
    until = time.monotonic() + SETTLE_S
    while True:
        with urllib.request.urlopen(f"{run.sandbox}/messages") as answer:  # noqa: S310 - our own sandbox
            messages = json.loads(answer.read())["messages"]
        found: dict[str, float] = {}
        for message in messages:
            for sample in _SAMPLE.findall(message["body"]):
                found.setdefault(sample, message["at"] / 1000)
        if len(found) >= len(sent) or time.monotonic() > until:
            return found
        time.sleep(0.5)  # a poll of another process: it has nothing that could wake us


def _quantile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]
