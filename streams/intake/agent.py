"""The agent of intake: the five public topics, one machine for each of their partitions."""

from __future__ import annotations

from schemas.envelope import PUBLIC_TOPICS
from streams.engine import Flow
from streams.engine.flow import Batches, Feeder
from streams.intake.machine import Intake


async def intake(batches: Batches, engine: Feeder) -> None:
    """Each event is what one fetch brought of one partition."""
    async for event in batches.noack().events():
        await engine.feed(event.value)


FLOW = Flow("intake", {topic: f"{topic}-positions" for topic in PUBLIC_TOPICS}, Intake, intake)
