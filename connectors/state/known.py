"""What the workers know of an operator, or of a staff sample that no operator claims, as last committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from connectors.topics import cluster
from schemas.alerts import Kind
from streams.engine.partitioner import partition_of
from streams.engine.position import KEY as POSITION
from streams.engine.position import Position
from streams.explanation import Explanation
from streams.kafka import client_options
from streams.marks import high_watermarks
from streams.operators.explaining import explain
from streams.operators.looking import Looker
from streams.operators.model import FORMS as OF_OPERATORS
from streams.parameters import Rules
from streams.record_log import META_KEY, Meta
from streams.rows import SEPARATOR, Row, Rows
from streams.settings import Settings
from streams.staff import unclaimed
from streams.staff.model import FORMS as OF_STAFF

POLL_MS = 500


class NoState(Exception):  # noqa: N818
    """There is no state topic: nothing ever ran under this prefix."""


@dataclass(frozen=True, slots=True)
class Known:
    """Rows of a partition, and the tick and place in the log up to which they are right. `operator` empty: of staff."""

    operator: str
    rows: Rows
    now: int
    journal: str
    partition: int
    next_offset: int

    def explain(self, kind: Kind, subject: str, rules: Rules) -> Explanation:
        """Why this alert stands, or does not."""
        if not self.operator:
            return unclaimed.explain(self.rows, subject, self.now, rules)
        return explain(Looker(self.operator, self.now, self.rows, rules), kind, subject)


async def read_known(settings: Settings, operator: str, subject: str | None) -> Known:
    """What is known of an operator; where that is empty, of a staff sample: its partition is that of whoever gave it,
    so all are read. NoState; KafkaError.
    """
    if operator:
        forms = Forms("operators-state", "operator-journal", OF_OPERATORS, lambda key: _concerns(key, operator))
        (known,) = await _read(settings, operator, forms)
        return known
    forms = Forms("staff-state", "staff-journal", OF_STAFF, lambda _: True)
    found = await _read(settings, operator, forms)
    return next((known for known in found if unclaimed.givers(known.rows, subject or "")), found[0])


@dataclass(frozen=True, slots=True)
class Forms:
    """A state topic: beside which journal, which rows are in it, and which are wanted."""

    topic: str
    journal: str
    rows: Mapping[str, type[Row]]
    wanted: Callable[[bytes], bool]


async def _read(settings: Settings, operator: str, forms: Forms) -> list[Known]:
    """Each partition that may know, read to its end."""
    numbers = (await cluster.partitions(settings, [forms.topic])).get(forms.topic)
    if numbers is None:
        topic = settings.prefix + forms.topic
        raise NoState(f"there is no topic {topic}: has a worker ever run here, under this prefix?")
    consumer = AIOKafkaConsumer(
        **client_options(settings), isolation_level="read_committed", enable_auto_commit=False, group_id=None
    )
    found = []
    try:
        await consumer.start()
        for number in [partition_of(operator.encode(), len(numbers))] if operator else sorted(numbers):
            rows, position = await _load(settings, consumer, number, forms)
            meta = rows.get(META_KEY, Meta)
            now = position.tick if position.tick is not None else meta.began if meta else 0
            found.append(Known(operator, rows, now, forms.journal, number, position.next))
    finally:
        await consumer.stop()
    return found


async def _load(settings: Settings, consumer: AIOKafkaConsumer, number: int, forms: Forms) -> tuple[Rows, Position]:
    place = TopicPartition(settings.prefix + forms.topic, number)
    consumer.assign([place])
    await consumer.seek_to_beginning(place)
    end = (await high_watermarks(settings, consumer, [place]))[place]
    rows, position = Rows(forms.rows), Position(0)
    while await consumer.position(place) < end:
        for message in (await consumer.getmany(place, timeout_ms=POLL_MS)).get(place, ()):
            if message.key == POSITION and message.value is not None:
                position = Position.decode(message.value)
            elif forms.wanted(message.key):
                rows.load(message.key, message.value)
    return rows, position


def _concerns(key: bytes, operator: str) -> bool:
    parts = key.decode("utf-8", "replace").split(SEPARATOR, 2)
    return len(parts) == 3 and (parts[1] == operator or SEPARATOR.join(parts) == META_KEY)
