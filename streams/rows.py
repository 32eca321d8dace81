"""The rows of one partition: state by subject, kept as bytes, decoded when touched, encoded once a flush.

A row is a msgspec Struct of the form registered for the first part of its key. Keys are text, parts joined by U+001F:
form, owner (operator, staff member or recipient), subject. A row says by itself when it next wants to be looked at
(`due`) and whether changes of its owner's profile concern it (`watch`), so nobody ever scans rows.

Stored: `VERSION SP due SP watch SP JSON`, readable by a person, indexable without decoding.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

VERSION = 1
SEPARATOR = "\x1f"
NEVER = -1


class Row(msgspec.Struct, frozen=True, array_like=True):
    """Base of all rows and of what they hold. Frozen, with tuples inside: a changed row is a new one, so an entry
    whose rule raised is undone by putting the old ones back."""


R = TypeVar("R", bound=Row)


class NewerRow(Exception):  # noqa: N818
    """A row was written by a newer version of this program; this one must stop."""


def _owner(key: str) -> str:
    return key.split(SEPARATOR, 2)[1]


def row_key(form: str, *parts: str) -> str:
    """The key of a row."""
    return SEPARATOR.join((form, *parts))


class Rows:
    """The rows of one partition."""

    def __init__(self, forms: Mapping[str, type[Row]]) -> None:
        self._decoders = {name: msgspec.json.Decoder(form) for name, form in forms.items()}
        self._encoder = msgspec.json.Encoder()
        self._bytes: dict[str, bytes] = {}
        self._live: dict[str, Row] = {}
        self._due: dict[str, int] = {}
        self._spent: dict[str, int] = {}  # dues that were worked off, and that the stored row still says
        self._heap: list[tuple[int, str]] = []
        self._watch: dict[str, dict[str, None]] = {}
        self._dirty: dict[str, None] = {}
        self._undo: dict[str, tuple[Row | None, bytes | None, int, bool, bool]] = {}

    def __len__(self) -> int:
        return len(self._bytes) + sum(1 for key in self._live if key not in self._bytes)

    def __contains__(self, key: str) -> bool:
        return key in self._live or key in self._bytes

    def get(self, key: str, form: type[R]) -> R | None:
        """The row under a key."""
        row = self._live.get(key)
        if row is None:
            stored = self._bytes.get(key)
            if stored is None:
                return None
            row = self._decode(key, stored)
            self._live[key] = row
        return row  # type: ignore[return-value]

    def put(self, key: str, row: Row, *, due: int = NEVER, watch: bool = False) -> None:
        """Store a row: when it wants to be looked at, and whether its owner's profile concerns it."""
        self._remember(key)
        self._live[key] = row
        self._dirty[key] = None
        self._index(key, due, watch=watch)

    def drop(self, key: str) -> None:
        """Forget a row; no error if there is none."""
        if key not in self:
            return
        self._remember(key)
        self._live.pop(key, None)
        self._bytes.pop(key, None)
        self._dirty[key] = None
        self._index(key, NEVER, watch=False)

    def mark(self) -> None:
        """From here on changes can be rolled back."""
        self._undo.clear()

    def rollback(self) -> None:
        """Put everything back as it was at the last `mark`."""
        for key, (row, stored, due, watch, dirty) in self._undo.items():
            if row is None:
                self._live.pop(key, None)
            else:
                self._live[key] = row
            if stored is not None:  # else a row that was dropped, and is not to be written again, is lost at the flush
                self._bytes[key] = stored
            if not dirty:
                self._dirty.pop(key, None)
            self._index(key, due, watch=watch)
        self._undo.clear()

    def due_until(self, tick: int) -> Iterator[str]:
        """Keys due at or before a tick, earliest first, equal ones by key; each is taken off the list."""
        while self._heap and self._heap[0][0] <= tick:
            due, key = heapq.heappop(self._heap)
            if self._due.get(key) == due:
                self._spent[key] = self._due.pop(key)
                yield key

    def next_due(self) -> int | None:
        """The earliest due of all rows."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due_of(self, key: str) -> int:
        """The instant at which a row wants to be looked at, as it is stored: one that was worked off stands until the
        row is put again, so that a process that reads the rows anew sees the same.
        """
        return self._due.get(key, self._spent.get(key, NEVER))

    def is_watching(self, key: str) -> bool:
        """Whether its owner's profile concerns a row."""
        return key in self._watch.get(_owner(key), ())

    def watching(self, owner: str) -> list[str]:
        """Keys of an owner's rows that its profile concerns, sorted."""
        return sorted(self._watch.get(owner, ()))

    def keys(self) -> list[str]:
        """All keys, sorted."""
        return sorted(self._bytes.keys() | self._live.keys())

    def take(self) -> list[tuple[bytes, bytes | None]]:
        """What changed since the last call, encoded; None for a row that was dropped. Clears the list."""
        changed: list[tuple[bytes, bytes | None]] = []
        for key in self._dirty:
            row = self._live.pop(key, None)
            if row is None:
                self._bytes.pop(key, None)
                changed.append((key.encode(), None))
            else:
                self._bytes[key] = stored = self._encode(key, row)
                changed.append((key.encode(), stored))
        self._dirty.clear()
        self._live.clear()
        return changed

    def load(self, key: bytes, value: bytes | None) -> None:
        """One message of the state topic, in order."""
        name = key.decode()
        if value is None:
            self._bytes.pop(name, None)
            self._index(name, NEVER, watch=False)
            return
        version, due, watch, _ = value.split(b" ", 3)
        if int(version) > VERSION:
            raise NewerRow(f"row {name!r} has version {int(version)}, this program knows up to {VERSION}")
        self._bytes[name] = value
        self._index(name, int(due), watch=watch == b"w")

    def stored_size(self) -> int:
        """Bytes of all encoded rows and their keys."""
        return sum(len(key) + len(value) for key, value in self._bytes.items())

    def _remember(self, key: str) -> None:
        if key not in self._undo:
            watch = key in self._watch.get(_owner(key), ())
            stored = self._bytes.get(key)
            self._undo[key] = (self.get(key, Row), stored, self.due_of(key), watch, key in self._dirty)

    def _index(self, key: str, due: int, *, watch: bool) -> None:
        self._spent.pop(key, None)
        if due == NEVER:
            self._due.pop(key, None)
        elif self._due.get(key) != due:
            self._due[key] = due
            heapq.heappush(self._heap, (due, key))
            if len(self._heap) > 2 * len(self._due) + 1000:
                self._heap = [(moment, name) for name, moment in self._due.items()]
                heapq.heapify(self._heap)
        owner = _owner(key)
        if watch:
            self._watch.setdefault(owner, {})[key] = None
        elif (keys := self._watch.get(owner)) and key in keys:
            del keys[key]
            if not keys:
                del self._watch[owner]

    def _encode(self, key: str, row: Row) -> bytes:
        owner = _owner(key)
        watch = b"w" if key in self._watch.get(owner, ()) else b"-"
        return b"%d %d %s %s" % (VERSION, self._due.get(key, NEVER), watch, self._encoder.encode(row))

    def _decode(self, key: str, stored: bytes) -> Row:
        row: Any = self._decoders[key.split(SEPARATOR, 1)[0]].decode(stored.split(b" ", 3)[3])
        return row  # type: ignore[no-any-return]
