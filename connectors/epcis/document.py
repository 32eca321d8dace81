"""EPCIS 2.0 documents and events in JSON, checked by the standard: its events, mandatory fields and vocabularies.

Own checks instead of GS1's JSON Schema: they name the field, and need no schema at hand. Which events mean anything to
us is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.epcis import vocabulary as cbv
from connectors.epcis.checks import (
    Check,
    Findings,
    Problem,
    anything,
    boolean,
    fields,
    many,
    matching,
    number,
    offset,
    one_of,
    one_or_many,
    text,
    time,
    uri,
    word,
)

DOCUMENT, QUERY = "EPCISDocument", "EPCISQueryDocument"


class BadDocument(ValueError):  # noqa: N818 - a verdict on what was sent
    """Not an EPCIS 2.0 document or event. `problems` name the fields, the first ones if there are many."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Document:
    """What was sent: who says so, and its events as they stand there."""

    sender: str | None
    events: list[dict[str, Any]]


_uri_object = fields({"id": uri}, required=("id",))
_quantity = fields(
    {"epcClass": uri, "quantity": number, "uom": matching("[A-Z0-9]{2,3}", "a unit code like KGM")},
    required=("epcClass",),
)
# the vocabulary of measurements is GS1's web vocabulary, which grows; its words are not closed here
_measured = matching("[A-Za-z][A-Za-z0-9_.:/#-]*", "the word or URI of a measurement")
_report = fields(
    {
        "type": _measured, "exception": word(cbv.ALERT_TYPES), "component": word(cbv.COMPONENTS),
        "deviceID": uri, "deviceMetadata": uri, "rawData": uri, "dataProcessingMethod": uri, "bizRules": uri,
        "time": time, "microorganism": uri, "chemicalSubstance": uri, "coordinateReferenceSystem": uri,
        "value": number, "minValue": number, "maxValue": number, "meanValue": number, "sDev": number,
        "percRank": number, "percValue": number, "stringValue": text, "booleanValue": boolean,
        "hexBinaryValue": matching("[A-Fa-f0-9]+", "hexadecimal digits"), "uriValue": uri, "uom": text,
    }
)  # fmt: skip
_metadata = fields(
    {
        "time": time, "startTime": time, "endTime": time, "deviceID": uri, "deviceMetadata": uri, "rawData": uri,
        "dataProcessingMethod": uri, "bizRules": uri,
    }
)  # fmt: skip
_sensor = fields(
    {"type": text, "isA": text, "sensorMetadata": _metadata, "sensorReport": many(_report, least=1)},
    required=("sensorReport",),
)
_disposition = word(cbv.DISPOSITIONS)
_parties = word(cbv.PARTY_TYPES)
_action = one_of("ADD", "OBSERVE", "DELETE")
_transactions = fields({"type": word(cbv.TRANSACTION_TYPES), "bizTransaction": uri}, required=("bizTransaction",))
_epcs, _quantities = many(uri, unique=True), many(_quantity)
_ilmd = fields({})

COMMON: dict[str, Check] = {
    "@context": anything, "type": anything, "eventTime": time, "recordTime": time, "eventTimeZoneOffset": offset,
    "eventID": uri, "certificationInfo": one_or_many(uri),
    "errorDeclaration": fields(
        {"declarationTime": time, "reason": word(cbv.ERROR_REASONS), "correctiveEventIDs": many(uri)},
        required=("declarationTime",),
    ),
    "bizStep": word(cbv.BIZ_STEPS), "disposition": _disposition,
    "persistentDisposition": fields({"set": many(_disposition), "unset": many(_disposition)}),
    "readPoint": _uri_object, "bizLocation": _uri_object, "bizTransactionList": many(_transactions),
    "sourceList": many(fields({"type": _parties, "source": uri}, required=("type", "source"))),
    "destinationList": many(fields({"type": _parties, "destination": uri}, required=("type", "destination"))),
    "sensorElementList": many(_sensor),
}  # fmt: skip
_MANDATORY = ("type", "eventTime", "eventTimeZoneOffset")
_FAMILY: dict[str, Check] = {"parentID": uri, "childEPCs": _epcs, "childQuantityList": _quantities, "action": _action}

EVENTS: dict[str, Check] = {
    "ObjectEvent": fields(
        COMMON | {"epcList": _epcs, "quantityList": _quantities, "action": _action, "ilmd": _ilmd},
        required=(*_MANDATORY, "action"),
    ),
    "AggregationEvent": fields(COMMON | _FAMILY, required=(*_MANDATORY, "action")),
    "AssociationEvent": fields(COMMON | _FAMILY, required=(*_MANDATORY, "action", "parentID")),
    "TransactionEvent": fields(
        COMMON
        | {
            "parentID": uri, "epcList": _epcs, "quantityList": _quantities, "action": _action,
            "bizTransactionList": many(_transactions, least=1),
        },
        required=(*_MANDATORY, "action", "bizTransactionList"),
    ),
    "TransformationEvent": fields(
        COMMON
        | {
            "inputEPCList": _epcs, "inputQuantityList": _quantities, "outputEPCList": _epcs,
            "outputQuantityList": _quantities, "transformationID": uri, "ilmd": _ilmd,
        },
        required=_MANDATORY,
    ),
}  # fmt: skip
_EXTENDED = fields({"type": uri, "eventTime": time, "eventTimeZoneOffset": offset, "eventID": uri}, required=_MANDATORY)
"""An event of somebody's own type: only its type and times can be checked."""

_header = fields(
    {
        "epcisMasterData": fields(
            {"vocabularyList": many(fields({"type": uri, "vocabularyElementList": many(anything)}, required=("type",)))}
        )
    }
)
_document = fields(
    {
        "@context": anything, "id": uri, "type": anything, "creationDate": time, "instanceIdentifier": text,
        "schemaVersion": matching(r"2(\.\d+){0,2}", "2.0, as a text"), "sender": text, "receiver": text,
        "epcisHeader": _header, "epcisBody": fields({"eventList": many(anything)}, required=("eventList",)),
    },
    required=("@context", "type", "schemaVersion", "creationDate", "epcisBody"),
)  # fmt: skip
_results = fields({"eventList": many(anything), "vocabularyList": many(anything)}, required=("eventList",))
_query = fields(
    {
        "@context": anything, "id": uri, "type": anything, "creationDate": time, "instanceIdentifier": text,
        "schemaVersion": matching(r"2(\.\d+){0,2}", "2.0, as a text"), "sender": text, "receiver": text,
        "epcisHeader": _header,
        "epcisBody": fields(
            {
                "queryResults": fields(
                    {"queryName": text, "subscriptionID": text, "resultsBody": _results}, required=("resultsBody",)
                )
            },
            required=("queryResults",),
        ),
    },
    required=("@context", "type", "epcisBody"),
)  # fmt: skip


def is_epcis(tree: Any) -> bool:
    """Whether a JSON value means to be EPCIS: a document, or an event on its own."""
    return (
        isinstance(tree, dict)
        and "specversion" not in tree
        and ("epcisBody" in tree or tree.get("type") in (DOCUMENT, QUERY, *EVENTS) or "eventTimeZoneOffset" in tree)
    )


def open_document(content: bytes) -> Document:
    """The events of a document, or of one event on its own. BadDocument if the standard does not allow it.

    All or nothing, as EPCIS's own capture does by default: one wrong event refuses the document.
    """
    try:
        tree = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadDocument([Problem("document", f"is not JSON: {error}")]) from None
    if not isinstance(tree, dict):
        raise BadDocument([Problem("document", "must be a JSON object: an EPCISDocument or an event")])
    findings = Findings()
    _context(tree, "", findings, required=True)
    kind = tree.get("type")
    if kind == DOCUMENT or "epcisBody" in tree:
        found = _in_document(tree, findings)
    else:
        found = [tree]
        _event(tree, "", findings)
    if findings.problems:
        raise BadDocument(findings.problems)
    sender = tree.get("sender")
    return Document(sender if isinstance(sender, str) and sender else None, found)


def _in_document(tree: dict[str, Any], findings: Findings) -> list[dict[str, Any]]:
    query = tree.get("type") == QUERY
    one_of(DOCUMENT, QUERY)(tree.get("type"), "type", findings)
    (_query if query else _document)(tree, "", findings)
    body, path = tree.get("epcisBody"), "epcisBody.eventList"
    if query and isinstance(body, dict):
        results = body.get("queryResults")
        body, path = (results.get("resultsBody") if isinstance(results, dict) else None), "resultsBody.eventList"
    events = body.get("eventList") if isinstance(body, dict) else None
    if not isinstance(events, list):
        return []
    for index, event in enumerate(events):
        _event(event, f"{path}[{index}]", findings)
    return events


def _context(tree: dict[str, Any], path: str, findings: Findings, *, required: bool = False) -> None:
    """`@context`: URIs and definitions. What it defines may be used as a name."""
    if "@context" not in tree:
        if required:
            findings.add(f"{path}@context", "is required")
        return
    context = tree["@context"]
    for index, part in enumerate(context if isinstance(context, list) else [context]):
        if isinstance(part, dict):
            findings.terms.update(part)
        else:
            uri(part, f"{path}@context[{index}]" if isinstance(context, list) else f"{path}@context", findings)


def _event(event: Any, path: str, findings: Findings) -> None:
    """One event: its fields, and what its type asks of them together."""
    if not isinstance(event, dict):
        findings.add(path, "must be an object")
        return
    prefix, outer = (f"{path}." if path else ""), set(findings.terms)
    _context(event, prefix, findings)
    kind = event.get("type")
    if isinstance(kind, str) and kind in EVENTS:
        EVENTS[kind](event, path, findings)
        _together(kind, event, prefix, findings)
    elif isinstance(kind, str) and ":" in kind:
        extended = {name: event[name] for name in (*_MANDATORY, "eventID") if name in event}
        _EXTENDED(extended, path, findings)
    else:
        findings.add(f"{prefix}type", f"must be one of {', '.join(EVENTS)}, or the URI of an extension")
    findings.terms = outer


def _together(kind: str, event: dict[str, Any], prefix: str, findings: Findings) -> None:
    """What the standard asks of several fields together."""
    for name, message in _TOGETHER[kind](event, event.get("action")):
        findings.add(f"{prefix}{name}", message)


Wants = Iterator[tuple[str, str]]


def _object(event: dict[str, Any], action: Any) -> Wants:
    sensed = event.get("sensorElementList") and "readPoint" in event
    if not ("epcList" in event or event.get("quantityList") or sensed):
        yield "epcList", "is required (or quantityList, or sensorElementList with a readPoint)"
    if "ilmd" in event and action in ("OBSERVE", "DELETE"):
        yield "ilmd", f"is not allowed with the action {action}"


def _transaction(event: dict[str, Any], action: Any) -> Wants:
    if not ("epcList" in event or event.get("quantityList") or action == "DELETE"):
        yield "epcList", "is required (or quantityList), unless the action is DELETE"


def _transformation(event: dict[str, Any], _: Any) -> Wants:
    inputs = event.get("inputEPCList") or event.get("inputQuantityList")
    outputs = event.get("outputEPCList") or event.get("outputQuantityList")
    if not inputs and not (outputs and "transformationID" in event):
        yield "inputEPCList", "is required (or inputQuantityList), unless there is a transformationID"
    if not outputs and not (inputs and "transformationID" in event):
        yield "outputEPCList", "is required (or outputQuantityList), unless there is a transformationID"


def _association(event: dict[str, Any], action: Any) -> Wants:
    if not (event.get("childEPCs") or event.get("childQuantityList") or action == "DELETE"):
        yield "childEPCs", "is required (or childQuantityList), unless the action is DELETE"


def _aggregation(event: dict[str, Any], action: Any) -> Wants:
    yield from _association(event, action)
    if "parentID" not in event and action in ("ADD", "DELETE"):
        yield "parentID", f"is required with the action {action}"


_TOGETHER = {
    "ObjectEvent": _object,
    "TransactionEvent": _transaction,
    "TransformationEvent": _transformation,
    "AssociationEvent": _association,
    "AggregationEvent": _aggregation,
}
