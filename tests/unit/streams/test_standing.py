"""What is said of an alert now: a table of what was said, what would stand, and what made us look."""

from __future__ import annotations

import pytest

from schemas.alerts import Kind, Resolution
from schemas.times import MINUTE
from streams.standing import Case, Cause, Said, Trigger, compare

NOW = 1_642_000_020_000
PLACE = ("330111", "330111001", "330111001003", "330111-S01")
ELSEWHERE = ("330111", "330111115", "330111115001", "330111-S07")
DETAIL = {"lot": "L1", "missing": ["test"]}
KIND = Kind.PAPERS_MISSING


def said(*, firing=True, episode=1, revision=1, place=PLACE):
    return Said("a" * 26, episode, revision, firing, NOW, DETAIL, place)


def case(**changes):
    return Case(**{"since": NOW, "detail": DETAIL, "facts": (), **changes})


def trigger(cause=Cause.RECORD, moved=frozenset()):
    return Trigger(cause, NOW, NOW, 7, moved=moved)


def changed(before, after, cause=Cause.RECORD, *, moved=frozenset(), place=PLACE, **more):
    return compare(before, after, trigger(cause, moved), kind=KIND, operator="op", subject="L1", place=place, **more)


AT_ONCE = case()
DUE_NOW = case(due=NOW)
DUE_SOON = case(due=NOW + 1)
OVER = case(until=NOW)
LAST_MOMENT = case(until=NOW + 1)

BEGINS = {
    "what is there begins at the record": (AT_ONCE, Cause.RECORD, True),
    "what is there begins at a void": (AT_ONCE, Cause.VOID, True),
    "what is there begins at a word": (AT_ONCE, Cause.WORD, True),
    "what is there begins at a tick": (AT_ONCE, Cause.TICK, True),
    "what is missing begins at a tick": (DUE_NOW, Cause.TICK, True),
    "what is missing does not begin at a record": (DUE_NOW, Cause.RECORD, False),
    "what is missing does not begin at a void": (DUE_NOW, Cause.VOID, False),
    "what is not due yet does not begin": (DUE_SOON, Cause.TICK, False),
    "what is over does not begin": (OVER, Cause.TICK, False),
    "what stands for a moment yet begins": (LAST_MOMENT, Cause.TICK, True),
    "nothing does not begin": (None, Cause.TICK, False),
    "nothing begins where something is forgotten": (DUE_NOW, Cause.FORGOTTEN, False),
}


@pytest.mark.parametrize("before", [None, said(firing=False, revision=2)], ids=["never said", "ended before"])
@pytest.mark.parametrize(("after", "cause", "begins"), BEGINS.values(), ids=BEGINS.keys())
def test_beginnings(before, after, cause, begins):
    change = changed(before, after, cause)
    assert (change is not None) is begins
    if change is not None:
        assert change.said.firing
        assert change.resolved_by is None


def test_the_first_episode_begins_with_revision_one_and_the_next_goes_on_counting():
    first = changed(None, AT_ONCE).said
    assert (first.episode, first.revision) == (1, 1)
    again = changed(said(firing=False, episode=2, revision=7), AT_ONCE).said
    assert (again.episode, again.revision) == (3, 8)


@pytest.mark.parametrize("hinders", ["closed", "withheld"])
@pytest.mark.parametrize("before", [None, said(firing=False)], ids=["never said", "ended before"])
def test_nothing_begins_while(hinders, before):
    assert changed(before, DUE_NOW, Cause.TICK, **{hinders: True}) is None


ENDS = {
    "a record ends it": (None, Cause.RECORD, "record"),
    "a void ends it": (None, Cause.VOID, "void"),
    "a word ends it": (None, Cause.WORD, "word"),
    "a tick ends it: something came into force": (None, Cause.TICK, "record"),
    "it is forgotten": (None, Cause.FORGOTTEN, "expired"),
    "it is forgotten, whatever would stand": (OVER, Cause.FORGOTTEN, "expired"),
    "its time is over at a tick": (OVER, Cause.TICK, "expired"),
    "its time is over by a record that moves its beginning": (OVER, Cause.RECORD, "expired"),
    "its time is over by a void: expired comes before void": (OVER, Cause.VOID, "expired"),
    "its time is over by a word: expired comes before word": (OVER, Cause.WORD, "expired"),
    "its due moved into the future by a record": (DUE_SOON, Cause.RECORD, "record"),
    "its due moved into the future by a void": (DUE_SOON, Cause.VOID, "void"),
}


@pytest.mark.parametrize(("after", "cause", "resolved_by"), ENDS.values(), ids=ENDS.keys())
def test_endings(after, cause, resolved_by):
    change = changed(said(episode=2, revision=3), after, cause)
    assert change.resolved_by == resolved_by
    assert not change.said.firing
    assert (change.said.episode, change.said.revision) == (2, 4)


def test_what_ends_keeps_the_since_detail_and_place_of_its_last_firing():
    other = case(since=NOW + 5, detail={"lot": "L2"}, until=NOW)
    change = changed(said(), other, Cause.TICK, place=ELSEWHERE)
    assert (change.said.since, change.said.detail, change.said.place) == (NOW, DETAIL, PLACE)


ORDER = {
    "closed comes first": ({"after": OVER, "cause": Cause.VOID, "closed": True}, "closed"),
    "closed, even at a tick with other rules": (
        {"after": None, "cause": Cause.TICK, "closed": True, "moved": {KIND}}, "closed",
    ),
    "closed ends what would stand": ({"after": DUE_NOW, "cause": Cause.RECORD, "closed": True}, "closed"),
    "expired comes before rules": ({"after": OVER, "cause": Cause.TICK, "moved": {KIND}}, "expired"),
    "rules, where a parameter of the kind moved": ({"after": None, "cause": Cause.TICK, "moved": {KIND}}, "rules"),
    "record, where only one of another kind moved": (
        {"after": None, "cause": Cause.TICK, "moved": {Kind.SILENT}}, "record",
    ),
    "rules play no part at a record": ({"after": None, "cause": Cause.RECORD, "moved": {KIND}}, "record"),
    "rules play no part at a void": ({"after": None, "cause": Cause.VOID, "moved": {KIND}}, "void"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "resolved_by"), ORDER.values(), ids=ORDER.keys())
def test_of_several_reasons_the_first_counts(given, resolved_by):
    moved = frozenset(given.pop("moved", ()))
    assert changed(said(), given.pop("after"), given.pop("cause"), moved=moved, **given).resolved_by == resolved_by


REVISIONS = {
    "another since": ({"after": case(since=NOW - 1)}, True),
    "another detail": ({"after": case(detail={"lot": "L1", "missing": []})}, True),
    "another place": ({"after": AT_ONCE, "place": ELSEWHERE}, True),
    "no place any more": ({"after": AT_ONCE, "place": None}, True),
    "another due": ({"after": case(due=NOW - MINUTE)}, False),
    "another until": ({"after": LAST_MOMENT}, False),
    "withheld, and its detail changes: what was told goes on": (
        {"after": case(detail={}), "withheld": True}, True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("cause", [Cause.RECORD, Cause.TICK])
@pytest.mark.parametrize(("given", "again"), REVISIONS.values(), ids=REVISIONS.keys())
def test_what_goes_on_is_said_again_when_it_has(given, again, cause):
    given = dict(given)
    change = changed(said(episode=2, revision=3), given.pop("after"), cause, **given)
    assert (change is not None) is again
    if change is not None:
        assert change.resolved_by is None
        assert (change.said.firing, change.said.episode, change.said.revision) == (True, 2, 4)


def test_what_ended_and_does_not_stand_is_not_said_again():
    for after in (None, DUE_SOON, OVER):
        assert changed(said(firing=False), after, Cause.TICK) is None


def test_withheld_ends_what_no_longer_stands():
    assert changed(said(), None, withheld=True).resolved_by is Resolution.RECORD


WAKES = {
    "before its due: the due": (case(due=NOW + 5, until=NOW + 9), NOW + 5),
    "after its due: the end": (case(due=NOW, until=NOW + 9), NOW + 9),
    "where it changes by itself before: then": (case(due=NOW, until=NOW + 9, wake=NOW + 3), NOW + 3),
    "at its end: never": (case(due=NOW - 5, until=NOW), None),
    "without due and end: never": (case(), None),
}


@pytest.mark.parametrize(("after", "wakes"), WAKES.values(), ids=WAKES.keys())
def test_when_a_case_wants_to_be_looked_at_again(after, wakes):
    assert after.next(NOW) == wakes
