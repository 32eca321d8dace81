"""Which topics there are and how many partitions each has, asked once for each load; grows the state topics of public
topics that have grown. Creating topics is `lianfang topics`' work, not this one's.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import InvalidPartitionsError

from schemas.envelope import PUBLIC_TOPICS
from streams import logs
from streams.engine import ends
from streams.engine.flow import Flow
from streams.kafka import client_options
from streams.settings import Settings

log = logs.get(__name__)
WITHIN = 30.0
PATIENCE = 10.0
"""Seconds for which a topic may seem to be missing: a broker that has just come up knows less than there is."""


async def look(settings: Settings, flows: Iterable[Flow]) -> dict[str, int]:
    """Partitions of every topic under the prefix, by name without it. Ends the process (78) if a flow can't run on
    them.
    """
    flows = tuple(flows)
    client = AIOKafkaAdminClient(**client_options(settings))
    async with asyncio.timeout(WITHIN):
        await client.start()
        try:
            counts = await _required(client, settings.prefix, flows)
            while await _grow(client, settings.prefix, counts, flows):
                await asyncio.sleep(0.1)  # the broker that is asked may not yet have heard
                counts = await _counts(client, settings.prefix)
        finally:
            await client.close()
    return counts


async def _counts(client: AIOKafkaAdminClient, prefix: str) -> dict[str, int]:
    names = [name for name in await client.list_topics() if name.startswith(prefix)]
    described = await client.describe_topics(names) if names else []
    return {topic["topic"][len(prefix) :]: len(topic["partitions"]) for topic in described}


async def _required(client: AIOKafkaAdminClient, prefix: str, flows: Iterable[Flow]) -> dict[str, int]:
    """The counts of all topics; asked again with patience while one that the flows need seems to be missing."""
    until = time.monotonic() + PATIENCE
    while True:
        counts = await _counts(client, prefix)
        if not _missing(counts, flows) or time.monotonic() > until:
            _require(counts, flows)
            return counts
        await asyncio.sleep(0.2)


def _missing(counts: dict[str, int], flows: Iterable[Flow]) -> list[str]:
    wanted = {topic for flow in flows for pair in flow.inputs.items() for topic in pair}
    return sorted(topic for topic in wanted if not counts.get(topic))


def _require(counts: dict[str, int], flows: Iterable[Flow]) -> None:
    if missing := _missing(counts, flows):
        ends.alarm("topics are missing; `lianfang topics` creates them", topics=missing)


async def _grow(client: AIOKafkaAdminClient, prefix: str, counts: dict[str, int], flows: Iterable[Flow]) -> bool:
    """State follows a public topic that has grown. A journal must not have grown: its subjects' logs would be torn."""
    grown = False
    for source, state in (pair for flow in flows for pair in flow.inputs.items()):
        if counts[source] == counts[state]:
            continue
        if source not in PUBLIC_TOPICS or counts[state] > counts[source]:
            ends.alarm(
                "a topic and its state have different numbers of partitions",
                topic=source, partitions=counts[source], state=state, of_state=counts[state],
            )  # fmt: skip
        log.info("state topic grows", topic=state, partitions=counts[source])
        with contextlib.suppress(InvalidPartitionsError):  # another worker was faster
            await client.create_partitions({prefix + state: NewPartitions(counts[source])})
        grown = True
    return grown
