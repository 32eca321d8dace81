"""The agent of staff: reads `staff-journal`, one machine for each of its partitions."""

from __future__ import annotations

from streams.engine import Flow
from streams.engine.flow import Batches, Feeder
from streams.staff.machine import Staff


async def staff(batches: Batches, engine: Feeder) -> None:
    """Each event is what one fetch brought of one partition."""
    async for event in batches.noack().events():
        await engine.feed(event.value)


FLOW = Flow("staff", {"staff-journal": "staff-state"}, Staff, staff)
