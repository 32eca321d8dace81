"""The time that limits and back-offs run on: the host's; where time is simulated, that of the newest notice seen."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

_STEP = 0.25
"""Seconds of real time that simulated time may stand still while something waits for it."""


class Clock(Protocol):
    """Milliseconds since 1970. `simulated`: delays measured with it mean nothing."""

    simulated: bool

    def now(self) -> int:
        """The present instant."""

    def seen(self, instant: int) -> None:
        """A notice was made at that instant."""

    async def until(self, instant: int | None, woken: asyncio.Event) -> None:
        """Wait until that instant, or (always, if None) until something else happens."""


class RealClock:
    """The host's clock."""

    simulated = False

    def now(self) -> int:
        """The present instant."""
        return int(time.time() * 1000)

    def seen(self, instant: int) -> None:
        """The host's clock needs no telling."""

    async def until(self, instant: int | None, woken: asyncio.Event) -> None:
        """Wait until that instant, or (always, if None) until something else happens."""
        await _wait(woken, None if instant is None else max(0, instant - self.now()) / 1000)


class SimulatedClock:
    """Goes with the notices, and on by itself to what is waited for, so that a wait ends though no notice comes."""

    simulated = True

    def __init__(self) -> None:
        self._now = 0

    def now(self) -> int:
        """The present instant."""
        return self._now

    def seen(self, instant: int) -> None:
        """A notice was made at that instant."""
        self._now = max(self._now, instant)

    async def until(self, instant: int | None, woken: asyncio.Event) -> None:
        """Wait a moment of real time; if nothing happens, it is that instant."""
        if not await _wait(woken, None if instant is None else _STEP):
            self.seen(instant or 0)


async def _wait(woken: asyncio.Event, seconds: float | None) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        return False
    return True
