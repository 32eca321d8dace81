"""Whatever arrives: a record or Refused, and nothing else, within reason."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.envelope import TYPES, Refused, read
from schemas.times import date_of, format_instant

GOODS = ("fruit",)
NOW = 1_641_951_300_000
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
WORDS = st.sampled_from(
    ["A", " ", "", "fruit", "goods", "staff", "positive", "test", "2022-01-10", "2022-01-12T00:00:00Z", "close", "lot"]
)
TEXTS = WORDS | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
FIELDS = sorted({name for _, model in TYPES.values() for name in model.model_fields})
DATA = st.dictionaries(st.sampled_from(FIELDS) | TEXTS, VALUES, max_size=8)
TIMES = st.sampled_from(["2022-01-12T09:30:00+08:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]) | VALUES
EVENTS = st.fixed_dictionaries(
    {"specversion": st.just("1.0")},
    optional={
        "type": st.sampled_from(sorted(TYPES)) | VALUES,
        "source": st.just("urn:x") | VALUES,
        "id": st.just("1") | VALUES,
        "time": TIMES,
        "replaces": VALUES,
        "data": DATA | VALUES,
    },
)
GOOD_ENVELOPES = st.builds(
    lambda kind, data, time: {
        "specversion": "1.0", "source": "urn:x", "id": "1", "type": kind, "time": time, "data": data,
    },
    st.sampled_from(sorted(TYPES)), DATA, st.sampled_from(["2022-01-12T01:30:00Z", "0001-01-03T00:00:00Z"]),
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "ce_specversion", "ce_type", "ce_id", "ce_source", "ce_time", "lianfang-recorded"])
    | st.text(max_size=5),
    st.binary(max_size=20) | st.sampled_from([b"1.0", b"goods.sold", b"2022-01-12T01:30:00Z", b"application/json"]),
    max_size=8,
)


def whatever(value: bytes | None, headers: dict[str, bytes]) -> None:
    try:
        record = read(value, headers, recorded=NOW, goods=GOODS, topic="registry" if value else None)
    except Refused as refused:
        said = refused
    else:
        said = None
    if said is not None:
        assert said.message
        assert said.type in {"", *TYPES}
        return
    sort, name = record.log
    assert sort in {"operator", "staff", "person", "topic"}
    assert name
    assert record.digest
    assert format_instant(record.time)
    assert date_of(record.time)
    assert orjson.dumps(record.raw)


@given(st.none() | st.binary(max_size=200), HEADERS)
def test_any_bytes(value, headers):
    whatever(value, headers)


@given(VALUES, HEADERS)
def test_any_json(value, headers):
    whatever(orjson.dumps(value), headers)


@given(EVENTS, HEADERS)
def test_any_event(event, headers):
    whatever(orjson.dumps(event), headers)


@given(GOOD_ENVELOPES)
@settings(max_examples=300)
def test_any_data_in_a_good_envelope(event):
    whatever(orjson.dumps(event), {})
    headers = {f"ce_{name}": value.encode() for name, value in event.items() if name != "data"}
    whatever(orjson.dumps(event["data"]), headers)
