"""Every fault by its name, and what it needs before the processes start. A run draws from here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from random import Random

from streams.replay.pure import Line
from tests.soak import broker_faults, log_faults, network_faults, process_faults, record_faults
from tests.soak.history import History
from tests.soak.installation import Installation
from tests.soak.network import Network
from tests.soak.site import Site

Does = Callable[[Site], Awaitable[None]]
Prepares = Callable[[Installation, Network], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """`does` ends when its fault is over and what it broke is put right."""

    name: str
    does: Does
    prepares: Prepares | None = None  # when topics are there and nothing runs yet
    lines: Callable[[History, Random], list[Line]] | None = None  # what it adds to the history
    applied: bool = True  # whether those lines come to anything
    at: float | None = None  # the share of the history at which it begins, where that is not for chance
    real: bool = False  # only where time is real does it mean anything
    groups: frozenset[str] = frozenset()  # two faults with a group in common are not drawn together


async def _worker_on_a_line(place: Installation, network: Network) -> None:
    place.lines["worker-1"] = network.bootstrap("worker")


async def _clock_on_a_line(place: Installation, network: Network) -> None:
    place.lines["clock-1"] = network.bootstrap("clock")


async def _compacts(place: Installation, _: Network) -> None:
    await log_faults.compact_soon(place)


async def _raises(place: Installation, _: Network) -> None:
    await record_faults.raise_in_workers(place)


def _wrong(sort: str, change: str) -> Prepares:
    async def prepares(place: Installation, _: Network) -> None:
        place.changes[f"{sort}-1"] = change

    return prepares


async def _nothing(site: Site) -> None:
    site.say(f"the clock of a host is wrong: {site.installation.changes}")


def _named(*functions: Does, groups: Iterable[str] = ()) -> list[Fault]:
    return [Fault(one.__name__.replace("_", "-"), one, groups=frozenset(groups)) for one in functions]


def _with(function: Does, prepares: Prepares | None = None, groups: Iterable[str] = ()) -> Fault:
    return replace(_named(function, groups=groups)[0], prepares=prepares)


_FAULTS = [
    *_named(
        process_faults.worker_killed,
        process_faults.workers_killed,
        process_faults.worker_terminated,
        process_faults.worker_joins,
        process_faults.worker_leaves,
        process_faults.worker_frozen,
        process_faults.clock_killed,
        process_faults.clock_frozen,
        process_faults.second_clock,
        process_faults.bridge_killed,
        process_faults.bridge_frozen,
        process_faults.redis_killed,
        process_faults.views_killed,
        process_faults.full_restart,
    ),
    *_named(process_faults.rolling_upgrade, process_faults.old_worker_returns, groups=["versions"]),
    *_named(
        broker_faults.broker_killed,
        broker_faults.coordinator_killed,
        broker_faults.two_brokers_killed,
        broker_faults.broker_frozen,
        broker_faults.disk_full,
        broker_faults.power_cut,
        groups=["brokers"],
    ),
    _with(network_faults.worker_cut_off, _worker_on_a_line),
    _with(network_faults.clock_cut_off, _clock_on_a_line),
    *_named(log_faults.public_topic_grows, log_faults.upstream_aborts, log_faults.upstream_dies),
    _with(log_faults.compaction, _compacts),
    _with(log_faults.holiday, groups=["versions"]),
    replace(_named(log_faults.topics_end_in_markers)[0], at=1.0),
    replace(_named(record_faults.large_records)[0], lines=record_faults.large_lines),
    replace(_with(record_faults.rule_raises, _raises), lines=record_faults.raising_lines, applied=False),
    *(
        Fault(f"{sort}-{change}", _nothing, _wrong(sort, change), real=True, groups=frozenset(["versions"]))
        for sort in ("worker", "clock", "bridge-wecom")
        for change in ("hour-ahead", "hour-behind")
    ),
]
TABLE = {fault.name: fault for fault in _FAULTS}


def drawn(seed: int, chance: Random, most: int = 3) -> dict[str, float]:
    """One to three faults, by the share of the history at which each begins. The first goes round with the seed."""
    first = _FAULTS[seed % len(_FAULTS)]
    chosen = [first]
    wanted = min(most, chance.choice((1, 1, 2, 2, 3)))
    for fault in chance.sample(_FAULTS, len(_FAULTS)):
        if len(chosen) < wanted and fault not in chosen and not any(fault.groups & other.groups for other in chosen):
            chosen.append(fault)
    return {fault.name: fault.at if fault.at is not None else round(0.1 + 0.7 * chance.random(), 2) for fault in chosen}
