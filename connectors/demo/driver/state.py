"""What the live picture shows: filled by the driver and the watcher, read by whoever draws. No Kafka, no drawing."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.alerts import Kind
from schemas.times import BEIJING, DAY, MINUTE, date_of, format_instant

_WINDOW = 3.0
"""Seconds over which records a second are counted."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as somebody sees it."""

    channel: str
    to: str
    at: int
    body: str


@dataclass(slots=True)
class Tally:
    """Alerts of one kind or town."""

    begun: int = 0
    ended: int = 0

    @property
    def standing(self) -> int:
        """How many stand now."""
        return self.begun - self.ended


@dataclass(slots=True)
class State:
    """The demo as it stands."""

    first: int
    last: int
    records: int  # in the whole history
    now: int = 0
    published: int = 0
    messages: int = 0
    held_by: str | None = None
    held_since: int | None = None
    waiting: str = ""
    began: float = field(default_factory=time.monotonic)
    kinds: dict[str, Tally] = field(default_factory=lambda: {kind.value: Tally() for kind in Kind})
    towns: dict[str, Tally] = field(default_factory=dict)
    workers: dict[str, str] = field(default_factory=dict)
    recent: deque[Message] = field(default_factory=lambda: deque(maxlen=40))
    events: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=8))
    happened: list[tuple[int, str]] = field(default_factory=list)
    _rates: deque[tuple[float, int]] = field(default_factory=deque)
    _standing: dict[str, tuple[str, int]] = field(default_factory=dict)  # alert → town and episode

    def event(self, words: str) -> None:
        """Something that the audience should see."""
        self.events.append((self.now, words))
        self.happened.append((self.now, words))

    def sent(self, number: int) -> None:
        """So many records were published."""
        self.published += number
        self._rates.append((time.monotonic(), number))

    @property
    def rate(self) -> float:
        """Records a second, lately."""
        now = time.monotonic()
        while self._rates and now - self._rates[0][0] > _WINDOW:
            self._rates.popleft()
        return sum(number for _, number in self._rates) / min(_WINDOW, max(now - self.began, 0.5))

    @property
    def day(self) -> int:
        """The day of the history, from 1."""
        return (self.now + BEIJING) // DAY - (self.first + BEIJING) // DAY + 1

    @property
    def days(self) -> int:
        """How many there are."""
        return (self.last - MINUTE + BEIJING) // DAY - (self.first + BEIJING) // DAY + 1

    @property
    def share(self) -> float:
        """How much of the history is over."""
        return min(max((self.now - self.first) / max(self.last - self.first, 1), 0.0), 1.0)

    def alert(self, alert: Mapping[str, Any]) -> None:
        """A message of an alert topic."""
        known, town = self._standing.get(alert["id"]), (alert.get("place") or {}).get("town", "")
        if alert["status"] == "firing" and known is None:
            self._standing[alert["id"]] = (town, alert["episode"])
            self.kinds[alert["kind"]].begun += 1
            self.towns.setdefault(town, Tally()).begun += 1
        elif alert["status"] != "firing" and known is not None:
            del self._standing[alert["id"]]
            self.kinds[alert["kind"]].ended += 1
            self.towns.setdefault(known[0], Tally()).ended += 1

    def totals(self) -> Counter[str]:
        """Over all kinds."""
        tallies = self.kinds.values()
        return Counter(begun=sum(t.begun for t in tallies), ended=sum(t.ended for t in tallies))


def clock_time(instant: int) -> str:
    """Beijing's time of day."""
    return format_instant(instant + BEIJING)[11:16]


def when(instant: int) -> str:
    """Beijing's date and time of day."""
    return f"{date_of(instant)} {clock_time(instant)}"
