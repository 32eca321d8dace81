"""Disinfection of premises: owed for each day on which an operator dealt at the cutoff, and ever since."""

from __future__ import annotations

import pytest

from schemas.times import date_of, day_after, start_of
from streams.operators.rules.days import days_in_question, disinfection_missing, next_day_due
from tests.unit.operators.builders import RULES, account, at, day, fact, registered, told, utc

TUESDAY = "2022-01-11"
NOW = "2022-01-12 10:00"
DEALS = registered("2022-01-10 09:00")
DISINFECTED = day(disinfected=(fact("disinfection.recorded", "2022-01-11 18:00"),))
DECLARED = day(declared=(fact("day.declared", "2022-01-11 18:00"),))


def missing(*facts, on=TUESDAY, row=None, now=NOW):
    return disinfection_missing(on, row or day(), account(now, *facts), RULES)


def test_it_is_due_at_nine_of_the_next_day_and_told_for_seven_days():
    case = missing(DEALS)
    assert told(case) == {"day": TUESDAY, "due": utc("2022-01-12 09:00")}
    assert (case.since, case.due) == (at("2022-01-12 09:00"), at("2022-01-12 09:00"))
    assert case.until == at("2022-01-19 00:00")


SUSPENDED_AT_NIGHT = registered("2022-01-11 21:00", identity="b", status="suspended")
DEALS_AGAIN = registered("2022-01-12 08:00", identity="c")
OWED = {
    "it began to deal at the cutoff of the day": ((registered("2022-01-11 20:00", recorded="2022-01-10 20:00"),), True),
    "it began a moment after the cutoff": ((registered("2022-01-11 20:00:01", recorded="2022-01-10 20:00"),), False),
    "its first registration was recorded on the day": ((registered("2022-01-10 09:00", recorded="2022-01-11 00:00"),),
                                                       False),
    "its first registration was recorded the day before":
        ((registered("2022-01-10 09:00", recorded="2022-01-10 23:59"),), True),
    "a registration of that day only moved it":
        ((DEALS, registered("2022-01-11 10:00", identity="b", grid="other")), True),
    "it does not deal now": ((DEALS, SUSPENDED_AT_NIGHT), False),
    "it deals again, but not ever since the cutoff": ((DEALS, SUSPENDED_AT_NIGHT, DEALS_AGAIN), False),
    "nobody registered it": ((), False),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "owed"), OWED.values(), ids=OWED.keys())
def test_a_day_is_owed_when(facts, owed):
    assert (missing(*facts) is not None) is owed


@pytest.mark.parametrize("row", [DISINFECTED, DECLARED], ids=["it disinfected", "it declared the day"])
def test_nothing_is_owed_when(row):
    assert missing(DEALS, row=row) is None


def test_the_rules_are_those_of_the_day_whenever_it_is_asked():
    deals = registered("2022-12-01 09:00")
    assert missing(deals, on="2023-01-07", now="2023-01-09 09:00") is not None
    assert missing(deals, on="2023-01-08", now="2023-01-09 09:00") is None, "none since that day"
    assert missing(registered("2020-10-01 09:00"), on="2020-10-31", now="2020-11-01 09:00") is None


def test_days_in_question_are_those_whose_week_is_not_over():
    assert days_in_question(at("2022-01-12 10:00"), RULES) == [day_after("2022-01-12", -back) for back in range(8)]
    assert days_in_question(at("2022-01-12 00:00"), RULES)[-1] == "2022-01-05"
    assert days_in_question(at("2022-01-11 23:59"), RULES)[-1] == "2022-01-04"
    assert days_in_question(at("2020-11-02 10:00"), RULES) == ["2020-11-02", "2020-11-01"]
    assert days_in_question(at("2020-10-31 10:00"), RULES) == []


DUE = {
    "before nine: that of yesterday, at nine": ("2022-01-12 08:59", "2022-01-12 09:00"),
    "at nine: that of today, tomorrow at nine": ("2022-01-12 09:00", "2022-01-13 09:00"),
    "in the evening": ("2022-01-12 23:59", "2022-01-13 09:00"),
    "the last day of which it is asked": ("2023-01-08 08:00", "2023-01-08 09:00"),
    "never again after that": ("2023-01-08 09:00", None),
}


@pytest.mark.parametrize(("now", "due"), DUE.values(), ids=DUE.keys())
def test_when_the_next_day_falls_due(now, due):
    assert next_day_due(at(now), RULES) == (at(due) if due else None)


def test_a_day_in_question_is_one_whose_case_has_not_expired():
    """`days_in_question` and the case's own `until` must not disagree."""
    now = at("2022-01-20 12:00")
    for back in range(1, 12):
        on = day_after(date_of(now), -back)
        case = missing(registered("2022-01-01 09:00"), on=on, now="2022-01-20 12:00")
        assert (on in days_in_question(now, RULES)) is not case.expired(now)
        assert case.until == start_of(day_after(on, 8))
