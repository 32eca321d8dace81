"""Who must be told of an alert: from the registry's records and the contract, without asking routing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.demo.history import said
from schemas.alerts import PRIVATE, SEVERITY, Kind, Severity
from schemas.registry import ChannelKind, PersonAssigned, PersonLeft, Role

SERVED = {ChannelKind.WECOM_ROBOT.value, ChannelKind.SMS.value}


@dataclass(frozen=True, slots=True)
class Assigned:
    """One person or group, from when."""

    person: str
    role: str
    group: bool
    areas: frozenset[str]
    reachable: bool
    since: int


class People:
    """Everyone who was assigned, by the last word about each."""

    def __init__(self, county: str) -> None:
        self._county = county
        self._people: dict[str, Assigned] = {}

    def hear(self, event: Mapping[str, Any], time: int) -> None:
        """A record of the registry; only what intake takes of persons counts."""
        left = said(event, "person.left", PersonLeft)
        if left is not None:
            self._people.pop(left.person, None)
        one = said(event, "person.assigned", PersonAssigned)
        if one is not None:
            areas = [area for part in (one.operators, one.offices, one.grids, one.counties) for area in part or ()]
            reachable = any(channel.kind in SERVED for channel in one.channels)
            self._people[one.person] = Assigned(
                one.person, one.role.value, bool(one.group), frozenset(areas), reachable, time
            )

    def role(self, person: str) -> str:
        """The role of somebody, "" for nobody."""
        return self._people[person].role if person in self._people else ""

    def concerned(self, kind: Kind, operator: str, place: Mapping[str, str], began: int) -> set[str]:
        """Who must be told that an episode began: for each role its people, or the desk where there are none."""
        told: set[str] = set()
        desk = self._able(Role.DUTY_DESK, place.get("county") or self._county, kind, began)[0]
        severity = SEVERITY.get(kind, Severity.WARNING)
        areas = {Role.OFFICER: place.get("office", "")}
        if severity is not Severity.INFO:
            areas |= {Role.OWNER: operator, Role.GRID_WORKER: place.get("grid", "")}
        if not operator:
            areas = {}
        for role, area in areas.items():
            able, kept_out = self._able(role, area, kind, began)
            told |= able
            if kept_out or not able:
                told |= desk
        if severity is not Severity.WARNING or not operator:
            told |= desk
        return told

    def _able(self, role: Role, area: str, kind: Kind, began: int) -> tuple[set[str], bool]:
        """Those of a role who can be told, and whether somebody of that role may not or can't be."""
        answering = [p for p in self._people.values() if p.role == role and area in p.areas and p.since <= began]
        able = {p.person for p in answering if p.reachable and not (p.group and kind in PRIVATE)}
        return able, len(able) < len(answering)
