"""What aiokafka's consumers make of the bytes of a fetch, where theirs will not do.

Header names that are not UTF-8: aiokafka stops at such a record, and at each new attempt again, whoever sent it. Here
they are read with backslash escapes instead, so that one careless sender does not end every worker: Kafka lets any
bytes through. And a record is a struct with the fields that it has there, because a dataclass takes longer to
make. Nothing else of a batch is read differently.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import chain
from typing import Any, SupportsIndex

import msgspec
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH_AT, _OVERHEAD, _MAGIC_AT = 8, 12, 16


class Fetched(msgspec.Struct, frozen=True, gc=False):
    """In the place of aiokafka's `ConsumerRecord`."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    checksum: int | None
    serialized_key_size: int
    serialized_value_size: int
    headers: tuple[tuple[str, bytes | None], ...]


class Batches:
    """In the place of aiokafka's `MemoryRecords`: the batches of one fetch."""

    def __init__(self, data: bytes) -> None:
        self._inner = MemoryRecords(data)
        self._data = memoryview(data)
        self._at = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def next_batch(self) -> Any:
        """The next batch, or None."""
        batch = self._inner.next_batch()
        if batch is None:
            return None
        start = self._at
        self._at += _OVERHEAD + struct.unpack_from(">i", self._data, start + _LENGTH_AT)[0]
        piece = self._data[start : self._at]
        return _Batch(batch, piece) if piece[_MAGIC_AT] >= 2 else batch


class _Batch:
    def __init__(self, batch: Any, piece: memoryview) -> None:
        self._batch = batch
        self._piece = piece

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        read: list[Any] = []
        try:
            read.extend(self._batch)
        except UnicodeDecodeError:
            return chain(read, _with_escapes(self._piece, len(read)))
        return iter(read)


def _with_escapes(piece: memoryview, done: int) -> Iterator[Any]:
    """The records of a batch after the first `done`, read by aiokafka's slower reader, which can be taught."""
    batch = iter(_DefaultRecordBatchPy(piece))
    batch._buffer = _Escaping(batch._buffer)
    for number, record in enumerate(batch):
        if number >= done:
            yield record


class _Escaping(bytearray):
    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        found = super().__getitem__(key)
        return _Escaping(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


def install() -> None:
    """From here on every consumer of this process reads so."""
    fetcher.MemoryRecords = Batches
    fetcher.ConsumerRecord = Fetched
