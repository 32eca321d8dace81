"""What happens to brokers. Whoever breaks one does so alone, and all of them are back when it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from connectors.topics.cluster import admin
from streams.kafka import group_id
from tests.soak.process_faults import everything_killed
from tests.soak.site import Site

FULL_WITHIN = 15.0
"""Seconds in which a broker with a full disk ends, or else goes on without its log until it is killed."""


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
        async with admin(site.installation.settings) as client:
            number = await client.find_coordinator(group_id(site.installation.settings))
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


async def disk_full(site: Site) -> None:
    """The disk of a broker is full: it can write nothing, and ends. Then there is room again."""
    async with site.brokers:
        cluster = site.installation.cluster
        number = site.chance.choice([node.number for node in cluster.nodes])
        room = 1024 * site.chance.choice((1, 4, 16, 64))
        site.say(f"no file of broker {number} may be larger than {room} bytes any more")
        cluster.fill(number, room)
        until = time.monotonic() + FULL_WITHIN
        while not cluster.ended(number) and time.monotonic() < until:
            await asyncio.sleep(0.2)
        site.say(f"broker {number} {'ended by itself' if cluster.ended(number) else 'goes on without its log'}")
        cluster.kill(number)
        await asyncio.to_thread(cluster.restart, number)
        site.say("all brokers are back")


async def power_cut(site: Site) -> None:
    """kill -9 of everything there is at one moment, brokers too; it comes back from nothing but the topics."""
    async with site.brokers:
        everything_killed(site)
        await _killed(site, [node.number for node in site.installation.cluster.nodes])
    await site.recovery()
