"""What happens to brokers. Whoever breaks one does so alone, and all of them are back when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient

from streams.kafka import client_options, group_id
from tests.soak.site import Site


async def _killed(site: Site, numbers: Sequence[int]) -> None:
    cluster = site.installation.cluster
    site.say(f"kill -9 of broker {', '.join(map(str, numbers))}")
    for number in numbers:
        cluster.kill(number)
    try:
        await asyncio.sleep(2 + 5 * site.chance.random())
    finally:
        for number in numbers:
            cluster.restart(number, wait=False)
        for number in numbers:
            await asyncio.to_thread(cluster.wait, number)
    site.say("all brokers are back")


async def broker_killed(site: Site) -> None:
    """kill -9 of one broker, and back again."""
    async with site.brokers:
        await _killed(site, [site.chance.choice([node.number for node in site.installation.cluster.nodes])])


async def coordinator_killed(site: Site) -> None:
    """The same with the one that coordinates the workers' group."""
    async with site.brokers:
        admin = AIOKafkaAdminClient(**client_options(site.installation.settings))
        await admin.start()
        try:
            number = await admin.find_coordinator(group_id(site.installation.settings))
        finally:
            await admin.close()
        await _killed(site, [number])


async def two_brokers_killed(site: Site) -> None:
    """Two of three: nothing can be written, then again."""
    async with site.brokers:
        numbers = [node.number for node in site.installation.cluster.nodes]
        await _killed(site, site.chance.sample(numbers, 2))


async def broker_frozen(site: Site) -> None:
    """A broker stands still for longer than the others wait for it."""
    async with site.brokers:
        cluster = site.installation.cluster
        number = site.chance.choice([node.number for node in cluster.nodes])
        site.say(f"SIGSTOP broker {number}")
        cluster.stop(number)
        try:
            await asyncio.sleep(4 + 4 * site.chance.random())
        finally:
            cluster.cont(number)
            await asyncio.to_thread(cluster.wait, number)
        site.say("all brokers are back")
