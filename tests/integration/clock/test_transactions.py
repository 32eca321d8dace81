"""Upstreams that publish in transactions: what they abort is never seen, and neither an aborted tail nor a marker at
the end of a topic stops the clock; an open transaction does: what is in it may have been acknowledged before T.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from connectors.embedded import Supervisor
from connectors.topics import cluster
from schemas.envelope import PUBLIC_TOPICS
from schemas.times import MINUTE, format_instant, parse_instant
from streams.clock.barrier import Barrier, Stuck
from streams.clock.port import KafkaPort
from streams.kafka import client_options
from streams.settings import Settings
from tests.conftest import Broker
from tests.faults.reading import everything

AT = parse_instant("2022-01-12T08:00:00Z")
FEW = dict.fromkeys(PUBLIC_TOPICS, 1) | {"operator-journal": 2, "staff-journal": 1}


@pytest.fixture
def settings(kafka: Broker, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    own = {"LIANFANG_PREFIX": prefix, "LIANFANG_PARTITIONS": json.dumps(FEW), "LIANFANG_SIMULATED": "true"}
    for name, value in (kafka.env | own).items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.fixture
def workers() -> Iterator[Supervisor]:
    with Supervisor() as supervisor:
        yield supervisor


def sold(name: str) -> bytes:
    event = {"specversion": "1.0", "id": name, "source": "/s", "type": "goods.sold", "time": format_instant(AT)}
    return json.dumps(event | {"data": {"operator": "A", "lot": "L"}}).encode()


@asynccontextmanager
async def upstream(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(**client_options(settings), transactional_id=f"{settings.prefix}upstream")
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def send(producer: AIOKafkaProducer, settings: Settings, *names: str) -> None:
    for name in names:
        await producer.send_and_wait(settings.prefix + "scan-events", sold(name), timestamp_ms=AT)


async def test_what_is_aborted_is_never_seen_and_markers_do_not_stop_the_clock(
    settings: Settings, workers: Supervisor, tmp_path: Path
) -> None:
    await cluster.ensure(settings)
    workers.add("worker", [sys.executable, "-m", "connectors.cli", "worker"], output=tmp_path / "log")
    port = KafkaPort(settings)
    await port.start()
    barrier = Barrier(port)
    try:
        async with upstream(settings) as producer:
            async with producer.transaction():
                await send(producer, settings, "committed")
            await barrier.advance(AT + MINUTE, within=60)  # the topic ends in a commit marker

            await producer.begin_transaction()
            await send(producer, settings, "aborted-1", "aborted-2")
            with pytest.raises(Stuck, match="intake"):
                await barrier.advance(AT + 2 * MINUTE, within=1)  # the transaction is open
            await producer.abort_transaction()
            await barrier.advance(AT + 3 * MINUTE, within=60)  # the topic ends in what was aborted, and its marker
        topics = await everything(settings, port, ("operator-journal", "dead-letters"))
    finally:
        await port.stop()
    entries = [message for messages in topics.values() for message in messages]
    ticks = {int(entry.value or b"") for entry in entries if entry.key is None}
    assert ticks == {AT + MINUTE, AT + 3 * MINUTE}
    assert [entry.value for entry in entries if entry.key is not None] == [sold("committed")]
