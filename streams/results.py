"""What a sample's records come to, and whom a positive one concerns: the part of the rules that two machines share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from streams.facts import Fact

T = TypeVar("T", bound=Fact)

DECISIVE = frozenset({"positive", "negative"})


def standing(tests: Sequence[T], results: Sequence[str]) -> T | None:
    """Of one sample's records the latest positive or negative; if there is none, the latest."""
    decisive = [test for test, result in zip(tests, results, strict=True) if result in DECISIVE]
    return max(decisive or tests, key=lambda test: test.later, default=None)


def overlaps(begin: int, end: int | None, start: int, stop: int) -> bool:
    """Whether a spell (from `begin` until before `end`) overlaps the time from `start` to `stop`, both included."""
    return begin <= stop and (end is None or end > start)
