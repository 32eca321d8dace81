"""Replays a history: publishes what was recorded by each instant, then asks the clock whether a tick may be.

On the way it makes the scenes: a worker is killed on day 5; while a feed holds the clock it goes slower, so that one
can read it. Whether the clock holds, and for what, is not the driver's to say.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from connectors.demo.driver.clock import GRACE, DemoClock, demo_clock
from connectors.demo.driver.state import State, when
from connectors.demo.history import Line
from connectors.demo.ledger.evidence import PUBLISHED
from connectors.runtime import Running
from schemas.registry import FeedAdvanced, PersonAssigned
from schemas.times import DAY, HOUR, SECOND, date_of, parse_instant, start_of
from streams.clock.rules import Feed
from streams.kafka import client_options
from streams.settings import Commit, Settings

WITHIN = 90.0
"""Seconds for one tick: more than a worker that died needs to come back."""
KILLED = "worker-2"
KILL_AT = 4 * DAY + 10 * HOUR
"""From midnight of the first day: day 5, ten in the morning."""
READING = 0.3
"""Seconds for each step while a feed holds the clock and somebody watches."""


@dataclass(frozen=True, slots=True)
class Play:
    """What is played and how. `step`: simulated milliseconds between two looks of the clock."""

    lines: Sequence[Line]
    step: int
    holding: tuple[str, ...]
    slowly: bool  # somebody watches
    kill: bool


class Stopped(Exception):  # noqa: N818 - what did not go on, with the words of the processes
    """The processes did not get through a tick in time."""


async def play(play: Play, run: Running, state: State, tell: Callable[[], None]) -> None:
    """The whole history, to its last tick and until routing is through. `tell` is called after each step."""
    settings = run.place.settings.model_copy(update={"tick": play.step / SECOND})
    producer = AIOKafkaProducer(
        **client_options(settings), acks="all", enable_idempotence=settings.commit is Commit.TRANSACTIONS, linger_ms=2
    )
    await producer.start()
    try:
        async with demo_clock(settings, play.holding) as clock:
            await _Player(play, run, state, producer, clock, settings).all(tell)
    finally:
        await producer.stop()


class _Player:
    """One run."""

    def __init__(
        self, play: Play, run: Running, state: State, producer: AIOKafkaProducer, clock: DemoClock, settings: Settings
    ) -> None:
        self._play, self._run, self._state = play, run, state
        self._producer, self._clock, self._settings = producer, clock, settings
        self._next = 0
        self._said: dict[str, int] = {}  # feed → up to when it has said to be complete
        self._kill_at: int | None = start_of(date_of(play.lines[0].recorded)) + KILL_AT if play.kill else None

    async def all(self, tell: Callable[[], None]) -> None:
        """From the first line to the last tick."""
        lines, step = self._play.lines, self._play.step
        await self._clock.barrier.begin(lines[0].recorded)
        tick = lines[0].recorded // step * step + step
        # the first by which all is published; a short history may end before its first tick
        last = max(tick, (lines[-1].recorded - GRACE * SECOND) // step * step + step)
        while tick <= last:
            now = tick + GRACE * SECOND
            self._state.now = now
            await self._publish(now)
            feed = await self._tick(now)
            self._holds(feed, now)
            self._kill(now)
            tell()
            if feed is not None and self._play.slowly:
                await asyncio.sleep(READING)
            tick += step
        await self._calm()

    async def _publish(self, before: int) -> None:
        """Everything recorded before an instant, acknowledged when this returns."""
        sent = []
        wall = b"%d" % int(time.time() * 1000)
        while self._next < len(self._play.lines) and self._play.lines[self._next].recorded < before:
            line = self._play.lines[self._next]
            self._next += 1
            self._hear(line)
            sent.append(
                await self._producer.send(
                    self._settings.prefix + line.topic,
                    line.message(),
                    key=_key(line),
                    timestamp_ms=line.recorded,
                    headers=[("content-type", b"application/cloudevents+json"), (PUBLISHED, wall)],
                )
            )
        await asyncio.gather(*sent)
        self._state.sent(len(sent))

    def _hear(self, line: Line) -> None:
        """Feeds say how far they are; what they say must have come through before the clock looks."""
        data = line.data("feed.advanced", FeedAdvanced)
        if data is not None:
            self._said[data.feed] = parse_instant(data.complete_until)

    async def _tick(self, now: int) -> Feed | None:
        self._state.waiting = "tick"
        try:
            async with asyncio.timeout(WITHIN) as limit:
                return await self._clock.go(now, self._said)
        except TimeoutError:
            if not limit.expired():
                raise
            why = f"the tick of {when(now)} did not get through within {WITHIN:.0f} s"
            raise Stopped(f"{why}; {self._clock.waits_for}") from None
        finally:
            self._state.waiting = ""

    async def _calm(self) -> None:
        """What was said at the last tick is routed before anybody counts."""
        await self._clock.barrier.calm(routed=True, within=WITHIN)

    def _holds(self, feed: Feed | None, now: int) -> None:
        state = self._state
        if feed is not None and state.held_by is None:
            state.held_by, state.held_since = feed.name, feed.complete_until
            since = when(feed.complete_until) if feed.complete_until is not None else "the beginning"
            state.event(f"feed {feed.name} stands still since {since}: the clock waits, no gap is told")
        elif feed is None and state.held_by is not None:
            hours = (now - (state.held_since or now)) / HOUR
            state.event(f"feed {state.held_by} moves again after {hours:.1f} h: the clock goes on")
            state.held_by = state.held_since = None

    def _kill(self, now: int) -> None:
        """Between two ticks, because the embedded broker has no transactions: nothing is half written then."""
        if self._kill_at is not None and now >= self._kill_at:
            self._kill_at = None
            pid = self._run.supervisor.kill(KILLED)
            self._state.event(f"{KILLED} (process {pid}) killed with -9")


def _key(line: Line) -> bytes | None:
    """Whom a record names: any key will do for the system; this one keeps what one says in its order."""
    data = line.event.get("data")
    named = data if isinstance(data, dict) else {}
    whose = next(
        (named[name] for name in ("operator", "staff", "person", "feed") if isinstance(named.get(name), str)), None
    )
    return whose.encode() if whose else None


def names_of(lines: Sequence[Line]) -> dict[str, str]:
    """Address → whose phone it is, for the sandbox's page: only what the history itself says of people."""
    names: dict[str, str] = {}
    roles = {"owner": "店主", "officer": "执法人员", "grid-worker": "网格员", "duty-desk": "专班"}
    for line in lines:
        person = line.data("person.assigned", PersonAssigned)
        if person is None:
            continue
        for channel in person.channels:
            names[channel.address] = f"{roles.get(person.role, '')} {person.name} {person.person}"
    return names
