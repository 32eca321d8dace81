"""Staff: the spells for which they work for an operator, and the tests they owe."""

from __future__ import annotations

import pytest

from schemas.times import HOUR
from streams.operators.rules.staff import next_spell_change, spells, test_overdue
from tests.unit.operators.builders import RULES, account, at, enrolled, left, registered, staff, told, utc

overdue = test_overdue
overdue.__test__ = False  # a rule, whatever its name begins with
del test_overdue

MON, TUE, WED, THU = (f"2022-01-{number} 09:00" for number in (10, 11, 12, 13))

SPELLS = {
    "enrolled and never left": ((enrolled(MON),), [(MON, None)]),
    "enrolled and left": ((enrolled(MON), left(WED)), [(MON, WED)]),
    "enrolled twice is one spell from the first": ((enrolled(MON, identity="a"), enrolled(TUE, identity="b")),
                                                   [(MON, None)]),
    "left without having been there": ((left(MON),), []),
    "left before and enrolled after": ((left(MON), enrolled(TUE)), [(TUE, None)]),
    "left twice ends it at the first": ((enrolled(MON), left(TUE, identity="a"), left(THU, identity="b")),
                                        [(MON, TUE)]),
    "came back": ((enrolled(MON, identity="a"), left(TUE), enrolled(WED, identity="b")), [(MON, TUE), (WED, None)]),
    "late records count by their time": ((enrolled(TUE), left(MON, recorded=THU), left(THU, identity="m")),
                                         [(TUE, THU)]),
    "left at the instant of the enrolment, the leaving being later: no spell":
        ((enrolled(MON, identity="a"), left(MON, identity="b")), []),
    "left at the instant of the enrolment, the enrolment being later: a spell":
        ((enrolled(MON, identity="b"), left(MON, identity="a")), [(MON, None)]),
    "left and came back at one instant": (
        (enrolled(MON, identity="a"), left(TUE, identity="b"), enrolled(TUE, identity="c")), [(MON, TUE), (TUE, None)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "found"), SPELLS.values(), ids=SPELLS.keys())
def test_spells(facts, found):
    expected = [(at(begin), at(end) if end else None) for begin, end in found]
    assert [(spell.begin, spell.end) for spell in spells(staff(*facts))] == expected


def test_a_spell_holds_from_its_begin_until_before_its_end():
    (spell,) = spells(staff(enrolled(MON), left(TUE)))
    assert [spell.holds(at(MON) - 1), spell.holds(at(MON)), spell.holds(at(TUE) - 1), spell.holds(at(TUE))] == [
        False, True, True, False,
    ]  # fmt: skip


def test_a_spell_that_was_begun_twice_was_begun_by_the_first():
    (spell,) = spells(staff(enrolled(TUE, identity="b"), enrolled(MON, recorded=THU, identity="a")))
    assert spell.enrolled.id == "a"


DEALS = registered("2022-01-01 09:00")


def due_of(row, *registrations, now="2022-01-30 09:00"):
    case = overdue("W1", row, account(now, *(registrations or (DEALS,))), RULES)
    assert case is None or (case.since == case.due and case.until is None)
    return case


DUE = {
    "a day after the enrolment was recorded": (staff(enrolled(MON)), "2022-01-11 09:00"),
    "not after the day of which it tells": (staff(enrolled(MON, recorded=WED)), "2022-01-13 09:00"),
    "seven days after the last sample, at the cutoff": (staff(enrolled(MON), last="2022-01-13 23:59"),
                                                        "2022-01-20 20:00"),
    "a sample before the spell counts if it is late enough": (staff(enrolled(MON), last="2022-01-09 08:00"),
                                                              "2022-01-16 20:00"),
    "else the first day does": (staff(enrolled(MON), last="2022-01-03 08:00"), "2022-01-11 09:00"),
    "the spell that holds now counts": (staff(enrolled(MON, identity="a"), left(TUE), enrolled(WED, identity="c")),
                                        "2022-01-13 09:00"),
}  # fmt: skip


@pytest.mark.parametrize(("row", "due"), DUE.values(), ids=DUE.keys())
def test_when_a_test_falls_due(row, due):
    assert told(due_of(row)) == {"staff": "W1", "due": utc(due)}


def test_who_just_began_to_deal_gets_a_day():
    case = due_of(staff(enrolled("2022-01-02 09:00")), registered(WED))
    assert case.due == at(WED) + 24 * HOUR


NOT_DUE = {
    "nobody works there": staff(),
    "they left": staff(enrolled(MON), left(TUE)),
    "they come later": staff(enrolled("2022-01-30 09:00:01", recorded="2022-01-29 09:00")),
}


@pytest.mark.parametrize("row", NOT_DUE.values(), ids=NOT_DUE.keys())
def test_no_test_is_owed_when(row):
    assert due_of(row) is None


def test_no_test_is_owed_to_who_does_not_deal_or_where_the_rules_ask_none():
    row = staff(enrolled(MON))
    assert due_of(row, registered(MON, trades=False)) is None
    assert due_of(row, now="2023-01-08 00:00") is None
    assert due_of(row, now="2023-01-07 23:59") is not None


def test_the_records_it_rests_on():
    assert [item.type for item in due_of(staff(enrolled(MON))).facts] == ["staff.enrolled"]
    assert [item.type for item in due_of(staff(enrolled(MON), last=TUE)).facts] == ["staff.enrolled", "sample.tested"]


def test_a_spell_next_changes_at_the_next_enrolment_or_leaving():
    row = staff(enrolled(MON), left(WED), enrolled(THU, identity="b"))
    assert next_spell_change(row, at(MON)) == at(WED)
    assert next_spell_change(row, at(WED)) == at(THU)
    assert next_spell_change(row, at(THU)) is None
