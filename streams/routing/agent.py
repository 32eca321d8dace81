"""The agent of routing: reads `notice-journal`, which has one partition."""

from __future__ import annotations

from streams.engine import Flow
from streams.engine.flow import Batches, Feeder
from streams.routing.machine import Routing


async def routing(batches: Batches, engine: Feeder) -> None:
    """Each event is what one fetch brought of the partition."""
    async for event in batches.noack().events():
        await engine.feed(event.value)


FLOW = Flow("routing", {"notice-journal": "routing-state"}, Routing, routing)
