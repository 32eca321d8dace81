"""The job that every contender does: read a record of a lot, validate it, update the operator's row, alert where the
quarantine certificate is missing. What is here is shared by those in Python; what differs between them is reading,
keeping state, writing and committing. Knows no Kafka and nothing of the product, so that it runs in any environment.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

GAP_EVERY, INVALID_EVERY = 5, 500
"""One record in so many lacks its certificate; one in so many is to be refused. On average, drawn by the seed."""
RECENT = 4
"""Lots that a row remembers, which makes it some 290 bytes."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Paper(_Strict):
    """A certificate."""

    kind: Literal["quarantine", "test", "disinfection"]
    number: str = Field(min_length=1, max_length=64)
    issued_on: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")


class Lot(_Strict):
    """What is said of a lot."""

    operator: str = Field(min_length=1, max_length=64)
    lot: str = Field(min_length=1, max_length=64)
    goods: Literal["fruit", "meat", "seafood"]
    amount: float = Field(gt=0)
    unit: Literal["kg", "piece"]
    papers: tuple[Paper, ...]


class Record(_Strict):
    """A CloudEvents 1.0 event."""

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, max_length=64)
    source: str = Field(min_length=1, max_length=64)
    type: Literal["lot.uploaded"]
    time: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    data: Lot


def read(value: bytes) -> Record | None:
    """The record, or None if it is to be refused."""
    try:
        return Record.model_validate_json(value)
    except ValidationError:
        return None


def has_gap(record: Record) -> bool:
    """Whether the quarantine certificate is missing."""
    return all(paper.kind != "quarantine" for paper in record.data.papers)


def updated(row: dict[str, Any] | None, record: Record, *, gap: bool) -> dict[str, Any]:
    """An operator's row after one more record. `chain` depends on every record and on their order."""
    lot = record.data
    recent = row["recent"][-(RECENT - 1) :] if row else []
    return {
        "operator": lot.operator,
        "count": (row["count"] if row else 0) + 1,
        "gaps": (row["gaps"] if row else 0) + gap,
        "chain": zlib.crc32(record.id.encode(), row["chain"] if row else 0),
        "recent": [*recent, [lot.lot, lot.goods, lot.amount, lot.unit, record.time]],
    }


def alert(record: Record, count: int, chain: int) -> bytes:
    """What is told of a gap."""
    said = {
        "id": f"{record.data.operator}-{record.data.lot}", "kind": "quarantine-missing", "status": "standing",
        "operator": record.data.operator, "lot": record.data.lot, "since": record.time, "count": count, "chain": chain,
    }  # fmt: skip
    return orjson.dumps(said)


_VALUE = (
    b'{"specversion":"1.0","id":"r%d","source":"/bench","type":"lot.uploaded","time":"2022-01-05T%02d:%02d:%02dZ",'
    b'"data":{"operator":"%s","lot":"%s","goods":"fruit","amount":%d.5,"unit":"kg","papers":[%s'
    b'{"kind":"test","number":"T%d","issued_on":"2022-01-04"}]}}'
)
_QUARANTINE = b'{"kind":"quarantine","number":"Q%d","issued_on":"2022-01-03"},'


def value(number: int, operator: bytes, *, lot: str, gap: bool = False, invalid: bool = False) -> bytes:
    """A record as it lies on the topic."""
    second = number % 86_400
    clock = (second // 3600, second // 60 % 60, second % 60)
    amount = -number - 1 if invalid else number % 90
    return _VALUE % (number, *clock, operator, lot.encode(), amount, b"" if gap else _QUARANTINE % number, number)


@dataclass
class Expected:
    """What a right contender has made of the records so far: chain and count by operator, and each alert."""

    rows: dict[str, tuple[int, int]] = field(default_factory=dict)
    alerts: set[tuple[str, int, int]] = field(default_factory=set)


def records(seed: int, count: int, operators: int, expected: Expected) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values, the same for the same seed; `expected` grows with them."""
    chance = random.Random(seed)
    for number in range(count):
        name = f"B{chance.randrange(operators)}"
        gap, invalid = chance.randrange(GAP_EVERY) == 0, chance.randrange(INVALID_EVERY) == 0
        if not invalid:
            before, chain = expected.rows.get(name, (0, 0))
            after = before + 1, zlib.crc32(b"r%d" % number, chain)
            expected.rows[name] = after
            if gap:
                expected.alerts.add((name, *after))
        key = name.encode()
        yield key, value(number, key, lot=f"L{number}", gap=gap, invalid=invalid)
