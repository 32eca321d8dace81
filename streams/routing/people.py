"""The directory: who answers for which area, from the records of the registry. Not for what they are told."""

from __future__ import annotations

from schemas.envelope import Record
from schemas.registry import PersonAssigned, Role
from streams.facts import REACH
from streams.routing.model import (
    Area,
    Assignment,
    Newcomer,
    Person,
    Way,
    area_key,
    area_of,
    newcomer_key,
    person_key,
)
from streams.rows import Rows

NOW = 0
"""A due that the next tick, whichever it is, has reached."""


class Directory:
    """People and areas in the rows of the partition."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def person(self, person: str) -> Assignment | None:
        """What holds of a person now; None if she is unknown or has left."""
        row = self._rows.get(person_key(person), Person)
        return None if row is None else row.now

    def answering(self, area: str) -> tuple[str, ...]:
        """Who answers for an area, sorted."""
        row = self._rows.get(area_key(area), Area)
        return () if row is None else row.people

    def change(
        self, person: str, now: int, *, without: tuple[str, str] | None = None, fact: Assignment | None = None
    ) -> tuple[str, ...]:
        """A record about a person counts, another (`source`, `id`) does no longer. Gives her areas if she has left."""
        before = self._facts(person)
        after = [old for old in before if (old.source, old.id) != without]
        if fact is not None:
            after.append(fact)
        after.sort(key=lambda old: old.order)
        kept = tuple(old for old in after if old.recorded >= now - REACH or old is after[-1])
        if kept != before:
            self._replace(person, before, kept)
        return tuple(sorted(_areas(before))) if Person(kept).now is None else ()

    def _facts(self, person: str) -> tuple[Assignment, ...]:
        row = self._rows.get(person_key(person), Person)
        return () if row is None else row.facts

    def _replace(self, person: str, before: tuple[Assignment, ...], after: tuple[Assignment, ...]) -> None:
        if after:
            self._rows.put(person_key(person), Person(after))
        else:
            self._rows.drop(person_key(person))
        had, has = _areas(before), _areas(after)
        for area in had - has:
            self._leave(area, person)
        for area in has - had:
            people = {*self.answering(area), person}
            self._rows.put(area_key(area), Area(tuple(sorted(people))))
        new = self._rows.get(newcomer_key(person), Newcomer)
        fresh = (has - had) | (has & set(new.areas if new else ()))
        if fresh:
            self._rows.put(newcomer_key(person), Newcomer(tuple(sorted(fresh))), due=NOW)
        elif new:
            self._rows.drop(newcomer_key(person))

    def _leave(self, area: str, person: str) -> None:
        people = tuple(name for name in self.answering(area) if name != person)
        if people:
            self._rows.put(area_key(area), Area(people))
        else:
            self._rows.drop(area_key(area))


def assignment(record: Record) -> Assignment:
    """The fact in a `person.assigned` or `person.left`. Only the areas that belong to the role count."""
    head = (record.time, record.recorded, record.source, record.id)
    data = record.data
    if not isinstance(data, PersonAssigned):
        return Assignment(*head, left=True)
    names = {
        Role.OWNER: data.operators,
        Role.OFFICER: data.offices,
        Role.GRID_WORKER: data.grids,
        Role.DUTY_DESK: data.counties,
    }[data.role]
    return Assignment(
        *head,
        group=bool(data.group),
        role=data.role,
        areas=tuple(sorted({area_of(data.role, name) for name in names or ()})),
        ways=tuple(Way(channel.kind, channel.address.strip()) for channel in data.channels),
    )


def _areas(facts: tuple[Assignment, ...]) -> set[str]:
    now = Person(facts).now
    return set() if now is None else set(now.areas)
