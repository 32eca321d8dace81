"""From the bytes of a message to a record, or to the first reason for which it is refused."""

import base64

import orjson
import pytest

from schemas.envelope import MAX_BYTES, MAX_HEADER_BYTES, PUBLIC_TOPICS, Record, Refused, read, recorded_time
from schemas.reasons import Reason
from schemas.times import DAY, MINUTE, parse_instant

GOODS = ("fruit", "frozen-meat")
NOW = parse_instant("2022-01-12T09:35:00+08:00")
SALE = {
    "specversion": "1.0",
    "type": "goods.sold",
    "source": "urn:example:shop",
    "id": "s-1",
    "time": "2022-01-12T09:30:00+08:00",
    "data": {"operator": "A"},
}
BINARY = {
    "ce_specversion": b"1.0",
    "ce_type": b"goods.sold",
    "ce_source": b"urn:example:shop",
    "ce_id": b"s-1",
    "ce_time": b"2022-01-12T09:30:00+08:00",
    "content-type": b"application/json",
}


def judge(event, headers=None, recorded=NOW, topic=None) -> Record:
    value = event if isinstance(event, bytes | None) else orjson.dumps(event)
    return read(value, headers or {}, recorded=recorded, goods=GOODS, topic=topic)


def refused(event, headers=None, **options) -> Refused:
    with pytest.raises(Refused) as caught:
        judge(event, headers, **options)
    return caught.value


def sale(**changes):
    return {key: value for key, value in {**SALE, **changes}.items() if value is not ...}


def test_both_modes_give_the_same_record():
    structured = judge(SALE)
    binary = judge({"operator": "A"}, BINARY)
    assert structured == binary
    assert (structured.source, structured.id, structured.type) == ("urn:example:shop", "s-1", "goods.sold")
    assert structured.time == parse_instant("2022-01-12T01:30:00Z")
    assert structured.recorded == NOW


@pytest.mark.parametrize(
    "content_type",
    [b"application/cloudevents+json", b"application/cloudevents+json; charset=UTF-8", b"APPLICATION/CloudEvents+JSON"],
)
def test_a_content_type_says_structured_whatever_other_headers_say(content_type):
    assert judge(SALE, {"content-type": content_type, "ce_specversion": b"1.0"}).id == "s-1"
    assert judge(SALE, {"Content-Type": content_type}).id == "s-1"


@pytest.mark.parametrize("content_type", [b"application/cloudevents-batch+json", b"application/cloudevents+xml"])
def test_batches_and_other_formats_are_not_read(content_type):
    assert refused(SALE, {"content-type": content_type}).reason is Reason.NOT_CLOUDEVENT


def test_headers_win_over_a_body_that_looks_like_an_event():
    assert judge({"operator": "A", "specversion": "1.0"}, BINARY).data.operator == "A"


def test_a_binary_event_carries_replaces_as_a_header():
    assert judge({"operator": "A"}, {**BINARY, "ce_replaces": b"s-0"}).replaces == "s-0"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, Reason.NOT_JSON),
        (b"", Reason.NOT_JSON),
        (b'{"specversion": "1.0", "ty', Reason.NOT_JSON),
        (b"\xff\xfe\x00", Reason.NOT_JSON),
        (b'{"a": NaN}', Reason.NOT_JSON),
        (b"[" * 5000 + b"]" * 5000, Reason.NOT_JSON),
        (b" " * (MAX_BYTES + 1), Reason.TOO_LARGE),
        (b" " * MAX_BYTES, Reason.NOT_JSON),
        (b"{}", Reason.NOT_CLOUDEVENT),
        (b'[{"specversion": "1.0"}]', Reason.NOT_CLOUDEVENT),
        (b'"specversion"', Reason.NOT_CLOUDEVENT),
        (b"null", Reason.NOT_CLOUDEVENT),
    ],
)
def test_what_is_no_event_at_all_is_refused_by_its_bytes(value, reason):
    assert refused(value).reason is reason


def test_headers_that_would_not_fit_with_ours_are_too_large():
    assert refused(SALE, {"trace": b"x" * MAX_HEADER_BYTES}).reason is Reason.TOO_LARGE
    assert judge(SALE, {"trace": b"x" * 1000}).id == "s-1"


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (sale(specversion="0.3"), "specversion"),
        (sale(specversion=1.0), "specversion"),
        (sale(id=...), "id"),
        (sale(id=""), "id"),
        (sale(id=7), "id"),
        (sale(id="a\x1fb"), "id"),
        (sale(id="x" * 1001), "id"),
        (sale(source=None), "source"),
        (sale(source="a\nb"), "source"),
        (sale(type=["goods.sold"]), "type"),
        (sale(time=...), "time"),
        (sale(time="2022-01-12T09:30:00"), "time"),
        (sale(time="2022-01-12 09:30:00+08:00"), "time"),
        (sale(time="2022-02-30T09:30:00+08:00"), "time"),
        (sale(time=1641950700), "time"),
        (sale(replaces=7), "replaces"),
        (sale(data=..., data_base64="e30="), "data_base64"),
    ],
)
def test_an_attribute_that_is_not_a_cloudevents_names_itself(event, field):
    refusal = refused(event)
    assert refusal.reason is Reason.NOT_CLOUDEVENT
    assert refusal.message.startswith(f"{field}:")


@pytest.mark.parametrize("header", ["ce_type", "ce_id", "ce_source", "ce_time", "ce_specversion"])
def test_a_binary_event_without_an_attribute_names_it(header):
    refusal = refused({"operator": "A"}, {name: content for name, content in BINARY.items() if name != header})
    assert refusal.reason is Reason.NOT_CLOUDEVENT
    assert refusal.message.startswith(header[3:])


def test_headers_that_are_not_utf8_are_refused():
    assert refused({"operator": "A"}, {**BINARY, "ce_id": b"\xff"}).reason is Reason.NOT_CLOUDEVENT


def test_the_first_reason_in_the_contracts_order_is_given():
    wrong = sale(type="goods.stolen", time="2099-01-01T00:00:00Z", data=None)
    assert refused({**wrong, "time": "soon"}).reason is Reason.NOT_CLOUDEVENT
    assert refused(wrong).reason is Reason.UNKNOWN_TYPE
    assert refused({**wrong, "type": "goods.sold"}, topic="registry").reason is Reason.WRONG_TOPIC
    assert refused({**wrong, "type": "goods.sold"}, topic="scan-events").reason is Reason.INVALID_DATA
    assert refused(sale(time="2099-01-01T00:00:00Z")).reason is Reason.FUTURE_TIME


def test_a_refusal_says_the_type_only_if_it_is_one_of_ours():
    assert refused(sale(data={})).type == "goods.sold"
    assert refused(sale(type="goods.stolen")).type == ""
    assert refused(b"{").type == ""


@pytest.mark.parametrize(
    "event",
    [
        sale(type="13800000000"),
        sale(type="张三"),
        sale(time="张三 13800000000"),
        sale(type="lot.uploaded", data={"operator": "A", "lot": "L", "goods": "13800000000", "papers": []}),
        sale(type="staff.enrolled", data={"operator": "A", "staff": "13800000000", "name": "张三"}),
        sale(type="operator.registered", data={"operator": "A", "phone": 13800000000, "name": ["张三"]}),
    ],
)
def test_a_refusal_repeats_nothing_that_may_be_a_persons(event):
    message = refused(event).message
    assert "13800000000" not in message
    assert "张三" not in message


def test_every_type_belongs_on_its_topic_and_a_void_on_any():
    for topic in PUBLIC_TOPICS:
        void = sale(type="record.voided", data={"operator": "A", "source": "x", "record": "y"})
        assert judge(void, topic=topic).type == "record.voided"
        if topic != "scan-events":
            assert refused(SALE, topic=topic).reason is Reason.WRONG_TOPIC
    assert judge(SALE, topic="scan-events").type == "goods.sold"


def test_time_may_be_ten_minutes_ahead_and_ninety_days_back_and_no_more():
    time = judge(SALE).time
    assert judge(SALE, recorded=time - 10 * MINUTE).time == time
    assert refused(SALE, recorded=time - 10 * MINUTE - 1).reason is Reason.FUTURE_TIME
    assert judge(SALE, recorded=time + 90 * DAY).time == time
    assert refused(SALE, recorded=time + 90 * DAY + 1).reason is Reason.TOO_OLD
    left = sale(type="staff.left", data={"operator": "A", "staff": "S"}, time="0999-01-01T00:00:00Z")
    assert judge(left).type == "staff.left"


def test_null_is_absent_at_every_depth():
    record = judge(sale(data={"operator": "A", "lot": None, "quantity": None, "extra": {"a": None, "b": [None, 1]}}))
    assert record.raw == {"operator": "A", "extra": {"b": [None, 1]}}
    assert record.data.lot is None


def test_data_nested_without_end_is_refused_and_nothing_breaks():
    deep = b'{"operator": "A", "x": ' + b"[" * 500 + b"]" * 500 + b"}"
    for refusal in (refused(deep, BINARY), refused(orjson.dumps(sale(data=...))[:-1] + b', "data": ' + deep + b"}")):
        assert refusal.reason is Reason.INVALID_DATA
        assert refusal.message == "data: is nested more than 100 deep"


def test_equal_content_has_an_equal_digest_in_whichever_form_it_is_written():
    one = judge(sale(data={"operator": "A", "lot": "", "quantity": {"amount": 5, "unit": "kg"}, "x": [1, None]}))
    other = judge(
        sale(
            data={"x": [1.0, None], "y": None, "quantity": {"unit": "kg", "amount": 5.0}, "operator": " A\u3000"},
            time="2022-01-12T01:30:00.0004Z",
            id="another",
        )
    )
    assert one.digest == other.digest


@pytest.mark.parametrize(
    "change",
    [
        {"time": "2022-01-12T09:30:00.001+08:00"},
        {"data": {"operator": "B"}},
        {"data": {"operator": "A", "x": True}},
        {"data": {"operator": "A", "x": 1}},
        {"data": {"operator": "A", "x": "1"}},
        {"type": "goods.received"},
    ],
)
def test_other_content_has_another_digest(change):
    assert judge(sale(**change)).digest != judge(SALE).digest
    assert judge(sale(data={"operator": "A", "x": True})).digest != judge(sale(data={"operator": "A", "x": 1})).digest


@pytest.mark.parametrize(
    ("kind", "data", "log"),
    [
        ("goods.sold", {"operator": " A "}, ("operator", "A")),
        ("staff.enrolled", {"operator": "A", "staff": "S"}, ("operator", "A")),
        ("sample.tested", {"sample": "1", "on": "goods", "operator": "A", "staff": "S"}, ("operator", "A")),
        ("sample.tested", {"sample": "1", "on": "staff", "operator": "A", "staff": "S"}, ("staff", "S")),
        (
            "alert.handled",
            {"operator": "A", "staff": "S", "alert": "x", "by": "p", "action": "close"},
            ("operator", "A"),
        ),
        ("alert.handled", {"staff": "S", "alert": "x", "by": "p", "action": "close"}, ("staff", "S")),
        ("record.voided", {"operator": "A", "source": "s", "record": "r"}, ("operator", "A")),
        ("record.voided", {"staff": "S", "source": "s", "record": "r"}, ("staff", "S")),
        ("record.voided", {"person": "P", "source": "s", "record": "r"}, ("person", "P")),
        ("person.left", {"person": "P"}, ("person", "P")),
        ("patrol.recorded", {"by": "p", "staff": "S"}, ("topic", "field-reports")),
        ("patrol.recorded", {"by": "p", "operator": "A"}, ("operator", "A")),
        ("code.looked-up", {"lot": "L"}, ("topic", "scan-events")),
        ("feed.advanced", {"feed": "F", "complete_until": "2022-01-12T00:00:00Z"}, ("topic", "registry")),
    ],
)
def test_a_record_is_in_the_log_of_whom_its_type_names(kind, data, log):
    if kind == "sample.tested":
        data = {**data, "result": "negative", "hazard": "x"}
    assert judge(sale(type=kind, data=data)).log == log


def test_the_later_of_two_is_by_recorded_source_and_id():
    assert judge(SALE, recorded=NOW + 1).later > judge(SALE).later
    assert judge(sale(source="urn:example:z")).later > judge(sale(id="z")).later
    assert judge(sale(id="z")).later > judge(SALE).later


def test_a_line_of_a_history_says_itself_when_it_was_recorded():
    line = orjson.dumps({**SALE, "recordedtime": "2022-01-12T09:31:00+08:00"})
    assert judge(line, recorded=None).recorded == parse_instant("2022-01-12T01:31:00Z")


@pytest.mark.parametrize("line", [b"{", b"[]", b"{}", b'{"recordedtime": 5}', b'{"recordedtime": "2022-01-12"}', None])
def test_a_line_without_a_readable_recordedtime_is_no_history(line):
    with pytest.raises(ValueError, match="recordedtime"):
        recorded_time(line)


def test_base64_is_not_guessed_at():
    event = sale(data=..., data_base64=base64.b64encode(b'{"operator": "A"}').decode())
    assert "data_base64" in refused(event).message
