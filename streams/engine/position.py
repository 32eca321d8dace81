"""The position row: how far a partition was applied, in the same partition and the same transaction as its rows, so
that a reader of any committed prefix of the state topic sees state and place that belong together.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

KEY = b"lianfang-position"
"""Its key. Rows have U+001F in theirs, so none can be taken for it."""


class _Stored(msgspec.Struct):
    next: int
    tick: int | None = None
    rules: str = ""
    version: int = 1
    broken: int = 0
    ticking: tuple[int, int, int] | None = None


VERSION = 2
"""1: nothing of `ticking`, which a program that knows only this would pass over."""
_decoder = msgspec.json.Decoder(_Stored)


class NewerPosition(Exception):  # noqa: N818
    """Written by a newer version of this program."""


@dataclass(frozen=True, slots=True)
class Position:
    """`next`: offset of the first entry that is not applied. `tick`: the last tick that was applied to its end.

    `broken`: how full the measure of entries is that our own rules broke on (`partition.BREAKS`). It stands here so
    that a worker that was stopped by it, and is started again, does not begin at nothing and set aside as many more.
    `ticking`: the tick that is not yet applied to its end, with offset and timestamp of its entry. It lies before
    `next`, because what came behind it may have overtaken it (`machine.Ticking`).
    """

    next: int
    tick: int | None = None
    rules: str = ""
    broken: int = 0
    ticking: tuple[int, int, int] | None = None

    @property
    def done(self) -> int:
        """Everything before this offset is applied to its end, ticks too."""
        return self.next if self.ticking is None else self.ticking[1]

    def encode(self) -> bytes:
        """The value of the row: JSON, readable by a person."""
        version = 1 if self.ticking is None else VERSION
        return msgspec.json.encode(_Stored(self.next, self.tick, self.rules, version, self.broken, self.ticking))

    @classmethod
    def decode(cls, value: bytes) -> Position:
        """ValueError (msgspec's) if it is no position row; NewerPosition."""
        stored = _decoder.decode(value)
        if stored.version > VERSION:
            raise NewerPosition(f"version {stored.version}, this program knows {VERSION}")
        return cls(stored.next, stored.tick, stored.rules, stored.broken, stored.ticking)
