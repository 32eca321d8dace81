"""What a fault has in its hands: the installation, the brokers, a way to send, chance, and a diary of what was done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from aiokafka.errors import KafkaError

from streams.clock.barrier import is_away
from streams.clock.port import KafkaPort
from streams.clock.rules import PLAN, Place
from tests.faults.scenario import SESSION
from tests.soak.installation import Breaking, Installation
from tests.soak.network import Network
from tests.soak.sending import Sender

RECOVERY_WITHIN = SESSION + 5.0
"""Seconds after kill -9 of one of two workers until all partitions move again."""
WITHIN = 90.0
"""Seconds for whatever has to happen by itself while brokers are whole; who takes longer hangs."""
LOAD = 1.0


class Hangs(Exception):  # noqa: N818 - the finding of a run
    """Something did not happen within its time."""


@dataclass
class Site:
    """One run, as faults see it."""

    installation: Installation
    sender: Sender
    chance: Random
    brokers: Breaking  # of the cluster: who breaks brokers does so alone
    network: Network
    duty: asyncio.Lock = field(default_factory=asyncio.Lock)  # who sends all workers and bridges away does so alone
    began: float = field(default_factory=time.monotonic)
    diary: list[tuple[float, str]] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    bridge_kills: int = 0
    alarms_expected: bool = False  # an old worker that meets a newer row stops with 78

    def say(self, what: str) -> None:
        """Into the diary."""
        self.diary.append((round(time.monotonic() - self.began, 1), what))

    async def on_duty(self, sort: str, *, but: str = "") -> str:
        """A worker, clock or bridge that is meant to run at this moment. Whoever awaits anything before he acts finds
        that another fault has ended it.
        """
        async with self.duty:
            return self.chance.choice([name for name in self.installation.names(sort) if name != but])

    async def joins(self) -> str:
        """One more worker; its name."""
        async with self.duty:
            return self.installation.add_worker()

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str, within: float = WITHIN) -> None:
        """Ask until it is so, also while another fault of the run keeps brokers away. Hangs, if brokers are whole."""

        async def is_so() -> bool:
            try:
                return await condition()
            except (KafkaError, TimeoutError) as error:
                if not is_away(error):
                    raise
                return False

        began = time.monotonic()
        while not await is_so():
            if min(self.brokers.whole, time.monotonic() - began) > within:
                raise Hangs(f"not within {within:.0f} s: {what}")
            await asyncio.sleep(0.1)

    @asynccontextmanager
    async def port(self) -> AsyncIterator[KafkaPort]:
        """A port that is connected, as soon as brokers answer. Hangs."""
        port = KafkaPort(self.installation.settings)

        async def connected() -> bool:
            await port.start()
            return True

        await self.until(connected, "a broker answers")
        try:
            yield port
        finally:
            await port.stop()

    async def recovery(self) -> float:
        """Seconds until all that was written up to a moment after now is worked off, in every partition."""
        began = time.monotonic()
        topics = [topic for step in PLAN for topic in step.topics]
        marks: dict[Place, int] = {}
        async with self.port() as port:
            await asyncio.sleep(max(0.0, LOAD - (time.monotonic() - began)))

            async def passed() -> bool:
                if not marks:
                    marks.update({place: end for place, (_, end) in (await port.ends(topics)).items() if end})
                committed = await port.committed(marks)
                return all(committed.get(place, -1) >= mark for place, mark in marks.items())

            await self.until(passed, "all partitions move again")
        seconds = time.monotonic() - began
        self.recoveries.append(round(seconds, 1))
        self.say(f"recovered after {seconds:.1f} s")
        return seconds
