"""The first morning: people, operators, staff and the tests of the round before are told to the system."""

from __future__ import annotations

from random import Random
from typing import Any

from connectors.demo.generator.book import DAYS, FIRST_DAY, LAB, REGISTRY, Book, at
from connectors.demo.generator.district import COUNTY, District, Operator, Person, Staff
from schemas.times import HOUR, MINUTE, SECOND, day_after

HAZARD = "SARS-CoV-2"
ROUND = 7
STEP = 400
"""Milliseconds between two records of the first load."""


def write_registry(book: Book, rng: Random, district: District) -> dict[str, int]:
    """Everyone and everything that is there from the first morning: people first, so that nobody is missed.

    Returns when each operator's registration was recorded.
    """
    registered: dict[str, int] = {}
    moment = at(FIRST_DAY, 4.5)
    for person in district.people:
        book.write(REGISTRY, "person.assigned", moment, _person(person))
        moment += STEP
    moment = at(FIRST_DAY, 5)
    known_since = at("2021-11-20", 9)
    for operator in district.operators:
        if operator.since:
            continue
        data, delay = registration(operator), moment - known_since
        registered[operator.id] = book.write(REGISTRY, "operator.registered", known_since, data, delay=delay).recorded
        moment += STEP
    moment = at(FIRST_DAY, 5.5)
    for staff in district.staff:
        for employer in staff.operators:
            if employer in registered:
                enrol(book, staff, employer, moment)
        moment += STEP
    _round_before(book, rng, district)
    return registered


def registration(operator: Operator, **changed: Any) -> dict[str, Any]:
    """The data of a registration."""
    return {
        "operator": operator.id,
        "name": operator.name,
        "county": COUNTY,
        "town": operator.grid.town,
        "grid": operator.grid.code,
        "office": operator.grid.office,
        "phone": operator.phone,
        "activated": operator.activated,
        "trades": operator.trades,
        "status": operator.status,
        **changed,
    }


def enrol(book: Book, staff: Staff, operator: str, moment: int) -> None:
    """A staff member begins to work for an operator."""
    data = {"operator": operator, "staff": staff.id, "name": staff.name, "phone": staff.phone}
    book.write(REGISTRY, "staff.enrolled", moment, data)


def sample(staff: Staff, name: str, result: str = "negative") -> dict[str, Any]:
    """The data of a staff sample."""
    return {
        "sample": name,
        "on": "staff",
        "staff": staff.id,
        "result": result,
        "hazard": HAZARD,
        "lab": "富阳区疾控中心",
    }


def _person(person: Person) -> dict[str, Any]:
    data: dict[str, Any] = {"person": person.id, "name": person.name, "role": person.role}
    if person.group:
        data["group"] = True
    for areas in ("operators", "offices", "grids", "counties"):
        if getattr(person, areas):
            data[areas] = list(getattr(person, areas))
    data["channels"] = [{"kind": person.channel, "address": person.address}]
    return data


def _round_before(book: Book, rng: Random, district: District) -> None:
    """Last week's samples, so that the tests of this fortnight fall due on all its days and not all at once."""
    moment = at(FIRST_DAY, 6)
    for staff in district.staff:
        day = day_after(FIRST_DAY, staff.turn - (ROUND - 1))
        if day == FIRST_DAY:
            continue  # whose turn is today is tested today
        taken = at(day, 8) + rng.randrange(9 * HOUR)
        book.write(LAB, "sample.tested", taken, sample(staff, f"S-{day[5:]}-{staff.id}"), delay=moment - taken)
        moment += STEP


def write_tests(book: Book, rng: Random, district: District) -> None:
    """The rounds of this fortnight: everyone every seven days, the result known hours before the cutoff."""
    for staff in district.staff:
        day = day_after(FIRST_DAY, staff.turn - (ROUND - 1))
        if day != FIRST_DAY:
            day = day_after(day, ROUND)
        while day <= DAYS[-1]:
            if day in staff.skips:
                break
            tested(book, rng, staff, day)
            day = day_after(day, ROUND)


def tested(book: Book, rng: Random, staff: Staff, day: str) -> int:
    """One negative test in the morning of a day; returns when its result was recorded."""
    taken = at(day, 8) + rng.randrange(4 * HOUR)
    delay = 2 * HOUR + rng.randrange(3 * HOUR) + rng.randrange(MINUTE) + SECOND
    return book.write(LAB, "sample.tested", taken, sample(staff, f"S-{day[5:]}-{staff.id}"), delay=delay).recorded
