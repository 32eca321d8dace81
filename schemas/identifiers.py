"""Identifiers and the other small field types that the data of records are made of."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from schemas.times import parse_date

# Unicode's White_Space property; str.strip() would also take the separators U+001C to U+001F, which are controls
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What no attribute of a CloudEvent may hold; row keys rely on it, whose parts are joined by U+001F."""
MAX_TEXT = 4_000
_PLAIN = re.compile(r"[\x20-\x7e]*")
_PERSONAL = re.compile(r"\d{17}[\dXx]|1[3-9]\d{9}")


def is_blank(text: str | None) -> bool:
    """Absent, empty or only white space."""
    return text is None or not text.strip(WHITE_SPACE)


def identifier(text: str) -> str:
    """1 to 64 characters after trimming, none of Unicode's categories C and Z but U+0020."""
    text = text.strip(WHITE_SPACE)
    if not text:
        raise ValueError("is blank")
    if len(text) > 64:
        raise ValueError("is longer than 64 characters")
    if not _PLAIN.fullmatch(text):
        for character in text:
            if character != " " and unicodedata.category(character)[0] in "CZ":
                raise ValueError(f"holds the character U+{ord(character):04X}, which no identifier may")
    return text


def pseudonym(text: str) -> str:
    """An identifier of a person that is not itself the person's identity-card or mobile number."""
    text = identifier(text)
    if _PERSONAL.fullmatch(text):
        raise ValueError("is an identity-card or mobile number; use an identifier of your own")
    return text


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and is_blank(value) else value


def _no_control(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError("holds a control character")
    return text


_TRIMMED = "Trimmed of Unicode white space; then no character of the categories C and Z but U+0020."
_SHAPE = {"type": "string", "pattern": r"\S", "description": f"1 to 64 characters. {_TRIMMED}"}
_NOBODY = {"not": {"pattern": r"^\s*(\d{17}[\dXx]|1[3-9]\d{9})\s*$"}}

Identifier = Annotated[str, AfterValidator(identifier), WithJsonSchema(_SHAPE)]
PersonIdentifier = Annotated[str, AfterValidator(pseudonym), WithJsonSchema(_SHAPE | _NOBODY)]
OptionalIdentifier = Annotated[
    Identifier | None,
    BeforeValidator(_blank_is_none),
    WithJsonSchema({"type": ["string", "null"], "description": f"Blank is none; else 1 to 64 characters. {_TRIMMED}"}),
]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
"""Any text, blank too. Limited, because names and hazards are repeated in alerts, which must fit into a message."""
Attribute = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_no_control)]
"""A `source` or `id` of a CloudEvent, where `data` names one."""
Date = Annotated[str, AfterValidator(parse_date), WithJsonSchema({"type": "string", "format": "date"})]
