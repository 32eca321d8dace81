"""The operators' machine by itself: *now* before any tick, refusals, and a first entry that breaks."""

from __future__ import annotations

import json
from unittest.mock import patch

import pytest

from schemas.reasons import Reason, Verdict
from streams.machine import ENTRY, ORIGIN, RECORDED, Entry, Sort
from streams.operators.machine import Operators
from streams.record_log import META_KEY, Meta
from tests.unit.operators.builders import at, line
from tests.unit.replay.runs import CONTEXT

NOON = "2022-01-10 12:00"


def entry(value: bytes, recorded: str = NOON, offset: int = 7) -> Entry:
    headers = {
        ENTRY: Sort.RECORD.encode(),
        ORIGIN: b"scan-events/3/41",
        RECORDED: b"%d" % at(recorded),
    }
    return Entry("operator-journal", 0, offset, at(recorded), b"A", value, headers)


SALE = entry(line("goods.sold", {"operator": "A"}, NOON, id="r1"))


@pytest.fixture
def machine():
    made = Operators(0, CONTEXT)
    made.resume(None)
    return made


def messages(applied):
    return [json.loads(output.value) for output in applied.outputs if output.topic == "alerts"]


def test_a_record_is_applied_and_its_alert_goes_to_the_topic_and_to_routing(machine):
    applied = machine.apply(SALE)
    outputs = list(applied.outputs)
    assert (applied.verdict, applied.type) == (Verdict.APPLIED, "goods.sold")
    assert [output.topic for output in outputs] == ["alerts", "notice-journal"]
    assert outputs[0].partition == 0, "in the partition of its operator's journal"
    assert outputs[0].value == outputs[1].value
    assert dict(outputs[1].headers)[ENTRY] == Sort.ALERT.encode()


def test_an_alert_before_any_tick_says_so(machine):
    (alert,) = messages(machine.apply(SALE))
    assert alert["as_of"] == {"tick": None, "partition": 0, "offset": 7}
    assert alert["changed_at"] == "2022-01-10T04:00:00.000Z"


def test_a_duplicate_says_nothing(machine):
    machine.apply(SALE)
    again = machine.apply(SALE)
    assert (list(again.outputs), again.verdict) == ([], Verdict.DUPLICATE)


def test_an_identity_that_is_taken_goes_to_the_dead_letters_with_its_origin(machine):
    machine.apply(SALE)
    applied = machine.apply(entry(line("goods.sold", {"operator": "A", "lot": "L1"}, NOON, id="r1")))
    (letter,) = applied.outputs
    assert (applied.verdict, applied.reason) == (Verdict.REFUSED, Reason.IDENTITY_REUSED)
    assert letter.topic == "dead-letters"
    said = dict(letter.headers)
    assert said["reason"] == b"identity-reused"
    assert (said["origin-topic"], said["origin-partition"], said["origin-offset"]) == (b"scan-events", b"3", b"41")


def test_a_broken_rule_is_told_by_its_name_and_not_by_what_it_said(machine):
    applied = machine.broken(SALE, ValueError("鲜果园 13800000000"))
    (letter,) = applied.outputs
    assert dict(letter.headers)["reason"] == b"internal-error"
    assert dict(letter.headers)["message"] == b"a rule raised ValueError"


def test_a_tick_says_as_of_itself_and_later_records_change_not_before_it(machine):
    tick = at("2022-01-10 12:01")
    assert [list(outputs) for outputs in machine.tick(tick, SALE)] == [[]]
    (alert,) = messages(machine.apply(SALE))
    assert alert["changed_at"] == alert["as_of"]["tick"] == "2022-01-10T04:01:00.000Z"


def test_when_the_log_began_is_kept_even_if_its_first_entry_breaks(machine):
    machine.rows.mark()
    with patch("streams.operators.looking.compare", side_effect=ValueError), pytest.raises(ValueError):  # noqa: PT011
        machine.apply(SALE)
    machine.rows.rollback()
    machine.rows.mark()
    machine.broken(SALE, ValueError())
    machine.apply(entry(line("goods.sold", {"operator": "A"}, "2022-01-11 09:00", id="r2"), "2022-01-11 09:00"))
    other = Operators(0, CONTEXT)
    for key, value in machine.rows.take():
        other.rows.load(key, value)
    meta = other.rows.get(META_KEY, Meta)
    assert meta is not None
    assert meta.began == at(NOON)


def test_a_feed_never_goes_back(machine):
    """Records of one feed come over several partitions and overtake each other; the furthest counts."""
    said = []
    for number, until in enumerate(("10:00", "09:00", "10:00", "11:00")):
        data = {"feed": "zj-chain", "complete_until": f"2022-01-10T{until}:00+08:00"}
        applied = machine.apply(entry(line("feed.advanced", data, NOON, id=f"f{number}")))
        said += [json.loads(output.value)["complete_until"] for output in applied.outputs]
    assert said == ["2022-01-10T02:00:00.000Z", "2022-01-10T03:00:00.000Z"]
