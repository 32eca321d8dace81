"""The public contract as files: AsyncAPI 3 and JSON Schemas, made from the models and from `topics.yaml`.

What stands in `published/` is what this makes; a test compares them. JSON Schema can say less than the models: the
order of reasons, trimming and the time limits are words in the AsyncAPI document.
"""

from __future__ import annotations

import json
from typing import Any

import yaml
from pydantic import TypeAdapter

from schemas.alerts import Alert
from schemas.envelope import AHEAD, BACK, MAX_ATTRIBUTE, MAX_BYTES, MAX_HEADER_BYTES, PUBLIC_TOPICS, TYPES
from schemas.notices import Notice, Receipt
from schemas.reasons import Reason
from schemas.times import DAY, MINUTE
from schemas.topics import Topic, load

VERSION = "1.0.0"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OUT: dict[str, type] = {"alert": Alert, "notice": Notice, "receipt": Receipt}
_OUTPUTS = {"alerts": "alert", "alerts-private": "alert", "notices": "notice", "receipts": "receipt"}

_REASONS = {
    Reason.TOO_LARGE: f"value over {MAX_BYTES} bytes, or headers over {MAX_HEADER_BYTES}",
    Reason.NOT_JSON: "no value, or not JSON",
    Reason.NOT_CLOUDEVENT: "neither mode of CloudEvents 1.0; an attribute missing or not a text; `time` without offset;"
    f" source, id or replaces with a control character or longer than {MAX_ATTRIBUTE} characters",
    Reason.UNKNOWN_TYPE: "a type that is not in this document",
    Reason.WRONG_TOPIC: "a type of another topic; a void may come on any",
    Reason.INVALID_DATA: "a field is missing, of the wrong type or not allowed",
    Reason.FUTURE_TIME: f"`time` more than {AHEAD // MINUTE} minutes after it was recorded",
    Reason.TOO_OLD: f"`time` more than {BACK // DAY} days before it was recorded; types of the registry apart",
    Reason.IDENTITY_REUSED: "the identity of an earlier record of the same operator, staff or person (of the"
    " same topic, if it names none of these) with another type, time or data; with"
    " the same it is a duplicate, dropped and counted",
    Reason.INTERNAL_ERROR: "a rule of ours failed; sending it again after the repair heals it",
}

_INFO = f"""Upstream systems send records to five topics; what is refused is on `dead-letters`, what stands on `alerts`.

A record is a CloudEvents 1.0 event in JSON. Structured: content-type `application/cloudevents+json`, or a body with
`specversion`. Binary: headers `ce_…`, and the body is `data`. Of headers with the same name the last counts.

`source` + `id` is the identity. `time` says when it happened and needs an offset or Z. Recorded is the broker's append
time. `replaces` (an `id` of the same source) voids that record for good and puts this one in its place.

Types are strict: no "true" for true, no number for a date. null is absent. Unknown fields in `data` are kept.
Identifiers are trimmed of Unicode white space, 1 to 64 characters, without characters of the categories C and Z but the
space; a staff or person identifier is no identity-card or mobile number. Data is nested at most 100 deep, texts are at
most 4000 characters.

Refused, with the first of these reasons that applies:

{chr(10).join(f"* `{reason}`: {text}" for reason, text in _REASONS.items())}

Read what we write with `isolation.level=read_committed`."""


def record_schema(kind: str) -> dict[str, Any]:
    """JSON Schema of a record of a type, in structured mode."""
    home, model = TYPES[kind]
    data = model.model_json_schema(ref_template="#/$defs/{model}")
    definitions = data.pop("$defs", {})
    name = {"type": "string", "minLength": 1, "maxLength": MAX_ATTRIBUTE}
    schema: dict[str, Any] = {
        "$schema": _DIALECT,
        "$id": f"urn:lianfang:schema:1:{kind}",
        "title": kind,
        "description": model.__doc__,
        "type": "object",
        "required": ["specversion", "type", "source", "id", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "type": {"const": kind},
            "source": name,
            "id": name,
            "time": {"type": "string", "format": "date-time"},
            "replaces": {"type": ["string", "null"], "maxLength": MAX_ATTRIBUTE},
            "data": data,
        },
        "x-topic": home or "the topic of the record it voids",
    }
    if definitions:
        schema["$defs"] = definitions
    return schema


def output_schema(name: str) -> dict[str, Any]:
    """JSON Schema of what we write: `alert`, `notice`, `receipt`."""
    model = _OUT[name]
    schema: dict[str, Any] = TypeAdapter(model).json_schema(ref_template="#/$defs/{model}")
    return {
        "$schema": _DIALECT,
        "$id": f"urn:lianfang:schema:1:{name}",
        **schema,
        "title": name,
        "description": model.__doc__,
    }


def json_schemas() -> dict[str, dict[str, Any]]:
    """Every schema by its name: the types of records, and what we write."""
    return {kind: record_schema(kind) for kind in TYPES} | {name: output_schema(name) for name in _OUT}


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3 document, complete in itself."""
    topics = load().root
    public = {name: _channel(name, topics[name], _types_on(name)) for name in PUBLIC_TOPICS}
    outputs = {name: _channel(name, topics[name], [message]) for name, message in _OUTPUTS.items()}
    letters = {"dead-letters": _channel("dead-letters", topics["dead-letters"], ["dead-letter"])}
    channels = public | outputs | letters
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "lianfang", "version": VERSION, "description": _INFO,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": {
            f"{'receive' if name in public else 'send'}-{name}": {
                "action": "receive" if name in public else "send",
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [{"$ref": f"#/channels/{name}/messages/{message}"} for message in channel["messages"]],
            }
            for name, channel in channels.items()
        },
        "components": {"messages": _messages()},
    }  # fmt: skip


def _types_on(topic: str) -> list[str]:
    return [kind for kind, (home, _) in TYPES.items() if home in (topic, None)]


def _channel(name: str, topic: Topic, messages: list[str]) -> dict[str, Any]:
    return {
        "address": "{prefix}" + name,
        "description": f"{topic.purpose}. Kept: {topic.keep}.",
        "parameters": {"prefix": {"default": "", "description": "of the installation; a drill has its own"}},
        "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in messages},
        "bindings": {
            "kafka": {"topic": name, "x-key": topic.key, "x-timestamp": topic.timestamp, "bindingVersion": "0.5.0"}
        },
    }


def _messages() -> dict[str, Any]:
    records = {
        kind: {
            "name": kind, "title": kind, "summary": TYPES[kind][1].__doc__,
            "contentType": "application/cloudevents+json", "payload": _inline(record_schema(kind)),
        }
        for kind in TYPES
    }  # fmt: skip
    outputs = {
        name: {
            "name": name, "title": name, "summary": model.__doc__, "contentType": "application/json",
            "payload": _inline(output_schema(name)),
        }
        for name, model in _OUT.items()
    }  # fmt: skip
    return records | outputs | {"dead-letter": _dead_letter()}


def _dead_letter() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "name": "dead-letter",
        "title": "dead-letter",
        "summary": "What could not be used: the original key and bytes, unchanged, and why.",
        "headers": {
            "type": "object",
            "required": ["reason", "message", "origin-topic", "origin-partition", "origin-offset", "origin-time"],
            "properties": {
                "reason": {"enum": [str(reason) for reason in Reason]},
                "message": text | {"description": "for a person; holds no values that may be personal"},
                "origin-topic": text, "origin-partition": text | {"pattern": "^[0-9]+$"},
                "origin-offset": text | {"pattern": "^[0-9]+$"},
                "origin-time": text | {"format": "date-time", "description": "when it was recorded"},
                "value-not-kept": text, "key-not-kept": text, "headers-not-kept": text,
            },
            "patternProperties": {"^original-": {"description": "the original's headers"}},
        },
        "payload": {"description": "the original bytes; none where `value-not-kept` says how many there were"},
    }  # fmt: skip


def _inline(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without references of its own: in a larger document they would point elsewhere."""
    definitions = schema.get("$defs", {})

    def resolved(value: Any) -> Any:
        if isinstance(value, dict):
            target = value.get("$ref")
            if isinstance(target, str):
                found = definitions[target.removeprefix("#/$defs/")]
                return resolved({**found, **{name: item for name, item in value.items() if name != "$ref"}})
            return {name: resolved(item) for name, item in value.items()}
        return [resolved(item) for item in value] if isinstance(value, list) else value

    whole: dict[str, Any] = resolved({name: item for name, item in schema.items() if name not in {"$defs", "$schema"}})
    return whole


def asyncapi_yaml() -> str:
    """The AsyncAPI document as text."""
    plain = json.loads(json.dumps(asyncapi()))
    return yaml.dump(plain, Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=120)


class _Blocks(yaml.SafeDumper):
    """Texts of several lines as blocks; nothing by reference."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _text)


def published() -> dict[str, str]:
    """What stands in `schemas/published`: file name → text."""
    files = {"asyncapi.yaml": asyncapi_yaml()}
    for name, schema in json_schemas().items():
        files[f"{name}.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return files
