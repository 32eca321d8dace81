"""Takes a history through an installation. Simulated: sends what comes before a tick, says that it is time, and waits
until the clock process has taken that tick through. Real: sends, and the clock ticks as it does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from connectors.replay_kafka.batches import Message, addressed
from schemas.times import SECOND, format_instant, parse_instant
from streams.clock.barrier import Barrier
from streams.kafka import client_options
from streams.machine import ENTRY, Sort
from streams.replay.pure import Line
from streams.settings import Settings
from tests.brokers import READY_WITHIN
from tests.soak.history import DUE_WITHIN, History
from tests.soak.installation import Breaking
from tests.soak.process import NOW
from tests.soak.site import WITHIN, Hangs, Site

SLICE, PAUSE = 20, 0.1
"""Records sent at once, and seconds between."""


class Ticks:
    """What has come through all stages: the ticks in the journal of the last one."""

    def __init__(self, settings: Settings) -> None:
        self._consumer = AIOKafkaConsumer(
            **client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=100
        )
        self._place = TopicPartition(settings.prefix + "notice-journal", 0)
        self.last = 0

    @classmethod
    @asynccontextmanager
    async def followed(cls, settings: Settings) -> AsyncIterator[Ticks]:
        """A reader that is connected."""
        ticks = cls(settings)
        await ticks._consumer.start()
        try:
            ticks._consumer.assign([ticks._place])
            yield ticks
        finally:
            await ticks._consumer.stop()

    async def passed(self, tick: int, brokers: Breaking) -> None:
        """Return when operators have passed this tick. Hangs, if brokers are whole."""
        began = time.monotonic()
        while self.last < tick:
            for messages in (await self._consumer.getmany(timeout_ms=100)).values():
                for message in messages:
                    if dict(message.headers).get(ENTRY) == Sort.TICK.encode():
                        self.last = max(self.last, int(message.value))
            if min(brokers.whole, time.monotonic() - began) > WITHIN:
                raise Hangs(f"tick {tick} did not come within {WITHIN:.0f} s; the last is {self.last}")


class Simulated:
    """One history. `at`: told the share of its records that was sent, each time."""

    def __init__(self, site: Site, history: History, barrier: Barrier, ticks: Ticks) -> None:
        self._site, self._history, self._barrier, self._ticks = site, history, barrier, ticks
        self._now = Path(site.installation.env[NOW])
        self._grace = int(site.installation.settings.grace * SECOND)

    async def run(self, at: Callable[[float], None]) -> None:
        """All of it."""
        first = self._history.lines[0].recorded
        await self._barrier.begin(first)
        self._say(first)
        self._site.installation.add_clock()
        sent = 0
        for batch in self._history.plan():
            for number, messages in enumerate(batch.groups):
                if number:
                    await self._barrier.calm(within=WITHIN + READY_WITHIN)
                for start in range(0, len(messages), SLICE):
                    part = messages[start : start + SLICE]
                    await self._site.sender.send(part)
                    sent += len(part)
                    at(sent / len(self._history.lines))
                    await asyncio.sleep(PAUSE)
            if batch.tick is not None:
                self._say(batch.tick + self._grace)
                await self._ticks.passed(batch.tick, self._site.brokers)

    async def rest(self) -> None:
        """The last tick is through all stages when `run` returns."""

    def _say(self, now: int) -> None:
        """The time is this, in one step: the clock may be reading."""
        new = self._now.with_suffix(".new")
        new.write_text(str(now))
        new.replace(self._now)


class Real:
    """The same records one after another, as if each came now: as late after what it tells as in the history."""

    def __init__(self, site: Site, history: History, ticks: Ticks) -> None:
        self._site, self._history, self._ticks = site, history, ticks
        self._times: dict[tuple[str, str, str], str] = {}  # what is sent again tells of the same instant

    async def run(self, at: Callable[[float], None]) -> None:
        """All of it, while the clock ticks."""
        self._site.installation.add_clock()
        await self._ticks.passed(1, self._site.brokers)  # from here on *now* is a tick in every log
        lines = self._history.lines
        for start in range(0, len(lines), SLICE):
            await self._site.sender.send([self._now(line) for line in lines[start : start + SLICE]])
            at(min(1.0, (start + SLICE) / len(lines)))
            await asyncio.sleep(3 * PAUSE)

    async def rest(self) -> None:
        """All that the last records make due has fallen due."""
        await self._ticks.passed(int((time.time() + DUE_WITHIN) * SECOND), self._site.brokers)

    def _now(self, line: Line) -> Message:
        event = orjson.loads(line.value)
        del event["recordedtime"]
        recorded = time.time_ns() // 1_000_000
        told = format_instant(recorded - (line.recorded - parse_instant(event["time"])))
        event["time"] = self._times.setdefault((event["source"], event["id"], event["time"]), told)
        return addressed(Line(recorded, orjson.dumps(event)))
