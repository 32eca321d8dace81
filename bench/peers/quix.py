"""Contender: Quix Streams with its RocksDB state, exactly-once. Runs in an environment of its own (.venv-bench)."""

from __future__ import annotations

from typing import Any

from quixstreams import Application

from bench.peers import job
from bench.peers.meter import Meter, Task


def app(task: Task, meter: Meter) -> Application:
    """The application, ready to run."""
    found = Application(
        task.bootstrap, consumer_group=task.group, auto_offset_reset="earliest", state_dir=task.folder,
        processing_guarantee="exactly-once", commit_interval=task.commit_ms / 1000, auto_create_topics=True,
        loglevel="WARNING",
    )  # fmt: skip
    source = found.topic(task.topic, key_deserializer="bytes", value_deserializer="bytes")
    alerts = found.topic(task.alerts, key_serializer="bytes", value_serializer="bytes")

    def lot(value: bytes, state: Any) -> bytes | None:
        record = job.read(value)
        meter.count += 1
        if record is None:
            return None
        gap = job.has_gap(record)
        row = job.updated(state.get("row"), record, gap=gap)
        state.set("row", row)
        return job.alert(record, row["count"], row["chain"]) if gap else None

    lots = found.dataframe(source).apply(lot, stateful=True)
    lots.filter(lambda said: said is not None).to_topic(alerts)
    return found


if __name__ == "__main__":
    given = Task.given()
    app(given, Meter(given)).run()
