"""Intake judges each public message alone: refused with its original bytes, or appended to one journal unchanged."""

from types import SimpleNamespace

import orjson
import pytest

from connectors.topics.wanted import ROOM
from schemas.envelope import PUBLIC_TOPICS
from schemas.reasons import Reason, Verdict
from schemas.times import parse_instant
from streams.intake.machine import Intake
from streams.journal import JOURNALS, headers_of, read_journaled, refusal
from streams.machine import ENTRY, ORIGIN, RECORDED, Entry, Sort

GOODS = ("fruit",)
NOW = parse_instant("2022-01-12T09:35:00+08:00")
CONTEXT = SimpleNamespace(rules=SimpleNamespace(goods_classes=GOODS))


def event(kind="goods.sold", **data):
    attributes = {"specversion": "1.0", "type": kind, "source": "s", "id": "1", "time": "2022-01-12T09:30:00+08:00"}
    return {**attributes, "data": data}


SALE = event(operator=" A ")


def entry(value=SALE, topic="scan-events", key=b"any", headers=()):
    content = value if isinstance(value, bytes | None) else orjson.dumps(value)
    return Entry(topic, 3, 17, NOW, key, content, headers_of(headers))


def apply(given):
    return Intake(given.partition, CONTEXT).apply(given)


def only(applied):
    (output,) = applied.outputs
    return output, dict(output.headers)


def as_read(output, offset=5):
    """The output, read back from its journal."""
    return Entry(output.topic, 0, offset, NOW + 900, output.key, output.value, headers_of(output.headers))


def test_an_accepted_record_goes_to_the_log_it_is_in_byte_for_byte():
    applied = apply(entry())
    output, headers = only(applied)
    assert (applied.verdict, applied.type, applied.reason) == (Verdict.APPLIED, "goods.sold", None)
    assert (output.topic, output.key, output.partition) == ("operator-journal", b"A", None)
    assert output.value == entry().value
    assert headers[ENTRY] == b"record"
    assert headers[ORIGIN] == b"scan-events/3/17"
    assert headers[RECORDED] == str(NOW).encode()


@pytest.mark.parametrize(
    ("given", "topic", "journal", "key"),
    [
        (event("staff.left", operator="A", staff="S"), "registry", "operator-journal", b"A"),
        (event("person.left", person="P"), "registry", "notice-journal", b"P"),
        (event("code.looked-up", lot="L"), "scan-events", "operator-journal", b"scan-events"),
        (
            event("sample.tested", sample="1", on="staff", staff="S", result="negative", hazard="x"),
            "test-results",
            "staff-journal",
            b"S",
        ),
        (event("record.voided", person="甲", source="s", record="r"), "registry", "notice-journal", "甲".encode()),
    ],
)
def test_each_sort_of_log_has_its_journal(given, topic, journal, key):
    output, _ = only(apply(entry(given, topic)))
    assert (output.topic, output.key) == (journal, key)
    assert output.topic in JOURNALS.values()


def test_a_machine_reads_from_the_journal_the_very_record_that_intake_judged():
    record = read_journaled(as_read(only(apply(entry()))[0]), GOODS)
    assert (record.recorded, record.data.operator) == (NOW, "A")


def test_a_senders_headers_are_kept_but_those_that_pretend_to_be_ours_are_not():
    forged = [("lianfang-entry", b"tick"), ("lianfang-recorded", b"0"), ("lianfang-x", b"?"), ("trace", b"1")]
    _, headers = only(apply(entry(headers=forged)))
    assert headers["trace"] == b"1"
    assert headers[ENTRY] == Sort.RECORD.encode()
    assert headers[RECORDED] == str(NOW).encode()
    assert "lianfang-x" not in headers


def test_a_binary_record_stays_binary():
    pairs = [(f"ce_{name}", str(content).encode()) for name, content in SALE.items() if name != "data"]
    output, _ = only(apply(entry({"operator": "A"}, headers=pairs)))
    assert output.value == b'{"operator":"A"}'
    assert read_journaled(as_read(output), GOODS).id == "1"


def test_of_equal_headers_the_last_counts_and_null_is_absent():
    assert headers_of([("a", b"1"), ("a", b"2"), ("b", None), ("c", b"1"), ("c", None)]) == {"a": b"2"}
    assert headers_of(None) == {}


@pytest.mark.parametrize(
    ("value", "topic", "reason"),
    [
        (b"\x00" * 900_000, "scan-events", Reason.TOO_LARGE),
        (b'{"specversion": "1.', "scan-events", Reason.NOT_JSON),
        (None, "scan-events", Reason.NOT_JSON),
        ({"operator": "A"}, "scan-events", Reason.NOT_CLOUDEVENT),
        (event("goods.lost"), "scan-events", Reason.UNKNOWN_TYPE),
        (SALE, "registry", Reason.WRONG_TOPIC),
        (event(operator=5), "scan-events", Reason.INVALID_DATA),
        ({**SALE, "time": "2099-01-01T00:00:00Z"}, "scan-events", Reason.FUTURE_TIME),
        ({**SALE, "time": "2021-01-01T00:00:00Z"}, "scan-events", Reason.TOO_OLD),
        (
            {**SALE, "recordedtime": "2099-01-01T00:00:00Z", "time": "2099-01-01T00:00:00Z"},
            "scan-events",
            Reason.FUTURE_TIME,
        ),
    ],
)
def test_what_can_not_be_used_becomes_a_dead_letter_with_the_original_bytes(value, topic, reason):
    given = entry(value, topic, headers=[("trace", b"1"), ("lianfang-resent", b"x")])
    applied = apply(given)
    letter, headers = only(applied)
    assert (applied.verdict, applied.reason) == (Verdict.REFUSED, reason)
    assert (letter.topic, letter.key, letter.value) == ("dead-letters", b"any", given.value)
    assert headers["reason"] == reason.encode()
    assert headers["message"]
    assert headers["origin-topic"] == topic.encode()
    assert (headers["origin-partition"], headers["origin-offset"]) == (b"3", b"17")
    assert headers["origin-time"] == b"2022-01-12T01:35:00.000Z"
    assert (headers["original-trace"], headers["original-lianfang-resent"]) == (b"1", b"x")


def test_headers_that_no_letter_could_carry_are_counted_instead_of_kept():
    headers = dict(only(apply(entry(headers=[(f"h{number}", b"x" * 10) for number in range(20_000)])))[0].headers)
    assert headers["reason"] == b"too-large"
    assert headers["headers-not-kept"] == b"20000"
    assert not [name for name in headers if name.startswith("original-")]


def test_what_no_letter_could_carry_is_named_by_its_size_and_stays_at_its_origin():
    letter, headers = only(apply(entry(b" " * 5_000_000, key=b"k" * 100_000)))
    assert (letter.key, letter.value) == (None, b"")
    assert (headers["value-not-kept"], headers["key-not-kept"]) == (b"5000000", b"100000")
    assert (headers["origin-topic"], headers["origin-offset"]) == (b"scan-events", b"17")


def test_a_letter_has_a_key_or_a_value_because_no_client_writes_neither():
    assert only(apply(entry(None, key=b"k")))[0].value is None
    letter, headers = only(apply(entry(None, key=None)))
    assert (letter.value, headers["value-not-kept"]) == (b"", b"0")


def test_the_largest_letter_fits_into_the_room_that_topics_give():
    key, junk = b"k" * 65_536, [(f"h{number}", b"x" * 90) for number in range(1_200)]
    letter, _ = only(apply(entry(b"\x00" * 1_048_576, key=key, headers=junk)))
    size = len(letter.key) + len(letter.value) + sum(len(name) + len(content) for name, content in letter.headers)
    assert size + 10 * len(letter.headers) < ROOM


def test_a_refused_record_is_counted_under_its_type_if_that_is_ours():
    assert apply(entry(event(operator=5))).type == "goods.sold"
    assert apply(entry(event("goods.lost"))).type == ""


def test_a_record_refused_in_its_journal_is_the_same_dead_letter_as_one_refused_at_the_door():
    given = entry(headers=[("trace", b"1")])
    at_the_door = refusal(given, Reason.IDENTITY_REUSED, "said")
    in_the_journal = refusal(as_read(only(apply(given))[0]), Reason.IDENTITY_REUSED, "said")
    assert in_the_journal == at_the_door


def test_a_record_without_key_comes_out_of_its_journal_without_key():
    assert refusal(as_read(only(apply(entry(key=None)))[0]), Reason.INTERNAL_ERROR, "said").key is None
    assert refusal(as_read(only(apply(entry(key=b"")))[0]), Reason.INTERNAL_ERROR, "said").key == b""


def test_an_internal_entry_is_a_dead_letter_of_its_own_journal():
    spells = Entry("staff-journal", 2, 9, NOW, b"S", b"{}", {ENTRY: b"spells"})
    letter = refusal(spells, Reason.INTERNAL_ERROR, "said")
    headers = dict(letter.headers)
    assert (headers["origin-topic"], headers["origin-partition"], headers["origin-offset"]) == (
        b"staff-journal",
        b"2",
        b"9",
    )
    assert headers["original-" + ENTRY] == b"spells"


def test_a_public_message_can_not_pretend_to_come_out_of_a_journal():
    forged = [(ENTRY, b"record"), (ORIGIN, b"registry/0/0"), (RECORDED, b"0")]
    for topic in PUBLIC_TOPICS:
        headers = dict(refusal(entry(b"{", topic, headers=forged), Reason.NOT_JSON, "said").headers)
        assert headers["origin-topic"] == topic.encode()
        assert headers["origin-time"] == b"2022-01-12T01:35:00.000Z"


def test_a_defect_of_ours_keeps_the_record_and_tells_no_values():
    applied = Intake(3, CONTEXT).broken(entry(), KeyError("13800000000"))
    letter, headers = only(applied)
    assert (applied.verdict, applied.reason) == (Verdict.REFUSED, Reason.INTERNAL_ERROR)
    assert letter.value == entry().value
    assert headers["message"] == b"intake failed with KeyError"


def test_there_is_nothing_to_keep_and_no_tick_to_work_off():
    machine = Intake(3, CONTEXT)
    machine.resume(None)
    machine.apply(entry())
    assert list(machine.tick(0, entry())) == []
    assert machine.rows.take() == []
