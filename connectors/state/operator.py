"""The rows of one operator, as last committed by the worker that owns it."""

from __future__ import annotations

from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from connectors.topics import cluster
from schemas.alerts import Kind
from streams.engine.partitioner import partition_of
from streams.engine.position import KEY as POSITION
from streams.engine.position import Position
from streams.kafka import client_options
from streams.marks import high_watermarks
from streams.operators.explaining import Explanation, explain
from streams.operators.looking import Looker
from streams.operators.model import FORMS
from streams.parameters import Rules
from streams.record_log import META_KEY, Meta
from streams.rows import SEPARATOR, Rows
from streams.settings import Settings

TOPIC = "operators-state"
POLL_MS = 500


class NoState(Exception):  # noqa: N818
    """There is no state topic: nothing ever ran under this prefix."""


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of an operator, and the tick and place in the log up to which they are right."""

    operator: str
    rows: Rows
    now: int
    partition: int
    next_offset: int

    def explain(self, kind: Kind, subject: str, rules: Rules) -> Explanation:
        """Why this alert of the operator stands, or does not."""
        return explain(Looker(self.operator, self.now, self.rows, rules), kind, subject)


async def read_operator(settings: Settings, operator: str) -> Known:
    """The rows of an operator from its partition of the state topic, read to the end. NoState; KafkaError."""
    topic = settings.prefix + TOPIC
    numbers = (await cluster.partitions(settings, [TOPIC])).get(TOPIC)
    if numbers is None:
        raise NoState(f"there is no topic {topic}: has a worker ever run here, under this prefix?")
    place = TopicPartition(topic, partition_of(operator.encode(), len(numbers)))
    consumer = AIOKafkaConsumer(
        **client_options(settings), isolation_level="read_committed", enable_auto_commit=False, group_id=None
    )
    try:
        await consumer.start()
        rows, position = await _load(settings, consumer, place, operator)
    finally:
        await consumer.stop()
    meta = rows.get(META_KEY, Meta)
    now = position.tick if position.tick is not None else meta.began if meta else 0
    return Known(operator, rows, now, place.partition, position.next)


async def _load(
    settings: Settings, consumer: AIOKafkaConsumer, place: TopicPartition, operator: str
) -> tuple[Rows, Position]:
    consumer.assign([place])
    await consumer.seek_to_beginning(place)
    end = (await high_watermarks(settings, consumer, [place]))[place]
    rows, position = Rows(FORMS), Position(0)
    while await consumer.position(place) < end:
        for message in (await consumer.getmany(place, timeout_ms=POLL_MS)).get(place, ()):
            if message.key == POSITION and message.value is not None:
                position = Position.decode(message.value)
            elif _concerns(message.key, operator):
                rows.load(message.key, message.value)
    return rows, position


def _concerns(key: bytes, operator: str) -> bool:
    parts = key.decode("utf-8", "replace").split(SEPARATOR, 2)
    return len(parts) == 3 and (parts[1] == operator or SEPARATOR.join(parts) == META_KEY)
