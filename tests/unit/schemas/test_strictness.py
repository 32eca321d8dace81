"""Types are strict, field by field: for every type of record, what each field takes and what it refuses."""

from typing import Any

import orjson
import pytest

from schemas.envelope import TYPES, Refused, read
from schemas.reasons import Reason
from schemas.times import parse_instant

NOW = parse_instant("2022-01-12T09:35:00+08:00")
GOODS = ("fruit",)
PAPER = {"kind": "test", "number": "T-1", "issued_on": "2022-01-10"}
WHOLE: dict[str, dict[str, Any]] = {
    "operator.registered": {
        "operator": "A", "name": "n", "county": "c", "town": "t", "grid": "g", "office": "o", "phone": "p",
        "activated": True, "trades": True, "status": "active",
    },
    "account.activated": {"operator": "A"},
    "staff.enrolled": {"operator": "A", "staff": "S", "name": "n", "phone": "p"},
    "staff.left": {"operator": "A", "staff": "S"},
    "person.assigned": {
        "person": "P", "name": "n", "group": False, "role": "owner", "operators": ["A"], "offices": ["o"],
        "grids": ["g"], "counties": ["c"], "channels": [{"kind": "sms", "address": "a"}],
    },
    "person.left": {"person": "P"},
    "feed.advanced": {"feed": "F", "complete_until": "2022-01-12T00:00:00Z"},
    "lot.uploaded": {
        "operator": "A", "lot": "L", "goods": "fruit", "product": "p", "origin": "CL",
        "quantity": {"amount": 1.5, "unit": "kg"}, "supplier": "s", "trace_code": "t", "first_station": True,
        "papers": [PAPER],
    },
    "papers.added": {"operator": "A", "lot": "L", "papers": [PAPER], "trace_code": "t"},
    "disinfection.recorded": {"operator": "A", "scope": "lot", "lot": "L"},
    "day.declared": {"operator": "A", "date": "2022-01-12", "trading": False},
    "goods.received": {
        "operator": "A", "lot": "L", "box": "B", "supplier": "s", "quantity": {"amount": 1, "unit": "kg"},
    },
    "goods.dispatched": {
        "operator": "A", "lot": "L", "box": "B", "buyer": "b", "quantity": {"amount": 1, "unit": "kg"},
    },
    "goods.sold": {"operator": "A", "lot": "L", "box": "B", "quantity": {"amount": 1, "unit": "kg"}},
    "code.looked-up": {"lot": "L", "box": "B", "operator": "A"},
    "purchase.registered": {"lot": "L", "box": "B", "operator": "A"},
    "sample.tested": {
        "sample": "1", "on": "goods", "operator": "A", "lot": "L", "staff": "S", "result": "positive", "hazard": "h",
        "lab": "l",
    },
    "patrol.recorded": {"operator": "A", "place": "p", "by": "P", "findings": [{"kind": "k", "note": "n"}]},
    "alert.handled": {"operator": "A", "staff": "S", "alert": "a", "by": "P", "action": "close", "note": "n"},
    "record.voided": {"operator": "A", "source": "s", "record": "r", "reason": "x"},
}  # fmt: skip
"""Each type with every field it has (of a void: one of the three names)."""
REQUIRED_TOGETHER = {("sample.tested", "operator"), ("record.voided", "operator")}
"""Optional by themselves, but required by what else stands there."""
ANY = {("patrol.recorded", "place")}
IDENTIFIERS = {
    "operator", "lot", "box", "staff", "sample", "person", "feed", "alert", "county", "town", "grid", "office",
}  # fmt: skip
OTHERS: list[Any] = [True, 0, 1.5, "", "text", "true", [], ["text"], [1], {}, {"a": 1}]


def judge(kind: str, data: dict[str, Any]):
    event = {
        "specversion": "1.0", "type": kind, "source": "urn:x", "id": "1", "time": "2022-01-12T09:30:00+08:00",
        "data": data,
    }  # fmt: skip
    return read(orjson.dumps(event), {}, recorded=NOW, goods=GOODS)


def refusal(kind: str, data: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        judge(kind, data)
    return caught.value


def fields():
    return [(kind, name) for kind, data in WHOLE.items() for name in data]


def test_every_type_is_here_with_all_its_fields():
    assert set(WHOLE) == set(TYPES)
    for kind, data in WHOLE.items():
        assert set(TYPES[kind][1].model_fields) - set(data) <= {"staff", "person"}
        assert judge(kind, data).type == kind


@pytest.mark.parametrize(("kind", "name"), fields())
def test_a_field_that_is_null_is_a_field_that_is_not_there(kind, name):
    without = {key: value for key, value in WHOLE[kind].items() if key != name}
    required = TYPES[kind][1].model_fields[name].is_required() or (kind, name) in REQUIRED_TOGETHER
    for data in (without, {**without, name: None}):
        if required:
            assert refusal(kind, data).message.startswith(f"{name}:")
        else:
            assert judge(kind, data).digest == judge(kind, without).digest


@pytest.mark.parametrize(("kind", "name"), fields())
def test_a_field_takes_only_values_of_its_own_json_type(kind, name):
    right = WHOLE[kind][name]
    for wrong in OTHERS:
        same = type(wrong) is type(right) or ((kind, name) in ANY)
        if same or (isinstance(right, float | int) and not isinstance(right, bool) and type(wrong) in (int, float)):
            continue
        said = refusal(kind, {**WHOLE[kind], name: wrong})
        assert said.reason is Reason.INVALID_DATA
        assert said.message.startswith(name)
        assert said.type == kind


@pytest.mark.parametrize(("kind", "name"), [pair for pair in fields() if pair[1] in IDENTIFIERS])
def test_an_identifier_is_trimmed_and_blank_only_where_the_contract_says(kind, name):
    record = judge(kind, {**WHOLE[kind], name: f"\u3000{WHOLE[kind][name]} "})
    assert getattr(record.data, name) == WHOLE[kind][name]
    assert record.digest == judge(kind, WHOLE[kind]).digest
    blank = {**WHOLE[kind], name: " \u3000"}
    if name in ("lot", "box") and not TYPES[kind][1].model_fields[name].is_required():
        assert getattr(judge(kind, blank).data, name) is None
    else:
        assert refusal(kind, blank).message == f"{name}: is blank"


@pytest.mark.parametrize(("kind", "name"), [pair for pair in fields() if pair[1] in ("staff", "person")])
@pytest.mark.parametrize("number", ["13800000000", "33011119000101001X", " 19900000000\n"])
def test_nobody_is_named_by_a_number_of_hers(kind, name, number):
    assert "identity-card or mobile" in refusal(kind, {**WHOLE[kind], name: number}).message


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pair
        for pair in fields()
        if isinstance(WHOLE[pair[0]][pair[1]], str) and pair[1] not in IDENTIFIERS and pair not in ANY
    ],
)
def test_a_text_has_an_end(kind, name):
    assert refusal(kind, {**WHOLE[kind], name: "x" * 4001}).message.startswith(f"{name}:")


@pytest.mark.parametrize("kind", WHOLE)
def test_unknown_fields_are_kept_and_ignored(kind):
    record = judge(kind, {**WHOLE[kind], "weather": {"sky": ["blue", None]}, "model_fields": 1, "json": 2})
    assert record.raw["weather"] == {"sky": ["blue", None]}
    assert record.log == judge(kind, WHOLE[kind]).log


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("operator.registered", "status", ("active", "suspended", "closed")),
        ("person.assigned", "role", ("owner", "officer", "grid-worker", "duty-desk")),
        ("disinfection.recorded", "scope", ("premises", "lot")),
        ("sample.tested", "on", ("goods", "surface", "staff")),
        ("sample.tested", "result", ("positive", "negative", "invalid", "pending")),
        ("alert.handled", "action", ("seal", "correct", "retest", "destroy", "close")),
        ("day.declared", "trading", (False,)),
        ("lot.uploaded", "goods", ("fruit",)),
    ],
)
def test_a_vocabulary_is_closed(kind, name, words):
    for word in words:
        assert judge(kind, {**WHOLE[kind], name: word})
    for word in ("other", "Active", " lot", True):
        if word not in words:
            assert refusal(kind, {**WHOLE[kind], name: word}).message.startswith(f"{name}:")


@pytest.mark.parametrize("channel", ["wecom-robot", "wecom-app", "sms", "dingtalk-robot", "webhook"])
def test_every_sort_of_channel_is_known(channel):
    channels = [{"kind": channel, "address": "a", "note": "kept"}]
    assert judge("person.assigned", {**WHOLE["person.assigned"], "channels": channels}).data.channels[0].kind == channel


@pytest.mark.parametrize("date", ["2022-1-12", "2022-02-29", "20220112", "2022-01-12T00:00:00Z", "", "0000-01-01"])
def test_a_date_is_one_of_the_calendar(date):
    assert refusal("day.declared", {**WHOLE["day.declared"], "date": date}).message.startswith("date:")
    papers = [{**PAPER, "expires_on": date}]
    said = refusal("papers.added", {**WHOLE["papers.added"], "papers": papers})
    assert said.message.startswith("papers.0.expires_on:")


@pytest.mark.parametrize("amount", [0, -1, 1.5, 10**15, 1e-9, 1e300])
def test_an_amount_is_any_number(amount):
    sold = judge("goods.sold", {**WHOLE["goods.sold"], "quantity": {"amount": amount, "unit": "箱"}})
    assert sold.data.quantity.amount == amount


def test_a_void_names_exactly_one():
    names = {"operator": "A", "staff": "S", "person": "P"}
    base = {"source": "s", "record": "r"}
    for name, value in names.items():
        assert judge("record.voided", {**base, name: value}).log == (name, value)
        others = {key: other for key, other in names.items() if key != name}
        assert "exactly one" in refusal("record.voided", {**base, **others}).message
    assert "exactly one" in refusal("record.voided", {**base, **names}).message


WORDS = {
    "a number for a text": ("goods.sold", {"operator": 5}, "operator: must be a text"),
    "nothing": ("goods.sold", {}, "operator: is missing"),
    "a word for true": (
        "lot.uploaded", WHOLE["lot.uploaded"] | {"first_station": "true"}, "first_station: must be true or false",
    ),
    "one for many": ("lot.uploaded", WHOLE["lot.uploaded"] | {"papers": PAPER}, "papers: must be a list"),
    "a text for a number": (
        "lot.uploaded", WHOLE["lot.uploaded"] | {"quantity": {"amount": "x", "unit": "kg"}},
        "quantity.amount: must be a number",
    ),
    "another word": ("disinfection.recorded", {"operator": "A", "scope": "x"}, "scope: must be 'premises' or 'lot'"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "words"), WORDS.values(), ids=WORDS.keys())
def test_what_is_wrong_is_said_in_plain_words(kind, data, words):
    assert refusal(kind, data).message.startswith(words)


def test_bytes_that_are_no_text_are_said_to_be_none():
    with pytest.raises(Refused) as caught:
        read(b'{"specversion": "\xed\xa0\x80"}', {}, recorded=NOW, goods=GOODS)
    assert caught.value.message == "the value is not JSON: it is not UTF-8 throughout"
