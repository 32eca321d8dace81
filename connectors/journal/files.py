"""The form of a journal in a folder: a file for each partition, `operator-journal-0.jsonl` and so on. Its first line
says what it is, each other line is an entry. Bytes that are UTF-8 are text, so that a person can read and search them;
others are base64, under a name that ends in 64. Nothing is lost either way.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import orjson

from streams.machine import Entry
from streams.replay.journal import JOURNALS

_NAME = re.compile(rf"({'|'.join(JOURNALS)})-(\d+)\.jsonl")


class Unusable(Exception):  # noqa: N818
    """A folder is no journal; says where and why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One partition of a journal, `beginning` and `end` as they were when it was read from Kafka."""

    journal: str
    partition: int
    partitions: int  # how many the journal has
    beginning: int
    end: int

    @property
    def name(self) -> str:
        """Of its file."""
        return f"{self.journal}-{self.partition}.jsonl"


def head_line(part: Part) -> bytes:
    """The first line of a file, without its end."""
    return orjson.dumps(part)


def entry_line(entry: Entry) -> bytes:
    """One entry, without the line's end."""
    told = {
        "offset": entry.offset,
        "timestamp": entry.timestamp,
        **_plain("key", entry.key),
        "headers": [{"name": name, **_plain("value", content)} for name, content in entry.headers.items()],
        **_plain("value", entry.value),
    }
    return orjson.dumps(told)


def parts(folder: Path) -> list[Part]:
    """What a folder holds, by journal and partition. Unusable if a file is missing or is not what its name says."""
    found: dict[str, dict[int, Part]] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is not None:
            part = _head(path)
            if (part.journal, part.partition) != (match[1], int(match[2])):
                raise Unusable(f"{path}:1: it says that it is {part.name}")
            found[part.journal][part.partition] = part
    if not found:
        raise Unusable(f"{folder}: no journal is here; `lianfang journal` writes files like operator-journal-0.jsonl")
    for journal, numbered in found.items():
        wanted = max(part.partitions for part in numbered.values())
        for number in range(wanted):
            if number not in numbered:
                raise Unusable(f"{folder}: {journal}-{number}.jsonl is missing; {journal} has {wanted} partitions")
    return [part for journal in sorted(found) for _, part in sorted(found[journal].items())]


def entries(folder: Path, part: Part) -> Iterator[Entry]:
    """The entries of one partition in order. Unusable, with file and line, if one can't be read."""
    path = folder / part.name
    last = part.beginning - 1
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if number == 1:
                continue
            try:
                entry = _entry(orjson.loads(line), part)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise Unusable(f"{path}:{number}: no entry of a journal: {_words(error)}") from None
            if not last < entry.offset < part.end:
                raise Unusable(
                    f"{path}:{number}: offset {entry.offset} does not come after {last} and before {part.end}"
                )
            last = entry.offset
            yield entry


def _head(path: Path) -> Part:
    with path.open("rb") as stream:
        line = stream.readline()
    try:
        return msgspec.json.decode(line, type=Part)
    except msgspec.MsgspecError as error:
        raise Unusable(f"{path}:1: it does not say which part of a journal it is: {error}") from None


def _entry(said: Any, part: Part) -> Entry:
    numbers = said["offset"], said["timestamp"]
    if not all(type(number) is int for number in numbers):
        raise ValueError("offset and timestamp are numbers")
    headers = {item["name"]: content for item in said["headers"] if (content := _bytes("value", item)) is not None}
    return Entry(part.journal, part.partition, *numbers, _bytes("key", said), _bytes("value", said), headers)


def _plain(name: str, content: bytes | None) -> dict[str, str | None]:
    try:
        return {name: None if content is None else content.decode()}
    except UnicodeDecodeError:
        return {f"{name}64": base64.b64encode(content or b"").decode()}


def _bytes(name: str, said: dict[str, Any]) -> bytes | None:
    encoded = said.get(f"{name}64")
    if encoded is not None:
        return base64.b64decode(encoded, validate=True)
    text = said[name]
    return None if text is None else text.encode()


def _words(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
