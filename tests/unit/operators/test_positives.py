"""Positive results: of goods and surfaces for the operator named, of staff for whom they may have exposed."""

from __future__ import annotations

import pytest

from schemas.times import DAY
from streams.operators.model import Sample, StaffSample
from streams.operators.rules.positives import positive, staff_positive
from streams.operators.rules.staff import spells
from tests.unit.operators.builders import RULES, at, closed, enrolled, fact, left, sampled, staff, told

NOON = "2022-01-10 12:00"


def found(*tests, closes=()):
    return positive("S1", Sample(tests), closes)


STANDS = {
    "positive": ((sampled(NOON, "positive"),), True),
    "negative": ((sampled(NOON, "negative"),), False),
    "pending": ((sampled(NOON, "pending"),), False),
    "invalid": ((sampled(NOON, "invalid"),), False),
    "no record": ((), False),
    "a later negative": (
        (sampled(NOON, "positive", identity="a"), sampled(NOON, "negative", "2022-01-10 13:00", identity="b")), False,
    ),
    "an earlier negative": (
        (sampled(NOON, "positive", "2022-01-10 13:00", identity="a"), sampled(NOON, "negative", identity="b")), True,
    ),
    "a later invalid decides nothing": (
        (sampled(NOON, "positive", identity="a"), sampled(NOON, "invalid", "2022-01-10 13:00", identity="b")), True,
    ),
    "a later pending decides nothing": (
        (sampled(NOON, "positive", identity="a"), sampled(NOON, "pending", "2022-01-10 13:00", identity="b")), True,
    ),
    "later is by when it was recorded, not by when it was taken": (
        (sampled("2022-01-10 14:00", "negative", "2022-01-10 14:01", identity="a"),
         sampled(NOON, "positive", "2022-01-10 15:00", identity="b")), True,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tests", "stands"), STANDS.values(), ids=STANDS.keys())
def test_a_sample_is_positive_when(tests, stands):
    assert (found(*tests) is not None) is stands


def test_since_and_detail_are_those_of_the_standing_record():
    case = found(
        sampled(NOON, "positive", identity="a"),
        sampled("2022-01-10 11:00", "positive", "2022-01-10 13:00", lot="L2", identity="b"),
    )
    assert case.since == at("2022-01-10 11:00")
    assert told(case) == {"sample": "S1", "on": "goods", "hazard": "sars-cov-2", "lot": "L2"}
    assert (case.due, case.until) == (None, None), "at once, and for good"


@pytest.mark.parametrize(("on", "lot", "said"), [("goods", "L1", "L1"), ("goods", "", None), ("surface", "L1", None)])
def test_the_lot_is_that_of_goods_only(on, lot, said):
    assert told(found(sampled(NOON, "positive", on=on, lot=lot)))["lot"] == said


def test_a_close_covers_the_standing_record_unless_it_is_later():
    first = sampled(NOON, "positive", identity="a")
    assert found(first, closes=(closed("2022-01-10 13:00"),)) is None
    again = sampled(NOON, "positive", "2022-01-10 14:00", identity="b")
    assert found(first, again, closes=(closed("2022-01-10 13:00"),)) is not None


SAMPLE = StaffSample("W1-1", at(NOON), fact("sample.tested", NOON), "sars-cov-2")


def exposed(*facts, sample=SAMPLE, now=NOON):
    return staff_positive("W1", sample, spells(staff(*facts)), at(now), RULES)


EXPOSED = {
    "they work there": ((enrolled("2022-01-01 09:00"),), True),
    "they left at the instant of the sample": ((enrolled("2022-01-01 09:00"), left(NOON)), False),
    "they left a moment after": ((enrolled("2022-01-01 09:00"), left("2022-01-10 12:00:01")), True),
    "they came a fortnight later to the millisecond": ((enrolled("2022-01-24 12:00"),), True),
    "they came a moment after that": ((enrolled("2022-01-24 12:00:01"),), False),
    "they never worked there": ((), False),
    "a zero-length spell is none":
        ((enrolled("2022-01-11 09:00", identity="a"), left("2022-01-11 09:00", identity="b")), False),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "stands"), EXPOSED.values(), ids=EXPOSED.keys())
def test_an_operator_may_have_been_exposed_when(facts, stands):
    assert (exposed(*facts) is not None) is stands


def test_a_positive_staff_sample_rests_on_the_enrolments_and_the_record():
    case = exposed(
        enrolled("2022-01-01 09:00", identity="a"),
        left("2022-01-12 09:00"),
        enrolled("2022-01-14 09:00", identity="b"),
        enrolled("2022-01-15 09:00", identity="c"),
    )
    assert [item.id for item in case.facts] == ["a", "b", "r"]
    assert case.since == at(NOON)
    assert told(case) == {"sample": "W1-1", "staff": "W1", "hazard": "sars-cov-2"}
    assert case.until is None
    assert at("2022-01-24 12:00") - at(NOON) == 14 * DAY


def test_a_sample_that_is_not_positive_any_more_exposes_nobody():
    assert exposed(enrolled("2022-01-01 09:00"), sample=StaffSample("W1-1", at(NOON), None, "sars-cov-2")) is None


def test_before_the_rules_the_kind_is_off():
    assert exposed(enrolled("2022-01-01 09:00"), now="2020-10-31 12:00") is None
