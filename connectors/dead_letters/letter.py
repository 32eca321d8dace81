"""One dead letter, as the topic holds it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import orjson
from aiokafka import ConsumerRecord

from streams.journal import ORIGINAL, headers_of


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter."""

    partition: int
    offset: int
    time: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]
    size: int | None = None
    type: str = ""  # of a slim one

    def said(self, name: str) -> str:
        """A header of ours, as text."""
        return self.headers.get(name, b"").decode("utf-8", "replace")

    @property
    def position(self) -> str:
        """`partition/offset`: how the commands name it."""
        return f"{self.partition}/{self.offset}"

    @property
    def origin(self) -> str:
        """`topic/partition/offset` of what could not be used."""
        return "/".join(self.said(f"origin-{part}") for part in ("topic", "partition", "offset"))

    @property
    def originals(self) -> list[tuple[str, bytes]]:
        """The headers that its sender wrote."""
        return [(name[len(ORIGINAL) :], value) for name, value in self.headers.items() if name.startswith(ORIGINAL)]

    def slim(self) -> Letter:
        """Without what a list does not show: a page of letters of a mebibyte each would not fit into memory."""
        ours = {name: value for name, value in self.headers.items() if not name.startswith(ORIGINAL)}
        return replace(self, type=self.type or type_of(self), value=None, headers=ours)


def type_of(letter: Letter) -> str:
    """What type the record says it is, whether or not that is one."""
    binary = letter.headers.get(f"{ORIGINAL}ce_type")
    if binary is not None:
        return binary.decode("utf-8", "replace")
    try:
        tree = orjson.loads(letter.value or b"")
    except orjson.JSONDecodeError:
        return ""
    kind = tree.get("type") if isinstance(tree, dict) else None
    return kind if isinstance(kind, str) else ""


def letter_of(record: ConsumerRecord[bytes, bytes]) -> Letter:
    """The letter in a message."""
    size = None if record.value is None else len(record.value)
    headers = headers_of(record.headers)
    return Letter(record.partition, record.offset, record.timestamp, record.key, record.value, headers, size)
