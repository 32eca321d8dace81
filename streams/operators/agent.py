"""The agent of operators: reads `operator-journal`, one machine for each of its partitions."""

from __future__ import annotations

from streams.engine import Flow
from streams.engine.flow import Batches, Feeder
from streams.operators.machine import Operators


async def operators(batches: Batches, engine: Feeder) -> None:
    """Each event is what one fetch brought of one partition."""
    async for event in batches.noack().events():
        await engine.feed(event.value)


FLOW = Flow("operators", {"operator-journal": "operators-state"}, Operators, operators)
