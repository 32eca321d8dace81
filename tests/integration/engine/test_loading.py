"""A load that comes to no end says why, on real Kafka."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.engine import loading
from streams.engine.loading import Loading, load
from streams.settings import Settings
from tests.conftest import Broker
from tests.unit.engine.fakes import Machine


async def test_a_transaction_that_never_ends_is_named_by_partition_and_offset(
    kafka: Broker, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, state = TopicPartition(prefix + "journal", 0), TopicPartition(prefix + "state", 0)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(source.topic, 1, 1), NewTopic(state.topic, 1, 1)])
    await admin.close()
    hanging = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=prefix + "hanging")
    await hanging.start()
    await hanging.begin_transaction()
    for _ in range(3):
        await hanging.send_and_wait(state.topic, b"1 -1 - [1]", b"c\x1fk", partition=0)

    async def committed(_: TopicPartition) -> int | None:
        return None

    monkeypatch.setattr(loading, "AT_LEAST", 5.0)
    settings = Settings(bootstrap=kafka.bootstrap)
    try:
        with pytest.raises(TimeoutError, match=f"{prefix}state/0 was read up to 0 of 3, stable up to 0"):
            await load(settings, [Loading(source, state, Machine())], committed)
    finally:
        await hanging.abort_transaction()
        await hanging.stop()
