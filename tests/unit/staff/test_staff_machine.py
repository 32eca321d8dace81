"""The staff machine by itself: a person's samples go to every operator with spells, whichever came first; a positive
that nobody employs is told without an operator; what nobody has named for long is forgotten.
"""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from schemas.alerts import Kind, alert_id
from schemas.reasons import Reason, Verdict
from streams.facts import REACH
from streams.machine import ENTRY, ORIGIN, RECORDED, Applied, Entry, Output, Sort
from streams.rows import row_key
from streams.staff.machine import Staff
from streams.staff.model import FORMS, MEMBER, Member
from tests.unit.operators.builders import at, line
from tests.unit.replay.runs import CONTEXT

NOON = "2022-01-10 12:00"
ALERT = alert_id(Kind.STAFF_POSITIVE, "", "P1")


class Desk:
    """One machine, told things in one line each."""

    def __init__(self) -> None:
        self.machine = Staff(0, CONTEXT)
        self.machine.resume(None)
        self.offset = 0

    def entry(self, value: bytes, recorded: str, sort: Sort = Sort.RECORD) -> Entry:
        self.offset += 1
        headers = {ENTRY: sort.encode(), ORIGIN: b"test-results/0/1", RECORDED: b"%d" % at(recorded)}
        return Entry("staff-journal", 0, self.offset, at(recorded), b"W1", value, headers)

    def record(self, kind: str, data: dict[str, Any], time: str = NOON, recorded: str = "", **more: Any) -> Applied:
        self.machine.rows.mark()
        applied = self.machine.apply(self.entry(line(kind, data, time, recorded or time, **more), recorded or time))
        return Applied(list(applied.outputs), applied.verdict, applied.type, applied.reason)

    def sampled(self, result: str = "positive", time: str = NOON, recorded: str = "", **more: Any) -> Applied:
        data = {"sample": more.pop("sample", "P1"), "on": "staff", "staff": "W1", "result": result, "hazard": "h"}
        return self.record("sample.tested", data, time, recorded, **{"id": "t1", **more})

    def spells(self, *spells: tuple[str, str | None], operator: str = "A", told: str = NOON, **more: Any) -> Applied:
        value = {
            "staff": "W1",
            "operator": operator,
            "spells": [[at(begin), at(end) if end else None] for begin, end in spells],
            "named": at(told),
            "at": at(told),
            "cause": "record",
            "fact": ["/s", "e1", "staff.enrolled", at(told), at(told)],
            **more,
        }
        self.machine.rows.mark()
        applied = self.machine.apply(self.entry(orjson.dumps(value), told, Sort.SPELLS))
        return Applied(list(applied.outputs), applied.verdict)

    def tick(self, instant: int) -> list[Output]:
        entry = self.entry(b"", "2022-01-10 12:00", Sort.TICK)
        return [output for outputs in self.machine.tick(instant, entry) for output in outputs]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def samples(outputs: Any) -> dict[str, dict[str, Any]]:
    """What was told to operators: operator → message."""
    found = {}
    for output in outputs.outputs if isinstance(outputs, Applied) else outputs:
        if output.topic == "operator-journal":
            assert dict(output.headers)[ENTRY] == Sort.SAMPLES.encode()
            message = json.loads(output.value)
            assert output.key == message["operator"].encode()
            found[message["operator"]] = message
    return found


def alerts(outputs: Any) -> list[tuple[str, int, str | None]]:
    """Changes of the alert without operator: status, episode, why it ended."""
    said = []
    for output in outputs.outputs if isinstance(outputs, Applied) else outputs:
        if output.topic == "alerts-private":
            alert = json.loads(output.value)
            assert (alert["id"], alert["operator"], alert["place"]) == (ALERT, "", None)
            said.append((alert["status"], alert["episode"], alert["resolved_by"]))
    return said


def test_a_sample_is_told_to_every_operator_with_spells(desk):
    desk.spells(("2022-01-01 09:00", None), operator="A")
    desk.spells(("2022-01-01 09:00", "2022-01-09 09:00"), operator="B")
    told = samples(desk.sampled("negative"))
    assert set(told) == {"A", "B"}
    assert told["A"]["last"][:2] == ["/s", "t1"]
    assert told["A"]["samples"] == []  # only what was ever positive is named


def test_an_operator_that_comes_later_is_told_what_is_known_and_the_others_nothing_new(desk):
    desk.sampled("negative")
    assert set(samples(desk.spells(("2022-01-01 09:00", None), operator="A"))) == {"A"}
    assert set(samples(desk.spells(("2022-01-01 09:00", None), operator="B"))) == {"B"}


def test_a_positive_names_its_sample_and_stays_named_once_it_was_corrected(desk):
    desk.spells(("2022-01-01 09:00", None))
    (sample,) = samples(desk.sampled("positive"))["A"]["samples"]
    assert sample[0] == "P1"
    assert sample[2][:2] == ["/s", "t1"]
    (sample,) = samples(desk.sampled("negative", recorded="2022-01-11 12:00", id="t2"))["A"]["samples"]
    assert (sample[0], sample[2]) == ("P1", None)


def test_a_duplicate_is_told_to_nobody(desk):
    desk.spells(("2022-01-01 09:00", None))
    desk.sampled("negative")
    again = desk.sampled("negative")
    assert (list(again.outputs), again.verdict) == ([], Verdict.DUPLICATE)


def test_another_content_under_the_same_identity_is_refused_and_mends_nothing(desk):
    desk.spells(("2022-01-01 09:00", None))
    desk.sampled("positive")
    again = desk.sampled("negative")
    assert (again.verdict, again.reason) == (Verdict.REFUSED, Reason.IDENTITY_REUSED)
    assert [output.topic for output in again.outputs] == ["dead-letters"]


def test_a_positive_that_nobody_employs_is_told_without_operator_and_to_routing(desk):
    applied = desk.sampled("positive")
    assert alerts(applied) == [("firing", 1, None)]
    assert [output.topic for output in applied.outputs] == ["alerts-private", "notice-journal"]


def test_it_ends_with_an_enrolment_that_comes_late_and_comes_back_with_its_void(desk):
    desk.sampled("positive")
    assert alerts(desk.spells(("2022-01-09 09:00", None), told="2022-01-11 09:00")) == [("resolved", 1, "record")]
    assert alerts(desk.spells(told="2022-01-12 09:00", cause="void")) == [("firing", 2, None)]


def test_it_ends_with_a_correction_a_void_and_a_word(desk):
    close = {"staff": "W1", "alert": ALERT, "by": "p-1", "action": "close"}
    void = {"staff": "W1", "source": "/s", "record": "t1"}
    for how, end in (
        ("record", lambda d: d.sampled("negative", recorded="2022-01-11 12:00", id="t2")),
        ("void", lambda d: d.record("record.voided", void, "2022-01-11 12:00", id="v1")),
        ("word", lambda d: d.record("alert.handled", close, "2022-01-11 12:00", id="c1")),
    ):
        desk = Desk()
        desk.sampled("positive")
        assert alerts(end(desk)) == [("resolved", 1, how)]


def test_a_word_that_is_taken_back_lets_it_stand_again(desk):
    desk.sampled("positive")
    close = {"staff": "W1", "alert": ALERT, "by": "p-1", "action": "close"}
    desk.record("alert.handled", close, "2022-01-11 12:00", id="c1")
    void = {"staff": "W1", "source": "/s", "record": "c1"}
    assert alerts(desk.record("record.voided", void, "2022-01-12 12:00", id="v1")) == [("firing", 2, None)]


def test_other_words_change_nothing(desk):
    desk.sampled("positive")
    for number, action in enumerate(("seal", "correct", "retest", "destroy")):
        word = {"staff": "W1", "alert": ALERT, "by": "p-1", "action": action}
        assert alerts(desk.record("alert.handled", word, "2022-01-11 12:00", id=f"w{number}")) == []


def test_a_void_may_come_before_what_it_voids(desk):
    desk.record("record.voided", {"staff": "W1", "source": "/s", "record": "t1"}, id="v1")
    assert alerts(desk.sampled("positive", recorded="2022-01-11 12:00")) == []


def test_a_replacement_takes_the_place_of_what_it_replaces_whichever_comes_first(desk):
    desk.sampled("negative", id="t2", replaces="t1")
    assert alerts(desk.sampled("positive", recorded="2022-01-11 12:00", id="t1")) == []


def test_before_any_tick_a_change_has_the_time_of_its_record_and_after_one_at_least_the_ticks(desk):
    (alert, _) = desk.sampled("positive").outputs
    assert json.loads(alert.value)["changed_at"] == "2022-01-10T04:00:00.000Z"
    desk.tick(at("2022-01-12 00:00"))
    (alert, _) = desk.sampled("negative", recorded="2022-01-11 12:00", id="t2").outputs
    assert json.loads(alert.value)["changed_at"] == "2022-01-11T16:00:00.000Z"


def test_what_no_record_names_for_long_is_forgotten_at_the_tick_that_is_its_end(desk):
    desk.sampled("positive")
    end = at(NOON) + REACH
    assert alerts(desk.tick(end - 1)) == []
    assert row_key(MEMBER, "W1", "") in desk.machine.rows
    assert alerts(desk.tick(end)) == [("resolved", 1, "expired")]
    assert row_key(MEMBER, "W1", "") not in desk.machine.rows


def test_a_person_that_is_named_stays_and_only_the_old_sample_goes(desk):
    desk.sampled("negative")
    desk.sampled("negative", time="2022-03-10 12:00", sample="P2", id="t2")
    desk.tick(at(NOON) + REACH)
    member = desk.machine.rows.get(row_key(MEMBER, "W1", ""), Member)
    assert [test.sample for test in member.tests] == ["P2"]


def test_two_persons_with_a_sample_of_one_name_share_its_alert_until_neither_is_positive(desk):
    desk.sampled("positive")
    other = {"sample": "P1", "on": "staff", "staff": "W2", "result": "positive", "hazard": "h"}
    desk.record("sample.tested", other, "2022-01-10 13:00", id="t9")
    assert alerts(desk.sampled("negative", recorded="2022-01-11 12:00", id="t2")) == []
    corrected = desk.record("sample.tested", {**other, "result": "negative"}, "2022-01-11 13:00", id="t10")
    assert alerts(corrected) == [("resolved", 1, "record")]


def test_the_next_owner_goes_on_where_this_one_was(desk):
    desk.spells(("2022-01-01 09:00", None))
    desk.sampled("negative")
    fresh = Desk()
    fresh.machine = Staff(0, CONTEXT)
    for key, value in desk.machine.rows.take():
        fresh.machine.rows.load(key, value)
    fresh.machine.resume(at("2022-01-11 00:00"))
    told = samples(fresh.sampled("positive", time="2022-01-11 12:00", sample="P2", id="t2"))
    assert told["A"]["samples"][0][0] == "P2"
    assert fresh.sampled("negative").verdict is Verdict.DUPLICATE


def test_what_an_operator_says_of_a_person_that_both_have_forgotten_makes_no_row(desk):
    assert list(desk.spells().outputs) == []
    assert row_key(MEMBER, "W1", "") not in desk.machine.rows


def test_a_rule_that_raises_leaves_the_record_to_the_dead_letters_without_its_content(desk):
    entry = desk.entry(line("sample.tested", {"staff": "W1"}, NOON), NOON)
    applied = desk.machine.broken(entry, ValueError("张三 13800001111"))
    (letter,) = applied.outputs
    assert (applied.verdict, applied.reason) == (Verdict.REFUSED, Reason.INTERNAL_ERROR)
    assert "张三" not in dict(letter.headers)["message"].decode()


def test_every_form_of_its_rows_has_a_name_of_its_own():
    assert len(FORMS) == len(set(FORMS.values()))


def test_nothing_overtakes_a_tick_of_staff_because_several_may_name_one_sample():
    desk = Desk()
    tick = desk.machine.tick(at(NOON), Entry("staff-journal", 0, 1, at(NOON), None, b"%d" % at(NOON), {}))
    assert tick.ahead(Entry("staff-journal", 0, 2, at(NOON), b"W1", b"{}", {})) is None
