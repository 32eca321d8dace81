"""Where a log ends is told rightly on every broker, whatever the sizes of the batches in it."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.marks import high_watermarks
from streams.settings import Commit, Settings


@pytest.fixture(params=["embedded_broker", "kafka"])
def settings(request, prefix):
    broker = request.getfixturevalue(request.param)
    plain = request.param == "embedded_broker"
    return Settings(
        bootstrap=broker.bootstrap, prefix=prefix, commit=Commit.PLAIN if plain else Commit.TRANSACTIONS
    )  # fmt: skip


async def test_ends_are_after_the_last_record(settings):
    topic = f"{settings.prefix}marks"
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 3, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, acks="all")
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    await consumer.start()
    places = [TopicPartition(topic, number) for number in range(3)]
    try:
        written = dict.fromkeys(places, 0)
        for sizes in ((1, 5), (7, 1), (3, 20)):
            for place, size in zip(places, sizes, strict=False):
                batch = producer.create_batch()
                for _ in range(size):
                    batch.append(key=None, value=b"x", timestamp=None)
                batch.close()
                await (await producer.send_batch(batch, topic, partition=place.partition))
                written[place] += size
            assert await high_watermarks(settings, consumer, places) == written
    finally:
        await producer.stop()
        await consumer.stop()
