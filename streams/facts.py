"""What the rows of operators and staff are made of: facts, each the part of one record that a rule reads."""

from __future__ import annotations

from typing import Protocol, TypeVar

from schemas.envelope import Record
from schemas.times import DAY
from streams.rows import Row

REACH = 180 * DAY
"""How far voids, identities and corrections reach back, and after what time without a word a subject is forgotten."""


def when_forgotten(named: int, now: int) -> int:
    """When to look whether what a record named last at `named` is forgotten: when its last day begins, and on that day
    at the instant itself. So records put it off once a day, and not each of them.
    """
    instant = named + REACH
    begin = instant // DAY * DAY
    return begin if now < begin else instant


class Fact(Row, frozen=True, array_like=True):
    """One record as far as every rule wants to know it. `time` and `recorded` are instants."""

    source: str
    id: str
    type: str
    time: int
    recorded: int

    @property
    def later(self) -> tuple[int, str, str]:
        """Of two facts the one with the greater of these is the later."""
        return self.recorded, self.source, self.id

    @property
    def in_time(self) -> tuple[int, tuple[int, str, str]]:
        """Order by `time`, at a tie by *later*."""
        return self.time, self.later


class Closes(Row, frozen=True, array_like=True):
    """What people said about one alert: the closes that name it. `row` is the row it stands in, once it was told."""

    row: str = ""
    closes: tuple[Fact, ...] = ()


F = TypeVar("F", bound=Fact)


def fact(record: Record) -> Fact:
    """The bare fact of a record."""
    return Fact(record.source, record.id, record.type, record.time, record.recorded)


class Named(Protocol):
    """What names one record: its identity, and when it was recorded, for an identity may be used again much later."""

    @property
    def source(self) -> str: ...

    @property
    def id(self) -> str: ...

    @property
    def recorded(self) -> int: ...


def without(facts: tuple[F, ...], gone: Named) -> tuple[F, ...]:
    """The facts but for those of one record."""
    return tuple(
        item for item in facts if item.id != gone.id or item.source != gone.source or item.recorded != gone.recorded
    )


def covers(closes: tuple[Fact, ...], offending: Fact) -> bool:
    """A close covers what is not later than itself."""
    return any(offending.later <= close.later for close in closes)
