"""What happens to processes: kill -9, SIGTERM, join and leave, stopped and continued."""

from __future__ import annotations

import asyncio
import signal

from connectors.embedded import ALARM
from tests.faults.scenario import SESSION
from tests.soak.site import Hangs, Site


async def _soon(site: Site) -> None:
    """Not with the record that began it, but somewhere after."""
    await asyncio.sleep(site.chance.random() / 2)


async def worker_killed(site: Site) -> None:
    """kill -9 of one worker."""
    await _soon(site)
    name = await site.on_duty("worker")
    site.say(f"kill -9 {name}")
    site.installation.kill(name)
    await site.recovery()


async def workers_killed(site: Site) -> None:
    """kill -9 of all workers."""
    await _soon(site)
    site.say("kill -9 of all workers")
    all_workers_killed(site)
    await site.recovery()


def all_workers_killed(site: Site) -> None:
    """kill -9 of all workers at one moment."""
    for name in site.installation.workers:
        site.installation.kill(name)


async def _killed_again_and_again(site: Site, name: str) -> None:
    child = site.installation.child(name)
    for _ in range(site.chance.randint(1, 3)):
        site.say(f"kill -9 {name}")
        starts = child.starts
        if site.installation.kill(name) is not None and name.startswith("bridge"):
            site.bridge_kills += 1

        async def again(starts: int = starts) -> bool:
            return child.starts > starts or not child.wanted  # another fault has ended it for good

        await site.until(again, f"{name} is started again", 30)
        await asyncio.sleep(2 * site.chance.random())


async def clock_killed(site: Site) -> None:
    """kill -9 of the clock, up to three times."""
    await _soon(site)
    await _killed_again_and_again(site, await site.on_duty("clock"))


async def bridge_killed(site: Site) -> None:
    """kill -9 of a bridge, up to three times."""
    await _soon(site)
    await _killed_again_and_again(site, await site.on_duty("bridge"))


async def redis_killed(site: Site) -> None:
    """kill -9 of the store, which comes back empty."""
    await _soon(site)
    await _killed_again_and_again(site, "store")


async def views_killed(site: Site) -> None:
    """kill -9 of the views."""
    await _soon(site)
    await _killed_again_and_again(site, "views")


async def worker_terminated(site: Site) -> None:
    """SIGTERM to a worker; another takes its place."""
    await _soon(site)
    name = await site.on_duty("worker")
    site.say(f"SIGTERM {name}")
    code = await site.installation.terminate(name)
    site.say(f"{name} ended with {code}, {await site.joins()} begins")


async def worker_joins(site: Site) -> None:
    """One more worker."""
    await _soon(site)
    site.say(f"{await site.joins()} joins")
    await site.recovery()


async def worker_leaves(site: Site) -> None:
    """A worker joins, another leaves while partitions are on their way."""
    await _soon(site)
    joined = await site.joins()
    site.say(f"{joined} joins")
    await asyncio.sleep(3 * site.chance.random())
    name = await site.on_duty("worker", but=joined)
    site.say(f"{name} leaves")
    site.say(f"{name} left with {await site.installation.terminate(name)}")


async def _frozen(site: Site, sort: str) -> None:
    await _soon(site)
    name = await site.on_duty(sort)
    site.say(f"SIGSTOP {name}")
    site.installation.kill(name, signal.SIGSTOP)
    await asyncio.sleep((1.2 + site.chance.random()) * SESSION)
    site.say(f"SIGCONT {name}")
    site.installation.kill(name, signal.SIGCONT)


async def worker_frozen(site: Site) -> None:
    """A worker stands still for longer than its session, and goes on: a zombie."""
    await _frozen(site, "worker")


async def clock_frozen(site: Site) -> None:
    """The clock stands still."""
    await _frozen(site, "clock")


async def bridge_frozen(site: Site) -> None:
    """A bridge stands still for longer than its session."""
    site.bridge_kills += 1  # it ends itself when it wakes, in the middle of a call perhaps
    await _frozen(site, "bridge")


async def second_clock(site: Site) -> None:
    """Two clocks from here on."""
    await _soon(site)
    site.say(f"{site.installation.add_clock()} begins beside {site.installation.clocks[0]}")


def everything_killed(site: Site) -> None:
    """kill -9 of all processes of ours, the store too, and those that are about to stop. Not of the providers."""
    place = site.installation
    site.bridge_kills += 1
    for child in place.supervisor.children:
        if child.name != "sandbox":
            place.kill(child.name)


async def full_restart(site: Site) -> None:
    """Everything is gone at one moment and begins again from nothing but the topics."""
    await _soon(site)
    site.say("kill -9 of everything")
    everything_killed(site)
    await site.recovery()


async def rolling_upgrade(site: Site) -> None:
    """Workers of the next version, whose rows older ones can not read, take the place of those of this one by one. An
    older worker that meets a newer row stops with 78; the newer ones go on.
    """
    place, site.alarms_expected = site.installation, True
    old = list(place.workers)
    place.worker_changes = (*place.worker_changes, "next-version")
    for name in old:
        await asyncio.sleep(2 * site.chance.random())
        site.say(f"{await site.joins()} of the next version joins")
        await asyncio.sleep(4 * site.chance.random())
        if name not in place.workers:
            site.say(f"{name} of this version left before")
        elif place.child(name).wanted:
            site.say(f"SIGTERM {name} of this version")
            await place.terminate(name)
        else:
            site.say(f"{name} of this version has ended with {place.child(name).exits}")
            place.workers.remove(name)
    await site.recovery()


async def old_worker_returns(site: Site) -> None:
    """All workers are of the next version; then somebody starts one of this version. It stops with 78."""
    place, site.alarms_expected = site.installation, True
    old, this_version = list(place.workers), place.worker_changes
    place.worker_changes = (*this_version, "next-version")
    for _ in old:
        place.add_worker()
    for name in old:
        if name in place.workers:
            await place.terminate(name)
    await site.recovery()
    name = place.add_worker(this_version)
    place.workers.remove(name)  # no other fault may end it
    site.say(f"{name} of this version joins")

    async def stopped() -> bool:
        return not place.child(name).wanted

    await site.until(stopped, f"{name} stops before rows that are newer than it", 60)
    site.say(f"it ended with {place.child(name).exits}")
    if place.child(name).exits[-1] != ALARM:
        raise Hangs(f"{name} met newer rows and ended with {place.child(name).exits}")
    await site.recovery()
