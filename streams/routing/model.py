"""The facts and rows of routing: people and their areas, what stands, and who has been told what of it."""

from __future__ import annotations

from typing import Any

from schemas.alerts import Kind
from schemas.notices import Suppressed
from schemas.registry import ChannelKind, Role
from schemas.times import DAY
from streams.identity import FORM as IDENTITY
from streams.identity import Identity
from streams.rows import Row, row_key

KEPT = 30 * DAY
"""How long a resolved alert is remembered, against entries that come twice."""


class Way(Row, frozen=True, array_like=True):
    """One way to reach a person."""

    kind: ChannelKind
    address: str


class Assignment(Row, frozen=True, array_like=True):
    """One `person.assigned` or `person.left`. Of several the one with the greatest `order` holds."""

    time: int
    recorded: int
    source: str
    id: str
    left: bool = False
    group: bool = False
    role: Role = Role.OWNER
    areas: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()

    @property
    def order(self) -> tuple[int, int, str, str]:
        """The greater one replaces the earlier one."""
        return self.time, self.recorded, self.source, self.id


class Person(Row, frozen=True, array_like=True):
    """All that holds of what was recorded about a person. Her name is not kept: no text needs it."""

    facts: tuple[Assignment, ...] = ()

    @property
    def now(self) -> Assignment | None:
        """What holds now; None if she was never assigned or has left."""
        last = max(self.facts, key=lambda fact: fact.order, default=None)
        return None if last is None or last.left else last


class Area(Row, frozen=True, array_like=True):
    """Who answers for an area, sorted."""

    people: tuple[str, ...]


class Newcomer(Row, frozen=True, array_like=True):
    """Areas that are new to a person and of which she gets one list, with the next tick."""

    areas: tuple[str, ...]


class Stands(Row, frozen=True, array_like=True):
    """An alert stands in an area: the index for lists and for counts."""

    kind: Kind


class Case(Row, frozen=True, array_like=True):
    """What routing needs of the present form of an alert. Instants in milliseconds."""

    id: str
    kind: Kind
    operator: str
    subject: str
    firing: bool
    episode: int
    revision: int
    since: int
    changed_at: int
    resolved_by: str | None
    place: tuple[str, str, str, str] | None  # county, town, grid, office
    detail: dict[str, Any]
    drill: bool
    name: str  # of the operator, "" if unknown

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, for the kinds that say so."""
        return tuple(self.detail.get("missing") or ())


class Told(Row, frozen=True, array_like=True):
    """A person was told of the beginning of this episode. `heard` False: it was suppressed, and so will its end be."""

    person: str
    role: Role
    episode: int
    missing: tuple[str, ...] = ()
    heard: bool = True


class Watched(Row, frozen=True, array_like=True):
    """An alert and who was told of it. `announced`: the episode of whose begin everyone concerned has been told."""

    case: Case
    told: tuple[Told, ...] = ()
    announced: int = 0
    pending: bool = False  # there is something to tell with the next tick, or digest


class Clock(Row, frozen=True, array_like=True):
    """When the episode of a critical alert began: from then its two hours run, whenever each person is told."""

    began: int


class Feed(Row, frozen=True, array_like=True):
    """A feed that stands still (`since`), or moves again (None), as it was last told, to whom, and how often by now."""

    since: int | None
    told: tuple[str, ...]
    times: int


FORMS: dict[str, type[Row]] = {
    IDENTITY: Identity,
    "person": Person,
    "area": Area,
    "newcomer": Newcomer,
    "stands": Stands,
    "alert": Watched,
    "clock": Clock,
    "feed": Feed,
}


def area_of(role: Role, name: str) -> str:
    """The name of an area: what a person with this role answers for."""
    return f"{role}:{name}"


def person_key(person: str) -> str:
    """The row of a person."""
    return row_key("person", person)


def area_key(area: str) -> str:
    """The row of an area."""
    return row_key("area", area)


def newcomer_key(person: str) -> str:
    """The row that asks for a list."""
    return row_key("newcomer", person)


def alert_key(alert: str) -> str:
    """The row of an alert."""
    return row_key("alert", alert)


def clock_key(alert: str) -> str:
    """The row of an alert's clock."""
    return row_key("clock", alert)


def stands_key(area: str, alert: str) -> str:
    """The row of the index; its owner is the area."""
    return row_key("stands", area, alert)


def feed_key(feed: str) -> str:
    """The row of a holding feed."""
    return row_key("feed", feed)


class Lacking(Row, frozen=True, array_like=True):
    """A role of which nobody can be told, and why: nobody is registered, or whoever is can't be told this."""

    role: Role
    reason: Suppressed
    area: str  # "" where the operator is registered nowhere
    person: str = ""
