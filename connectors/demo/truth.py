"""The truth of a history: which gaps and positives were planted in it; a line of JSON each, as docs/demo.md says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from schemas.alerts import Kind
from schemas.times import format_instant, parse_instant


class Unusable(Exception):  # noqa: N818 - a verdict on a file of the user's
    """A file is not what it should be: its name, the line and what was expected."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One episode of one alert, as whoever made the history knows it. Instants are milliseconds."""

    kind: str
    operator: str
    subject: str
    begins: int  # the record that brings it (kinds told at once), or the instant from which it is due
    ends: int | None  # the record, or the instant, with which it is over; None: stands at the end of the history
    why: str

    def line(self) -> bytes:
        """As it stands in a truth file."""
        value: dict[str, Any] = asdict(self)
        value["begins"] = format_instant(self.begins)
        value["ends"] = None if self.ends is None else format_instant(self.ends)
        return orjson.dumps(value)


def write_truth(path: Path, truth: Iterable[Planted]) -> None:
    """A truth file."""
    path.write_bytes(b"".join(planted.line() + b"\n" for planted in truth))


def read_truth(path: Path) -> list[Planted]:
    """A truth file, or Unusable. OSError."""
    truth = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            truth.append(_planted(line))
        except ValueError as error:
            raise Unusable(f"{path}, line {number}: {error}") from None
    return truth


def _planted(line: bytes) -> Planted:
    """One line; ValueError says in words what is wrong with it."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise ValueError("is no JSON object of kind, operator, subject, begins, ends (or null), why")
    texts = {name: _text(name, value.get(name)) for name in ("kind", "operator", "subject", "begins")}
    if texts["kind"] not in list(Kind):
        raise ValueError(f"kind: there is no {texts['kind']}; expected one of {', '.join(Kind)}")
    begins, ends = _instant("begins", texts.pop("begins")), value.get("ends")
    return Planted(
        **texts,
        begins=begins,
        ends=None if ends is None else _instant("ends", _text("ends", ends)),
        why=str(value.get("why", "")),
    )


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name}: a text is expected")
    return value


def _instant(name: str, text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
