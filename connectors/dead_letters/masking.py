"""A record as it may be shown to anyone who runs the system: names of fields, and only values that are nobody's.

A list of what may be seen, not of what may not: a sender that puts a person's name where we expect none is covered.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

MASK = "***"
SHOWN = frozenset(
    (
        "specversion", "type", "source", "id", "time", "replaces", "datacontenttype", "recordedtime", "voids",
        "operator", "lot", "box", "goods", "kind", "scope", "date", "trading", "status", "activated", "trades", "on",
        "result", "hazard", "action", "role", "county", "town", "grid", "office", "feed", "complete_until",
        "issued_on", "expires_on", "amount", "unit", "sample", "alert", "first_station", "record", "trace_code",
    )
)  # fmt: skip
"""Fields whose values are nobody's, as long as they hold no number of a person."""
_NUMBER = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
_WORD = re.compile(r"[!-~]*|[0-9Tt:+. -]*", re.ASCII)
"""Identifiers, words of ours, and times as people write them."""
_NAME = re.compile(r"[A-Za-z@_][A-Za-z0-9_:.-]{0,63}", re.ASCII)


def masked_text(text: str, limit: int = 200) -> str:
    """A text without mobile and identity-card numbers, printable, cut."""
    plain = "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:limit])
    return _NUMBER.sub(MASK, plain) + ("…" if len(text) > limit else "")


def masked_word(text: str, limit: int = 200) -> str:
    """An identifier or another word for machines; what may be a name, in any script but theirs, is not shown at all."""
    return masked_text(text, limit) if _WORD.fullmatch(text) else MASK


def masked_key(key: bytes | None) -> str | None:
    """The key of a message; one that is not plain text is only measured."""
    if key is None:
        return None
    try:
        return masked_word(key.decode(), 64)
    except UnicodeDecodeError:
        return f"{len(key)} bytes"


def masked_value(value: bytes | None) -> Any:
    """The value as JSON without what may be personal; what is no JSON is measured and fingerprinted, never shown."""
    if value is None:
        return None
    try:
        tree = orjson.loads(value)
    except orjson.JSONDecodeError:
        return f"{len(value)} bytes, not JSON, SHA-256 {hashlib.sha256(value).hexdigest()}"
    return _masked(tree, "", 0)


def _masked(value: Any, name: str, depth: int) -> Any:
    if depth > 20:
        return MASK
    if isinstance(value, dict):
        hidden = {"result"} if "staff" in value else set()  # the result of a person is not for everyone
        return {
            _shown_name(key): MASK if key in hidden else _masked(item, key, depth + 1) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_masked(item, name, depth + 1) for item in value[:50]]
    if value is None or name not in SHOWN:
        return value if value is None else MASK
    if isinstance(value, str):
        return masked_word(value)
    shown = masked_text(str(value))
    return value if shown == str(value) else shown  # a number as a number: it is the fault where a text is wanted


def _shown_name(key: str) -> str:
    return masked_text(key) if _NAME.fullmatch(key) else MASK
