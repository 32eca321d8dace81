"""Receipts of SMS, pushed as SmsReport does: a JSON array, again after 1, 5 and 10 minutes until acknowledged."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field

import aiohttp

from connectors.sandbox.clock import MINUTE, SECOND, Clock
from connectors.sandbox.sms import Sent, report

DELIVERY = 1 * SECOND
"""From acceptance to the phone."""
AGAIN = (1 * MINUTE, 5 * MINUTE, 10 * MINUTE)
MOST = 50
"""Receipts in one push."""
_LOOK = 0.1  # seconds between two looks at a clock that others set
_PATIENCE = aiohttp.ClientTimeout(total=5)


@dataclass(order=True, slots=True)
class _Push:
    due: int
    number: int
    sent: Sent = field(compare=False)
    attempt: int = field(default=0, compare=False)


class Receipts:
    """What is still to be pushed. `url` None: nobody wants receipts, the records alone say what was delivered."""

    def __init__(self, clock: Clock, url: str | None) -> None:
        self.url = url
        self.given_up = 0
        self._clock = clock
        self._pushes: list[_Push] = []
        self._count = 0

    @property
    def waiting(self) -> int:
        """How many receipts nobody has acknowledged yet."""
        return len(self._pushes)

    def expect(self, sent: Sent) -> None:
        """A message was accepted; it will be on the phone soon."""
        self._put(_Push(sent.at + DELIVERY, 0, sent))

    async def run(self) -> None:
        """Push what is due, for ever."""
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            while True:
                due = self._due()
                if due:
                    await self._push(session, due)
                else:
                    await asyncio.sleep(_LOOK)

    def _due(self) -> list[_Push]:
        now = self._clock.now()
        due: list[_Push] = []
        while self._pushes and self._pushes[0].due <= now and len(due) < MOST:
            push = heapq.heappop(self._pushes)
            push.sent.delivered_at = push.sent.delivered_at or push.due
            due.append(push)
        return due

    async def _push(self, session: aiohttp.ClientSession, due: list[_Push]) -> None:
        if self.url is None:
            return
        now = self._clock.now()  # not when the answer comes: who sets the clock may be faster than it
        try:
            async with session.post(self.url, json=[report(push.sent) for push in due]) as response:
                acknowledged = response.status == 200 and isinstance((await response.json()).get("code"), int)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            acknowledged = False
        for push in due if not acknowledged else ():
            if push.attempt == len(AGAIN):
                self.given_up += 1
            else:
                self._put(_Push(now + AGAIN[push.attempt], 0, push.sent, push.attempt + 1))

    def _put(self, push: _Push) -> None:
        self._count += 1
        push.number = self._count
        heapq.heappush(self._pushes, push)
