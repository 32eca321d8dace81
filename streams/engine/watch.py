"""Watchdogs: a thread that sees a process or an event loop that stood still, and a look at progress. A worker that was
frozen longer than its session has been replaced by another and must not write again; one that owns partitions and does
not move would hold up the clock for everybody.
"""

from __future__ import annotations

import asyncio
import threading
import time

from streams.engine import ends
from streams.engine.engine import Engine

EVERY = 0.25
STALL = 15.0
UNLOADED = 90.0
"""Seconds for which partitions may be assigned and neither loaded nor being loaded."""


class Watchdog:
    """Ends the process when it, or its event loop, stood still for 0.7 of the session time-out."""

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
            if now - self._beaten > self._limit:
                ends.fail(f"the event loop stood still for {now - self._beaten:.1f} s")


async def watch(engine: Engine, watchdog: Watchdog) -> None:
    """Runs for ever: beats, and looks at progress."""
    stalled: dict[object, tuple[int, float]] = {}
    while True:
        watchdog.beat()
        engine.health.beat("loop")
        now = time.monotonic()
        if engine.assigned_at is not None and not engine.loading and now - engine.assigned_at > UNLOADED:
            ends.fail("partitions are assigned and nobody loads them")
        if engine.running:
            _look_at_progress(engine, stalled, now)
        await asyncio.sleep(EVERY)


def _look_at_progress(engine: Engine, stalled: dict[object, tuple[int, float]], now: float) -> None:
    """Readable records that are not fetched, or accepted ones that do not become durable."""
    busy = {partition.tp for partition in engine.partitions if partition.busy}
    for tp, seconds in engine.thread.stuck().items():
        if tp not in busy and seconds > STALL:
            ends.fail(f"there are records to read and none came for {seconds:.0f} s", partition=str(tp))
    for partition in engine.partitions:
        mark = partition.progress
        before, since = stalled.get(partition.tp, (mark, now))
        if not partition.busy or mark != before:
            stalled[partition.tp] = (mark, now)
        elif now - since > 2 * STALL:
            ends.fail(f"accepted records have not moved for {now - since:.0f} s", partition=str(partition.tp))
        else:
            stalled[partition.tp] = (before, since)
