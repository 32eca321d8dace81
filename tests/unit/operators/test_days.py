"""Disinfection of premises: owed for each day on which an operator dealt at the cutoff, and ever since."""

from __future__ import annotations

import pytest

from schemas.times import date_of, day_after, start_of
from streams.operators.rules.days import days_in_question, disinfection_missing, next_day_due
from tests.unit.operators.builders import RULES, account, at, day, fact, registered, ruled, told, utc

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


@pytest.mark.parametrize("row", [DISINFECTED, DECLARED], ids=["it disinfected", "it declared the day"])
def test_once_its_week_is_over_that_comes_first_whatever_came_with_the_same_tick(row):
    assert missing(DEALS, row=row, now="2022-01-18 23:59") is None
    case = missing(DEALS, row=row, now="2022-01-19 00:00")
    assert case.expired(at("2022-01-19 00:00"))
    assert not case.stands(at("2022-01-19 00:00"))


def test_the_rules_are_those_of_the_day_whenever_it_is_asked():
    deals = registered("2022-12-01 09:00")
    assert missing(deals, on="2023-01-07", now="2023-01-09 09:00") is not None
    assert missing(deals, on="2023-01-08", now="2023-01-09 09:00") is None, "none since that day"
    assert missing(registered("2020-10-01 09:00"), on="2020-10-31", now="2020-11-01 09:00") is None


def back(last, first):
    """Days from the last to the first, as they are asked for."""
    days = [last]
    while days[-1] > first:
        days.append(day_after(days[-1], -1))
    return tuple(days)


QUESTION = {
    "those whose week is not over": ("2022-01-12 10:00", {}, back("2022-01-12", "2022-01-05")),
    "at midnight a week is over": ("2022-01-12 00:00", {}, back("2022-01-12", "2022-01-05")),
    "a moment before it is not": ("2022-01-11 23:59", {}, back("2022-01-11", "2022-01-04")),
    "none before the rules": ("2020-11-02 10:00", {}, back("2020-11-02", "2020-11-01")),
    "and before them none at all": ("2020-10-31 10:00", {}, ()),
    "days of the old week, though today's are kept for a day": (
        "2022-01-14 15:00", {"2020-11-01": "7d", "2022-01-12": "1d"},
        (*back("2022-01-14", "2022-01-13"), *back("2022-01-11", "2022-01-07")),
    ),
    "days of the old day, though today's are kept for a week": (
        "2022-01-14 15:00", {"2020-11-01": "1d", "2022-01-12": "7d"}, back("2022-01-14", "2022-01-12"),
    ),
    "days before some of which none is told": (
        "2022-01-14 15:00", {"2020-11-01": "7d", "2022-01-10": "none", "2022-01-13": "7d"},
        (*back("2022-01-14", "2022-01-13"), *back("2022-01-09", "2022-01-07")),
    ),
    "days before today, of which none is told": (
        "2022-01-10 09:00", {"2020-11-01": "7d", "2022-01-10": "none"}, back("2022-01-09", "2022-01-03"),
    ),
    "a value that is still to come plays no part": (
        "2022-01-10 09:00", {"2020-11-01": "1d", "2022-01-11": "30d"}, back("2022-01-10", "2022-01-09"),
    ),
    "kept for hours only": ("2022-01-10 09:00", {"2020-11-01": "9h"}, back("2022-01-10", "2022-01-10")),
    "as far back as the rules go": (
        "2022-01-10 09:00", {"2022-01-07": "99999d"}, back("2022-01-10", "2022-01-07"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "kept", "days"), QUESTION.values(), ids=QUESTION.keys())
def test_days_in_question_are(now, kept, days):
    rules = ruled(day_kept=kept) if kept else RULES
    assert days_in_question(at(now), rules) == days


DUE = {
    "before nine: that of yesterday, at nine": ("2022-01-12 08:59", {}, "2022-01-12 09:00"),
    "at nine: that of today, tomorrow at nine": ("2022-01-12 09:00", {}, "2022-01-13 09:00"),
    "in the evening": ("2022-01-12 23:59", {}, "2022-01-13 09:00"),
    "the last day of which it is asked": ("2023-01-08 08:00", {}, "2023-01-08 09:00"),
    "never again after that": ("2023-01-08 09:00", {}, None),
    "before the rules: that of their first day": ("2020-05-01 12:00", {}, "2020-11-02 09:00"),
    "not asked today: that of tomorrow": (
        "2022-01-13 12:00", {"2020-11-01": "09:00", "2022-01-12": "none", "2022-01-14": "09:00"}, "2022-01-15 09:00",
    ),
    "not asked for days: that of the day from which it is again": (
        "2022-01-13 12:00", {"2020-11-01": "09:00", "2022-01-12": "none", "2022-03-01": "06:00"}, "2022-03-02 06:00",
    ),
    "yesterday's, of the old value, though none is asked today": (
        "2022-01-12 08:59", {"2020-11-01": "09:00", "2022-01-12": "none", "2022-03-01": "06:00"}, "2022-01-12 09:00",
    ),
    "asked from tomorrow on, later in the day": (
        "2022-01-13 12:00", {"2020-11-01": "none", "2022-01-14": "23:30", "2022-01-15": "00:00"}, "2022-01-15 23:30",
    ),
    "none is followed by none": (
        "2022-01-13 12:00", {"2020-11-01": "none", "2022-02-01": "none", "2022-03-01": "09:00"}, "2022-03-02 09:00",
    ),
    "never asked": ("2022-01-13 12:00", {"2020-11-01": "none"}, None),
}  # fmt: skip


@pytest.mark.parametrize(("now", "by", "due"), DUE.values(), ids=DUE.keys())
def test_when_the_next_day_falls_due(now, by, due):
    rules = ruled(disinfection_by=by) if by else RULES
    assert next_day_due(at(now), rules) == (at(due) if due else None)


def test_a_day_in_question_is_one_whose_case_has_not_expired():
    """`days_in_question` and the case's own `until` must not disagree."""
    now = at("2022-01-20 12:00")
    for back in range(1, 12):
        on = day_after(date_of(now), -back)
        case = missing(registered("2022-01-01 09:00"), on=on, now="2022-01-20 12:00")
        assert (on in days_in_question(now, RULES)) is not case.expired(now)
        assert case.until == start_of(day_after(on, 8))
