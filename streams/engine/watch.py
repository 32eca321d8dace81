"""Watchdogs: a thread that sees a process or an event loop that stood still, and a look at progress. A worker that was
frozen longer than its session has been replaced by another and must not write again; one that owns partitions and does
not move would hold up the clock for everybody.
"""

from __future__ import annotations

import asyncio
import threading
import time

from aiokafka.structs import TopicPartition

from streams.engine import ends
from streams.engine.engine import Engine

EVERY = 0.25
STALL = 20.0
"""Seconds for which nothing at all may move while there is work: longer than a unit may take to be written."""
STALL_OF_ONE = 60.0
"""The same for one partition: it may have to wait while another works off a long tick."""
UNLOADED = 90.0
"""Seconds for which partitions may be assigned and neither loaded nor being loaded."""


class Watchdog:
    """Ends the process when it stood still for 0.7 of the session time-out, or its event loop for STALL: heartbeats
    come from the consumer's thread, so a busy loop does not lose its partitions, only time.
    """

    def __init__(self, session_timeout: float) -> None:
        self._limit = max(0.7 * session_timeout, 8 * EVERY)
        self._beaten = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._beaten = time.monotonic()
        self._thread.start()

    def beat(self) -> None:
        """The event loop came round."""
        self._beaten = time.monotonic()

    def _run(self) -> None:
        while True:
            before = time.monotonic()
            time.sleep(EVERY)
            now = time.monotonic()
            if now - before > self._limit:
                ends.fail(f"the process stood still for {now - before:.1f} s; others may own its partitions")
            if now - self._beaten > STALL:
                ends.fail(f"the event loop stood still for {now - self._beaten:.1f} s")


class Progress:
    """Whether the worker moves. Work of a partition: records to read, batches under way, units to write."""

    def __init__(self) -> None:
        self._moved: dict[TopicPartition, tuple[object, float]] = {}
        self._last: float | None = None  # when anything moved at all, or there was nothing to move

    def look(self, engine: Engine, now: float) -> None:
        """Ends the process if there is work and nothing has moved for STALL, or one partition not for STALL_OF_ONE."""
        waiting: dict[TopicPartition, float] = {}
        fetched = engine.thread.places()
        for partition in engine.partitions:
            delivered, lag = fetched.get(partition.tp, (partition.received, 0))
            mark = (delivered, partition.received, partition.progress)
            before, since = self._moved.get(partition.tp, (None, now))
            if mark != before:
                self._last = since = now
            elif lag or delivered != partition.received or partition.received != partition.durable or partition.busy:
                waiting[partition.tp] = now - since
            else:
                since = now
            self._moved[partition.tp] = (mark, since)
        if not waiting or self._last is None:
            self._last = now
            return
        tp, longest = max(waiting.items(), key=lambda item: item[1])
        if now - self._last > STALL or longest > STALL_OF_ONE:
            ends.fail("there is work and nothing moves", seconds=round(longest), topic=tp.topic, partition=tp.partition)


async def watch(engine: Engine, watchdog: Watchdog) -> None:
    """Runs for ever: beats, and looks at progress."""
    progress = Progress()
    while True:
        watchdog.beat()
        engine.health.beat("loop")
        now = time.monotonic()
        if engine.assigned_at is not None and not engine.loading and now - engine.assigned_at > UNLOADED:
            ends.fail("partitions are assigned and nobody loads them")
        if engine.running:
            progress.look(engine, now)
            engine.look()
        else:
            progress = Progress()
        await asyncio.sleep(EVERY)
