"""Whether a release of Kafka keeps what it called committed: `python -m tests.soak.markers --kafka 4.3.0`. Transactions
end while the partition that they wrote to has no leader, because its only broker is away; when that is back, readers of
what is committed must get every record. Kafka 4.3.0 and 4.4.0 take such a partition for one that was deleted, write no
marker, and say that they are done: the partition stays closed at that place for every such reader, for good.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from streams import logs
from tests.brokers import KafkaCluster
from tests.jars import VERSION

PLACE = TopicPartition("t", 0)
AWAY = 3
"""The broker that has the only copy."""
WRITERS = 8
"""Some of them have a coordinator on another broker than that one."""
WITHIN = 30.0


async def kept(cluster: KafkaCluster) -> tuple[int, int]:
    """How many records were called committed while their partition had no leader, and how many of them can be read."""
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    await admin.start()
    topic = NewTopic(PLACE.topic, -1, -1, {PLACE.partition: [AWAY]}, topic_configs={"min.insync.replicas": "1"})
    await admin.create_topics([topic])
    others = ",".join(node.address for node in cluster.nodes if node.number != AWAY)
    writers = [AIOKafkaProducer(bootstrap_servers=others, transactional_id=f"w{n}") for n in range(WRITERS)]
    try:
        for writer in writers:
            await writer.start()
            await writer.begin_transaction()
            await writer.send_and_wait(PLACE.topic, b"", partition=PLACE.partition)
        cluster.kill(AWAY)
        await _leaderless(admin)
        ends = await asyncio.gather(*(asyncio.wait_for(writer.commit_transaction(), WITHIN) for writer in writers))
        await asyncio.to_thread(cluster.restart, AWAY)
        return len(ends), await _readable(cluster)
    finally:
        await asyncio.gather(*(writer.stop() for writer in writers), return_exceptions=True)
        await admin.close()


async def _leaderless(admin: AIOKafkaAdminClient) -> None:
    leader = AWAY
    async with asyncio.timeout(WITHIN):
        while leader != -1:
            await asyncio.sleep(0.2)
            with contextlib.suppress(KafkaError):  # it asks the broker that is away, too
                leader = (await admin.describe_topics([PLACE.topic]))[0]["partitions"][0]["leader"]


async def _readable(cluster: KafkaCluster) -> int:
    reader = AIOKafkaConsumer(bootstrap_servers=cluster.bootstrap, isolation_level="read_committed")
    await reader.start()
    try:
        reader.assign([PLACE])
        reader.seek(PLACE, 0)
        found, until = 0, time.monotonic() + WITHIN
        while found < WRITERS and time.monotonic() < until:
            found += sum(map(len, (await reader.getmany(timeout_ms=500)).values()))
        return found
    finally:
        await reader.stop()


def main() -> int:
    """Exit code: 1 if something is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.markers", description=__doc__)
    parser.add_argument("--kafka", default=VERSION)
    asked = parser.parse_args()
    logs.configure(form="console", level="critical", process="soak")  # a broker that is away is the point
    cluster = KafkaCluster(3, asked.kafka)
    try:
        cluster.start()
        committed, readable = asyncio.run(kept(cluster))
    finally:
        cluster.close()
    print(json.dumps({"kafka": asked.kafka, "committed": committed, "readable": readable}))
    return 0 if readable == committed else 1


if __name__ == "__main__":
    sys.exit(main())
