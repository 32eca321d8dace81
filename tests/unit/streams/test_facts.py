"""Facts: which of two is the later, what is left without one, what a close covers."""

from __future__ import annotations

import pytest

from schemas.times import DAY
from streams.facts import REACH, Fact, covers, when_forgotten, without


def fact(recorded: int = 5, source: str = "/s", identity: str = "r", time: int = 1) -> Fact:
    return Fact(source, identity, "goods.sold", time, recorded)


LATER = {
    "recorded later": (fact(6), fact(5)),
    "recorded later, though it happened before": (fact(6, time=0), fact(5, time=9)),
    "at a tie the greater source": (fact(source="/t"), fact(source="/s")),
    "at a tie of both the greater id": (fact(identity="b"), fact(identity="a")),
    "strings by code points, not by the alphabet": (fact(identity="a"), fact(identity="B")),
    "strings are no numbers": (fact(identity="r9"), fact(identity="r10")),
    "a source before any id": (fact(source="/t", identity="a"), fact(source="/s", identity="z")),
}


@pytest.mark.parametrize(("one", "other"), LATER.values(), ids=LATER.keys())
def test_of_two_facts_the_later_is_the_one(one, other):
    assert one.later > other.later


def test_in_time_orders_by_time_and_at_a_tie_by_later():
    facts = [fact(9, time=2), fact(7, time=3), fact(8, time=2)]
    assert sorted(facts, key=lambda item: item.in_time) == [facts[2], facts[0], facts[1]]


def test_a_fact_is_taken_out_by_source_and_id_together():
    facts = (fact(identity="a"), fact(identity="b"), fact(source="/t", identity="a"))
    assert without(facts, facts[0]) == facts[1:]
    assert without(facts, fact(source="/u", identity="a")) == facts


def test_of_an_identity_that_was_used_again_much_later_only_the_record_meant_is_taken_out():
    facts = (fact(1, identity="a"), fact(9, identity="a"))
    assert without(facts, facts[1]) == facts[:1]


COVERS = {
    "recorded before the close": (fact(4), True),
    "recorded with it, and earlier by its identity": (fact(5, identity="a"), True),
    "recorded with it, and later by its identity": (fact(5, identity="z"), False),
    "recorded after it, though it happened long before": (fact(6, time=0), False),
}


@pytest.mark.parametrize(("offending", "covered"), COVERS.values(), ids=COVERS.keys())
def test_a_close_covers_what_is(offending, covered):
    assert covers((fact(5, identity="m"),), offending) is covered
    assert not covers((), offending)


def test_of_several_closes_one_is_enough():
    assert covers((fact(3), fact(9)), fact(8))


def test_what_is_forgotten_is_looked_at_when_its_last_day_begins_and_then_at_the_instant():
    named = 5 * DAY + 1234
    begin, instant = 5 * DAY + REACH, named + REACH
    assert when_forgotten(named, now=named) == begin
    assert when_forgotten(named, now=begin - 1) == begin
    assert when_forgotten(named, now=begin) == instant
    assert when_forgotten(named + 1, now=named) == begin, "another record of that day puts nothing off"
