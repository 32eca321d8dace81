"""The options of every Kafka client that the engine opens: one place for time-outs and guarantees, on top of how
clients reach Kafka at all (`streams.kafka`).
"""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from streams.engine import decoding
from streams.kafka import client_options
from streams.settings import Commit, Settings

decoding.install()

REQUEST_WITHIN = 20.0
TRANSACTION_WITHIN = 10.0
"""A unit whose writer died is aborted by the broker after this; until then readers wait at it."""
_MEBIBYTE = 1024 * 1024
_MESSAGE = 2 * _MEBIBYTE  # a record of 1 MiB and our headers
_NEVER = 24 * 3600 * 1000


def group_consumer(settings: Settings, group: str) -> AIOKafkaConsumer:
    """The consumer that owns partitions. It never resets a position: a jump would look like an empty batch."""
    return AIOKafkaConsumer(
        **_reading(settings),
        group_id=group,
        partition_assignment_strategy=(RoundRobinPartitionAssignor,),
        session_timeout_ms=int(settings.session_timeout * 1000),
        rebalance_timeout_ms=int(settings.rebalance_timeout * 1000),
        heartbeat_interval_ms=int(settings.session_timeout * 250),
        max_poll_interval_ms=_NEVER,  # the engine's own watchdog looks at progress
        max_poll_records=2000,  # each fetch is a way through two event loops and Faust
        fetch_max_wait_ms=settings.fetch_wait_ms,
        max_partition_fetch_bytes=_MESSAGE,
        metadata_max_age_ms=30_000,  # a public topic that has grown is noticed after this
    )


def state_reader(settings: Settings, *, committed: bool) -> AIOKafkaConsumer:
    """A reader of state topics and of ends, in no group. 4 MiB a fetch load twice as fast as 1 MiB."""
    options = _reading(settings)
    if not committed:
        options["isolation_level"] = "read_uncommitted"
    return AIOKafkaConsumer(
        **options, group_id=None, fetch_max_wait_ms=settings.fetch_wait_ms, max_partition_fetch_bytes=4 * _MEBIBYTE
    )


def transactional_producer(settings: Settings, transactional_id: str) -> AIOKafkaProducer:
    """The one writer for an input partition; starting it fences whoever had this id before."""
    return AIOKafkaProducer(
        **_writing(settings),
        max_batch_size=256 * 1024,
        transactional_id=transactional_id,
        transaction_timeout_ms=int(TRANSACTION_WITHIN * 1000),
        retry_backoff_ms=10,  # H15: aiokafka asks after 100 ms whether a former owner's transaction is over
    )


def plain_producer(settings: Settings) -> AIOKafkaProducer:
    """For the embedded broker, which refuses idempotence. Batches are large, so that rows and position fit into one."""
    return AIOKafkaProducer(**_writing(settings), max_batch_size=32 * _MEBIBYTE)


def faust_producer(settings: Settings) -> AIOKafkaProducer:
    """Faust's own producer: it must exist and start; nothing of ours goes through it."""
    return AIOKafkaProducer(**_writing(settings), enable_idempotence=settings.commit is Commit.TRANSACTIONS)


def _reading(settings: Settings) -> dict[str, Any]:
    return {
        **client_options(settings),
        "enable_auto_commit": False,
        "auto_offset_reset": "none",
        "isolation_level": "read_committed",
        "request_timeout_ms": int(REQUEST_WITHIN * 1000),
    }


def _writing(settings: Settings) -> dict[str, Any]:
    return {
        **client_options(settings),
        "acks": "all",
        "linger_ms": 0,
        "max_request_size": 32 * _MEBIBYTE,
        "request_timeout_ms": int(REQUEST_WITHIN * 1000),
    }
