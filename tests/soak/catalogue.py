"""Every fault by its name. A run draws from here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from tests.soak import broker_faults, process_faults
from tests.soak.site import Site


@dataclass(frozen=True)
class Fault:
    """`does` ends when its fault is over and what it broke is put right."""

    name: str
    does: Callable[[Site], Awaitable[None]]
    alone: bool = False  # it does not go together with others


def _named(*functions: Callable[[Site], Awaitable[None]], alone: bool = False) -> list[Fault]:
    return [Fault(function.__name__.replace("_", "-"), function, alone) for function in functions]


TABLE = {
    fault.name: fault
    for fault in [
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
        ),
        *_named(
            broker_faults.broker_killed,
            broker_faults.coordinator_killed,
            broker_faults.two_brokers_killed,
            broker_faults.broker_frozen,
        ),
    ]
}


def drawn(seed: int, chance: Random) -> dict[str, float]:
    """One to three faults, by the share of the history at which each begins. The first goes round with the seed."""
    names = list(TABLE)
    first = names[seed % len(names)]
    more = [name for name in names if name != first and not TABLE[name].alone]
    others = [] if TABLE[first].alone else chance.sample(more, chance.choice((0, 0, 1, 1, 2)))
    return {name: round(0.1 + 0.7 * chance.random(), 2) for name in (first, *others)}
