"""What counts of a staff member's samples, and the positive one that nobody employs. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.times import date_of
from streams.facts import Fact, covers
from streams.parameters import Rules
from streams.results import overlaps, standing
from streams.staff.model import Member, StaffTest
from streams.standing import Case


def standing_tests(member: Member) -> dict[str, StaffTest]:
    """The standing record of each sample."""
    by_sample: dict[str, list[StaffTest]] = {}
    for test in member.tests:
        by_sample.setdefault(test.sample, []).append(test)
    return {
        sample: found
        for sample, tests in by_sample.items()
        if (found := standing(tests, [test.result for test in tests])) is not None
    }


def latest_named(member: Member) -> dict[str, int]:
    """When a record last named each sample."""
    latest: dict[str, int] = {}
    for test in member.tests:
        latest[test.sample] = max(latest.get(test.sample, 0), test.recorded)
    return latest


def last_sample(tests: Iterable[StaffTest]) -> StaffTest | None:
    """The one with the greatest time whose standing result is not invalid."""
    return max((test for test in tests if test.result != "invalid"), key=lambda test: test.in_time, default=None)


def unemployed_positive(
    staff: str, test: StaffTest, member: Member, closes: tuple[Fact, ...], now: int, rules: Rules
) -> Case | None:
    """A positive sample of a staff member with no spell at any operator in the infectious time from it."""
    today = date_of(now)
    infectious = rules.value("infectious", today)
    if infectious is None or test.result != "positive" or covers(closes, test):
        return None
    worked = (spell for employer in member.employers.values() for spell in employer.spells)
    if any(overlaps(begin, end, test.time, test.time + infectious) for begin, end in worked):
        return None
    detail = {"sample": test.sample, "staff": staff, "hazard": test.hazard}
    return Case(test.time, detail, (test,))
