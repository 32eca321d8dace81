"""The brokers that other tests stand on: each answers. Three of them, killed and coming back: `tests/soak`."""

import asyncio

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
