"""What the engine has to know of a flow. Data only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from streams.context import Context
from streams.machine import Machine

if TYPE_CHECKING:
    from streams.engine.partition import Partition


class Batches(Protocol):
    """Faust's stream, as far as an agent may use it: what else it can do loses events (see README)."""

    def noack(self) -> Batches:
        """The same stream without Faust's acknowledgements."""

    def events(self) -> AsyncIterator[Any]:
        """Events whose value is a `Batch`."""


class Feeder(Protocol):
    """The engine, as far as an agent needs it."""

    async def feed(self, batch: Any) -> None:
        """Take the batch; waits while too much is unwritten. Whatever goes wrong inside ends the process."""


async def feed(batches: Batches, engine: Feeder) -> None:
    """The body of an agent, for flows that have none of their own."""
    async for event in batches.noack().events():
        await engine.feed(event.value)


@dataclass(frozen=True)
class Flow:
    """`inputs`: topic read → compacted topic that keeps rows and position, with the same number of partitions; both
    without prefix. `machine` makes the decision code of one partition. `task`: see the package's docstring.
    """

    name: str  # the label of its metrics
    inputs: Mapping[str, str]
    machine: Callable[[int, Context], Machine]
    agent: Callable[[Batches, Feeder], Awaitable[None]] = feed
    task: Callable[[Partition], Awaitable[None]] | None = None
