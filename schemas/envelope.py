"""From the bytes of a Kafka message to a Record, or to the first reason for which it is refused.

CloudEvents 1.0, structured and binary mode. One function, `read`, is the whole judgement that needs nothing but the
message itself; whether an identity was used before is for the log of its subject to say (streams.identity).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import orjson
from pydantic import ValidationError

from schemas import registry, reports, samples, scans, uploads
from schemas.data import Data
from schemas.identifiers import CONTROL
from schemas.reasons import Reason
from schemas.times import DAY, MINUTE, format_instant, parse_instant

MAX_BYTES = 256 * 1024
MAX_HEADER_BYTES = 64 * 1024  # names and contents; a record grows by headers of ours on its way and must still fit
MAX_ATTRIBUTE = 1_000  # characters of source, id, replaces: up to twenty of them stand in one alert
MAX_DEPTH = 100
AHEAD = 10 * MINUTE
BACK = 90 * DAY

REGISTRY, UPLOADS, SCANS, RESULTS, REPORTS = (
    "registry",
    "chain-uploads",
    "scan-events",
    "test-results",
    "field-reports",
)
PUBLIC_TOPICS = (REGISTRY, UPLOADS, SCANS, RESULTS, REPORTS)
VOID = "record.voided"

TYPES: dict[str, tuple[str | None, type[Data]]] = {
    "operator.registered": (REGISTRY, registry.OperatorRegistered),
    "account.activated": (REGISTRY, registry.AccountActivated),
    "staff.enrolled": (REGISTRY, registry.StaffEnrolled),
    "staff.left": (REGISTRY, registry.StaffLeft),
    "person.assigned": (REGISTRY, registry.PersonAssigned),
    "person.left": (REGISTRY, registry.PersonLeft),
    "feed.advanced": (REGISTRY, registry.FeedAdvanced),
    "lot.uploaded": (UPLOADS, uploads.LotUploaded),
    "papers.added": (UPLOADS, uploads.PapersAdded),
    "disinfection.recorded": (UPLOADS, uploads.DisinfectionRecorded),
    "day.declared": (UPLOADS, uploads.DayDeclared),
    "goods.received": (SCANS, scans.GoodsReceived),
    "goods.dispatched": (SCANS, scans.GoodsDispatched),
    "goods.sold": (SCANS, scans.GoodsSold),
    "code.looked-up": (SCANS, scans.CodeLookedUp),
    "purchase.registered": (SCANS, scans.PurchaseRegistered),
    "sample.tested": (RESULTS, samples.SampleTested),
    "patrol.recorded": (REPORTS, reports.PatrolRecorded),
    "alert.handled": (REPORTS, reports.AlertHandled),
    VOID: (None, reports.RecordVoided),  # goes to the topic of the record it voids
}


_SUBJECTS = {
    kind: tuple(subject for subject in ("operator", "staff", "person") if subject in model.model_fields)
    for kind, (_, model) in TYPES.items()
}
"""Fields that may name whose log a record is in; staff only where there is no operator: a staff sample, handling, a
void."""


class Refused(Exception):  # noqa: N818 - it is a verdict on a record, not an error of ours
    """The record can't be used: the reason, and a message that its sender understands.

    The message names fields and repeats no values but those of `type`, `time` and `goods` that look like one: it is
    shown in listings, where no personal data may be. `type` is that of the record where it is one of ours, else "".
    """

    def __init__(self, reason: Reason, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.type = kind


class Record(msgspec.Struct, frozen=True):
    """One accepted record. `time` and `recorded` are instants; `later` orders records as the contract does."""

    source: str
    id: str
    type: str
    time: int
    recorded: int
    replaces: str | None
    data: Any  # the model of its type; Any, because every rule knows the type it asked for
    raw: dict[str, Any]  # `data` as sent, nulls dropped
    log: tuple[str, str]  # whose log it is in: (`operator` | `staff` | `person` | `topic`, identifier)

    @property
    def later(self) -> tuple[int, str, str]:
        """Of two records the one with the greater of these is the later."""
        return self.recorded, self.source, self.id

    @property
    def digest(self) -> str:
        """Type, time and data as values: two records of one identity are the same record if this is equal."""
        content = [self.type, self.time, self.data.model_dump(mode="json", exclude_none=True)]
        text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
        if _FLOAT.search(text):
            text = orjson.dumps(_values(content), option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(text, digest_size=12).hexdigest()


_FLOAT = re.compile(rb"\d[.e]")
"""What a text of JSON holds if there is a float in it (and now and then without one)."""


def _log(kind: str, data: Any) -> tuple[str, str]:
    if kind == "sample.tested" and data.on is samples.SampledOn.STAFF:
        return "staff", data.staff
    for subject in _SUBJECTS[kind]:
        name = getattr(data, subject)
        if name is not None:
            return subject, name
    topic, _ = TYPES[kind]
    return "topic", topic or ""


def _values(value: Any) -> Any:
    """JSON values in one form each: 1.0 is 1."""
    if isinstance(value, dict):
        return {key: _values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_values(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return value


def _without_nulls(value: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise Refused(Reason.INVALID_DATA, f"data: is nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        return {key: _without_nulls(item, depth + 1) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item, depth + 1) for item in value]
    return value


def read(
    value: bytes | None,
    headers: Mapping[str, bytes],
    *,
    recorded: int | None,
    goods: Collection[str],
    topic: str | None = None,
) -> Record:
    """The record in a message, or Refused with the first reason that applies.

    `recorded` is the broker's append time; None takes the extension attribute `recordedtime` (a replay, and only there;
    a missing or unreadable one is a ValueError, because the history is unusable, not the record). `topic` None skips
    the check that the type belongs on it. `goods` are the classes of the rules file.
    """
    if recorded is None:
        recorded = recorded_time(value)
    attributes, body = _open(value, headers)
    source, identity, kind, time, replaces = _envelope(attributes)
    if kind not in TYPES:
        raise Refused(Reason.UNKNOWN_TYPE, f"type: {_shown(kind, _WORD)} is none that this system knows")
    home, model = TYPES[kind]
    if topic is not None and home is not None and home != topic:
        raise Refused(Reason.WRONG_TOPIC, f"type: {kind} belongs on the topic {home}, not on {topic}", kind)
    raw, data = _data(kind, model, body, value or b"")
    if isinstance(data, uploads.LotUploaded) and data.goods not in goods:
        said = f"goods: {_shown(data.goods, _WORD)} is not one of {', '.join(sorted(goods))}"
        raise Refused(Reason.INVALID_DATA, said, kind)
    if time > recorded + AHEAD:
        said = f"time: {format_instant(time)} is more than 10 minutes after it was recorded"
        raise Refused(Reason.FUTURE_TIME, said, kind)
    if home != REGISTRY and time < recorded - BACK:
        said = f"time: {format_instant(time)} is more than 90 days before it was recorded"
        raise Refused(Reason.TOO_OLD, said, kind)
    return Record(source, identity, kind, time, recorded, replaces, data, raw, _log(kind, data))


def _data(kind: str, model: type[Data], body: Any, value: bytes) -> tuple[dict[str, Any], Data]:
    """`data` without nulls, and read as its type."""
    if not isinstance(body, dict):
        raise Refused(Reason.INVALID_DATA, "data: is missing or not a JSON object", kind)
    try:
        # most records have no null and can't be deep: no need to walk them
        walk = b"null" in value or value.count(b"{") + value.count(b"[") > MAX_DEPTH
        raw = _without_nulls(body) if walk else body
        return raw, model.model_validate(raw)
    except ValidationError as error:
        raise Refused(Reason.INVALID_DATA, _first(error), kind) from None
    except Refused as refused:
        raise Refused(refused.reason, refused.message, kind) from None


def recorded_time(value: bytes | None) -> int:
    """The `recordedtime` of a line of a history. ValueError where it is missing or unreadable."""
    try:
        event = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        raise ValueError("recordedtime can't be read: the line is not JSON") from None
    text = event.get("recordedtime") if isinstance(event, dict) else None
    if not isinstance(text, str):
        raise ValueError("recordedtime is missing")
    try:
        return parse_instant(text)
    except ValueError as error:
        raise ValueError(f"recordedtime {text!r}: {error}") from None


def _open(value: bytes | None, headers: Mapping[str, bytes]) -> tuple[Mapping[str, Any], Any]:
    """The attributes of the event and its data, in either mode."""
    if value is None:
        raise Refused(Reason.NOT_JSON, "the message has no value (a tombstone); records are never deleted but voided")
    if len(value) > MAX_BYTES:
        raise Refused(Reason.TOO_LARGE, f"the message has {len(value)} bytes, more than {MAX_BYTES}")
    if headers and sum(len(name) + len(content) for name, content in headers.items()) > MAX_HEADER_BYTES:
        raise Refused(Reason.TOO_LARGE, f"the headers have more than {MAX_HEADER_BYTES} bytes")
    try:
        body = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        said = "it is not UTF-8 throughout" if "UTF-8" in error.msg else error
        raise Refused(Reason.NOT_JSON, f"the value is not JSON: {said}") from None
    content_type = _content_type(headers)
    if content_type not in _STRUCTURED and content_type.startswith("application/cloudevents"):
        raise Refused(Reason.NOT_CLOUDEVENT, "content-type: only JSON is read, one event a message")
    structured = content_type in _STRUCTURED
    if not structured and "ce_specversion" in headers:
        return _from_headers(headers), body
    if isinstance(body, dict) and (structured or "specversion" in body):
        if "data" not in body and "data_base64" in body:
            raise Refused(Reason.NOT_CLOUDEVENT, "data_base64: is not read; put the JSON itself into data")
        return body, body.get("data")
    if any(name.startswith("ce_") for name in headers):
        raise Refused(Reason.NOT_CLOUDEVENT, "specversion: the header ce_specversion is missing")
    raise Refused(
        Reason.NOT_CLOUDEVENT,
        "neither a structured CloudEvent (specversion in the body) nor a binary one (ce_ headers)",
    )


_STRUCTURED = ("application/cloudevents+json", "application/cloudevents")


def _content_type(headers: Mapping[str, bytes]) -> str:
    """The media type alone, lower case; "" if there is none."""
    content = headers.get("content-type")
    if content is None:
        content = next((content for name, content in headers.items() if name.lower() == "content-type"), b"")
    return content.decode("utf-8", "replace").split(";")[0].strip().lower()


def _from_headers(headers: Mapping[str, bytes]) -> dict[str, str]:
    """The attributes of a binary event."""
    attributes = {}
    for name, content in headers.items():
        if name.startswith("ce_"):
            try:
                attributes[name[3:]] = content.decode()
            except UnicodeDecodeError:
                raise Refused(Reason.NOT_CLOUDEVENT, "a header ce_ is not UTF-8") from None
    return attributes


def _envelope(attributes: Mapping[str, Any]) -> tuple[str, str, str, int, str | None]:
    """source, id, type, time, replaces."""
    if attributes.get("specversion") != "1.0":
        raise Refused(Reason.NOT_CLOUDEVENT, "specversion: must be 1.0")
    source, identity, kind, moment = (_attribute(attributes, name) for name in ("source", "id", "type", "time"))
    try:
        time = parse_instant(moment)
    except ValueError as error:
        raise Refused(Reason.NOT_CLOUDEVENT, f"time: {_shown(moment, _TIME)}: {error}") from None
    replaces = attributes.get("replaces")
    if replaces is not None and replaces != "":
        replaces = _attribute(attributes, "replaces")
    return source, identity, kind, time, replaces or None


def _attribute(attributes: Mapping[str, Any], name: str) -> str:
    text = attributes.get(name)
    if not isinstance(text, str) or not text:
        raise Refused(Reason.NOT_CLOUDEVENT, f"{name}: is missing or not a text")
    if len(text) > MAX_ATTRIBUTE:
        raise Refused(Reason.NOT_CLOUDEVENT, f"{name}: is longer than {MAX_ATTRIBUTE} characters")
    if CONTROL.search(text):
        raise Refused(Reason.NOT_CLOUDEVENT, f"{name}: holds a control character, which CloudEvents forbids")
    return text


_WORD = re.compile(r"[A-Za-z.-]{1,64}", re.ASCII)
_TIME = re.compile(r"[0-9TtZz:+. -]{1,40}", re.ASCII)


def _shown(text: str, form: re.Pattern[str]) -> str:
    """A value that may be repeated in a message, or a word for one that had better not be."""
    return repr(text) if form.fullmatch(text) else "what it says"


_EXPECTED = {
    "missing": "is missing",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "int_type": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
}
"""What is said in words of ours where the library has its own."""
_BRANCHES = frozenset({"int", "float"})
"""What the library puts behind the name of a field that may be either."""


def _first(error: ValidationError) -> str:
    """The first thing wrong with the data, as `field: what`, without the value (it may be a person's)."""
    detail = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = [str(part) for part in detail["loc"] if not (isinstance(part, str) and "[" in part)]
    field = ".".join(part for part in place if part not in _BRANCHES)
    words = detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be", 1)
    message = _EXPECTED.get(detail["type"], words)
    return f"{field}: {message}" if field else message
