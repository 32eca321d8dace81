"""A history: CloudEvents in the order in which they were recorded, as JSON Lines with `recordedtime`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from connectors.demo.truth import Unusable
from schemas.data import Data
from schemas.envelope import PUBLIC_TOPICS, TYPES, UPLOADS, VOID, recorded_time
from schemas.times import BEIJING, format_instant

D = TypeVar("D", bound=Data)


@dataclass(frozen=True, slots=True)
class Line:
    """One message: when it was recorded, on which topic, and the event without its `recordedtime`."""

    recorded: int
    topic: str
    event: dict[str, Any]

    def data(self, kind: str, form: type[D]) -> D | None:
        """What a record of this type says, as `said`."""
        return said(self.event, kind, form)

    def message(self) -> bytes:
        """The value to publish: a structured CloudEvent."""
        return orjson.dumps(self.event)

    def written(self) -> bytes:
        """As a line of a history file."""
        return orjson.dumps({**self.event, "recordedtime": beijing_time(self.recorded)})


def said(event: Mapping[str, Any], kind: str, form: type[D]) -> D | None:
    """What a record of this type says; None if the event is of another, or one that intake will refuse."""
    if event.get("type") != kind:
        return None
    try:
        return form.model_validate(event.get("data"))
    except ValidationError:
        return None


def beijing_time(instant: int) -> str:
    """An instant as people here write it: Beijing's time with its offset."""
    return format_instant(instant + BEIJING)[:-1] + "+08:00"


def write_history(path: Path, lines: Iterable[Line]) -> None:
    """A history file, as `lianfang replay` and `lianfang demo --history` read it."""
    path.write_bytes(b"".join(line.written() + b"\n" for line in lines))


def read_history(path: Path) -> list[Line]:
    """A history file, or Unusable. Records of types that nobody knows go to `chain-uploads`, to be refused there."""
    lines: list[Line] = []
    topics: dict[tuple[str, str], str] = {}
    for number, text in enumerate(path.read_bytes().splitlines(), 1):
        if not text.strip():
            continue
        try:
            recorded = recorded_time(text)
        except ValueError as error:
            raise Unusable(f"{path}, line {number}: {error}") from None
        if lines and recorded < lines[-1].recorded:
            raise Unusable(f"{path}, line {number}: recordedtime is earlier than that of the line before")
        event = orjson.loads(text)
        del event["recordedtime"]
        topic = _topic(event, topics)
        topics[str(event.get("source")), str(event.get("id"))] = topic
        lines.append(Line(recorded, topic, event))
    if not lines:
        raise Unusable(f"{path}: holds no records")
    return lines


def _topic(event: dict[str, Any], topics: dict[tuple[str, str], str]) -> str:
    """Where an event belongs; a void goes to the topic of what it voids, where that is known."""
    kind = event.get("type")
    if kind == VOID:
        data = event.get("data")
        named = (str(data.get("source")), str(data.get("record"))) if isinstance(data, dict) else ("", "")
        return topics.get(named, UPLOADS)
    home, _ = TYPES.get(str(kind), (UPLOADS, None))
    return home if home in PUBLIC_TOPICS else UPLOADS
