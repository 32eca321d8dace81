"""What the sandbox accepted, in order, and who watches it come in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """One accepted message. `to` is the robot's key or the number; `notice` what the sender said it is, if it did."""

    number: int
    channel: str  # wecom | sms
    at: int  # milliseconds, sandbox time
    to: str
    form: str  # text | markdown | the template's code
    body: str
    notice: str | None = None
    biz_id: str | None = None


@dataclass(slots=True)
class Store:
    """Messages since the start, answers by code, names of addresses."""

    messages: list[Message] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    labels: dict[str, str] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def accept(
        self, channel: str, at: int, to: str, form: str, body: str, notice: str | None, biz_id: str | None = None
    ) -> Message:
        """A message is on its way to the phone."""
        message = Message(len(self.messages) + 1, channel, at, to, form, body, notice, biz_id)
        self.messages.append(message)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        return message

    async def follow(self, after: int) -> AsyncIterator[Message]:
        """Messages with a greater number, now and as they come."""
        while True:
            changed = self._changed
            for message in self.messages[after:]:
                yield message
                after = message.number
            await changed.wait()
