"""The brokers that other tests stand on: each answers, and one of three can be killed and come back."""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def _create(bootstrap: str, name: str, replication: int) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 3, replication)])
        async with asyncio.timeout(60):
            while name not in (found := await admin.list_topics()):  # it is made, and not yet known everywhere
                await asyncio.sleep(0.1)
        return found
    finally:
        await admin.close()


async def test_the_embedded_broker_creates_topics(embedded_broker, prefix):
    assert f"{prefix}x" in await _create(embedded_broker.bootstrap, f"{prefix}x", 1)


async def test_one_real_broker_creates_topics(kafka, prefix):
    assert f"{prefix}x" in await _create(kafka.bootstrap, f"{prefix}x", 1)


async def test_of_three_brokers_one_may_be_killed_and_come_back(kafka3, prefix):
    await _create(kafka3.bootstrap, f"{prefix}x", 3)
    producer = AIOKafkaProducer(bootstrap_servers=kafka3.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    kafka3.cluster.kill(2)
    try:
        written = [await producer.send_and_wait(f"{prefix}x", b"", partition=number) for number in range(3)]
        assert [record.offset for record in written] == [0, 0, 0]
    finally:
        await producer.stop()
        kafka3.cluster.restart(2)
