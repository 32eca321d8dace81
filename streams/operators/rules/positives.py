"""Positive results: of goods and surfaces for the operator named, of staff for every operator they may have exposed."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.times import date_of
from streams.facts import Fact, covers
from streams.operators.model import Sample, StaffSample
from streams.operators.rules.staff import Spell
from streams.parameters import Rules
from streams.results import overlaps, standing
from streams.standing import Case


def positive(name: str, row: Sample, closes: tuple[Fact, ...]) -> Case | None:
    """The standing result of a sample of goods or surface is positive, and no close covers it."""
    test = standing(row.tests, [item.result for item in row.tests])
    if test is None or test.result != "positive" or covers(closes, test):
        return None
    detail = {
        "sample": name,
        "on": test.on,
        "hazard": test.hazard,
        "lot": test.lot if test.on == "goods" and test.lot else None,
    }
    return Case(test.time, detail, (test,))


def staff_positive(staff: str, found: StaffSample, worked: Sequence[Spell], now: int, rules: Rules) -> Case | None:
    """A sample of a staff member is positive, and a spell with this operator overlaps the infectious time from it."""
    today = date_of(now)
    infectious = rules.value("infectious", today)
    record = found.positive
    if infectious is None or record is None:
        return None
    stop = record.time + infectious
    overlapping = [spell for spell in worked if overlaps(spell.begin, spell.end, record.time, stop)]
    if not overlapping:
        return None
    detail = {"sample": found.sample, "staff": staff, "hazard": found.hazard}
    facts: tuple[Fact, ...] = (*(spell.enrolled for spell in overlapping), record)
    return Case(record.time, detail, facts)
