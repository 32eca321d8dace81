"""Contender: an agent of unchanged Faust with a Table, as its documentation writes one. Nine ways to lose a record."""

from __future__ import annotations

from typing import Any

import faust

from bench.peers import job
from bench.peers.meter import Meter, Task


def app(task: Task, meter: Meter) -> faust.App:
    """The application, ready to run."""
    found = faust.App(
        task.group, broker=f"kafka://{task.bootstrap}", store="memory://", datadir=task.folder, web_enabled=False,
        topic_partitions=4, topic_replication_factor=1, value_serializer="raw", consumer_auto_offset_reset="earliest",
    )  # fmt: skip
    source = found.topic(task.topic, value_type=bytes, value_serializer="raw", key_type=str, key_serializer="raw")
    alerts = found.topic(task.alerts, value_type=bytes, value_serializer="raw", key_type=str, key_serializer="raw")
    rows = found.Table("rows", partitions=4)

    @found.agent(source)
    async def lots(stream: Any) -> None:
        async for value in stream:
            record = job.read(value)
            meter.count += 1
            if record is None:
                continue
            name, gap = record.data.operator, job.has_gap(record)
            row = rows[name] = job.updated(rows.get(name), record, gap=gap)
            if gap:
                await alerts.send(key=name, value=job.alert(record, row["count"], row["chain"]))

    return found


if __name__ == "__main__":
    given = Task.given()
    faust.Worker(app(given, Meter(given)), loglevel="warning").execute_from_commandline()
