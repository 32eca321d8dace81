"""The book of routing: alerts as they stand, the index by area, who was told what, and what is to be told now.

Keeps rows and plans; writes no notices (machine) and no sentences (streams.delivery).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schemas.alerts import Kind
from schemas.notices import Suppressed
from schemas.registry import Role
from streams.routing.audience import areas, audience, hindrance
from streams.routing.model import (
    KEPT,
    Case,
    Clock,
    Lacking,
    Newcomer,
    Stands,
    Watched,
    alert_key,
    area_of,
    clock_key,
    newcomer_key,
    stands_key,
)
from streams.routing.people import NOW, Directory
from streams.routing.policy import critical, digested, next_digest
from streams.routing.rules import Telling, difference, remembered, settled, silent_name
from streams.rows import NEVER, SEPARATOR, Rows

SLICE = 50
"""Alerts considered before others get their turn."""


@dataclass(slots=True)
class Job:
    """What one person is told in one notice; or, with `reason`, what is suppressed for her or for a role."""

    urgent: bool
    name: str
    reason: Suppressed | None
    tellings: list[Telling] = field(default_factory=list)
    lists: bool = False  # her last job of a tick with which she gets the list of what stands, or can't be


class Book:
    """Alerts in the rows of the partition. `county`: whose desk answers for what has no place."""

    def __init__(self, rows: Rows, directory: Directory, county: str) -> None:
        self._rows = rows
        self._directory = directory
        self._county = county
        self._open: Counter[str] = Counter()  # alert → tellings of the running tick not yet worked off

    def enter(self, case: Case) -> Watched | None:
        """A change of an alert; it is looked at with the next tick, or digest. None if it came before.

        An alert that was forgotten and begins anew counts its revisions from 1 again, but later in time.
        """
        before = self._rows.get(alert_key(case.id), Watched)
        if before is not None and case.revision <= before.case.revision and case.changed_at <= before.case.changed_at:
            return None
        if before is not None and not case.name:
            case = _named(case, before.case.name)
        if critical(case.kind) and case.firing and not _goes_on(before, case):
            self._rows.put(clock_key(case.id), Clock(case.changed_at))
        watched = Watched(case, before.told, before.announced, True) if before else Watched(case, pending=True)
        self._index(before.case if before else None, case)
        return self._put(watched)

    def tellings(self, alert: str) -> list[Telling]:
        """What is to be told of an alert now, and to whom."""
        watched = self._watched(alert)
        case, told = watched.case, watched.told
        heard = audience(case, self._directory, self._county)
        found = difference(case, told, heard, first=watched.announced != case.episode)
        return [able for telling in found if (able := self._able(telling)) is not None]

    def plan(self, due: Iterable[str]) -> Iterator[list[Job]]:
        """The jobs of a tick, critical ones first, from the rows that are due; the last that comes is all of them, and
        what comes before is empty, so that others get their turn. Nothing is changed yet but what needs no telling.
        """
        found: dict[tuple[str, str], Telling] = {}
        lists: set[str] = set()
        for number, key in enumerate(due, 1):
            if number % SLICE == 0:
                yield []
            form, name = key.split(SEPARATOR)[:2]
            if form == "alert":
                self._consider(name, found)
            elif form == "newcomer":
                lists.add(name)
        for name in sorted(lists):
            self._list(name, found)
        jobs = jobs_of(found.values())
        for job in reversed(jobs):
            if job.name in lists:
                lists.discard(job.name)
                job.lists = True
        for name in lists:
            self._rows.drop(newcomer_key(name))
        yield jobs

    def begin(self, alert: str) -> list[Telling]:
        """What is told of an alert at once."""
        tellings = self.tellings(alert)
        if tellings:
            self._open[alert] = len(tellings)
        else:
            self.settle(self._watched(alert))
        return tellings

    def done(self, job: Job) -> None:
        """A job was worked off: remember it."""
        for telling in job.tellings:
            alert = telling.case.id
            watched = self._watched(alert)
            told = remembered(watched.case, watched.told, telling)
            watched = self._put(Watched(watched.case, told, watched.announced, watched.pending))
            self._open[alert] -= 1
            if self._open[alert] == 0:
                self.settle(watched)
        if job.lists:
            self._rows.drop(newcomer_key(job.name))

    def settle(self, watched: Watched) -> None:
        """All that was to be told of an alert is told."""
        case = watched.case
        self._put(Watched(case, settled(case, watched.told), case.episode if case.firing else 0))

    def forget(self, person: str, left: Iterable[str]) -> None:
        """A person left: should she come back, she gets a list of what stands."""
        for area in left:
            for key in self._rows.watching(area):
                watched = self._watched(key.split(SEPARATOR)[2])
                told = tuple(item for item in watched.told if item.person != person)
                if told != watched.told:
                    self._put(Watched(watched.case, told, watched.announced, watched.pending))

    def overdue(self, operator: str) -> int:
        """How many staff of an operator have not been tested in time."""
        keys = self._rows.watching(area_of(Role.OWNER, operator))
        rows = (self._rows.get(key, Stands) for key in keys)
        return sum(1 for row in rows if row is not None and row.kind is Kind.TEST_OVERDUE)

    def began(self, case: Case) -> int:
        """When the present episode of a critical alert began."""
        clock = self._rows.get(clock_key(case.id), Clock)
        return clock.began if clock is not None else case.changed_at

    def _put(self, watched: Watched) -> Watched:
        case = watched.case
        if watched.pending:
            due = next_digest(case.changed_at) if digested(case.kind) else NOW
        else:
            due = NEVER if case.firing else case.changed_at + KEPT
        self._rows.put(alert_key(case.id), watched, due=due)
        return watched

    def _watched(self, alert: str) -> Watched:
        watched = self._rows.get(alert_key(alert), Watched)
        if watched is None:
            raise KeyError(alert)
        return watched

    def _consider(self, alert: str, found: dict[tuple[str, str], Telling]) -> None:
        watched = self._watched(alert)
        if not watched.pending:  # it ended long ago
            self._rows.drop(alert_key(alert))
            self._rows.drop(clock_key(alert))
            return
        for telling in self.begin(alert):
            found[_who(telling), alert] = telling

    def _list(self, person: str, found: dict[tuple[str, str], Telling]) -> None:
        """What stands in the areas that are new to a person."""
        new = self._rows.get(newcomer_key(person), Newcomer)
        for area in new.areas if new else ():
            for key in self._rows.watching(area):
                alert = key.split(SEPARATOR)[2]
                for telling in self.tellings(alert):
                    if _who(telling) == person:
                        found.setdefault((person, alert), telling)

    def _able(self, telling: Telling) -> Telling | None:
        """A telling as it can be: not at all if the person left, suppressed if she may not or can't be told."""
        if telling.reason is not None:
            return telling
        person = self._directory.person(telling.person)
        if person is None:
            return None
        reason = hindrance(person, telling.case)
        if reason is None:
            return telling
        lacking = Lacking(telling.role, reason, "", telling.person)
        return Telling(telling.person, telling.role, telling.change, telling.case, (lacking,), reason)

    def _index(self, before: Case | None, case: Case) -> None:
        had = set(_areas(before, self._county)) if before is not None and before.firing else set()
        has = set(_areas(case, self._county)) if case.firing else set()
        for area in had - has:
            self._rows.drop(stands_key(area, case.id))
        for area in has - had:
            self._rows.put(stands_key(area, case.id), Stands(case.kind), watch=True)


def jobs_of(tellings: Iterable[Telling]) -> list[Job]:
    """One job for each recipient, critical ones first and alone; what is suppressed, one for each name and reason."""
    jobs: dict[tuple[bool, bool, str, str], Job] = {}
    for telling in tellings:
        urgent = critical(telling.case.kind)
        key = (not urgent, telling.reason is not None, _who(telling), telling.reason or "")
        job = jobs.setdefault(key, Job(urgent, _who(telling), telling.reason))
        job.tellings.append(telling)
    return [jobs[key] for key in sorted(jobs)]


def _who(telling: Telling) -> str:
    return telling.person if telling.reason is None else silent_name(telling.instead_of[0])


def _areas(case: Case, county: str) -> list[str]:
    return [area for area in areas(case, county).values() if area]


def _goes_on(before: Watched | None, case: Case) -> bool:
    return before is not None and before.case.firing and before.case.episode == case.episode


def _named(case: Case, name: str) -> Case:
    fields = {field: getattr(case, field) for field in Case.__struct_fields__}
    return Case(**fields | {"name": name})
