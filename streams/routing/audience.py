"""Who is told of an alert: by the operator's place and the role, what is private kept from groups. Not when, nor how.

A role of which nobody can be told falls to the duty desk, with that said. If the desk can't be told either, the telling
is suppressed, and a receipt says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.alerts import PRIVATE
from schemas.notices import Suppressed
from schemas.registry import Role
from streams.routing.model import Assignment, Case, Lacking, Way, area_of
from streams.routing.people import Directory
from streams.routing.policy import SERVED, roles


@dataclass(frozen=True, slots=True)
class Hearer:
    """Someone who is told. `instead_of`: roles of which nobody can be told, for which she is told too."""

    person: str
    role: Role
    instead_of: tuple[Lacking, ...] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told of an alert, and who is not: a lacking role or a person who may not or can't be told."""

    hearers: tuple[Hearer, ...]
    suppressed: tuple[Lacking, ...]


def way_to(person: Assignment) -> Way | None:
    """The channel through which a person is told; None if none of hers is served."""
    return next((way for way in person.ways if way.kind in SERVED), None)


def hindrance(person: Assignment, case: Case) -> Suppressed | None:
    """Why this person can't be told of this alert, if so."""
    if person.group and case.kind in PRIVATE:
        return Suppressed.PRIVATE
    return Suppressed.NO_CHANNEL if way_to(person) is None else None


def areas(case: Case, county: str) -> dict[Role, str]:
    """The area of each role that is told of an alert; "" where the operator is registered nowhere.

    `county` is that of the settings: its desk is told of what has no place. An alert without operator is the desk's
    alone.
    """
    if not case.operator:
        return {Role.DUTY_DESK: area_of(Role.DUTY_DESK, county)}
    names = {Role.OWNER: case.operator, Role.OFFICER: "", Role.GRID_WORKER: "", Role.DUTY_DESK: county}
    if case.place is not None:
        names[Role.DUTY_DESK], _, names[Role.GRID_WORKER], names[Role.OFFICER] = case.place
    return {role: area_of(role, names[role]) if names[role] else "" for role in roles(case.kind)}


def desk_of(case: Case, county: str) -> str:
    """The area of the desk that answers for an alert."""
    return area_of(Role.DUTY_DESK, case.place[0] if case.place else county)


def audience(case: Case, directory: Directory, county: str) -> Audience:
    """Who is told of an alert as it stands now, in the order owner, officer, grid worker, desk."""
    hearers: list[Hearer] = []
    lacking: list[Lacking] = []
    for role, area in areas(case, county).items():
        if role is Role.DUTY_DESK:
            continue
        told, hindered = _answering(area, role, case, directory)
        hearers += told
        lacking += hindered
    area = desk_of(case, county)
    desks, hindered = _answering(area, Role.DUTY_DESK, case, directory)
    asked = Role.DUTY_DESK in areas(case, county)
    if desks and (asked or lacking):
        hearers += [Hearer(desk.person, desk.role, tuple(lacking)) for desk in desks]
    suppressed = [item for item in lacking if item.person]
    if not desks:
        suppressed += [item for item in lacking if not item.person]
        if asked or lacking:
            suppressed += [item for item in hindered if asked or item.person]
    return Audience(tuple(hearers), tuple(suppressed))


def _answering(area: str, role: Role, case: Case, directory: Directory) -> tuple[list[Hearer], list[Lacking]]:
    hearers, hindered = [], []
    for name in directory.answering(area) if area else ():
        person = directory.person(name)
        if person is None:
            continue
        reason = hindrance(person, case)
        if reason is None:
            hearers.append(Hearer(name, role))
        else:
            hindered.append(Lacking(role, reason, area, name))
    if not hearers and not hindered:
        hindered.append(Lacking(role, Suppressed.NOBODY, area))
    return hearers, hindered
