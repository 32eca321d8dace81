"""A positive staff sample that no operator's spell claims: what the rows of its partition say of it, and why its alert
stands, or does not. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schemas.alerts import Kind, alert_id
from schemas.times import date_of
from streams.explanation import Condition, Explanation, in_use
from streams.facts import Closes, Fact, covers
from streams.kinds import basis
from streams.parameters import Rules
from streams.rows import SEPARATOR, Rows, owner_of, row_key
from streams.staff.model import CLOSES, MEMBER, Member, StaffTest
from streams.staff.rules import standing_tests, unemployed_positive
from streams.standing import Case


@dataclass(frozen=True, slots=True)
class UnclaimedSample:
    """One sample, of these staff members: two may have given one the same name."""

    rows: Rows
    sample: str
    staff: Iterable[str]

    @property
    def closes(self) -> tuple[Fact, ...]:
        """Closes of its alert, in whosever log."""
        alert = alert_id(Kind.STAFF_POSITIVE, "", self.sample)
        rows = (self.rows.get(row_key(CLOSES, name, alert), Closes) for name in self.staff)
        return tuple(close for row in rows if row is not None for close in row.closes)

    def standing(self) -> Iterator[tuple[str, Member, StaffTest]]:
        """The standing record of each who gave it."""
        for name in self.staff:
            member = self.rows.get(row_key(MEMBER, name, ""), Member) or Member()
            test = standing_tests(member).get(self.sample)
            if test is not None:
                yield name, member, test

    def case(self, now: int, rules: Rules) -> Case | None:
        """What its alert rests on; of several, the later record's."""
        found: list[tuple[StaffTest, Case]] = []
        for name, member, test in self.standing():
            case = unemployed_positive(name, test, member, self.closes, now, rules)
            found += [(test, case)] if case is not None else []
        return max(found, key=lambda pair: pair[0].later)[1] if found else None


def givers(rows: Rows, sample: str) -> tuple[str, ...]:
    """The staff members of a partition who gave a sample of this name."""
    members = ((key, rows.get(key, Member)) for key in rows.keys(MEMBER + SEPARATOR))
    return tuple(
        owner_of(key)
        for key, member in members
        if member is not None and any(test.sample == sample for test in member.tests)
    )


def explain(rows: Rows, sample: str, now: int, rules: Rules) -> Explanation:
    """Why the alert of a staff sample that nobody employs stands, or does not, as of `now`."""
    asked = UnclaimedSample(rows, sample, givers(rows, sample))
    case, today = asked.case(now, rules), date_of(now)
    positive = [test for _, _, test in asked.standing() if test.result == "positive"]
    tests = positive or [test for _, _, test in asked.standing()]
    conditions = [
        in_use(Kind.STAFF_POSITIVE, sample, today, rules),
        Condition(f"the standing result of staff sample {sample} is positive", bool(positive), tuple(tests)),
    ]
    if positive:
        open_ones = [test for test in positive if not covers(asked.closes, test)]
        conditions.append(Condition("no close covers it", bool(open_ones), asked.closes))
        if open_ones:
            said = "no operator is known with whom a spell overlaps the infectious time from the sample on"
            conditions.append(Condition(said, case is not None))
    stands = case is not None and case.stands(now)
    legal = basis(Kind.STAFF_POSITIVE, sample, case, today, rules)
    return Explanation(Kind.STAFF_POSITIVE, "", sample, now, stands, tuple(conditions), None, None, legal)
