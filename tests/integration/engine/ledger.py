"""Writes entries, reads everything back as an ordinary reader would, and compares it with what must come of them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError

from streams.engine.position import KEY, Position
from streams.kafka import group_id
from streams.machine import ENTRY
from streams.marks import high_watermarks
from streams.settings import Settings
from tests.integration.engine.machines import COMPACTED, TOPICS
from tests.reading import everything, places


async def create_topics(bootstrap: str, prefix: str, replication: int, topics: Mapping[str, int] = TOPICS) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([
            NewTopic(
                prefix + name, count, replication,
                topic_configs={"cleanup.policy": "compact"} if name in COMPACTED else {},
            )
            for name, count in topics.items()
        ])  # fmt: skip
        wanted = {prefix + name: count for name, count in topics.items()}
        async with asyncio.timeout(20):
            while True:
                found = await admin.describe_topics(sorted(wanted))
                led = {one["topic"]: sum(p["leader"] >= 0 for p in one["partitions"]) for one in found}
                if led == wanted:  # a topic that is not known yet is described too, without partitions
                    return
                await asyncio.sleep(0.1)
    finally:
        await admin.close()


@dataclass
class Sender:
    """Writes to `first`, keys spread at random, and remembers."""

    bootstrap: str
    prefix: str
    transactional: bool = False
    keys: int = 50
    seed: int = 1
    topics: Mapping[str, int] = field(default_factory=lambda: TOPICS)
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    async def send(self, number: int, *, rate: float = 0.0) -> None:
        """So many entries, at once or at a rate a second."""
        chance = random.Random(f"{self.seed}-{len(self.sent)}")
        await self._send([f"k{chance.randrange(self.keys)}" for _ in range(number)], rate)

    async def _send(self, keys: list[str], rate: float = 0.0) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", enable_idempotence=self.transactional)
        await producer.start()
        futures = []
        try:
            for key in keys:
                value = str(len(self.sent)).encode()
                futures.append(await producer.send(f"{self.prefix}first", value, key.encode()))
                self.sent.append((key, value))
                if rate:
                    await asyncio.sleep(1 / rate)
            await asyncio.gather(*futures)
        finally:
            await producer.stop()

    async def tick(self, tick: int, topic: str = "first") -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all")
        await producer.start()
        try:
            for partition in range(self.topics[topic]):
                await producer.send_and_wait(
                    self.prefix + topic, str(tick).encode(), partition=partition, headers=[(ENTRY, b"tick")]
                )
        finally:
            await producer.stop()


@dataclass
class Read:
    """Everything that a read_committed reader sees."""

    records: dict[str, list]

    def state(self, topic: str) -> dict[bytes, bytes]:
        rows: dict[bytes, bytes] = {}
        for record in self.records[topic]:
            if record.key == KEY:
                continue
            if record.value is None:
                rows.pop(record.key, None)
            else:
                rows[record.key] = record.value
        return rows

    def positions(self, topic: str) -> dict[int, Position]:
        return {r.partition: Position.decode(r.value) for r in self.records[topic] if r.key == KEY}


async def read(settings: Settings, topics: Mapping[str, int] = TOPICS) -> Read:
    found = await everything(settings, topics)
    records: dict[str, list] = defaultdict(list)
    for place, messages in found.items():
        records[place.topic.removeprefix(settings.prefix)] += messages
    return Read(records)


async def wait_until_done(
    settings: Settings, *, within: float, group: str | None = None, topics: Mapping[str, int] = TOPICS
) -> None:
    """Until the group has committed past everything that was in its inputs, twice in a row."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap)
    await admin.start()
    await consumer.start()
    name = group_id(settings) if group is None else settings.prefix + group
    tps = places(settings, {name: topics[name] for name in ("first", "second")})
    calm = 0
    lag: dict = {}
    try:
        async with asyncio.timeout(within):
            while calm < 2:
                ends = await high_watermarks(settings, consumer, tps)
                try:
                    done = await admin.list_consumer_group_offsets(name, partitions=tps)
                except GroupCoordinatorNotAvailableError:
                    await asyncio.sleep(0.2)  # the first group of a new cluster
                    continue
                at = {tp: done[tp].offset if tp in done else -1 for tp in tps}  # a coordinator that moves leaves out
                lag = {tp: (at[tp], ends[tp]) for tp in tps if at[tp] < ends[tp]}
                calm = 0 if lag else calm + 1
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not done within {within} s: {lag}") from None
    finally:
        await consumer.stop()
        await admin.close()


def expected(sent: list[tuple[str, bytes]]) -> tuple[dict[str, tuple[int, str]], Counter]:
    """By key: count and order-hash; and the alarms of one stage."""
    tallies: dict[str, tuple[int, str]] = {}
    alarms: Counter = Counter()
    for key, value in sent:
        count, order = tallies.get(key, (0, ""))
        order = hashlib.sha256(order.encode() + value).hexdigest()[:16]
        tallies[key] = (count + 1, order)
        if (count + 1) % 5 == 0:
            alarms[(key, count + 1, order)] += 1
    return tallies, alarms


def check(found: Read, sent: list[tuple[str, bytes]], *, exactly: bool) -> None:
    """Nothing lost, nothing doubled, state and order right in both stages. `exactly` False: outputs at least once."""
    tallies, alarms = expected(sent)
    journaled = Counter(r.value for r in found.records["second"] if r.key is not None)
    if exactly:
        assert journaled == Counter(value for _, value in sent), _difference(journaled, sent)
    assert set(journaled) == {value for _, value in sent}, _difference(journaled, sent)
    stages = ("first", "second") if exactly else ("first",)
    for stage in stages:
        state = {key.decode().split("\x1f")[1]: json.loads(value.split(b" ", 3)[3])
                 for key, value in found.state(f"{stage}-state").items()}  # fmt: skip
        assert {key: (row[0], row[1]) for key, row in state.items()} == tallies, stage
        said = Counter(
            (a["key"], a["count"], a["order"])
            for r in found.records["alarms"]
            if dict(r.headers)["stage"] == (b"1" if stage == "first" else b"0")
            for a in [json.loads(r.value)]
        )
        assert set(said) == set(alarms)
        if exactly:
            assert said == alarms, f"{stage}: {sum((said - alarms).values())} doubled"


def _difference(journaled: Counter, sent: list[tuple[str, bytes]]) -> str:
    wanted = Counter(value for _, value in sent)
    return f"lost {sum((wanted - journaled).values())}, doubled {sum((journaled - wanted).values())}"
