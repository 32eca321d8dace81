"""EPCIS 2.0 documents are read or refused by the standard, and a refusal names the field."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.epcis.document import BadDocument, is_epcis, open_document
from connectors.epcis.mapping import read

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "epcis"
EVENT = {
    "@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"ext": "https://example.com/ext/"}],
    "type": "ObjectEvent",
    "eventTime": "2022-01-12T09:30:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"],
    "bizStep": "receiving",
    "readPoint": {"id": "urn:epc:id:sgln:0614141.07346.0"},
}


def event(**changes):
    return {name: value for name, value in {**EVENT, **changes}.items() if value is not ...}


def document(*events, **changes):
    body = {
        "@context": EVENT["@context"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2022-01-12T10:00:00+08:00",
        "epcisBody": {"eventList": [{k: v for k, v in e.items() if k != "@context"} for e in events]},
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not ...}


def problems(tree) -> dict[str, str]:
    content = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    try:
        open_document(content)
    except BadDocument as bad:
        return {problem.field: problem.message for problem in bad.problems}
    return {}


@pytest.mark.parametrize(
    "path", sorted(SHARED.glob("valid/*.json")) + sorted(SHARED.glob("events/*.json")), ids=lambda p: p.stem
)
def test_every_valid_document_and_event_is_read_and_every_event_has_a_verdict(path):
    events = open_document(path.read_bytes()).events
    verdicts = read(path.read_bytes())
    assert is_epcis(json.loads(path.read_bytes()))
    assert len(verdicts) == len(events) > 0
    assert all(verdict.records or verdict.unused for verdict in verdicts)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Combination_of_events_with_missing_mandatory_fields", "epcisBody.eventList[0].action"),
        ("Combination_of_events_with_missing_mandatory_fields", "epcisBody.eventList[1].eventTimeZoneOffset"),
        ("EPCISDocument_without_context", "@context"),
        ("ObjectEvent_with_invalid_action", "epcisBody.eventList[0].action"),
        ("ObjectEvent_with_invalid_eventTime_format", "epcisBody.eventList[0].eventTime"),
        ("ObjectEvent_with_non_standard_bizStep", "epcisBody.eventList[0].bizStep"),
        ("ObjectEvent_with_quantity_as_text", "epcisBody.eventList[0].quantityList[0].quantity"),
        ("ObjectEvent_without_action_and_eventTime", "epcisBody.eventList[0].action"),
        ("ObjectEvent_without_action_and_eventTime", "epcisBody.eventList[0].eventTime"),
    ],
)
def test_every_invalid_document_is_refused_with_the_field_named(name, field):
    assert field in problems((SHARED / "invalid" / f"{name}.json").read_bytes())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-receiving"},
        {"bizStep": "urn:epcglobal:cbv:bizstep:receiving"},
        {"bizStep": "https://vendor.example.com/steps/disinfecting"},
        {"bizStep": "ext:disinfecting"},
        {"bizStep": ...},
        {"disposition": "non_conformant"},
        {"persistentDisposition": {"set": ["conformant"]}},
        {"epcList": []},
        {"epcList": ..., "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877"}]},
        {"epcList": ..., "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": -18.5}]}]},
        {"action": "ADD", "ilmd": {"cbvmda:lotNumber": "1"}},
        {"certificationInfo": ["https://example.org/1", "https://example.org/2"]},
        {"ext:anything": {"at": ["all"]}},
        {"@context": [*EVENT["@context"], {"ownTerm": "https://example.com/ownTerm"}], "ownTerm": 1},
        {"type": "ext:InspectionEvent", "whatever": 1},
        {"eventTimeZoneOffset": "-14:00"},
        {"bizTransactionList": [{"bizTransaction": "urn:epcglobal:cbv:bt:0614141073467:1152"}]},
    ],
)
def test_what_the_standard_allows_is_read(changes):
    assert problems(event(**changes)) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"@context": ...}, "@context"),
        ({"type": ...}, "type"),
        ({"type": "ObservationEvent"}, "type"),
        ({"eventTime": ...}, "eventTime"),
        ({"eventTime": "2022-01-12T09:30:00"}, "eventTime"),
        ({"eventTime": 1641950700}, "eventTime"),
        ({"eventTimeZoneOffset": ...}, "eventTimeZoneOffset"),
        ({"eventTimeZoneOffset": "+15:00"}, "eventTimeZoneOffset"),
        ({"eventTimeZoneOffset": "8"}, "eventTimeZoneOffset"),
        ({"recordTime": "yesterday"}, "recordTime"),
        ({"eventID": "42"}, "eventID"),
        ({"action": ...}, "action"),
        ({"action": "add"}, "action"),
        ({"bizStep": "transforming"}, "bizStep"),
        ({"bizStep": "https://ref.gs1.org/cbv/BizStep-transforming"}, "bizStep"),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:transforming"}, "bizStep"),
        ({"bizStep": ["receiving"]}, "bizStep"),
        ({"disposition": "in_the_air"}, "disposition"),
        ({"persistentDisposition": {"unset": ["in_the_air"]}}, "persistentDisposition.unset[0]"),
        ({"epcList": ...}, "epcList"),
        ({"epcList": "urn:epc:id:sgtin:0614141.107346.2017"}, "epcList"),
        ({"epcList": ["not a uri"]}, "epcList[0]"),
        ({"epcList": ["urn:a:b", "urn:a:b"]}, "epcList"),
        ({"epcList": ..., "quantityList": []}, "epcList"),
        ({"quantityList": [{"quantity": 1}]}, "quantityList[0].epcClass"),
        ({"quantityList": [{"epcClass": "urn:a:b", "quantity": "1"}]}, "quantityList[0].quantity"),
        ({"quantityList": [{"epcClass": "urn:a:b", "quantity": True}]}, "quantityList[0].quantity"),
        ({"quantityList": [{"epcClass": "urn:a:b", "uom": "kilo"}]}, "quantityList[0].uom"),
        ({"quantityList": [{"epcClass": "urn:a:b", "colour": "red"}]}, "quantityList[0].colour"),
        ({"readPoint": "urn:epc:id:sgln:0614141.07346.0"}, "readPoint"),
        ({"bizLocation": {}}, "bizLocation.id"),
        ({"bizTransactionList": [{"type": "letter", "bizTransaction": "urn:a:b"}]}, "bizTransactionList[0].type"),
        ({"sourceList": [{"type": "location"}]}, "sourceList[0].source"),
        ({"destinationList": [{"type": "neighbour", "destination": "urn:a:b"}]}, "destinationList[0].type"),
        ({"sensorElementList": [{"sensorReport": []}]}, "sensorElementList[0].sensorReport"),
        ({"sensorElementList": [{"sensorReport": [{"value": "26"}]}]}, "sensorElementList[0].sensorReport[0].value"),
        ({"errorDeclaration": {"reason": "did_not_occur"}}, "errorDeclaration.declarationTime"),
        ({"certificationInfo": "ABC 12345"}, "certificationInfo"),
        ({"ilmd": {"cbvmda:lotNumber": "1"}}, "ilmd"),
        ({"action": "ADD", "ilmd": {"lotNumber": "1"}}, "ilmd.lotNumber"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_the_standard_forbids_is_named(changes, field):
    assert field in problems(event(**changes))


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("TransactionEvent", {"bizTransactionList": ...}, "bizTransactionList"),
        ("TransactionEvent", {"bizTransactionList": []}, "bizTransactionList"),
        ("TransactionEvent", {"bizTransactionList": [{"bizTransaction": "urn:a:b"}], "epcList": ...}, "epcList"),
        ("AggregationEvent", {"epcList": ..., "parentID": "urn:a:b"}, "childEPCs"),
        ("AggregationEvent", {"epcList": ..., "childEPCs": ["urn:a:b"], "action": "ADD"}, "parentID"),
        ("AssociationEvent", {"epcList": ..., "childEPCs": ["urn:a:b"]}, "parentID"),
        ("TransformationEvent", {"epcList": ..., "action": ...}, "inputEPCList"),
        ("TransformationEvent", {"epcList": ..., "action": ..., "inputEPCList": ["urn:a:b"]}, "outputEPCList"),
        ("TransformationEvent", {"epcList": ..., "inputEPCList": ["urn:a:b"], "outputEPCList": ["urn:a:c"]}, "action"),
    ],
)
def test_each_type_of_event_has_fields_of_its_own(kind, changes, field):
    assert field in problems(event(type=kind, **changes))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"@context": ...}, "@context"),
        ({"schemaVersion": ...}, "schemaVersion"),
        ({"schemaVersion": "1.2"}, "schemaVersion"),
        ({"schemaVersion": 2.0}, "schemaVersion"),
        ({"creationDate": ...}, "creationDate"),
        ({"creationDate": "today"}, "creationDate"),
        ({"epcisBody": ...}, "epcisBody"),
        ({"epcisBody": {}}, "epcisBody.eventList"),
        ({"epcisBody": {"eventList": {}}}, "epcisBody.eventList"),
        ({"epcisBody": {"eventList": ["x"]}}, "epcisBody.eventList[0]"),
        ({"type": "Document"}, "type"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_document_has_a_frame(changes, field):
    assert problems(document(EVENT)) == {}
    assert field in problems(document(EVENT, **changes))


def test_one_wrong_event_refuses_the_document_and_is_told_by_its_place():
    assert set(problems(document(EVENT, event(bizStep="transforming")))) == {"epcisBody.eventList[1].bizStep"}


def test_the_answer_to_a_query_is_read_too():
    query = document(EVENT, type="EPCISQueryDocument")
    results = {"queryName": "q", "resultsBody": query["epcisBody"]}
    assert problems(query | {"epcisBody": {"queryResults": results}}) == {}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe"])
def test_what_is_no_document_at_all_is_said_to_be_none(content):
    assert "document" in problems(content)


def test_of_a_document_wrong_throughout_the_first_problems_are_enough():
    assert len(problems(document(*[event(action="X") for _ in range(500)]))) == 20


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(EVENT)) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from([*sorted(EVENT), "quantityList", "sensorElementList", "ilmd", "errorDeclaration"]), JSON
    )
)
def test_nothing_that_is_sent_breaks_the_reader(changes):
    for tree in (event(**changes), document(event(**changes)), document(epcisBody=changes), changes):
        content = json.dumps(tree).encode()
        is_epcis(tree)
        if not problems(content):
            assert all(verdict.records or verdict.unused for verdict in read(content))
