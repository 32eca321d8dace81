"""What happens to topics and to what the group knows: a public topic grows, state is compacted, offsets are gone; and
what a transactional upstream leaves behind.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code
from aiokafka.protocol.admin import DeleteGroupsRequest

from connectors.replay_kafka.batches import Message, addressed
from connectors.topics.cluster import admin
from schemas.envelope import PUBLIC_TOPICS
from schemas.times import format_instant
from schemas.topics import Sort, load
from streams.clock.barrier import Barrier
from streams.kafka import group_id
from streams.replay.pure import Line
from streams.settings import Settings
from tests.faults.reading import everything
from tests.soak import judging
from tests.soak.installation import Installation
from tests.soak.process_faults import all_workers_killed
from tests.soak.sending import PATIENCE
from tests.soak.site import WITHIN, Site

GROWN = 4
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1000",
    "delete.retention.ms": "1000",
    "min.insync.replicas": "2",
}


async def public_topic_grows(site: Site) -> None:
    """A public topic has more partitions from here on. Upstream waits until what it sent is through, because one
    sender's records of one key keep their order only within a partition.
    """
    settings = site.installation.settings
    topic = site.chance.choice(sorted(PUBLIC_TOPICS))
    async with site.port() as port, site.sender.gate:
        await Barrier(port).calm(within=WITHIN)
        async with admin(settings) as client:
            response = await client.create_partitions({settings.prefix + topic: NewPartitions(GROWN)})
        for name, code, words in response.topic_errors:
            if code:
                raise for_code(code)(f"{name}: {words}")
        await site.sender.grown(topic, GROWN)
        site.say(f"{topic} has {GROWN} partitions")


async def compact_soon(place: Installation) -> None:
    """State is compacted within seconds instead of hours."""
    names = load().of_sort(Sort.STATE)
    resources = [ConfigResource(ConfigResourceType.TOPIC, place.prefix + name, COMPACTED) for name in names]
    async with admin(place.settings) as client:
        for response in await client.alter_configs(resources):
            for code, words, *_ in response.resources:
                if code:
                    raise for_code(code)(words)


async def compaction(site: Site) -> None:
    """State that was compacted is what all workers begin with."""
    await asyncio.sleep(6)  # the cleaner comes round every second, and takes segments of a second: let it take more
    async with site.port() as port:

        async def compacted() -> bool:
            return judging.compacted(await everything(site.installation.settings, port, tuple(judging.STATES)))

        await site.until(compacted, "state is compacted")
    site.say("kill -9 of all workers, over compacted state")
    all_workers_killed(site)
    await site.recovery()


async def holiday(site: Site) -> None:
    """All is stopped for so long that the offsets of its groups are gone; then it begins again."""
    place = site.installation
    async with site.duty:
        workers = list(place.workers)
        site.say(f"all workers and bridges stop: {workers}")
        await asyncio.gather(*(place.terminate(name) for name in (*workers, *place.bridges.values())))
        groups = [group_id(place.settings), *(f"{group_id(place.settings)}-bridge-{name}" for name in place.bridges)]
        await _forget(place.settings, groups)
        site.say("the offsets of their groups are gone, they begin again")
        for _ in workers:
            place.add_worker()
        for channel in list(place.bridges):
            place.start_bridge(channel)
    await site.recovery()


async def _forget(settings: Settings, groups: Sequence[str]) -> None:
    async with admin(settings) as client:
        for group in groups:
            while True:
                node = await client.find_coordinator(group)
                answer = await client._send_request_to_node(node, DeleteGroupsRequest([group]))
                codes = {code for _, code in answer.results}
                if not codes - {0, 69}:  # it has no offsets: nothing to forget
                    break
                error = for_code((codes - {0, 69}).pop())
                if not (error.retriable or error.errno == 68):  # not empty yet: a member has not quite left
                    raise error(group)
                await asyncio.sleep(0.2)


async def upstream_aborts(site: Site) -> None:
    """An upstream that sends in transactions: some it aborts, in some it says again what is known."""
    upstream = site.sender.transactional("upstream")
    await upstream.start()
    try:
        for number in range(site.chance.randint(2, 5)):
            await _transaction(site, upstream, _never(site, f"aborted-{number}"), commits=False)
            await _transaction(site, upstream, site.sender.some_of_the_sent(site.chance, 10), commits=True)
            await asyncio.sleep(site.chance.random())
    finally:
        await upstream.stop()
    site.say("an upstream aborted transactions, and committed some")


async def upstream_dies(site: Site) -> None:
    """An upstream that is killed in the middle of a transaction, which its time-out then aborts."""
    messages = _never(site, "unfinished")
    asked = [{"topic": message.topic, "value": message.line.value.decode()} for message in messages]
    env = site.installation.env
    command = [sys.executable, "-m", "tests.soak.upstream", env["LIANFANG_BOOTSTRAP"], env["LIANFANG_PREFIX"]]
    done = await asyncio.to_thread(
        subprocess.run, command, input=json.dumps(asked).encode(), capture_output=True, timeout=PATIENCE, check=False
    )
    if done.returncode != -9:
        raise RuntimeError(f"the upstream did not die as it should: {done.stderr.decode()[-2000:]}")
    site.say("an upstream died in the middle of a transaction")


async def topics_end_in_markers(site: Site) -> None:
    """The last thing on every public topic is the marker of a commit, or of an abort."""
    upstream = site.sender.transactional("last")
    await upstream.start()
    try:
        async with site.sender.gate:
            for topic in sorted(PUBLIC_TOPICS):
                again = [message for message in site.sender.sent if message.topic == topic]
                if again and site.chance.random() < 0.5:
                    await _transaction(site, upstream, again[-2:], commits=True)
                else:
                    aborted = [message for message in _never(site, "last") if message.topic == topic]
                    await _transaction(site, upstream, aborted, commits=False)
    finally:
        await upstream.stop()
    site.say("all public topics end in markers")


async def _transaction(site: Site, upstream: AIOKafkaProducer, messages: Sequence[Message], *, commits: bool) -> None:
    await upstream.begin_transaction()
    await site.sender.send_now(messages, upstream)
    await (upstream.commit_transaction() if commits else upstream.abort_transaction())


_SHAPES = {
    "registry": ("staff.enrolled", {"staff": "NEVER-W"}),
    "chain-uploads": ("lot.uploaded", {"lot": "NEVER", "goods": "fruit", "papers": []}),
    "scan-events": ("goods.sold", {}),
    "test-results": ("sample.tested", {"sample": "NEVER", "on": "surface", "result": "positive", "hazard": "virus"}),
    "field-reports": ("patrol.recorded", {"by": "P-1"}),
}
"""Records that would all be told of, if anybody saw them."""


def _never(site: Site, name: str) -> list[Message]:
    """Records that never come to be: one for each public topic, and more of one."""
    recorded = site.sender.sent[-1].line.recorded
    event = {"specversion": "1.0", "source": "/never", "time": format_instant(recorded)}
    made = []
    for number, topic in enumerate([*_SHAPES, *["scan-events"] * 20]):
        kind, data = _SHAPES[topic]
        value = event | {"id": f"{name}-{number}", "type": kind, "data": {"operator": "OP-NEVER"} | data}
        made.append(addressed(Line(recorded, json.dumps(value).encode())))
    return made
