"""Who reads the embedded broker's log while many write to it sees every record of it, in order."""

from __future__ import annotations

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

PROCESSES, WRITERS, RECORDS = 2, 4, 600
WRITING = """
import asyncio, sys
from aiokafka import AIOKafkaProducer

async def write(bootstrap, topic, records):
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for number in range(records):
            await producer.send_and_wait(topic, b"%d" % number, partition=0)

async def all(bootstrap, topic, writers, records):
    await asyncio.gather(*(write(bootstrap, topic, int(records)) for _ in range(int(writers))))

asyncio.run(all(*sys.argv[1:]))
"""


async def test_a_reader_passes_no_record_that_is_still_being_stored(embedded_broker, prefix):
    topic = f"{prefix}crowded"
    admin = AIOKafkaAdminClient(bootstrap_servers=embedded_broker.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    given = [embedded_broker.bootstrap, topic, str(WRITERS), str(RECORDS)]
    writing = [await asyncio.create_subprocess_exec(sys.executable, "-c", WRITING, *given) for _ in range(PROCESSES)]
    place, seen = TopicPartition(topic, 0), []
    try:
        async with AIOKafkaConsumer(
            bootstrap_servers=embedded_broker.bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=10
        ) as reader:
            reader.assign([place])
            async with asyncio.timeout(100):
                while await reader.position(place) < PROCESSES * WRITERS * RECORDS:
                    for records in (await reader.getmany(timeout_ms=50)).values():
                        seen += [record.offset for record in records]
    finally:
        codes = await asyncio.gather(*(process.wait() for process in writing))
    assert codes == [0] * PROCESSES
    assert seen == list(range(PROCESSES * WRITERS * RECORDS))
