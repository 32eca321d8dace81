"""What stands, compared with what was last said: the one place where an alert begins, changes and ends.

A rule says what would stand (`Case`), from facts alone. `compare` holds that against what was said of the alert
(`Said`) and gives what is to be said now. No rule reacts to an event; so late records, voids, corrections and changed
rules are one case.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from schemas.alerts import Kind, Resolution, alert_id
from streams.facts import Fact
from streams.rows import Row

PlaceRow = tuple[str, str, str, str]
"""county, town, grid, office"""


class Said(Row, frozen=True, array_like=True):
    """What was last said of one alert."""

    id: str
    episode: int
    revision: int
    firing: bool
    since: int
    detail: dict[str, Any]
    place: PlaceRow | None


class Case(msgspec.Struct, frozen=True):
    """What would stand by the facts, were it due and not yet past the time for which it is kept.

    A rule gives one, too, where its time is over and nothing is wrong any more: a record may do both, and `expired`
    comes before what the record did.
    """

    since: int
    detail: Mapping[str, Any]
    facts: tuple[Fact, ...]
    due: int | None = None  # None: told at once, at the record; else at the first tick ≥ due
    until: int | None = None  # stands until before this
    wake: int | None = None  # when it will look different by itself, beside due and until

    def stands(self, now: int) -> bool:
        """Due, and not past its time."""
        return (self.due is None or now >= self.due) and not self.expired(now)

    def expired(self, now: int) -> bool:
        """Past the time for which it is kept."""
        return self.until is not None and now >= self.until

    def next(self, now: int) -> int | None:
        """When it wants to be looked at again, if nothing else comes."""
        later = [moment for moment in (self.due, self.until, self.wake) if moment is not None and moment > now]
        return min(later, default=None)


class Cause(StrEnum):
    """What made us look."""

    RECORD = "record"
    VOID = "void"
    WORD = "word"
    TICK = "tick"
    FORGOTTEN = "forgotten"


class Trigger(msgspec.Struct, frozen=True):
    """What made us look, and when. `now` is the last tick (or this one), `at` goes into `changed_at`."""

    cause: Cause
    now: int
    at: int
    offset: int
    fact: Fact | None = None  # the record behind it
    moved: frozenset[Kind] = frozenset()  # kinds of which a rule or parameter changed
    last_tick: int | None = None  # that of the log; None before any

    @property
    def is_tick(self) -> bool:
        """Whether what is missing may be told now."""
        return self.cause is Cause.TICK

    def as_forgotten(self) -> Trigger:
        """The same tick, as the moment at which something is forgotten."""
        return replace(self, cause=Cause.FORGOTTEN, fact=None)


class Change(msgspec.Struct, frozen=True):
    """One message to say: the alert as it is now, and why it ended if it did."""

    said: Said
    resolved_by: Resolution | None


def compare(  # noqa: PLR0913 - an alert is named by three
    said: Said | None,
    case: Case | None,
    trigger: Trigger,
    *,
    kind: Kind,
    operator: str,
    subject: str,
    place: PlaceRow | None,
    closed: bool = False,
    withheld: bool = False,
) -> Change | None:
    """What is to be said of an alert now; None if nothing changed.

    `closed`: the operator no longer does what the kind is about. `withheld`: nothing new may be told of the operator.
    """
    stands = case is not None and not closed and case.stands(trigger.now)
    if said is None or not said.firing:
        opens = stands and not withheld and (trigger.is_tick or (case is not None and case.due is None))
        if not opens or case is None:
            return None
        episode, revision = (said.episode + 1, said.revision + 1) if said else (1, 1)
        alert = said.id if said else alert_id(kind, operator, subject)
        return Change(Said(alert, episode, revision, True, case.since, dict(case.detail), place), None)
    if not stands or case is None:
        ended = replace(said, revision=said.revision + 1, firing=False)
        return Change(ended, _resolution(case, trigger, kind, closed=closed))
    if (said.since, said.detail, said.place) == (case.since, case.detail, place):
        return None
    return Change(
        replace(said, revision=said.revision + 1, since=case.since, detail=dict(case.detail), place=place), None
    )


def _resolution(case: Case | None, trigger: Trigger, kind: Kind, *, closed: bool) -> Resolution:
    """The first of these that is true (CONTRACT 3, how alerts change)."""
    if closed:
        return Resolution.CLOSED
    if trigger.cause is Cause.FORGOTTEN or (case is not None and case.expired(trigger.now)):
        return Resolution.EXPIRED
    if trigger.cause is Cause.VOID:
        return Resolution.VOID
    if trigger.cause is Cause.WORD:
        return Resolution.WORD
    if trigger.is_tick and kind in trigger.moved:
        return Resolution.RULES
    return Resolution.RECORD
