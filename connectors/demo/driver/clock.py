"""The clock of the demo: the real clock's code, on a port whose broker says the time that the driver set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import TopicPartition

from schemas.times import SECOND
from streams.clock.barrier import Barrier
from streams.clock.feeds import Feeds
from streams.clock.port import KafkaPort
from streams.clock.process import Clock
from streams.clock.rules import Feed, next_tick
from streams.health import Health
from streams.machine import ENTRY, Sort
from streams.settings import Settings

GRACE = 2
"""Simulated seconds that ticks stay behind the time, so that what a feed says at the full minute has come."""

_MOMENT = 0.005


class SimulatedPort(KafkaPort):
    """Kafka as the clock sees it, in a time that somebody sets."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.time = 0
        self._asked: dict[tuple[str, ...], list[TopicPartition]] = {}

    async def _partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        """Asked for once: nobody grows a topic during a demo, and there are a thousand ticks."""
        names = tuple(topics)
        if names not in self._asked:
            self._asked[names] = await super()._partitions(names)
        return self._asked[names]

    async def now(self) -> int:
        """The simulated time."""
        return self.time

    async def tell(self, value: bytes, sort: Sort) -> None:
        """As the real one, but appended at the simulated time."""
        name, headers = self._settings.prefix + "notice-journal", [(ENTRY, sort.encode())]
        await self._producer.send_and_wait(name, value, partition=0, timestamp_ms=self.time, headers=headers)


class DemoClock:
    """Goes where the driver takes it, and no further than feeds allow."""

    def __init__(self, settings: Settings, holding: Collection[str], port: SimulatedPort, feeds: Feeds) -> None:
        self._step = int(settings.tick * SECOND)
        self._holding = holding
        self._port = port
        self._feeds = feeds
        self._clock = Clock(settings, holding, port, feeds, Health())
        self.barrier = Barrier(port)
        self.ticks = 0
        self._hears = ""

    @property
    def waits_for(self) -> str:
        """What `go` waits for, in words."""
        return self._hears or self._clock.waits_for

    async def go(self, instant: int, said: Mapping[str, int]) -> Feed | None:
        """It is this instant: the tick that may be goes through all stages. Returns the feed that holds it, if any.

        `said`: up to when each feed has said to be complete, in what was published. In life a clock that looks a moment
        too early looks again a second later; here a moment is ten minutes, so it waits until the word has come through.
        """
        self._port.time = instant
        self._hears = f"what feeds said has not come through: {dict(said)}"
        while self._unheard(await self._feeds.read(), said):  # noqa: ASYNC110 - another process says it; nothing wakes us
            await asyncio.sleep(_MOMENT)
        self._hears = ""
        await self._clock.look()
        self.ticks += 1
        _, feed = next_tick(instant - GRACE * SECOND, tick=self._step, holding=self._holding, feeds=self._feeds.until)
        return feed

    def _unheard(self, feeds: Mapping[str, int], said: Mapping[str, int]) -> bool:
        return any(feeds.get(feed, -1) < said.get(feed, -1) for feed in self._holding)


@asynccontextmanager
async def demo_clock(settings: Settings, holding: Collection[str]) -> AsyncIterator[DemoClock]:
    """Connected; `settings.tick` is the step in simulated seconds."""
    settings = settings.model_copy(update={"simulated": True, "grace": GRACE})
    port, feeds = SimulatedPort(settings), Feeds(settings)
    try:
        await port.start()
        await feeds.start()
        yield DemoClock(settings, holding, port, feeds)
    finally:
        await feeds.stop()
        await port.stop()


__all__ = ["DemoClock", "demo_clock"]
