"""An alert as a message: where it goes, what it says, what it rests on; the same on its topic and to routing."""

from __future__ import annotations

import orjson
import pytest

from schemas.alerts import PRIVATE, Kind, Resolution
from schemas.times import parse_instant
from streams.alerting import MOST_REFERENCES, OPERATOR_NAME, say
from streams.facts import Fact
from streams.machine import ENTRY
from streams.standing import Case, Cause, Change, Said, Trigger

AT = parse_instant("2022-01-12T09:30:00+08:00")
PLACE = ("330111", "330111001", "330111001003", "330111-S01")
DETAIL = {"lot": "L1", "goods": "fruit", "missing": ["test"]}


def fact(name: str, time: int = AT) -> Fact:
    return Fact("/zj", name, "lot.uploaded", time, time + 1)


def said(**changes):
    """The two messages of an alert, and the alert itself."""
    values = {
        "kind": Kind.PAPERS_MISSING, "operator": "A", "subject": "L1", "basis": "the clause", "name": "富阳鲜果行",
        "last_tick": AT, "journal_partition": 3, "alert_partition": 5, "drill": False,
    }  # fmt: skip
    place = changes.pop("place", PLACE)
    resolved_by = changes.pop("resolved_by", None)
    alert = Said("a" * 26, 1, 2, resolved_by is None, AT, DETAIL, place)
    case = changes.pop("case", Case(AT, DETAIL, (fact("r1"),)))
    trigger = changes.pop("trigger", Trigger(Cause.TICK, AT, AT + 1, 77))
    outputs = say(Change(alert, resolved_by), case, trigger, **values | changes)
    return *outputs, orjson.loads(outputs[0].value)


def test_the_alert_says_what_the_contract_asks_for_in_its_own_words():
    *_, alert = said()
    text = alert.pop("text")
    assert alert == {
        "id": "a" * 26, "kind": "papers-missing", "severity": "warning", "operator": "A", "subject": "L1",
        "status": "firing", "episode": 1, "revision": 2, "since": "2022-01-12T01:30:00.000Z",
        "changed_at": "2022-01-12T01:30:00.001Z", "resolved_by": None,
        "place": {"county": "330111", "town": "330111001", "grid": "330111001003", "office": "330111-S01"},
        "detail": DETAIL, "as_of": {"tick": "2022-01-12T01:30:00.000Z", "partition": 3, "offset": 77},
        "because": [{"source": "/zj", "id": "r1", "type": "lot.uploaded", "time": "2022-01-12T01:30:00.000Z"}],
        "basis": "the clause", "drill": False,
    }  # fmt: skip
    assert text.startswith("富阳鲜果行")


@pytest.mark.parametrize("kind", Kind)
def test_what_is_private_goes_to_the_private_topic_and_nowhere_else(kind):
    detail = {
        "staff": "S", "sample": "S", "hazard": "h", "on": "goods", "lot": "L", "goods": "fruit", "missing": ["test"],
        "day": "2022-01-12", "first": "2022-01-12T01:00:00.000Z", "types": ["goods.sold"],
        "due": "2022-01-12T01:00:00.000Z", "at": "2022-01-12T01:00:00.000Z", "base": "2022-01-09",
    }  # fmt: skip
    alert = Said("a" * 26, 1, 1, True, AT, detail, PLACE)
    trigger = Trigger(Cause.TICK, AT, AT, 7)
    public, journal = say(
        Change(alert, None), Case(AT, detail, ()), trigger, kind=kind, operator="A", subject="2022-01-12", basis="",
        name="店", last_tick=None, journal_partition=0, alert_partition=None, drill=False,
    )  # fmt: skip
    assert public.topic == ("alerts-private" if kind in PRIVATE else "alerts")
    assert journal.topic == "notice-journal"


def test_routing_hears_the_same_bytes_and_beside_them_what_the_shop_is_called():
    public, journal, _ = said()
    assert (public.key, public.value, public.partition) == (journal.key, journal.value, 5)
    assert dict(journal.headers) == {ENTRY: b"alert", OPERATOR_NAME: "富阳鲜果行".encode()}
    assert dict(public.headers) == {}


def test_a_shop_without_a_registration_is_called_by_its_number_and_has_no_place():
    _, journal, alert = said(name="", place=None)
    assert alert["place"] is None
    assert alert["text"].startswith("A")
    assert dict(journal.headers)[OPERATOR_NAME] == b""


def test_before_any_tick_it_says_so():
    assert said(last_tick=None)[2]["as_of"]["tick"] is None


def test_a_drill_says_that_it_is_one():
    assert said(drill=True)[2]["drill"] is True


def test_it_rests_on_the_oldest_records_and_on_no_more_than_anybody_would_read():
    facts = tuple(fact(f"r{number}", AT - number) for number in range(MOST_REFERENCES + 5))
    because = said(case=Case(AT, DETAIL, facts))[2]["because"]
    newest_first = [f"r{number}" for number in range(5, MOST_REFERENCES + 5)]
    assert [one["id"] for one in because] == newest_first[::-1]


@pytest.mark.parametrize("resolved_by", Resolution)
def test_an_end_says_by_what_and_in_words_and_keeps_what_it_was_about(resolved_by):
    *_, alert = said(resolved_by=resolved_by)
    assert (alert["status"], alert["resolved_by"], alert["detail"]) == ("resolved", resolved_by, DETAIL)
    assert alert["text"]


def test_an_end_without_any_fact_left_rests_on_the_record_that_ended_it():
    trigger = Trigger(Cause.VOID, AT, AT, 7, fact("void"))
    *_, alert = said(resolved_by=Resolution.VOID, case=None, trigger=trigger)
    assert [one["id"] for one in alert["because"]] == ["void"]
    assert alert["basis"] == "the clause"


def test_an_end_that_came_with_a_tick_alone_rests_on_nothing():
    *_, alert = said(resolved_by=Resolution.EXPIRED, case=None)
    assert alert["because"] == []
