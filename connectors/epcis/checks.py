"""The kinds of value an EPCIS document is made of, each a check that notes what is wrong and where. Knows no events."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.epcis.vocabulary import bare
from schemas.times import parse_instant

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+")
_OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)", re.ASCII)
MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that the standard does not allow: where, and what was expected."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


@dataclass
class Findings:
    """What is wrong so far, and the names that the document's own context defines."""

    problems: list[Problem] = field(default_factory=list)
    terms: set[str] = field(default_factory=set)

    def add(self, path: str, message: str) -> None:
        """Note a problem; of a document that is wrong throughout, the first are enough."""
        problem = Problem(path, message)
        if len(self.problems) < MAX_PROBLEMS and problem not in self.problems:
            self.problems.append(problem)


Check = Callable[[Any, str, Findings], None]


def text(value: Any, path: str, findings: Findings) -> None:
    """Any text."""
    if not isinstance(value, str):
        findings.add(path, "must be a text")


def uri(value: Any, path: str, findings: Findings) -> None:
    """An absolute URI, or a compact one."""
    if not isinstance(value, str) or not _URI.fullmatch(value):
        findings.add(path, "must be a URI")


def time(value: Any, path: str, findings: Findings) -> None:
    """A time with its offset."""
    if not isinstance(value, str):
        findings.add(path, "must be a time with an offset, as a text")
        return
    try:
        parse_instant(value)
    except ValueError as error:
        findings.add(path, str(error))


def offset(value: Any, path: str, findings: Findings) -> None:
    """The offset of the place where it happened."""
    if not isinstance(value, str) or not _OFFSET.fullmatch(value):
        findings.add(path, "must be an offset like +08:00, at most 14:00")


def number(value: Any, path: str, findings: Findings) -> None:
    """A JSON number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        findings.add(path, "must be a number")


def boolean(value: Any, path: str, findings: Findings) -> None:
    """true or false."""
    if not isinstance(value, bool):
        findings.add(path, "must be true or false")


def anything(value: Any, path: str, findings: Findings) -> None:
    """Not looked at."""


def matching(pattern: str, expected: str) -> Check:
    """A text of a form."""
    form = re.compile(pattern, re.ASCII)

    def check(value: Any, path: str, findings: Findings) -> None:
        if not isinstance(value, str) or not form.fullmatch(value):
            findings.add(path, f"must be {expected}")

    return check


def word(vocabulary: Collection[str], *, own: bool = True) -> Check:
    """A word of the standard, bare or as GS1's URI, or (`own`) a URI of somebody's own."""

    def check(value: Any, path: str, findings: Findings) -> None:
        if not isinstance(value, str):
            findings.add(path, "must be a text")
            return
        name, standard = bare(value)
        if standard and name not in vocabulary:
            findings.add(path, "is no word of the standard vocabulary" + (" and no URI" if own else ""))
        elif not standard and not (own and _URI.fullmatch(value)):
            findings.add(path, "must be a word of the standard vocabulary" + (" or a URI" if own else ""))

    return check


def one_of(*words: str) -> Check:
    """One of a few words."""

    def check(value: Any, path: str, findings: Findings) -> None:
        if value not in words:
            findings.add(path, f"must be one of {', '.join(words)}")

    return check


def many(item: Check, *, least: int = 0, unique: bool = False) -> Check:
    """A list."""

    def check(value: Any, path: str, findings: Findings) -> None:
        if not isinstance(value, list):
            findings.add(path, "must be a list")
            return
        if len(value) < least:
            findings.add(path, f"must have at least {least} element")
        for index, element in enumerate(value):
            item(element, f"{path}[{index}]", findings)
        if unique and len({element for element in value if isinstance(element, str)}) < len(value):
            findings.add(path, "names something twice")

    return check


def one_or_many(item: Check) -> Check:
    """An element or a list of them."""
    several = many(item)

    def check(value: Any, path: str, findings: Findings) -> None:
        (several if isinstance(value, list) else item)(value, path, findings)

    return check


def fields(known: Mapping[str, Check], *, required: Collection[str] = ()) -> Check:
    """An object: the fields of the standard, and others only under a namespace (`prefix:name`)."""

    def check(value: Any, path: str, findings: Findings) -> None:
        if not isinstance(value, dict):
            findings.add(path, "must be an object")
            return
        prefix = f"{path}." if path else ""
        for name in required:
            if name not in value:
                findings.add(f"{prefix}{name}", "is required")
        for name, content in value.items():
            if name in known:
                known[name](content, f"{prefix}{name}", findings)
            elif ":" not in name and not name.startswith("@") and name not in findings.terms:
                findings.add(f"{prefix}{name}", "is no field of the standard, and has no namespace")

    return check
