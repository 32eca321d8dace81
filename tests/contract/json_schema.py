"""As much of JSON Schema 2020-12 as the published schemas use, so that tests can hold them against messages. A keyword
that is not known here is an error: nothing is believed unread.
"""

import re
from datetime import date

from schemas.times import parse_instant

NOTES = {"$schema", "$id", "$defs", "title", "description", "default", "x-topic"}
TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "number": (int, float),
    "integer": int,
}  # fmt: skip


def faults(schema, value, root=None, path=""):
    """What of a value a schema does not allow."""
    root = schema if root is None else root
    for keyword, wanted in schema.items():
        if keyword in NOTES or keyword in ("then", "else"):
            continue
        yield from (
            f"{path}: {keyword}" if fault is None else fault
            for fault in RULES[keyword](schema, wanted, value, root, path)
        )


def _is(name, value):
    return isinstance(value, TYPES[name]) and not (name in ("number", "integer") and isinstance(value, bool))


def _fits(schema, value, root):
    return not list(faults(schema, value, root))


def _type(schema, wanted, value, root, path):
    if not any(_is(name, value) for name in ([wanted] if isinstance(wanted, str) else wanted)):
        yield None


def _properties(schema, wanted, value, root, path):
    if isinstance(value, dict):
        for name, inner in wanted.items():
            if name in value:
                yield from faults(inner, value[name], root, f"{path}.{name}")


def _required(schema, wanted, value, root, path):
    if isinstance(value, dict):
        yield from (f"{path}.{name}: required" for name in wanted if name not in value)


def _items(schema, wanted, value, root, path):
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from faults(wanted, item, root, f"{path}[{index}]")


def _additional(schema, wanted, value, root, path):
    assert wanted is True, "unknown fields are allowed everywhere"
    yield from ()


def _if(schema, wanted, value, root, path):
    yield from faults(schema["then" if _fits(wanted, value, root) else "else"], value, root, path)


def _ref(schema, wanted, value, root, path):
    yield from faults(root["$defs"][wanted.removeprefix("#/$defs/")], value, root, path)


def _format(schema, wanted, value, root, path):
    if not isinstance(value, str):
        return
    try:
        {"date": date.fromisoformat, "date-time": parse_instant}[wanted](value)
    except ValueError:
        yield None


def _when(test):
    def rule(schema, wanted, value, root, path):
        if not test(wanted, value, root):
            yield None

    return rule


RULES = {
    "type": _type,
    "properties": _properties,
    "required": _required,
    "items": _items,
    "additionalProperties": _additional,
    "if": _if,
    "$ref": _ref,
    "format": _format,
    "const": _when(lambda wanted, value, root: type(value) is type(wanted) and value == wanted),
    "enum": _when(lambda wanted, value, root: value in wanted),
    "pattern": _when(lambda wanted, value, root: not isinstance(value, str) or re.search(wanted, value) is not None),
    "minLength": _when(lambda wanted, value, root: not isinstance(value, str) or len(value) >= wanted),
    "maxLength": _when(lambda wanted, value, root: not isinstance(value, str) or len(value) <= wanted),
    "anyOf": _when(lambda wanted, value, root: any(_fits(one, value, root) for one in wanted)),
    "oneOf": _when(lambda wanted, value, root: sum(_fits(one, value, root) for one in wanted) == 1),
    "not": _when(lambda wanted, value, root: not _fits(wanted, value, root)),
}
