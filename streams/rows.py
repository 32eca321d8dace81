"""The rows of one partition: state by subject, kept as bytes, decoded when touched, encoded once a flush.

A row is a msgspec Struct of the form registered for the first part of its key. Keys are text, parts joined by U+001F:
form, owner (operator, staff member or recipient), subject. A row says by itself when it next wants to be looked at
(`due`) and whether changes of its owner's profile concern it (`watch`), so nobody ever scans rows.

Stored: `VERSION SP due SP watch SP JSON`, readable by a person. Due and watch are read from there without decoding the
row: an index beside it would cost a row at rest as much memory again.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

VERSION = 1
SEPARATOR = "\x1f"
NEVER = -1


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all rows and of what they hold. Frozen, with tuples inside: a changed row is a new one, so an entry
    whose rule raised is undone by putting the old ones back; and nothing in it can form a cycle, so the collector of
    cycles need not walk over a province.
    """


R = TypeVar("R", bound=Row)

_Held = tuple[Row | None, int, bool]
"""A row that was touched since the last flush, its due, its watch."""
_GONE: _Held = (None, NEVER, False)


class NewerRow(Exception):  # noqa: N818
    """A row was written by a newer version of this program; this one must stop."""


def owner_of(key: str) -> str:
    """Whose row a key is of: operator, staff member or recipient."""
    return key.split(SEPARATOR, 2)[1]


def row_key(form: str, *parts: str) -> str:
    """The key of a row."""
    return SEPARATOR.join((form, *parts))


class Rows:
    """The rows of one partition. `forward`: what is put falls due after the last tick at the earliest, so that a tick
    that was cut off looks again at what it has not looked at, and at nothing that came behind it.
    """

    def __init__(self, forms: Mapping[str, type[Row]], *, forward: bool = False) -> None:
        self._forward = forward
        self._decoders: dict[str, msgspec.json.Decoder[Row]] = {
            name: msgspec.json.Decoder(form) for name, form in forms.items()
        }
        self._encoder = msgspec.json.Encoder()
        self._stored: dict[str, bytes] = {}
        self._live: dict[str, _Held] = {}
        self._dirty: dict[str, None] = {}
        self._undo: dict[str, tuple[_Held | None, bool]] = {}
        self._heap: list[tuple[int, str]] = []
        self._worked = NEVER  # what is due up to here is off the heap
        self._watch: dict[str, dict[str, None]] = {}
        self._size = 0

    def __len__(self) -> int:
        stored, live = self._stored, self._live
        return len(stored) + sum((live[key] is not _GONE) - (key in stored) for key in self._dirty)

    def __contains__(self, key: str) -> bool:
        held = self._live.get(key)
        return held is not _GONE if held is not None else key in self._stored

    def get(self, key: str, form: type[R]) -> R | None:
        """The row under a key."""
        held = self._live.get(key)
        if held is None:
            stored = self._stored.get(key)
            if stored is None:
                return None
            held = self._live[key] = self._decode(key, stored)
        return held[0]  # type: ignore[return-value]

    def put(self, key: str, row: Row, *, due: int = NEVER, watch: bool = False) -> None:
        """Store a row: when it wants to be looked at, and whether its owner's profile concerns it."""
        if self._forward and NEVER != due <= self._worked:
            due = self._worked + 1
        self._change(key, (row, due, watch))

    def drop(self, key: str) -> None:
        """Forget a row; no error if there is none."""
        if key in self:
            self._change(key, _GONE)

    def resume(self, tick: int | None) -> None:
        """The last tick that rows which were loaded have seen."""
        self._worked = NEVER if tick is None else tick

    def mark(self) -> None:
        """From here on changes can be rolled back."""
        self._undo.clear()

    def rollback(self) -> None:
        """Put everything back as it was at the last `mark`."""
        for key, (held, dirty) in self._undo.items():
            self._index(key, self.index_of(key), (held[1], held[2]) if held is not None else self._at_rest(key))
            if held is None:
                del self._live[key]
            else:
                self._live[key] = held
            if not dirty:
                self._dirty.pop(key, None)
        self._undo.clear()

    def due_until(self, tick: int) -> Iterator[str]:
        """Keys due at or before a tick, earliest first, equal ones by key; each is taken off the list."""
        self._worked = max(self._worked, tick)
        while self._heap and self._heap[0][0] <= tick:
            first = due, key = heapq.heappop(self._heap)
            while self._heap and self._heap[0] == first:
                heapq.heappop(self._heap)
            if self.due_of(key) == due:
                yield key

    def next_due(self) -> int | None:
        """The earliest due of all rows."""
        while self._heap and self.due_of(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def index_of(self, key: str) -> tuple[int, bool]:
        """Due and watch of a row as it is now."""
        held = self._live.get(key)
        return (held[1], held[2]) if held is not None else self._at_rest(key)

    def due_of(self, key: str) -> int:
        """The instant at which a row wants to be looked at."""
        return self.index_of(key)[0]

    def is_watching(self, key: str) -> bool:
        """Whether its owner's profile concerns a row."""
        return self.index_of(key)[1]

    def watching(self, owner: str) -> list[str]:
        """Keys of an owner's rows that its profile concerns, sorted."""
        return sorted(self._watch.get(owner, ()))

    def keys(self, prefix: str = "") -> list[str]:
        """All keys, or those that begin so, sorted."""
        known = (key for keys in (self._stored, self._live) for key in keys if key.startswith(prefix))
        return sorted({key for key in known if key in self})

    def take(self) -> list[tuple[bytes, bytes | None]]:
        """What changed since the last call, encoded; None for a row that was dropped. Clears the list."""
        changed: list[tuple[bytes, bytes | None]] = []
        for key in self._dirty:
            row, due, watch = self._live[key]
            if row is None:
                changed.append((key.encode(), None))
                self._store(key, None)
            else:
                value = self._encode(row, due, watch)
                changed.append((key.encode(), value))
                self._store(key, value)
        self._dirty.clear()
        self._live.clear()
        self._undo.clear()
        return changed

    def load(self, key: bytes, value: bytes | None) -> None:
        """One message of the state topic, in order."""
        name = key.decode()
        if value is not None and (version := int(value[: value.index(b" ")])) > VERSION:
            raise NewerRow(f"row {name!r} has version {version}, this program knows up to {VERSION}")
        before = self._at_rest(name)
        self._store(name, value)
        self._index(name, before, self._at_rest(name))

    def stored_size(self) -> int:
        """Bytes of all encoded rows and their keys."""
        return self._size

    def _store(self, key: str, value: bytes | None) -> None:
        before = self._stored.get(key)
        if before is not None:
            self._size -= len(key) + len(before)
        if value is not None:
            self._size += len(key) + len(value)
            self._stored[key] = value
        elif before is not None:
            del self._stored[key]

    def _change(self, key: str, held: _Held) -> None:
        live = self._live.get(key)
        before = (live[1], live[2]) if live is not None else self._at_rest(key)
        if key not in self._undo:
            self._undo[key] = (live, key in self._dirty)
        self._live[key] = held
        self._dirty[key] = None
        self._index(key, before, (held[1], held[2]))

    def _at_rest(self, key: str) -> tuple[int, bool]:
        """Due and watch of a row as it is stored."""
        stored = self._stored.get(key)
        if stored is None:
            return NEVER, False
        _, due, watch, _ = stored.split(b" ", 3)
        return int(due), watch == b"w"

    def _index(self, key: str, before: tuple[int, bool], after: tuple[int, bool]) -> None:
        due, watch = after
        if due != NEVER and (due != before[0] or due <= self._worked):
            heapq.heappush(self._heap, (due, key))
            if len(self._heap) > 2 * (len(self._stored) + len(self._dirty)) + 1000:
                self._heap = list({(moment, name) for moment, name in self._heap if self.due_of(name) == moment})
                heapq.heapify(self._heap)
        if watch != before[1]:
            owner = owner_of(key)
            if watch:
                self._watch.setdefault(owner, {})[key] = None
            else:
                keys = self._watch[owner]
                del keys[key]
                if not keys:
                    del self._watch[owner]

    def _encode(self, row: Row, due: int, watch: bool) -> bytes:
        return b"%d %d %s %s" % (VERSION, due, b"w" if watch else b"-", self._encoder.encode(row))

    def _decode(self, key: str, stored: bytes) -> _Held:
        _, due, watch, row = stored.split(b" ", 3)
        return self._decoders[key.split(SEPARATOR, 1)[0]].decode(row), int(due), watch == b"w"
