"""What is said of a message before it is sent is what intake would say, and what the files say of each other."""

import json

import pytest

from connectors.sending.files import Found
from connectors.sending.judging import IS_WRONG, Judge, Outcome
from schemas.reasons import Reason
from schemas.times import parse_instant

NOW = parse_instant("2022-01-12T09:35:00+08:00")


def message(kind="goods.sold", number=1, time="2022-01-12T09:30:00+08:00", **data):
    event = {"specversion": "1.0", "type": kind, "source": "urn:x", "id": str(number), "time": time}
    return json.dumps(event | {"data": data or {"operator": "A"}}).encode()


@pytest.fixture
def judge():
    one = Judge(("fruit",), lambda: NOW)

    def said(value=b"", **found):
        return one.judge(Found("f:1", value, **found))

    return said


def test_a_good_one_has_topic_type_identity_and_key(judge):
    said = judge(message(operator=" 甲 "))
    assert (said.outcome, said.topic, said.type, said.id) == (Outcome.GOOD, "scan-events", "goods.sold", "1")
    assert said.key == "甲".encode()


@pytest.mark.parametrize(
    ("value", "reason", "topic"),
    [
        (b"{", Reason.NOT_JSON, None),
        (b"{}", Reason.NOT_CLOUDEVENT, None),
        (message("goods.lost"), Reason.UNKNOWN_TYPE, None),
        (message(lot=5), Reason.INVALID_DATA, "scan-events"),
        (message(time="2022-01-12T09:50:00+08:00"), Reason.FUTURE_TIME, "scan-events"),
        (message(time="2021-01-12T09:50:00+08:00"), Reason.TOO_OLD, "scan-events"),
    ],
)
def test_a_refused_one_has_the_reason_and_the_topic_if_it_can_be_known(judge, value, reason, topic):
    said = judge(value)
    assert (said.outcome, said.reason, said.topic) == (Outcome.REFUSED, reason, topic)
    assert said.outcome in IS_WRONG


def test_what_is_too_old_in_epcis_is_unused_and_no_fault(judge):
    said = judge(message(time="2005-01-12T09:50:00+08:00"), epcis=True)
    assert (said.outcome, said.reason) == (Outcome.UNUSED, Reason.TOO_OLD)
    assert said.outcome not in IS_WRONG
    assert judge(message(time="2099-01-12T09:50:00+08:00"), epcis=True).outcome is Outcome.REFUSED


def test_what_was_found_unusable_already_is_passed_on(judge):
    assert judge(unused="no rule").message == "no rule"
    assert (judge(refused="bizStep: wrong").outcome, judge(refused="x").reason) == (
        Outcome.REFUSED,
        Reason.INVALID_DATA,
    )


def test_identities_are_of_one_log(judge):
    outcomes = [
        judge(message(operator="A")).outcome,
        judge(message(operator="A")).outcome,
        judge(message(operator="A", box="1")).outcome,
        judge(message(operator="B")).outcome,
        judge(message("code.looked-up", lot="L")).outcome,
        judge(message("feed.advanced", feed="F", complete_until="2022-01-12T00:00:00Z")).outcome,
        judge(message("patrol.recorded", by="P")).outcome,
        judge(message("patrol.recorded", by="Q")).outcome,
    ]
    good, twice, wrong = Outcome.GOOD, Outcome.DUPLICATE, Outcome.REFUSED
    assert outcomes == [good, twice, wrong, good, good, good, good, wrong]


def test_a_void_goes_where_its_record_is_and_where_that_is_not_known_it_has_to_be_said(judge):
    judge(message("sample.tested", sample="1", on="goods", operator="A", result="negative", hazard="h"))
    void = {"operator": "A", "source": "urn:x"}
    assert judge(message("record.voided", 2, **void, record="1")).topic == "test-results"
    unplaced = judge(message("record.voided", 3, **void, record="9"))
    assert (unplaced.outcome, unplaced.topic, "--topic" in unplaced.message) == (Outcome.UNPLACED, None, True)
    of_a_person = judge(message("record.voided", 5, person="P", source="urn:x", record="9"))
    assert (of_a_person.outcome, of_a_person.topic) == (Outcome.GOOD, "registry")
    assert judge(message("record.voided", 4, **void, record="9"), voids="goods.sold").topic == "scan-events"
    named = Judge(("fruit",), lambda: NOW, topic="registry")
    assert named.judge(Found("f", message("record.voided", 3, **void, record="9"))).topic == "registry"


def test_a_line_may_say_itself_when_it_was_recorded():
    by_line = Judge(("fruit",), None)
    line = json.loads(message()) | {"recordedtime": "2022-01-12T09:31:00+08:00"}
    assert by_line.judge(Found("f", json.dumps(line).encode())).outcome is Outcome.GOOD
    said = by_line.judge(Found("f", message()))
    assert (said.outcome, said.message) == (Outcome.REFUSED, "recordedtime is missing")
