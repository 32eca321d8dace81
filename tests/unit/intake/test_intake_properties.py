"""Whatever arrives leaves intake exactly once, and nothing of it is lost or changed on the way."""

from types import SimpleNamespace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import PUBLIC_TOPICS, TYPES, read
from schemas.reasons import Reason, Verdict
from streams.intake.machine import Intake
from streams.journal import DEAD_LETTERS, JOURNALS, ORIGINAL, headers_of, read_journaled, refusal
from streams.machine import ORIGIN, Entry

GOODS = ("fruit",)
NOW = 1_641_951_300_000
MACHINE = Intake(0, SimpleNamespace(rules=SimpleNamespace(goods_classes=GOODS)))
NAMES = st.sampled_from(["A", "B", " A ", "甲", "", "13800000000", "x" * 65])
DATA = st.fixed_dictionaries(
    {},
    optional={
        "operator": NAMES, "staff": NAMES, "person": NAMES, "lot": NAMES, "by": NAMES, "alert": NAMES, "feed": NAMES,
        "complete_until": st.just("2022-01-12T00:00:00Z"), "source": NAMES, "record": NAMES, "goods": st.just("fruit"),
        "papers": st.just([]), "date": st.just("2022-01-12"), "trading": st.just(False), "scope": st.just("lot"),
        "action": st.just("close"), "on": st.sampled_from(["goods", "staff"]), "sample": NAMES, "hazard": NAMES,
        "result": st.just("negative"), "extra": st.none() | st.integers(0, 9),
    },
)  # fmt: skip
EVENTS = st.builds(
    lambda kind, data, time: {
        "specversion": "1.0", "type": kind, "source": "urn:x", "id": "1", "time": time, "data": data,
    },
    st.sampled_from([*sorted(TYPES), "goods.lost"]), DATA,
    st.sampled_from(["2022-01-12T09:30:00+08:00", "2000-01-12T09:30:00Z", "2099-01-12T09:30:00Z", "soon"]),
)  # fmt: skip
VALUES = st.none() | st.binary(max_size=30) | EVENTS.map(orjson.dumps)
HEADERS = st.dictionaries(
    st.sampled_from(["trace", "content-type", "lianfang-entry", "lianfang-origin", "lianfang-key", "original-x", ""]),
    st.binary(max_size=8), max_size=4,
)  # fmt: skip
ENTRIES = st.builds(
    Entry,
    st.sampled_from(PUBLIC_TOPICS), st.integers(0, 11), st.integers(0, 10**9), st.just(NOW),
    st.none() | st.binary(max_size=8), VALUES, HEADERS,
)  # fmt: skip


@given(ENTRIES)
def test_it_is_passed_on_or_refused_and_never_both_or_neither(entry):
    applied = MACHINE.apply(entry)
    (output,) = applied.outputs
    assert (output.topic == DEAD_LETTERS) == (applied.verdict is Verdict.REFUSED) == (applied.reason is not None)
    assert output.topic in {DEAD_LETTERS, *JOURNALS.values()}
    assert applied.type in {"", *TYPES}


@given(ENTRIES)
def test_the_bytes_are_those_that_were_sent(entry):
    (output,) = MACHINE.apply(entry).outputs
    assert output.value == (entry.value if entry.value is not None or entry.key is not None else b"")


@given(ENTRIES)
def test_it_is_a_function_of_the_entry_alone(entry):
    other = Intake(7, SimpleNamespace(rules=SimpleNamespace(goods_classes=GOODS)))
    assert other.apply(entry) == MACHINE.apply(entry) == MACHINE.apply(entry)


@given(ENTRIES)
def test_what_is_passed_on_reads_in_its_journal_as_it_read_at_the_door(entry):
    applied = MACHINE.apply(entry)
    (output,) = applied.outputs
    if applied.verdict is Verdict.REFUSED:
        return
    there = Entry(output.topic, 0, 99, NOW + 500, output.key, output.value, headers_of(output.headers))
    record = read(entry.value, entry.headers, recorded=NOW, goods=GOODS)
    assert read_journaled(there, GOODS) == record
    assert output.key == record.log[1].encode()
    assert there.headers[ORIGIN] == f"{entry.topic}/{entry.partition}/{entry.offset}".encode()


@given(ENTRIES, st.sampled_from(list(Reason)))
def test_what_is_refused_in_its_journal_can_be_sent_again_as_it_was(entry, reason):
    applied = MACHINE.apply(entry)
    (output,) = applied.outputs
    if applied.verdict is Verdict.REFUSED:
        return
    there = Entry(output.topic, 0, 99, NOW + 500, output.key, output.value, headers_of(output.headers))
    letter = refusal(there, reason, "said")
    assert (letter.topic, letter.key, letter.value) == (DEAD_LETTERS, entry.key, entry.value)
    kept = {name[len(ORIGINAL) :]: value for name, value in letter.headers if name.startswith(ORIGINAL)}
    assert kept == {name: value for name, value in entry.headers.items() if not name.startswith("lianfang-")}


@given(ENTRIES)
def test_a_letter_from_the_door_holds_every_header_of_its_sender(entry):
    letter = refusal(entry, Reason.NOT_JSON, "said")
    said = [(name, value) for name, value in letter.headers if name.startswith(ORIGINAL)]
    assert said == [(ORIGINAL + name, value) for name, value in entry.headers.items()]
    assert dict(letter.headers[:6])["origin-offset"] == str(entry.offset).encode()
