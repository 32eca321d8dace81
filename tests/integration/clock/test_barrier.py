"""The barrier on brokers, with a worker played by the test: it reads, and commits when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from connectors.topics import cluster
from connectors.topics.wanted import Finding
from schemas.envelope import PUBLIC_TOPICS
from schemas.times import parse_instant
from schemas.topics import load
from streams.clock.barrier import Stuck, simulated
from streams.clock.feeds import Feeds
from streams.kafka import client_options, group_id
from streams.settings import Settings
from tests.conftest import Broker

JOURNALS = ("operator-journal", "staff-journal", "notice-journal")
T = 1_642_000_000_000
PATIENCE = 60.0


@pytest.fixture(params=["embedded_broker", "kafka"])
def settings(request: pytest.FixtureRequest, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Topics of a test's own on either broker, few partitions, simulated time."""
    broker: Broker = request.getfixturevalue(request.param)
    for name, value in broker.env.items():
        monkeypatch.setenv(name, value)
    few = dict.fromkeys(PUBLIC_TOPICS, 2) | {"operator-journal": 3, "staff-journal": 2}
    return Settings(prefix=prefix, simulated=True, partitions=few)


class Played:
    """A worker that commits what it is told to have done."""

    def __init__(self, settings: Settings, consumer: AIOKafkaConsumer) -> None:
        self._settings = settings
        self._consumer = consumer

    def parts(self, *topics: str) -> list[TopicPartition]:
        """All partitions of these topics."""
        return [
            TopicPartition(self._settings.prefix + topic, number)
            for topic in topics
            for number in range(load().partitions(topic, self._settings.partitions))
        ]

    async def passes(self, *topics: str) -> None:
        """Commit the present ends of these topics."""
        ends = await self._consumer.end_offsets(self.parts(*topics))
        await self._consumer.commit({part: OffsetAndMetadata(end, "") for part, end in ends.items()})

    async def passes_for_ever(self, *topics: str) -> None:
        """Pass whatever comes."""
        while True:
            await self.passes(*topics)
            await asyncio.sleep(0.005)

    async def values(self, topic: str) -> list[tuple[int, int, bytes]]:
        """(partition, timestamp, value) of all there is."""
        parts = self.parts(topic)
        await self._consumer.seek_to_beginning(*parts)
        ends = await self._consumer.end_offsets(parts)
        found = []
        while len(found) < sum(ends.values()):
            for messages in (await self._consumer.getmany(timeout_ms=200)).values():
                found += [(m.partition, m.timestamp, m.value) for m in messages if m.topic == parts[0].topic]
        return sorted(found)


@asynccontextmanager
async def played(settings: Settings) -> AsyncIterator[Played]:
    consumer = AIOKafkaConsumer(**client_options(settings), group_id=group_id(settings), enable_auto_commit=False)
    await consumer.start()
    worker = Played(settings, consumer)
    consumer.assign(worker.parts(*PUBLIC_TOPICS, *JOURNALS))
    try:
        yield worker
    finally:
        await consumer.stop()


async def send(settings: Settings, topic: str, value: bytes, *, key: bytes | None = None, partition: int = 1) -> None:
    producer = AIOKafkaProducer(**client_options(settings), acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(settings.prefix + topic, value, key=key, partition=partition)
    finally:
        await producer.stop()


async def test_a_tick_waits_for_the_record_before_it_and_then_reaches_every_partition_of_every_journal(settings):
    said = await cluster.ensure(settings)
    assert {one.finding for one in said} <= {Finding.CREATED}
    await send(settings, "scan-events", b"{}")
    async with simulated(settings) as barrier, played(settings) as worker:
        await worker.passes(*JOURNALS)
        with pytest.raises(Stuck, match="intake"):
            await barrier.advance(T, within=0.3)
        assert await worker.values("operator-journal") == []
        await worker.passes("scan-events")
        async with asyncio.TaskGroup() as group:
            passing = group.create_task(worker.passes_for_ever(*JOURNALS[:2]))
            await barrier.advance(T, within=PATIENCE)
            passing.cancel()
        assert await worker.values("staff-journal") == [(n, T, b"%d" % T) for n in range(2)]
        assert await worker.values("operator-journal") == [(n, T, b"%d" % T) for n in range(3)]
        assert await worker.values("notice-journal") == [(0, T, b"%d" % T)]


async def test_routing_is_waited_for_only_where_it_is_asked_for(settings):
    await cluster.ensure(settings)
    async with simulated(settings) as barrier, played(settings) as worker, asyncio.TaskGroup() as group:
        passing = group.create_task(worker.passes_for_ever(*JOURNALS[:2]))
        await barrier.advance(T, within=PATIENCE)
        routed = group.create_task(barrier.advance(T + 1, routed=True, within=PATIENCE))
        while (0, T + 1, b"%d" % (T + 1)) not in await worker.values("notice-journal"):
            await asyncio.sleep(0.01)
        assert await asyncio.wait({routed}, timeout=0.3) == (set(), {routed})
        await worker.passes("notice-journal")
        await routed
        passing.cancel()


@pytest.mark.parametrize("settings", ["kafka"], indirect=True)
async def test_a_partition_that_a_public_topic_has_grown_is_waited_for_too(settings):
    await cluster.ensure(settings)
    async with simulated(settings) as barrier, played(settings) as worker:
        async with asyncio.TaskGroup() as group:
            passing = group.create_task(worker.passes_for_ever(*JOURNALS))
            await barrier.advance(T, within=PATIENCE)
            passing.cancel()
        grown = settings.model_copy(update={"partitions": settings.partitions | {"registry": 3}})
        assert {one.finding for one in await cluster.ensure(grown)} >= {Finding.GROWN}
        await send(settings, "registry", b"{}", partition=2)
        with pytest.raises(Stuck, match=r"\('registry', 2\): 1"):
            await barrier.advance(T + 1, within=1)


async def test_how_far_feeds_are_is_read_to_the_present_end_each_time(settings):
    await cluster.ensure(settings)
    feeds = Feeds(settings)
    await feeds.start()
    try:
        assert await feeds.read() == {}
        for until in ("2022-01-12T08:00:00.000Z", "2022-01-12T08:01:00.000Z"):
            value = b'{"feed": "zj", "complete_until": "%s"}' % until.encode()
            await send(settings, "feeds", value, key=b"zj", partition=0)
            assert await feeds.read() == {"zj": parse_instant(until)}
    finally:
        await feeds.stop()
