"""The pulse of an operator: what each of its records does to it, and what the withdrawal of one takes back.

Few facts are kept at hand, or the row of an operator that deals every day would grow for ever; should all of them be
withdrawn, the identities, which are kept for as long as a void can reach, give more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from schemas.envelope import Record
from schemas.times import date_of
from streams.facts import Fact, fact, without
from streams.identity import FORM as IDENTITY
from streams.identity import Identity
from streams.operators.model import ACTIVITY, NOT_MENTIONING, PULSE, Pulse
from streams.rows import Rows, owner_of, row_key

KEPT = 4
"""Facts of either sort."""


def feel(record: Record, pulse: Pulse) -> Pulse:
    """What every record of an operator does to its pulse."""
    active, recent, mentions, mentioned = pulse.active, pulse.recent, pulse.mentions, pulse.mentioned
    if record.type in ACTIVITY:
        recent = _latest(recent, fact(record), whole=len(recent) == active)
        active += 1
    if record.type not in NOT_MENTIONING:
        mentions = _earliest(mentions, fact(record), whole=len(mentions) == mentioned)
        mentioned += 1
    named = max(pulse.named, record.recorded)
    return replace(pulse, named=named, active=active, recent=recent, mentions=mentions, mentioned=mentioned)


def unfeel(gone: Identity, pulse: Pulse, rows: Rows, operator: str) -> Pulse:
    """What the withdrawal of a record does to the pulse."""
    if gone.type in ACTIVITY and _counts(gone, pulse.recent, pulse.active):
        recent = without(pulse.recent, gone)
        pulse = replace(pulse, active=pulse.active - 1, recent=recent)
        if not recent and pulse.active:
            found = _from_identities(rows, operator, lambda kind: kind in ACTIVITY)
            pulse = replace(pulse, active=len(found), recent=tuple(sorted(found, key=_in_time, reverse=True)[:KEPT]))
    if gone.type not in NOT_MENTIONING and _counts(gone, pulse.mentions, pulse.mentioned):
        mentions = without(pulse.mentions, gone)
        pulse = replace(pulse, mentioned=pulse.mentioned - 1, mentions=mentions)
        if not mentions and pulse.mentioned:
            found = _from_identities(rows, operator, lambda kind: kind not in NOT_MENTIONING)
            pulse = replace(pulse, mentioned=len(found), mentions=tuple(sorted(found, key=_later)[:KEPT]))
    return pulse


def _counts(gone: Identity, kept: tuple[Fact, ...], count: int) -> bool:
    """Whether a record is among those counted: a void at the very instant at which its operator is forgotten still
    finds its record, of which the new pulse knows nothing.
    """
    return len(kept) < count or without(kept, gone) != kept


def settle(key: str, known: Identity, rows: Rows) -> None:
    """No void can reach an identity any more, and its row goes: what it says of activity stands for good."""
    if known.type not in ACTIVITY or not known.digest or known.is_void:
        return
    pulse_key = row_key(PULSE, owner_of(key), "")
    pulse, day = rows.get(pulse_key, Pulse), date_of(known.time)
    if pulse is not None and day > pulse.settled:
        due, watch = rows.index_of(pulse_key)
        rows.put(pulse_key, replace(pulse, settled=day), due=due, watch=watch)


def _earliest(kept: tuple[Fact, ...], new: Fact, *, whole: bool) -> tuple[Fact, ...]:
    """The earliest, in whatever order they come. Not `whole`: some were left out, so one that is later than all that
    were kept may be later than those too.
    """
    if not whole and new.later > kept[-1].later:
        return kept
    return tuple(sorted((*kept, new), key=_later)[:KEPT])


def _latest(kept: tuple[Fact, ...], new: Fact, *, whole: bool) -> tuple[Fact, ...]:
    """The latest by time, the last one first; likewise."""
    if not whole and new.in_time < kept[-1].in_time:
        return kept
    return tuple(sorted((*kept, new), key=_in_time, reverse=True)[:KEPT])


def _later(item: Fact) -> Any:
    return item.later


def _in_time(item: Fact) -> Any:
    return item.in_time


def _from_identities(rows: Rows, operator: str, wanted: Callable[[str], bool]) -> list[Fact]:
    found = (rows.get(key, Identity) for key in rows.keys(row_key(IDENTITY, operator, "operator:")))
    return [
        Fact(known.source, known.id, known.type, known.time, known.recorded)
        for known in found
        if known is not None and known.digest and wanted(known.type) and not known.is_void
    ]
