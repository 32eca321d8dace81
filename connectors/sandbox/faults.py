"""Faults that a test switches on: what a provider does on a bad day. Each is used up after `times` requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

CHANNELS = ("wecom", "sms", "sms-records")
KINDS = ("hang-after", "hang-before", "status", "slow", "code")


@dataclass(slots=True)
class Fault:
    """`hang-after`: accepts, then does not answer for `seconds`; `hang-before`: does not accept either; `status`:
    answers with this HTTP status and accepts nothing; `slow`: answers after `seconds`; `code`: refuses with the
    provider's code.
    """

    kind: str
    channel: str
    times: int = 1
    seconds: float = 30.0
    status: int = 500
    code: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.channel not in CHANNELS:
            raise ValueError(f"a fault is one of {', '.join(KINDS)} of {', '.join(CHANNELS)}")


@dataclass(slots=True)
class Faults:
    """What is switched on, the oldest first."""

    active: list[Fault] = field(default_factory=list)

    def add(self, values: dict[str, Any]) -> Fault:
        """Switch a fault on. ValueError or TypeError says what is wrong with it."""
        fault = Fault(**values)
        self.active.append(fault)
        return fault

    def take(self, channel: str) -> Fault | None:
        """The fault for this request, if there is one."""
        for fault in self.active:
            if fault.channel == channel and fault.times > 0:
                fault.times -= 1
                if fault.times == 0:
                    self.active.remove(fault)
                return fault
        return None


async def hang(fault: Fault) -> None:
    """Keep the caller waiting."""
    await asyncio.sleep(fault.seconds)
