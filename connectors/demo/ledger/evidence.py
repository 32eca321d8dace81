"""What the ledger has seen: messages of every topic as they came, messages on phones, and when. No judgement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Origin = tuple[str, int, int]
"""Topic, partition and offset of a public record."""

PUBLISHED = "demo-published"
"""Header that the demo's driver adds to a record: when it was published, wall milliseconds. No rule reads it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One message of a topic. `wall`: milliseconds of this host's clock when it was read."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    headers: dict[str, bytes]
    value: bytes | None
    wall: int


@dataclass(frozen=True, slots=True)
class OnPhone:
    """One message that the sandbox accepted. `at` is the sandbox's time, `wall` when the ledger heard of it."""

    notice: str
    to: str
    body: str
    at: int
    wall: int


@dataclass(slots=True)
class Evidence:
    """All of it."""

    public: list[Seen] = field(default_factory=list)
    journals: list[Seen] = field(default_factory=list)
    alerts: list[Seen] = field(default_factory=list)
    notices: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id; a repetition is the same notice
    receipts: list[dict[str, Any]] = field(default_factory=list)
    letters: list[Seen] = field(default_factory=list)
    phones: list[OnPhone] = field(default_factory=list)
    sandbox: bool = False  # whether there was one to ask
