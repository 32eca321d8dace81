"""The operator itself: in force, dealing since, and the three kinds about its account."""

from __future__ import annotations

import pytest

from schemas.times import date_of
from streams.operators.model import Pulse
from streams.operators.rules.account import not_activated, silent, unknown_operator
from tests.unit.operators.builders import RULES, account, at, fact, registered, told, utc

MONDAY = "2022-01-10 09:00"
LATER = "2022-01-20 09:00"

IN_FORCE = {
    "none while nobody registered it": ((), None),
    "none while its time is ahead of now": ((registered("2022-01-20 09:01"),), None),
    "one whose time is now": ((registered(LATER, identity="a"),), "a"),
    "the one with the greatest time, however it came": (
        (registered(MONDAY, recorded="2022-01-15 09:00", identity="old"),
         registered("2022-01-11 09:00", identity="new")),
        "new",
    ),
    "at a tie of time the one recorded later": (
        (registered(MONDAY, recorded="2022-01-12 09:00", identity="a"), registered(MONDAY, identity="b")), "a",
    ),
    "at a tie of both the greater id": ((registered(MONDAY, identity="a"), registered(MONDAY, identity="b")), "b"),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "identity"), IN_FORCE.values(), ids=IN_FORCE.keys())
def test_the_registration_in_force(facts, identity):
    found = account(LATER, *facts).in_force
    assert (found.id if found else None) == identity


SUSPENDED = {"status": "suspended"}
SINCE = {
    "from the first registration that deals": ((registered(MONDAY),), MONDAY),
    "not while it is suspended": ((registered(MONDAY, **SUSPENDED),), None),
    "not while it is closed": ((registered(MONDAY, status="closed"),), None),
    "not while it does not trade in the goods": ((registered(MONDAY, trades=False),), None),
    "a registration that changes nothing of it does not begin it anew": (
        (registered(MONDAY), registered("2022-01-12 09:00", grid="other", identity="b")), MONDAY,
    ),
    "from the end of a suspension": (
        (registered(MONDAY), registered("2022-01-12 09:00", identity="b", **SUSPENDED),
         registered("2022-01-14 09:00", identity="c")), "2022-01-14 09:00",
    ),
    "not since a suspension that stands": (
        (registered(MONDAY), registered("2022-01-12 09:00", identity="b", **SUSPENDED)), None,
    ),
    "a suspension that comes late breaks it": (
        (registered(MONDAY), registered("2022-01-14 09:00", identity="c"),
         registered("2022-01-12 09:00", recorded="2022-01-19 09:00", identity="b", **SUSPENDED)), "2022-01-14 09:00",
    ),
    "of two registrations with one time only the later counts: dealing goes on": (
        (registered(MONDAY), registered("2022-01-12 09:00", identity="b", **SUSPENDED),
         registered("2022-01-12 09:00", identity="c")), MONDAY,
    ),
    "of two registrations with one time only the later counts: dealing ends": (
        (registered(MONDAY), registered("2022-01-12 09:00", identity="b"),
         registered("2022-01-12 09:00", identity="c", **SUSPENDED)), None,
    ),
    "one ahead of now does not end it": ((registered(MONDAY), registered("2022-01-21 09:00", **SUSPENDED)), MONDAY),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "since"), SINCE.values(), ids=SINCE.keys())
def test_dealing_since(facts, since):
    found = account(LATER, *facts)
    assert found.dealing_since == (at(since) if since else None)
    assert found.dealing is (since is not None)


def test_dealing_from_an_instant_means_ever_since():
    found = account(LATER, registered(MONDAY))
    assert found.dealing_from(at(MONDAY))
    assert not found.dealing_from(at(MONDAY) - 1)
    assert not account(LATER).dealing_from(at(LATER))


def test_what_comes_into_force_next_and_what_has_since_an_instant():
    found = account(LATER, registered(MONDAY), registered("2022-02-01 09:00"), registered("2022-01-25 09:00"))
    assert found.next_registration() == at("2022-01-25 09:00")
    assert found.passed_since(at(MONDAY) - 1)
    assert not found.passed_since(at(MONDAY)), "what is as old as that came into force then"
    assert account(LATER, registered(MONDAY)).next_registration() is None


def quiet(facts, *, active="", declared=(), now=LATER):
    recent = (fact("goods.sold", f"{active} 12:00"),) if active else ()
    return silent(account(now, *facts), Pulse(active=len(recent), recent=recent), lambda day: day in declared, RULES)


SILENT = {
    "three days after the last activity, at the cutoff": ({"active": "2022-01-12"}, "2022-01-12", "2022-01-15 20:00"),
    "from the day of the registration, if it was never active": ({}, "2022-01-10", "2022-01-13 20:00"),
    "from the day of the registration, if it was active before": ({"active": "2022-01-08"}, "2022-01-10",
                                                                  "2022-01-13 20:00"),
    "a declared day does not count": ({"declared": ("2022-01-12",)}, "2022-01-10", "2022-01-14 20:00"),
    "nor do several, with working days between": ({"declared": ("2022-01-11", "2022-01-13", "2022-01-15")},
                                                  "2022-01-10", "2022-01-16 20:00"),
    "a day declared before the base plays no part": ({"declared": ("2022-01-10",)}, "2022-01-10", "2022-01-13 20:00"),
    "a day declared after the due plays no part": ({"declared": ("2022-01-14",)}, "2022-01-10", "2022-01-13 20:00"),
    "an activity in the future counts from its day": ({"active": "2022-01-21"}, "2022-01-21", "2022-01-24 20:00"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "base", "due"), SILENT.values(), ids=SILENT.keys())
def test_when_an_operator_counts_as_silent(given, base, due):
    case = quiet((registered(MONDAY),), **given)
    assert told(case) == {"base": base, "due": utc(due)}
    assert (case.since, case.due, case.until) == (at(due), at(due), None)


def test_silence_counts_from_when_the_registration_was_recorded_and_from_dealing_since():
    late = registered("2021-12-01 09:00", recorded=MONDAY)
    assert told(quiet((late,)))["base"] == "2022-01-10"
    again = (registered(MONDAY), registered("2022-01-11 09:00", identity="b", **SUSPENDED),
             registered("2022-01-15 09:00", identity="c"))  # fmt: skip
    assert told(quiet(again))["base"] == "2022-01-15"


def test_who_does_not_deal_is_not_silent():
    assert quiet(()) is None
    assert quiet((registered(MONDAY, **SUSPENDED),)) is None
    assert quiet((registered("2020-10-01 09:00"),), now="2020-10-31 09:00") is None, "before the rules"


ACTIVATED = {
    "it was registered so": (registered(MONDAY),),
    "an earlier registration said so": (registered(MONDAY), registered(LATER, activated=False, identity="b")),
    "a registration ahead of now says so": (
        registered(MONDAY, activated=False), registered("2022-02-01 09:00", identity="b"),
    ),
    "its account was activated": (registered(MONDAY, activated=False), fact("account.activated", LATER)),
    "it is suspended now": (registered(MONDAY, activated=False, status="suspended"),),
    "nobody registered it": (fact("account.activated", LATER),),
}  # fmt: skip


@pytest.mark.parametrize("facts", ACTIVATED.values(), ids=ACTIVATED.keys())
def test_nobody_waits_for_an_activation_when(facts):
    assert not_activated(account(LATER, *facts), RULES) is None


def test_an_account_is_due_a_day_after_its_first_registration_was_recorded():
    case = not_activated(
        account(
            LATER,
            registered(MONDAY, recorded="2022-01-12 10:00", activated=False, trades=False),
            registered("2022-01-11 09:00", recorded="2022-01-11 09:00", activated=False, identity="b"),
        ),
        RULES,
    )
    assert told(case) == {"due": utc("2022-01-12 09:00")}
    assert case.since == case.due == at("2022-01-12 09:00")
    assert [item.id for item in case.facts] == ["b"]


def unknown(*facts, mentions=("2022-01-19 09:00",), now=LATER):
    named = tuple(fact("goods.sold", MONDAY, recorded) for recorded in mentions)
    return unknown_operator(account(now, *facts), Pulse(mentions=named), RULES)


def test_an_operator_is_unknown_ten_minutes_after_the_first_record_that_names_it():
    case = unknown(mentions=("2022-01-19 09:05", "2022-01-19 09:00"))
    assert told(case) == {"due": utc("2022-01-19 09:10")}
    assert case.since == case.due == at("2022-01-19 09:10")


def test_an_operator_is_unknown_until_a_registration_is_in_force():
    assert unknown(registered(LATER)) is None
    assert unknown(registered(MONDAY, status="closed")) is None, "even a closed one is known"
    assert unknown(registered("2022-01-20 09:01")) is not None, "one ahead of now is not in force"


def test_nobody_is_unknown_whom_no_record_names():
    assert unknown(mentions=()) is None
    assert date_of(at("2020-10-31 09:00")) < "2020-11-01"
    assert unknown(now="2020-10-31 09:00") is None, "before the rules"
