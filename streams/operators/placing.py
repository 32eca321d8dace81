"""Which rows a record's facts go into, and how they are taken out again. Decides nothing about alerts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from schemas.envelope import Record
from schemas.identifiers import is_blank
from schemas.reports import Action
from schemas.times import date_of
from schemas.uploads import Scope
from streams.facts import Closes, Fact, fact, without
from streams.identity import Identity
from streams.operators.model import (
    ACTIVITY,
    CLOSES,
    DAY,
    GOODS_SCANS,
    LOT,
    PROFILE,
    SAMPLE,
    STAFF,
    Brought,
    Day,
    Lot,
    Paper,
    Profile,
    Registration,
    Sample,
    Scan,
    Staff,
    Test,
)  # fmt: skip
from streams.rows import SEPARATOR, Row, Rows, row_key

R = TypeVar("R", bound=Row)

MENTIONS = 4
"""Records kept by themselves that name a lot and no more: shoppers may look one up for ever."""


class Touched:
    """Rows as one entry leaves them, before they are looked at and stored."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.rows: dict[str, Row] = {}

    def get(self, key: str, form: type[R]) -> R:
        """The row as it is by now; an empty one where there is none."""
        row = self.rows.get(key)
        if row is None:
            row = self._rows.get(key, form)
        return row if isinstance(row, form) else form()

    def put(self, key: str, row: Row) -> None:
        """The row as it shall be."""
        self.rows[key] = row


def place(record: Record, touched: Touched) -> tuple[str, ...]:
    """Put the facts of a record into the rows of its operator. Gives the rows that hold them."""
    placer = _PLACERS.get(record.type)
    where = placer(record, touched) if placer else ()
    return (*where, *_mentioned(record, touched))


def withdraw(gone: Identity, touched: Touched) -> None:
    """Take the facts of a record out of the rows that hold them."""
    for key in gone.where:
        form, remover = _REMOVERS[key.split(SEPARATOR, 1)[0]]
        touched.put(key, remover(touched.get(key, form), gone))


def _mentioned(record: Record, touched: Touched) -> tuple[str, ...]:
    """A record that names a lot keeps it from being forgotten, whatever else it says."""
    name = record.data.lot if "lot" in type(record.data).model_fields else None  # not one that no one asked for
    if name is None or record.type in ACTIVITY:  # that has left a fact in the row, which says when
        return ()
    key = row_key(LOT, record.log[1], name)
    lot = touched.get(key, Lot)
    mentions, mentioned = (*lot.mentions, fact(record)), lot.mentioned
    if len(mentions) > MENTIONS:
        mentioned, mentions = mentions[0].recorded, mentions[1:]
    touched.put(key, replace(lot, mentions=mentions, mentioned=mentioned, named=max(lot.named, record.recorded)))
    return (key,)


def _registered(record: Record, touched: Touched) -> tuple[str, ...]:
    data = record.data
    key = row_key(PROFILE, data.operator, "")
    profile = touched.get(key, Profile)
    registration = Registration(
        *_base(record), data.name, data.county, data.town, data.grid, data.office,
        data.activated, data.trades, data.status.value,
    )  # fmt: skip
    touched.put(key, replace(profile, registrations=(*profile.registrations, registration)))
    return (key,)


def _activated(record: Record, touched: Touched) -> tuple[str, ...]:
    key = row_key(PROFILE, record.data.operator, "")
    profile = touched.get(key, Profile)
    touched.put(key, replace(profile, activations=(*profile.activations, fact(record))))
    return (key,)


def _spell(record: Record, touched: Touched) -> tuple[str, ...]:
    key = row_key(STAFF, record.data.operator, record.data.staff)
    row = touched.get(key, Staff)
    named = max(row.named, record.recorded)
    if record.type == "staff.enrolled":
        touched.put(key, replace(row, enrolled=(*row.enrolled, fact(record)), named=named))
    else:
        touched.put(key, replace(row, left=(*row.left, fact(record)), named=named))
    return (key,)


def _brought(record: Record, touched: Touched) -> tuple[str, ...]:
    data = record.data
    day = date_of(record.time)
    papers = tuple(
        Paper(paper.kind.value, paper.expires_on or "")
        for paper in data.papers or ()
        if not is_blank(paper.number) and paper.issued_on <= day
    )
    goods = data.goods if record.type == "lot.uploaded" else ""
    item = Brought(*_base(record), goods, papers, not is_blank(data.trace_code))
    key = row_key(LOT, data.operator, data.lot)
    lot = touched.get(key, Lot)
    touched.put(key, replace(lot, brought=(*lot.brought, item), named=max(lot.named, record.recorded)))
    return (key,)


def _disinfected(record: Record, touched: Touched) -> tuple[str, ...]:
    if record.data.scope is not Scope.PREMISES:
        return ()
    key = row_key(DAY, record.data.operator, date_of(record.time))
    day = touched.get(key, Day)
    disinfected = (*day.disinfected, fact(record))
    touched.put(key, replace(day, disinfected=disinfected, named=max(day.named, record.recorded)))
    return (key,)


def _declared(record: Record, touched: Touched) -> tuple[str, ...]:
    key = row_key(DAY, record.data.operator, record.data.date)
    day = touched.get(key, Day)
    touched.put(key, replace(day, declared=(*day.declared, fact(record)), named=max(day.named, record.recorded)))
    return (key,)


def _scanned(record: Record, touched: Touched) -> tuple[str, ...]:
    data = record.data
    supplied = record.type == "goods.received" and not is_blank(data.supplier)
    scan = Scan(*_base(record), supplied)
    if data.lot is not None:
        key = row_key(LOT, data.operator, data.lot)
        lot = touched.get(key, Lot)
        touched.put(key, replace(lot, scans=(*lot.scans, scan), named=max(lot.named, record.recorded)))
        return (key,)
    if data.box is not None:
        return ()
    key = row_key(DAY, data.operator, date_of(record.time))
    day = touched.get(key, Day)
    touched.put(key, replace(day, uncoded=(*day.uncoded, scan), named=max(day.named, record.recorded)))
    return (key,)


def _tested(record: Record, touched: Touched) -> tuple[str, ...]:
    data = record.data
    test = Test(*_base(record), data.on.value, data.lot or "", data.result.value, data.hazard)
    key = row_key(SAMPLE, data.operator, data.sample)
    row = touched.get(key, Sample)
    touched.put(key, replace(row, tests=(*row.tests, test), named=max(row.named, record.recorded)))
    return (key,)


def _handled(record: Record, touched: Touched) -> tuple[str, ...]:
    data = record.data
    if data.action is not Action.CLOSE:
        return ()
    key = row_key(CLOSES, record.log[1], data.alert)
    row = touched.get(key, Closes)
    touched.put(key, replace(row, closes=(*row.closes, fact(record))))
    return (key,)


def _base(record: Record) -> tuple[str, str, str, int, int]:
    return record.source, record.id, record.type, record.time, record.recorded


_PLACERS: dict[str, Callable[[Record, Touched], tuple[str, ...]]] = {
    "operator.registered": _registered,
    "account.activated": _activated,
    "staff.enrolled": _spell,
    "staff.left": _spell,
    "lot.uploaded": _brought,
    "papers.added": _brought,
    "disinfection.recorded": _disinfected,
    "day.declared": _declared,
    **dict.fromkeys(GOODS_SCANS, _scanned),
    "sample.tested": _tested,
    "alert.handled": _handled,
}


def _named(withdrawn: int, mentioned: int, *facts: Fact) -> int:
    """When a record that counts last named what a row is about; if none is left, those that were withdrawn did."""
    return max([mentioned, *(item.recorded for item in facts)]) or withdrawn


def _without_profile(row: Profile, gone: Identity) -> Profile:
    return replace(
        row,
        registrations=without(row.registrations, gone),
        activations=without(row.activations, gone),
    )


def _without_lot(row: Lot, gone: Identity) -> Lot:
    brought, scans = without(row.brought, gone), without(row.scans, gone)
    mentions = without(row.mentions, gone)
    withdrawn = max(row.withdrawn, gone.recorded)
    named = _named(withdrawn, row.mentioned, *brought, *scans, *mentions)
    return replace(row, brought=brought, scans=scans, mentions=mentions, withdrawn=withdrawn, named=named)


def _without_day(row: Day, gone: Identity) -> Day:
    uncoded, disinfected, declared = (
        without(facts, gone) for facts in (row.uncoded, row.disinfected, row.declared)
    )  # fmt: skip
    withdrawn = max(row.withdrawn, gone.recorded)
    named = _named(withdrawn, 0, *uncoded, *disinfected, *declared)
    return replace(row, uncoded=uncoded, disinfected=disinfected, declared=declared, withdrawn=withdrawn, named=named)


def _without_staff(row: Staff, gone: Identity) -> Staff:
    return replace(row, enrolled=without(row.enrolled, gone), left=without(row.left, gone))


def _without_sample(row: Sample, gone: Identity) -> Sample:
    tests, withdrawn = without(row.tests, gone), max(row.withdrawn, gone.recorded)
    return replace(row, tests=tests, withdrawn=withdrawn, named=_named(withdrawn, 0, *tests))


def _without_closes(row: Closes, gone: Identity) -> Closes:
    return replace(row, closes=without(row.closes, gone))


_REMOVERS: dict[str, tuple[type[Row], Callable[..., Row]]] = {
    PROFILE: (Profile, _without_profile),
    LOT: (Lot, _without_lot),
    DAY: (Day, _without_day),
    STAFF: (Staff, _without_staff),
    SAMPLE: (Sample, _without_sample),
    CLOSES: (Closes, _without_closes),
}
