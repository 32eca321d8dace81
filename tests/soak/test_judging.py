"""The judgement of a run must be able to say no: each finding it is there for, made by hand."""

from __future__ import annotations

import pytest

from schemas.notices import Notice, Outcome, Receipt, SmsText, Texts, WecomText, encode
from schemas.registry import ChannelKind, Role
from schemas.times import format_instant
from streams.engine.position import KEY as POSITION
from streams.machine import ENTRY, ORIGIN, RECORDED, Sort
from streams.settings import Settings
from tests.faults.ledger import Message, Place
from tests.soak import judging, real_time
from tests.soak.process import of_this_version

AT = "2022-01-10T00:00:00.000Z"
Topics = dict[Place, list[Message]]


def notice(name: str, *, critical: bool = False, parts: int = 1) -> Notice:
    texts = Texts(WecomText("text", ["…"] * parts), SmsText("one", {}, 1, 1))
    way = (ChannelKind.WECOM_ROBOT, "robot", [])
    return Notice(name, "P", Role.OFFICER, False, *way, critical, False, False, AT, AT, "", [], [], texts)


def topics(*notices: Notice, receipts: tuple[tuple[str, Outcome], ...] = ()) -> Topics:
    told = [Message(number, b"P", encode(one), {}) for number, one in enumerate(notices)]
    became = [Receipt(name, "P", outcome, AT) for name, outcome in receipts]
    return {
        ("notices", 0): told,
        ("receipts", 0): [Message(number, b"", encode(one), {}) for number, one in enumerate(became)],
    }


def sent(*parts: str) -> list[dict[str, str]]:
    return [{"notice": part} for part in parts]


def test_every_notice_submitted_once_is_as_it_should_be():
    found = topics(notice("a"), notice("b", parts=2))
    assert judging.submitted(found, sent("a/1", "b/1", "b/2"), 0) == ([], 0)


def test_a_notice_that_was_never_submitted_is_seen():
    assert judging.submitted(topics(notice("a")), [], 0)[0] == ["notice a/1: never submitted, and not unknown"]


def test_a_notice_that_was_submitted_twice_is_seen_unless_a_bridge_was_killed_and_it_was_counted_as_unknown():
    twice = sent("a/1", "a/1")
    assert judging.submitted(topics(notice("a")), twice, 0)[0] == ["notice a/1: submitted 2 times, unknown 0"]
    assert judging.submitted(topics(notice("a")), twice, 1)[0] == ["notice a/1: submitted 2 times, unknown 0"]
    unknown = topics(notice("a"), receipts=(("a", Outcome.UNKNOWN),))
    assert judging.submitted(unknown, twice, 0)[0] == ["notice a/1: submitted 2 times, unknown 1"]
    assert judging.submitted(unknown, twice, 1) == ([], 1)


def test_a_message_that_nobody_asked_for_and_a_notice_that_is_there_twice_are_seen():
    assert judging.submitted(topics(), sent("x/1"), 0)[0] == ["notice x/1: submitted, and on no topic"]
    wrong, _ = judging.submitted(topics(notice("a"), notice("a")), sent("a/1"), 0)
    assert "notice a: 2 times on `notices`" in wrong


def test_a_notice_of_which_nothing_is_known_is_waited_for_and_an_unknown_one_only_if_it_is_critical():
    found = topics(
        notice("a"), notice("b"), notice("c", critical=True), receipts=(("b", Outcome.UNKNOWN), ("c", Outcome.UNKNOWN))
    )
    assert judging.unsent(found) == ["a", "c"]


def test_a_process_that_ended_as_none_may_is_seen():
    assert judging.exits({"w": [-9, 70, 0]}, {"w": 0}, alarms=False) == []
    assert judging.exits({"w": [1]}, {}, alarms=False) == ["w ended with 1"]
    assert judging.exits({"w": [78]}, {}, alarms=False) == ["w ended with 78"]
    assert judging.exits({"w": [78]}, {}, alarms=True) == []
    assert judging.exits({}, {"w": 70}, alarms=True) == ["w was told to stop and ended with 70"]


def test_records_that_are_dead_by_a_defect_are_those_at_which_a_rule_was_made_to_raise():
    dead = "scan-events/0/3: internal-error"
    assert judging.internal_errors([dead], 1) == []
    assert judging.internal_errors([dead], 0)[0] == dead
    assert "0 records are dead" in judging.internal_errors([], 1)[0]


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ({}, False),
        ({0: b"k", 1: POSITION, 3: b"k", 4: POSITION}, False),  # offset 2 is a marker
        ({0: b"k", 1: POSITION, 9: POSITION}, False),  # 3 to 7 were aborted
        ({0: b"a", 3: b"k", 4: POSITION}, True),
        ({3: POSITION, 5: b"a", 6: b"b", 7: b"c", 9: POSITION}, True),  # few are gone, the one position among them
    ],
)
def test_a_run_under_compaction_in_which_nothing_was_compacted_is_seen(rows, shown):
    messages = [Message(offset, key, b"v", {}) for offset, key in rows.items()]
    assert judging.compacted({("operators-state", 0): messages}) is shown


def test_a_row_of_the_next_version_is_read_as_this_one_would_have_written_it():
    assert of_this_version(b'2 17 w {"row":["a b",1]}') == b'1 17 w ["a b",1]'
    assert of_this_version(b'1 17 w ["a b",1]') == b'1 17 w ["a b",1]'
    assert of_this_version(None) is None


def test_a_gap_that_the_history_does_not_have_is_false_and_one_that_was_not_told_is_missed():
    def entry(offset: int, at: int, sort: Sort, value: bytes) -> Message:
        headers = {ENTRY: sort.encode(), ORIGIN: b"chain-uploads/0/%d" % offset, RECORDED: b"%d" % at}
        return Message(offset, b"A", value, headers)

    first = 1_642_000_000_000
    upload = (
        b'{"specversion":"1.0","id":"e","source":"/s","type":"lot.uploaded","time":"%s",'
        b'"data":{"operator":"A","lot":"L","goods":"fruit","papers":[]}}' % format_instant(first).encode()
    )
    journal = [
        entry(0, first, Sort.TICK, b"%d" % first),
        entry(1, first + 1, Sort.RECORD, upload),
        entry(2, first + 60_000, Sort.TICK, b"%d" % (first + 60_000)),
    ]
    found: Topics = {("operator-journal", 0): journal, ("staff-journal", 0): []}
    assert len(real_time.stood(found, Settings())) == 1
    assert "None against" in real_time.stood(found, Settings())[0]
    silent: Topics = {("operator-journal", 0): journal[:1], ("staff-journal", 0): []}
    told = b'{"id":"x","kind":"silent","status":"resolved"}'
    assert "a false gap" in real_time.stood(silent | {("alerts", 0): [Message(0, b"x", told, {})]}, Settings())[0]
