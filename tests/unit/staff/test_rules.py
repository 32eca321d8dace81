"""What counts of a staff member's samples, and the positive one that nobody employs."""

from __future__ import annotations

import pytest

from streams.staff.model import Employer, Member, StaffTest
from streams.staff.rules import last_sample, latest_named, standing_tests, unemployed_positive
from tests.unit.operators.builders import RULES, at, closed

NOON = "2022-01-10 12:00"


def sampled(time, result, sample="W1-1", recorded=None, identity="t"):
    return StaffTest("/lab", identity, "sample.tested", at(time), at(recorded or time), sample, result, "sars-cov-2")


LAST = {
    "the greatest time, however it came": (
        [sampled(NOON, "negative", "a", "2022-01-12 09:00"), sampled("2022-01-11 09:00", "negative", "b")], "b",
    ),
    "a pending one counts": ([sampled(NOON, "negative", "a"), sampled("2022-01-11 09:00", "pending", "b")], "b"),
    "an invalid one does not": ([sampled(NOON, "negative", "a"), sampled("2022-01-11 09:00", "invalid", "b")], "a"),
    "a sample whose standing result is invalid does not": (
        [sampled(NOON, "pending", "a"), sampled(NOON, "invalid", "a", "2022-01-10 13:00", "u")], None,
    ),
    "a positive one does": ([sampled(NOON, "positive", "a")], "a"),
    "none of none": ([], None),
}  # fmt: skip


@pytest.mark.parametrize(("tests", "sample"), LAST.values(), ids=LAST.keys())
def test_the_last_sample(tests, sample):
    found = last_sample(standing_tests(Member(tuple(tests))).values())
    assert (found.sample if found else None) == sample


def test_a_sample_was_last_named_by_the_record_that_came_last():
    member = Member((sampled(NOON, "positive"), sampled(NOON, "negative", recorded="2022-01-12 09:00", identity="u")))
    assert latest_named(member) == {"W1-1": at("2022-01-12 09:00")}


def nobodys(*spells, result="positive", closes=(), now=NOON):
    employers = {f"op-{number}": Employer((spell,)) for number, spell in enumerate(spells)}
    test = sampled(NOON, result)
    return unemployed_positive("W1", test, Member((test,), employers), closes, at(now), RULES)


STANDS = {
    "nobody ever employed them": ((), True),
    "an operator employs them": (((at("2022-01-01 09:00"), None),), False),
    "they left with the sample": (((at("2022-01-01 09:00"), at(NOON)),), True),
    "they left a moment later": (((at("2022-01-01 09:00"), at(NOON) + 1),), False),
    "somebody takes them on a fortnight later": (((at("2022-01-24 12:00"), None),), False),
    "somebody takes them on after that": (((at("2022-01-24 12:00") + 1, None),), True),
    "one of two operators employs them": (((at("2021-01-01 09:00"), at("2021-02-01 09:00")), (at(NOON), None)), False),
}


@pytest.mark.parametrize(("spells", "stands"), STANDS.values(), ids=STANDS.keys())
def test_a_positive_sample_is_nobodys_when(spells, stands):
    case = nobodys(*spells)
    assert (case is not None) is stands
    if case is not None:
        assert case.detail == {"sample": "W1-1", "staff": "W1", "hazard": "sars-cov-2"}
        assert (case.since, case.due) == (at(NOON), None)


def test_nothing_is_told_of_what_is_negative_closed_or_before_the_rules():
    assert nobodys(result="negative") is None
    assert nobodys(closes=(closed("2022-01-10 13:00"),)) is None
    assert nobodys(closes=(closed("2022-01-10 11:00"),)) is not None
    assert nobodys(now="2020-10-31 12:00") is None
