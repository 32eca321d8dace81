"""A network that is cut between one process and all brokers, for longer than a session."""

from __future__ import annotations

import asyncio

from tests.faults.scenario import SESSION
from tests.soak.site import Site


async def _cut(site: Site, line: str) -> None:
    await asyncio.sleep(site.chance.random() / 2)
    silent = site.chance.random() < 0.7
    site.say(f"the line of the {line} is cut {'in silence' if silent else 'with a reset'}")
    async with site.installation.cuts[line]:
        site.network.cut(line, silent=silent)
        try:
            await asyncio.sleep((0.5 + 2 * site.chance.random()) * SESSION)
        finally:
            site.network.heal(line)
    site.say(f"the line of the {line} is whole again")


async def worker_cut_off(site: Site) -> None:
    """One worker can not reach any broker."""
    await _cut(site, "worker")


async def clock_cut_off(site: Site) -> None:
    """The clock can not reach any broker."""
    await _cut(site, "clock")
