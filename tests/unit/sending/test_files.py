"""What stands in a file of records is found, line by line or whole, and where it stands is told."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sending.files import Unusable, messages, open_input

EVENT = {"specversion": "1.0", "type": "goods.sold", "id": "1"}
EPCIS = {
    "@context": "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    "type": "ObjectEvent",
    "eventTime": "2022-01-12T09:30:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "bizStep": "retail_selling",
    "epcList": ["https://id.gs1.org/01/04012345999990/21/1"],
    "bizLocation": {"id": "urn:epc:id:sgln:0614141.07346.0"},
}
FRAME = {
    "@context": EPCIS["@context"],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": EPCIS["eventTime"],
}


def found(content, name="f"):
    return list(messages(name, io.BytesIO(content if isinstance(content, bytes) else content.encode())))


def document(*events):
    inner = [{key: value for key, value in event.items() if key != "@context"} for event in events]
    return {**FRAME, "epcisBody": {"eventList": inner}}


def test_lines_are_messages_with_their_bytes_and_numbers():
    line = json.dumps(EVENT)
    said = found(f"{line}\n\n  {line}  \r\n{{half\n")
    assert [(one.where, one.value) for one in said] == [
        ("f:1", line.encode()),
        ("f:3", line.encode()),
        ("f:4", b"{half"),
    ]


def test_how_far_the_file_was_read_grows_to_its_size():
    content = (json.dumps(EVENT) + "\n") * 3
    assert [one.at for one in found(content)] == [len(content) // 3, len(content) // 3 * 2, len(content)]


def test_a_byte_order_mark_at_the_beginning_does_no_harm():
    assert found(b"\xef\xbb\xbf" + json.dumps(EVENT).encode())[0].value == json.dumps(EVENT).encode()


def test_lines_are_read_as_they_come_and_not_before():
    read = []

    class Pipe:
        def __iter__(self):
            return self

        def __next__(self):
            read.append(len(read))
            return json.dumps(EVENT).encode() + b"\n"

    stream = messages("-", Pipe())
    next(stream)
    assert read == [0]
    next(stream)
    assert read == [0, 1]


def test_a_list_is_as_many_messages_as_it_has():
    said = found(json.dumps([EVENT, {"half": True}, 7]))
    assert [(one.where, json.loads(one.value)) for one in said] == [
        ("f[0]", EVENT),
        ("f[1]", {"half": True}),
        ("f[2]", 7),
    ]


def test_one_document_over_several_lines_is_one_message():
    (said,) = found(json.dumps(EVENT, indent=2))
    assert (said.where, json.loads(said.value)) == ("f", EVENT)


def test_an_epcis_event_becomes_records_and_says_of_which_event():
    (alone,) = found(json.dumps(EPCIS))
    assert (alone.where, alone.epcis, json.loads(alone.value)["type"]) == ("f:1", True, "goods.sold")
    unused = EPCIS | {"bizStep": "storing"}
    said = found(json.dumps(document(EPCIS, unused), indent=1))
    assert [(one.where, one.unused) for one in said] == [
        ("f event 1", None),
        ("f event 2", "no rule reads the business step storing"),
    ]


def test_what_comes_of_an_epcis_event_says_which_goods_and_which_event_it_is_about():
    other = "https://id.gs1.org/01/04012345999990/21/other"
    many = EPCIS | {"bizStep": "storing", "eventID": "urn:uuid:7", "epcList": [*EPCIS["epcList"], other]}
    voided = EPCIS | {"errorDeclaration": {"declarationTime": "2022-01-12T09:33:00+08:00"}}
    said = found(json.dumps(document(EPCIS, many, voided), indent=1))
    box = json.loads(said[0].value)["data"]["box"]
    assert [one.about for one in said] == [
        f"box {box} at 0614141073467",
        f"ObjectEvent storing of {box} and 1 more urn:uuid:7",
        f"ObjectEvent retail_selling of {box}",
    ]


def test_a_cloudevent_speaks_for_itself():
    assert [one.about for one in found(json.dumps(EVENT))] == [""]


def test_epcis_and_cloudevents_may_stand_in_one_file():
    said = found(f"{json.dumps(EVENT)}\n{json.dumps(EPCIS)}\n{json.dumps(document(EPCIS))}\n")
    assert [(one.where, one.epcis) for one in said] == [("f:1", False), ("f:2", True), ("f:3 event 1", True)]


def test_a_document_that_is_no_epcis_is_refused_once_for_each_fault():
    said = found(json.dumps(document(EPCIS | {"bizStep": "x", "action": "y"}), indent=1))
    assert [one.refused.split(":")[0] for one in said] == [
        "epcisBody.eventList[0].action",
        "epcisBody.eventList[0].bizStep",
    ]


def test_a_void_out_of_epcis_knows_what_it_voids():
    declared = EPCIS | {"errorDeclaration": {"declarationTime": "2022-01-12T09:33:00+08:00"}}
    (said,) = found(json.dumps(declared))
    assert said.voids == "goods.sold"
    assert "voids" not in json.loads(said.value)


@pytest.mark.parametrize("content", ["", "\n\n", "7", '"x"', "nonsense\nmore\n", b"\x00\x01", "{\n\n", "[1,"])
def test_what_holds_no_messages_is_unusable(content):
    with pytest.raises(Unusable):
        found(content)


def test_lines_behind_a_broken_first_one_are_still_read():
    said = found("{half\n" + json.dumps(EVENT) + "\n")
    assert [(one.where, one.value) for one in said] == [("f:1", b"{half"), ("f:2", json.dumps(EVENT).encode())]


def test_a_file_that_is_none_is_unusable(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(Unusable), open_input(str(path)):
            pass


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from(["{", "}", '{"a":1}', "[", "\n", " ", "7"]), max_size=9).map("".join)
)
def test_nothing_breaks_the_reader(content):
    try:
        said = found(content)
    except Unusable:
        said = []
    assert all(one.where.startswith("f") for one in said)
