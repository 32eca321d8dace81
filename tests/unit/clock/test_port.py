"""What the clock believes of what brokers answer: one that has just come up, or is no longer the coordinator, knows
less than there is, and that must never look like "nothing to wait for".
"""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import NotCoordinatorForGroupError, UnknownTopicOrPartitionError
from aiokafka.structs import OffsetAndMetadata, RecordMetadata

from streams.clock.barrier import is_away
from streams.clock.port import KafkaPort
from streams.settings import Settings

PREFIX = "x."


class FakeAdmin:
    """Answers what the test says."""

    def __init__(self) -> None:
        self.partitions: dict[str, int] = {}
        self.offsets: dict[TopicPartition, OffsetAndMetadata] = {}
        self.failing: Exception | None = None
        self.looked = 0

    async def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "topic": name,
                "error_code": 0 if name in self.partitions else 3,
                "partitions": [{"partition": number} for number in range(self.partitions.get(name, 0))],
            }
            for name in names
        ]

    async def find_coordinator(self, group: str) -> int:
        assert group == "x.lianfang"
        self.looked += 1
        return self.looked

    async def list_consumer_group_offsets(self, group: str, **asked: Any) -> dict[TopicPartition, OffsetAndMetadata]:
        if self.failing is not None:
            raise self.failing
        return {place: self.offsets[place] for place in asked["partitions"] if place in self.offsets}


class FakeLog:
    """Consumer and producer at once."""

    def __init__(self) -> None:
        self.asked: list[TopicPartition] = []
        self.sent: list[tuple[str, int, bytes, int | None]] = []
        self.offset = 7

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        self.asked = places
        return dict.fromkeys(places, 0)

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 9)

    async def send(self, topic: str, value: bytes, *, partition: int, timestamp_ms: int | None, headers: Any) -> Any:
        self.sent.append((topic, partition, value, timestamp_ms))

        async def acknowledged() -> RecordMetadata:
            place = TopicPartition(topic, partition)
            return RecordMetadata(topic, partition, place, self.offset, 0, 0, 0)

        return acknowledged()


@pytest.fixture
def admin() -> FakeAdmin:
    return FakeAdmin()


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


@pytest.fixture
def port(admin: FakeAdmin, log: FakeLog) -> KafkaPort:
    port = KafkaPort(Settings(prefix=PREFIX))
    port._admin, port._consumer, port._producer = admin, log, log
    return port


async def test_a_topic_that_a_broker_does_not_know_is_asked_for_again_and_not_taken_for_empty(port, admin):
    admin.partitions = {"x.registry": 2}
    with pytest.raises(UnknownTopicOrPartitionError) as caught:
        await port.ends(["registry", "scan-events"])
    assert is_away(caught.value)


async def test_what_was_seen_once_stays_although_another_broker_knows_less(port, admin):
    admin.partitions = {"x.registry": 3}
    assert len(await port.ends(["registry"])) == 3
    admin.partitions = {"x.registry": 2}
    assert len(await port.ends(["registry"])) == 3


async def test_a_topic_that_grows_is_seen_at_the_next_look(port, admin):
    admin.partitions = {"x.registry": 1}
    assert await port.ends(["registry"]) == {("registry", 0): (0, 9)}
    admin.partitions = {"x.registry": 2}
    assert set(await port.ends(["registry"])) == {("registry", 0), ("registry", 1)}


async def test_an_answer_that_leaves_a_partition_out_means_that_the_coordinator_is_another(port, admin):
    places = [TopicPartition("x.registry", number) for number in range(2)]
    admin.offsets = {places[0]: OffsetAndMetadata(5, "")}
    assert await port.committed([("registry", 0), ("registry", 1)]) == {("registry", 0): 5}
    admin.offsets[places[1]] = OffsetAndMetadata(-1, "")
    assert await port.committed([("registry", 0), ("registry", 1)]) == {("registry", 0): 5}
    assert admin.looked == 2
    await port.committed([("registry", 0), ("registry", 1)])
    assert admin.looked == 2


async def test_a_failed_question_looks_for_the_coordinator_again(port, admin):
    admin.failing = NotCoordinatorForGroupError()
    with pytest.raises(NotCoordinatorForGroupError):
        await port.committed([("registry", 0)])
    admin.failing = None
    await port.committed([("registry", 0)])
    assert admin.looked == 2


async def test_a_tick_goes_to_every_partition_and_the_broker_stamps_it(port, admin, log):
    admin.partitions = {"x.staff-journal": 2}
    assert await port.append("staff-journal", 60_000) == {("staff-journal", 0): 8, ("staff-journal", 1): 8}
    assert log.sent == [("x.staff-journal", number, b"60000", None) for number in range(2)]


async def test_under_simulated_time_a_tick_carries_itself(admin, log):
    port = KafkaPort(Settings(prefix=PREFIX, simulated=True))
    port._admin, port._consumer, port._producer = admin, log, log
    admin.partitions = {"x.staff-journal": 1}
    await port.append("staff-journal", 60_000)
    assert log.sent == [("x.staff-journal", 0, b"60000", 60_000)]


async def test_a_repeated_send_without_an_offset_is_waited_for_at_the_end_of_the_log(port, admin, log):
    admin.partitions = {"x.staff-journal": 1}
    log.offset = -1
    assert await port.append("staff-journal", 60_000) == {("staff-journal", 0): 9}
