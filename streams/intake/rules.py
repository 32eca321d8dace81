"""The pure decision of intake: is this message a record that this system can use?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from schemas.envelope import Record, Refused, read
from streams.machine import Entry


@dataclass(frozen=True, slots=True)
class Accepted:
    """The record can be used."""

    record: Record


def judge(entry: Entry, goods: Collection[str]) -> Accepted | Refused:
    """The record in a message of a public topic, or why it can't be used; `goods` are the classes of the rules."""
    try:
        return Accepted(read(entry.value, entry.headers, recorded=entry.timestamp, goods=goods, topic=entry.topic))
    except Refused as refused:
        return refused
