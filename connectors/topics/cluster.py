"""The registry made true on a cluster, through aiokafka's admin client. The judgement is in `wanted`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    InvalidReplicationFactorError,
    KafkaError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from connectors.topics.wanted import Finding, Found, Said, Wanted, compare, wanted
from schemas.topics import Registry, load
from streams.kafka import client_options
from streams.settings import Commit, Settings

PATIENCE = 5.0
DEADLINE = 30.0
"""Seconds within which a created or grown topic must show its partitions, each with a leader."""

TOO_FEW_BROKERS = (
    "{} copies of every topic are wanted, and there are fewer brokers: set LIANFANG_REPLICATION and LIANFANG_MIN_ISR "
    "to what the cluster can keep; on a single broker both to 1"
)

T = TypeVar("T")


class Refused(Exception):  # noqa: N818 - the cluster is not as it must be; nothing of ours broke
    """The cluster's topics are not what this installation wants; each line says what to do."""


@asynccontextmanager
async def admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A started admin client."""
    client = AIOKafkaAdminClient(**client_options(settings))
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def check(settings: Settings, registry: Registry | None = None) -> list[Said]:
    """How the cluster differs from the registry; changes nothing."""
    registry = registry or load()
    async with admin(settings) as client:
        found = await _found(client, settings, registry)
    return _compared(registry, settings, found)


async def as_they_are(settings: Settings, registry: Registry | None = None) -> Settings:
    """For a person who compares the topics of an embedded broker: whoever started it made few partitions, and that is
    as wanted where the settings name no other number. Never for a process, which counts on its settings.
    """
    registry = registry or load()
    async with admin(settings) as client:
        found = await _found(client, settings, registry)
    there = {
        name: found[settings.prefix + name].partitions for name in registry.root if settings.prefix + name in found
    }
    return settings.model_copy(update={"partitions": there | settings.partitions})


async def ensure(settings: Settings, registry: Registry | None = None) -> list[Said]:
    """Create what is missing, grow what may grow; returns what was done, and what can't be put right from here.

    Refused where there are fewer brokers than copies are wanted.
    """
    registry = registry or load()
    async with admin(settings) as client:
        found = await _found(client, settings, registry)
        topics = wanted(registry, settings, found)
        done = await _create(client, [topic for topic in topics if topic.name not in found])
        fewer = [t for t in topics if t.grows and t.name in found and found[t.name].partitions < t.partitions]
        done += [await _grow(client, topic) for topic in fewer]
        if done:
            changed = {one.topic for one in done if one.finding in {Finding.CREATED, Finding.GROWN}}
            await _settled(client, {topic.name: topic.partitions for topic in topics if topic.name in changed})
            found = await _found(client, settings, registry)
    said = _compared(registry, settings, found)
    mentioned = {one.topic for one in done}
    return done + [one for one in said if one.finding is not Finding.AS_WANTED or one.topic not in mentioned]


async def refuse_other(settings: Settings, *, patience: float = PATIENCE) -> None:
    """What a process asks before it starts: are the topics there, with the partitions it counts on? Else Refused.

    `patience`: seconds for which they may seem not to be: a broker that has just come up knows less than there is.
    """
    fatal = {Finding.MISSING, Finding.OTHER_PARTITIONS}
    until = time.monotonic() + patience
    while wrong := [one for one in await check(settings) if one.finding in fatal]:
        if time.monotonic() > until:
            lines = [f"{one.topic}: {one.text}" for one in wrong]
            if any(one.finding is Finding.MISSING for one in wrong):
                lines.append("`lianfang topics` creates what is missing.")
            raise Refused("\n".join(lines))
        await asyncio.sleep(0.2)


async def partitions(settings: Settings, topics: Iterable[str]) -> dict[str, list[int]]:
    """The partitions of those of these topics (named without prefix) that exist. KafkaError; TimeoutError.

    Ask here, not a consumer: one without a subscription never hears of a topic from a real broker.
    """
    names = {settings.prefix + topic: topic for topic in topics}
    async with admin(settings) as client:
        found = await _heard(lambda: _numbers(client, names))
    return {names[name]: numbers for name, numbers in found.items()}


async def remove(settings: Settings, registry: Registry | None = None) -> None:
    """Delete the topics under the prefix: what a replay made. Never called where a prefix is somebody's."""
    async with admin(settings) as client:
        there = await _found(client, settings, registry or load())
        if there:
            await client.delete_topics(sorted(there))


def _compared(registry: Registry, settings: Settings, found: Mapping[str, Found]) -> list[Said]:
    said = list(compare(wanted(registry, settings, found), found))
    if settings.commit is Commit.PLAIN and not settings.simulated:
        text = "the embedded broker keeps the sender's timestamps: *recorded* comes from this machine's clock"
        said.append(Said(settings.prefix + "*", Finding.UNSUPPORTED, text))
    return said


async def _found(client: AIOKafkaAdminClient, settings: Settings, registry: Registry) -> dict[str, Found]:
    """What is there of the registry."""
    return await _heard(lambda: _seen(client, settings, registry))


async def _heard(ask: Callable[[], Awaitable[T]]) -> T:
    """An answer; asked again while one broker has not yet heard of a topic that another has just listed."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                return await ask()
            except UnknownTopicOrPartitionError:
                await asyncio.sleep(0.1)


async def _seen(client: AIOKafkaAdminClient, settings: Settings, registry: Registry) -> dict[str, Found]:
    numbers = await _numbers(client, [settings.prefix + name for name in registry.root])
    settled: Mapping[str, Mapping[str, str]] = {}
    if numbers and settings.commit is Commit.TRANSACTIONS:
        settled = await _configs(client, list(numbers))
    return {name: Found(len(found), settled.get(name)) for name, found in numbers.items()}


async def _numbers(client: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, list[int]]:
    """The partitions of those that exist. UnknownTopicOrPartitionError while one broker knows less than another."""
    # Only names that exist are asked about: the embedded broker makes a topic of every name it is asked for
    there = sorted(set(names) & set(await client.list_topics()))
    described = await client.describe_topics(there) if there else []
    found = {topic["topic"]: sorted(part["partition"] for part in topic["partitions"]) for topic in described}
    if not all(found.values()):
        raise UnknownTopicOrPartitionError
    return found


async def _configs(client: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    configs: dict[str, dict[str, str]] = {}
    for response in await client.describe_configs(resources):
        for code, message, _, name, entries in response.resources:
            if code:
                raise for_code(code)(f"{name}: {message}")
            configs[name] = {entry[0]: entry[1] for entry in entries}
    return configs


async def _create(client: AIOKafkaAdminClient, topics: list[Wanted]) -> list[Said]:
    if not topics:
        return []
    new = [NewTopic(t.name, t.partitions, t.replication, topic_configs=dict(t.configs)) for t in topics]
    response: Any = await client.create_topics(new, timeout_ms=int(DEADLINE * 1000))
    failed = {error[0]: error[1:] for error in response.topic_errors if error[1]}
    for name, (code, *message) in failed.items():
        if for_code(code) is InvalidReplicationFactorError:
            raise Refused(TOO_FEW_BROKERS.format(topics[0].replication))
        # another process that starts at the same moment made it; the comparison afterwards judges it
        if for_code(code) is not TopicAlreadyExistsError:
            raise for_code(code)(f"{name}: {message}")
    return [
        Said(topic.name, Finding.CREATED, f"{topic.partitions} partitions")
        for topic in topics
        if topic.name not in failed
    ]


async def _grow(client: AIOKafkaAdminClient, topic: Wanted) -> Said:
    try:
        response: Any = await client.create_partitions({topic.name: NewPartitions(topic.partitions)})
    except KafkaError as error:
        return Said(topic.name, Finding.UNSUPPORTED, f"can't grow to {topic.partitions} partitions here: {error}")
    for name, code, message in response.topic_errors:
        if code:
            raise for_code(code)(f"{name}: {message}")
    return Said(topic.name, Finding.GROWN, f"now {topic.partitions} partitions")


async def _settled(client: AIOKafkaAdminClient, least: Mapping[str, int]) -> None:
    """Wait until every partition is there and has a leader: a client that comes earlier sees half a topic."""
    async with asyncio.timeout(DEADLINE):
        while True:
            described = await client.describe_topics(sorted(set(least) & set(await client.list_topics())))
            leaders = {topic["topic"]: [part["leader"] for part in topic["partitions"]] for topic in described}
            if all(len(leaders.get(name, ())) >= number and min(leaders[name]) >= 0 for name, number in least.items()):
                return
            await asyncio.sleep(0.05)  # the controller has accepted it; nothing but asking tells when brokers know
