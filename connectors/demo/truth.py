"""The truth of a history: which gaps and positives were planted in it; a line of JSON each, as docs/demo.md says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

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
    """A truth file, or Unusable."""
    truth = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
            ends = value.get("ends")
            truth.append(
                Planted(
                    str(value["kind"]),
                    str(value["operator"]),
                    str(value["subject"]),
                    parse_instant(value["begins"]),
                    None if ends is None else parse_instant(ends),
                    str(value.get("why", "")),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unusable(
                f"{path}, line {number}: expected kind, operator, subject, begins, ends (or null), why: {error!r}"
            ) from None
    return truth
