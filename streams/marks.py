"""Where logs end. One function, because the embedded broker answers the ordinary question wrongly; ask it wherever an
end is compared with an offset (who only reads up to an end gets there either way).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import for_code
from aiokafka.protocol.fetch import FetchRequest

from streams.settings import Commit, Settings

_BEYOND = 1_000_000
"""So far behind the end is nothing to send."""
_WAIT_MS = 2


async def high_watermarks(
    settings: Settings, consumer: AIOKafkaConsumer, places: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """The offset after the last record of each partition. KafkaError. `consumer`: started; one that reads uncommitted
    records gets high watermarks, one that reads committed ones the ends for such a reader, as from `end_offsets`.

    The embedded broker takes the first offset of the last batch for the last offset, so its answer lies too low by the
    length of that batch less one. What it says beside a fetch is right: there a fetch of almost nothing asks.
    """
    listed: dict[TopicPartition, int] = await consumer.end_offsets(list(places))
    if settings.commit is Commit.TRANSACTIONS:
        return listed
    asked = {place: end for place, end in listed.items() if end > 0}
    return listed | await _fetched(consumer, asked)


async def _fetched(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> dict[TopicPartition, int]:
    found: dict[TopicPartition, int] = {}
    while missing := ends.keys() - found.keys():  # it leaves out what it had no time to look at
        topics: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for place in missing:
            topics[place.topic].append((place.partition, ends[place] + _BEYOND, 1))
        node = consumer._client.get_random_node()  # it is one broker
        answer = await consumer._client.send(node, FetchRequest(_WAIT_MS, 1, 1, 0, list(topics.items())))
        for topic, partitions in answer.topics:
            for number, code, mark, *_ in partitions:
                if code:
                    raise for_code(code)(f"{topic}/{number}")
                found[TopicPartition(topic, number)] = max(mark, ends[TopicPartition(topic, number)])
    return found
