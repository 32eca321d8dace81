"""What the registry and the settings want of a cluster, and how what is there differs from it. Pure; no Kafka."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from schemas.times import DAY, HOUR
from schemas.topics import Registry, Sort, Topic
from streams.settings import Commit, Settings

ROOM = 1_310_720
"""Bytes of one batch: a record of 1 MiB, the headers that we add, and the frame around it."""


class Finding(StrEnum):
    """What there is to say about a topic."""

    MISSING = "missing"
    CREATED = "created"
    FEWER = "fewer-partitions"  # of a topic that may grow
    GROWN = "grown"
    OTHER_PARTITIONS = "other-partitions"  # of a topic that may not: refused
    OTHER_SETTING = "other-setting"
    UNSUPPORTED = "unsupported"
    AS_WANTED = "as-wanted"


WRONG = frozenset({Finding.MISSING, Finding.FEWER, Finding.OTHER_PARTITIONS, Finding.OTHER_SETTING})


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said about one topic (full name)."""

    topic: str
    finding: Finding
    text: str

    @property
    def wrong(self) -> bool:
        """It has to be put right before the system may run."""
        return self.finding in WRONG


@dataclass(frozen=True, slots=True)
class Wanted:
    """One topic as it should be on the cluster. `name` is the full one."""

    name: str
    partitions: int
    grows: bool
    replication: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """One topic as it is on the cluster; `configs` None: the broker does not tell."""

    partitions: int
    configs: Mapping[str, str] | None


def wanted(registry: Registry, settings: Settings, found: Mapping[str, Found] | None = None) -> list[Wanted]:
    """Every topic under the prefix. One that follows another (`as registry`) follows what is found of it, if more."""
    topics = []
    for name, topic in registry.root.items():
        leader = topic.like or name
        number = registry.partitions(name, settings.partitions)
        grows = registry.root[leader].sort is Sort.PUBLIC
        there = (found or {}).get(settings.prefix + leader)
        if grows and there is not None:
            number = max(number, there.partitions)
        topics.append(
            Wanted(settings.prefix + name, number, grows, _replication(settings), configs(topic, settings)),
        )
    return topics


def _replication(settings: Settings) -> int:
    return settings.replication if settings.commit is Commit.TRANSACTIONS else 1


def configs(topic: Topic, settings: Settings) -> dict[str, str]:
    """A topic's settings, in Kafka's words.

    Under simulated time timestamps are the writer's, and what was said is kept whole: it lies years back, so that a
    broker would at once delete it for its age or compact it, and it is to be read from the beginning.
    """
    append = topic.timestamp == "append" and not settings.simulated
    retention = None if settings.simulated else topic.retention
    compact = topic.cleanup == "compact" and not (settings.simulated and topic.sort is Sort.OUTPUT)
    chosen = {
        "cleanup.policy": "compact" if compact else "delete",
        "message.timestamp.type": "LogAppendTime" if append else "CreateTime",
        "min.insync.replicas": str(min(settings.min_isr, _replication(settings))),
        "unclean.leader.election.enable": "false",
        "max.message.bytes": str(ROOM),
    }
    if not compact:
        return chosen | {"retention.ms": str(-1 if retention is None else retention)}
    # A load reads every version that is not yet compacted, and the active segment never is
    return chosen | {
        "segment.ms": str(HOUR if topic.sort is Sort.STATE else DAY),
        "min.cleanable.dirty.ratio": "0.1",
        "delete.retention.ms": str(7 * DAY),
    }


def compare(topics: list[Wanted], found: Mapping[str, Found]) -> Iterator[Said]:
    """What differs, topic by topic."""
    for topic in topics:
        there = found.get(topic.name)
        if there is None:
            yield Said(topic.name, Finding.MISSING, f"does not exist; {topic.partitions} partitions are wanted")
            continue
        faults = [*_partitions(topic, there.partitions), *_settings(topic, there.configs)]
        yield from faults or [Said(topic.name, Finding.AS_WANTED, f"{there.partitions} partitions")]


def _partitions(topic: Wanted, number: int) -> Iterator[Said]:
    if number == topic.partitions:
        return
    if topic.grows:
        yield Said(topic.name, Finding.FEWER, f"has {number} partitions, {topic.partitions} are wanted; it may grow")
        return
    yield Said(
        topic.name,
        Finding.OTHER_PARTITIONS,
        f"has {number} partitions, {topic.partitions} are wanted; the number is fixed at the first start, because "
        f"with another one the log of a subject would be torn in two. Set `partitions` back to {number}",
    )


def _settings(topic: Wanted, there: Mapping[str, str] | None) -> Iterator[Said]:
    for name, value in topic.configs.items() if there is not None else ():
        is_now = there.get(name) if there is not None else None
        if is_now is not None and is_now != value:
            yield Said(topic.name, Finding.OTHER_SETTING, f"{name} is {is_now}, {value} is wanted")
