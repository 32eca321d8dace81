"""The clock process: looks at the broker's time, decides which tick may be next, takes it through the barrier. As many
may run as one likes: the machines ignore a tick that is not greater than the last.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

import orjson
from aiokafka.errors import KafkaError

from schemas.times import SECOND, format_instant
from streams import logs, metrics
from streams.clock.barrier import BROKER_PAUSE, Barrier, is_away
from streams.clock.feeds import Feeds
from streams.clock.port import KafkaPort, Port
from streams.clock.rules import Feed, Holder, next_tick, stands_still
from streams.health import Health
from streams.machine import Sort
from streams.settings import Settings

log = logs.get(__name__)

LONGEST_SLEEP, SHORTEST_SLEEP = 1.0, 0.01
"""Seconds between two looks: a feed that moves again is seen after the longest."""


class Face:
    """What the clock shows: how far behind, held by what, for how long. Between two probes it moves by this host's
    monotonic clock; no tick is ever taken from that."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen = (0, 0.0)  # the broker's time, and ours then
        self._holder, self._held_since = Holder.NONE, monotonic()
        self.last: int | None = None

    def saw(self, now: int) -> None:
        """The broker's time, just now."""
        self._seen = now, self._monotonic()

    def held(self, by: Holder) -> None:
        """What is waited for from now on."""
        if by is not self._holder:
            self._holder, self._held_since = by, self._monotonic()
        self.show()

    @property
    def now(self) -> int:
        """About the broker's time, milliseconds."""
        return self._seen[0] + int((self._monotonic() - self._seen[1]) * SECOND)

    def show(self) -> None:
        """Move the metrics."""
        metrics.clock_held(self._holder)
        waited = 0.0 if self._holder is Holder.NONE else self._monotonic() - self._held_since
        metrics.CLOCK_HELD_FOR.labels().set(waited)
        if self.last is not None:
            metrics.CLOCK_BEHIND.labels().set((self.now - self.last) / SECOND)


class Broker(Port, Protocol):
    """The barrier's port, and what only the process needs of it."""

    async def now(self) -> int:
        """The broker's time, milliseconds."""

    async def tell(self, value: bytes, sort: Sort) -> None:
        """An entry for routing."""


class Reader(Protocol):
    """Who knows how far feeds are."""

    async def read(self) -> Mapping[str, int]:
        """All feeds, now."""


class Clock:
    """One clock. `holding`: the feeds beyond which no tick goes."""

    def __init__(
        self, settings: Settings, holding: Collection[str], broker: Broker, feeds: Reader, health: Health
    ) -> None:
        self._step, self._grace = int(settings.tick * SECOND), int(settings.grace * SECOND)
        self._holding = holding
        self._health = health
        self._face = Face()
        self._broker = broker
        self._feeds = feeds
        self._barrier = Barrier(broker, self._moved)
        self._held: Feed | None = None
        self._held_since = 0
        self._told: set[str] = set()

    @property
    def waits_for(self) -> str:
        """What holds the tick that is under way, in words; empty if none is."""
        return self._barrier.waits_for

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until told to stop; then at once, in the middle of a barrier too: the next clock begins it anew."""
        self._health.set_ready(True, "connected")
        ticking, showing, stopping = (
            asyncio.create_task(part) for part in (self._forever(), self._show(), stop.wait())
        )
        try:
            await asyncio.wait((ticking, stopping), return_when=asyncio.FIRST_COMPLETED)
            if ticking.done():
                ticking.result()
        finally:
            for task in (ticking, showing, stopping):
                task.cancel()
            await asyncio.wait((ticking, showing, stopping))

    async def _forever(self) -> None:
        while True:
            pause = await self.look()
            await asyncio.sleep(pause)

    def _moved(self, by: Holder) -> None:
        """The barrier asked something: it waits for this, and it is alive."""
        self._face.held(by)
        self._health.beat()

    async def look(self) -> float:
        """One look at the time, and the tick that it allows; returns how many seconds to sleep."""
        self._health.beat()
        try:
            now = await self._broker.now()
            feeds = await self._feeds.read() if self._holding else {}
            self._face.saw(now)
            tick, feed = next_tick(now - self._grace, tick=self._step, holding=self._holding, feeds=feeds)
            await self._watch(feed, feeds, now)
        except (KafkaError, TimeoutError) as error:
            if not is_away(error):
                raise
            self._moved(Holder.BROKER)
            log.warning("broker-away", step="probe", error=type(error).__name__)
            return BROKER_PAUSE
        if tick is not None and (self._face.last is None or tick > self._face.last):
            await self._tick(tick)
        self._moved(Holder.NONE if feed is None else Holder.FEED)
        if feed is not None:
            return LONGEST_SLEEP
        following = ((now - self._grace) // self._step + 1) * self._step + self._grace
        return min(max((following - self._face.now) / SECOND, SHORTEST_SLEEP), LONGEST_SLEEP)

    async def _tick(self, tick: int) -> None:
        started = time.monotonic()
        await self._barrier.advance(tick)
        self._face.last = tick
        log.info(
            "tick",
            tick=format_instant(tick),
            behind=round((self._face.now - tick) / SECOND, 3),
            barrier=round(time.monotonic() - started, 3),
        )

    async def _watch(self, feed: Feed | None, feeds: Mapping[str, int], now: int) -> None:
        """Say what holds the clock, when it changes, and tell the desk of a feed that stands still."""
        for name in self._holding:
            metrics.FEED_BEHIND.labels(feed=name).set((now - feeds[name]) / SECOND if name in feeds else float("inf"))
        if (feed and feed.name) != (self._held and self._held.name):
            self._held_since = now
            if feed is None:
                log.info("feed-released", feed=self._held and self._held.name)
            else:
                log.info("feed-holds", feed=feed.name, complete_until=_said(feed.complete_until))
        self._held = feed
        standing = feed is not None and stands_still(feed, now, self._held_since)
        for name in [name for name in self._told if feed is None or feed.name != name or not standing]:
            await self._tell(name, feeds.get(name), None)
            self._told.discard(name)
        if feed is not None and standing and feed.name not in self._told:
            since = self._held_since if feed.complete_until is None else feed.complete_until
            await self._tell(feed.name, feed.complete_until, since)
            self._told.add(feed.name)

    async def _tell(self, feed: str, until: int | None, since: int | None) -> None:
        event = "feed-moves" if since is None else "feed-stands-still"
        log.warning(event, feed=feed, complete_until=_said(until), since=_said(since))
        await self._broker.tell(orjson.dumps({"feed": feed, "complete_until": until, "since": since}), Sort.FEED)

    async def _show(self) -> None:
        """A clock that waits goes on showing for how long."""
        while True:
            self._face.show()
            await asyncio.sleep(1.0)


def _said(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)


@asynccontextmanager
async def connected(settings: Settings, holding: Collection[str], health: Health) -> AsyncIterator[Clock]:
    """A clock on Kafka."""
    port, feeds = KafkaPort(settings), Feeds(settings)
    try:
        await port.start()
        await feeds.start()
        yield Clock(settings, holding, port, feeds, health)
    finally:
        await feeds.stop()
        await port.stop()
