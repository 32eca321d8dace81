"""Contender: a loop over aiokafka with the same durable writes, one commit a batch: what Python can do at most. Loses
nothing as long as nobody dies; there is no transaction, a crash between writes and commit tells alerts twice and
updates rows twice, and a zombie overwrites its successor.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.peers import job
from bench.peers.meter import Meter, Task

BATCH = 3000


async def main(task: Task, meter: Meter) -> None:
    """For ever."""
    consumer = AIOKafkaConsumer(
        task.topic, bootstrap_servers=task.bootstrap, group_id=task.group, auto_offset_reset="earliest",
        enable_auto_commit=False, max_partition_fetch_bytes=2 * 1024 * 1024,
    )  # fmt: skip
    producer = AIOKafkaProducer(
        bootstrap_servers=task.bootstrap, enable_idempotence=True, linger_ms=0, max_batch_size=256 * 1024
    )
    await producer.start()
    await consumer.start()
    rows: dict[bytes, dict[str, Any]] = {}
    while True:
        sent, dirty = [], {}
        for tp, batch in (await consumer.getmany(timeout_ms=200, max_records=BATCH)).items():
            for message in batch:
                record = job.read(message.value)
                meter.count += 1
                if record is None:
                    continue
                gap = job.has_gap(record)
                row = rows[message.key] = job.updated(rows.get(message.key), record, gap=gap)
                dirty[message.key] = tp.partition, row
                if gap:
                    said = job.alert(record, row["count"], row["chain"])
                    sent.append(await producer.send(task.alerts, said, key=message.key))
        for key, (partition, row) in dirty.items():
            sent.append(await producer.send(task.state, orjson.dumps(row), key=key, partition=partition))
        if sent:
            await asyncio.gather(*sent)
            await consumer.commit()


if __name__ == "__main__":
    given = Task.given()
    asyncio.run(main(given, Meter(given)))
