"""Kinds and the parameters they go by: at which tick the rules of a kind have moved."""

from __future__ import annotations

import pytest

from schemas.alerts import Kind
from streams.kinds import BASIS, DAY_PARAMETERS, INCIDENTS, PARAMETERS, basis, moved
from streams.standing import Case
from tests.unit.operators.builders import RULES, at

MOVES = {
    "within a day nothing moves": ("2023-01-08 00:00", "2023-01-08 23:59", set()),
    "nor over a midnight at which nothing changes": ("2022-06-01 23:59", "2022-06-02 00:00", set()),
    "at the first date of the rules all that go by now": (
        "2020-10-31 23:59", "2020-11-01 00:00", {kind for kind in Kind if PARAMETERS[kind]},
    ),
    "when tests are no longer asked for": ("2023-01-07 23:59", "2023-01-08 00:00", {Kind.TEST_OVERDUE}),
    "a tick that comes late all the same": ("2023-01-05 12:00", "2023-01-20 12:00", {Kind.TEST_OVERDUE}),
    "the day is Beijing's": ("2023-01-07 12:00", "2023-01-07 23:59", set()),
}  # fmt: skip


@pytest.mark.parametrize(("before", "now", "kinds"), MOVES.values(), ids=MOVES.keys())
def test_what_moves(before, now, kinds):
    assert moved(RULES, at(before), at(now)) == kinds


def test_every_kind_says_what_it_goes_by_and_day_kinds_by_their_day():
    assert set(PARAMETERS) == set(Kind)
    assert set(DAY_PARAMETERS) == {Kind.UNCODED_GOODS, Kind.DISINFECTION_MISSING}
    assert [kind for kind in DAY_PARAMETERS if PARAMETERS[kind]] == []


def test_incidents_are_what_a_close_ends():
    assert {str(kind) for kind in INCIDENTS} == {"positive", "staff-positive", "uncoded-goods", "sold-early"}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_rests_on_words_that_an_officer_can_cite(kind):
    case = Case(at("2022-01-10 09:00"), {"goods": "fruit"}, ())
    found = basis(kind, "2022-01-10", case, "2022-01-10", RULES)
    assert found
    assert "系统参数" not in found


def test_missing_papers_rest_on_what_was_required_on_the_first_day():
    for when, words in (("2023-01-07 12:00", "第一条"), ("2023-01-08 12:00", "乙类乙管")):
        case = Case(at(when), {"goods": "fruit"}, ())
        assert words in basis(Kind.PAPERS_MISSING, "L1", case, "2023-02-01", RULES)


def test_a_kind_that_a_new_document_ended_rests_on_that_document():
    assert "乙类乙管" in basis(Kind.TEST_OVERDUE, "W1", None, "2023-01-08", RULES)
    assert "每周核酸检测" in basis(Kind.TEST_OVERDUE, "W1", None, "2023-01-07", RULES)


def test_no_kind_has_two_bases():
    assert not BASIS.keys() & RULES.content.kinds.keys()
    assert BASIS.keys() | RULES.content.kinds.keys() == set(Kind) - {Kind.PAPERS_MISSING}
