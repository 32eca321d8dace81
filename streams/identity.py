"""The identities of a log: which records it has seen, which of them were voided or replaced.

Every machine that keeps a log of records (operators, staff, people) keeps one such ledger in its rows. A void may come
before what it voids, so an identity can be known before its record is.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec.structs import replace

from schemas.envelope import VOID, Record
from streams.facts import REACH
from streams.parameters import Rules
from streams.rows import Row, Rows, row_key

FORM = "id"
OUT_OF_REACH = REACH + 1
"""A record recorded exactly 180 days later still finds the identity; so the row goes only after that."""


class Identity(Row, frozen=True, array_like=True):
    """One `source` + `id` of a log. `where`: the rows that hold a fact of it; `digest` is empty until it comes.
    `voided_by`: only who was allowed to when the void came: what counts never moves without what it takes along.
    """

    source: str
    id: str
    digest: str = ""
    type: str = ""
    time: int = 0
    recorded: int = 0
    where: tuple[str, ...] = ()
    voided_by: tuple[str, ...] = ()
    replaced: bool = False

    @property
    def is_void(self) -> bool:
        """Replaced, or voided by somebody who was allowed to."""
        return self.replaced or bool(self.voided_by)


class Admission(StrEnum):
    """What a log says of a record that wants in."""

    NEW = "new"
    VOIDED = "voided"  # new, but it was voided or replaced before it came: its identity is taken, it never counts
    DUPLICATE = "duplicate"
    REUSED = "reused"


Log = tuple[str, str]
"""(`operator` | `staff` | `person` | `topic`, identifier), as in `Record.log`."""


def identity_key(log: Log, source: str, identity: str) -> str:
    """The row of an identity. The source's length keeps apart what two texts in a row would not."""
    return row_key(FORM, log[1], f"{log[0]}:{len(source)}:{source}{identity}")


class Ledger:
    """The identities kept in the rows of one machine."""

    def __init__(self, rows: Rows, rules: Rules) -> None:
        self._rows = rows
        self._rules = rules

    def admit(self, record: Record) -> tuple[Admission, Identity]:
        """Whether a record counts, and its identity. Unless NEW, nothing of the record may be kept; if NEW, whoever
        asks has to `enter` it.
        """
        key = identity_key(record.log, record.source, record.id)
        known = self._rows.get(key, Identity)
        if known is not None and record.recorded > known.recorded + REACH:
            # out of reach, as if it had never been; but what voided it came later, and may not be
            known = replace(known, digest="") if record.recorded < self._rows.due_of(key) else None
        if known is not None and known.digest:
            return Admission.DUPLICATE if known.digest == record.digest else Admission.REUSED, known
        voided_by, replaced = (known.voided_by, known.replaced) if known is not None else ((), False)
        entered = Identity(
            record.source, record.id, record.digest, record.type, record.time, record.recorded, (), voided_by, replaced
        )
        if known is not None and record.type != VOID and entered.is_void:
            self._rows.put(key, entered, due=record.recorded + OUT_OF_REACH)
            return Admission.VOIDED, entered
        return Admission.NEW, entered

    def enter(self, log: Log, identity: Identity, where: tuple[str, ...]) -> None:
        """Keep the identity of a record that is new, and which rows hold its facts, so that a void finds them."""
        key = identity_key(log, identity.source, identity.id)
        self._rows.put(key, replace(identity, where=where) if where else identity, due=identity.recorded + OUT_OF_REACH)

    def withdraw(self, log: Log, source: str, identity: str, by: Record) -> Identity | None:
        """Void (or replace) an identity of a log. Gives it if with this, and only with this, its record counts no more.

        `by` is the void, or the record that replaces it. A void of its own source counts, or of one that the rules file
        lists now; any other changes nothing, now and later.
        """
        is_void = by.type == VOID and by.data.source == source and by.data.record == identity
        if is_void and by.source != source and by.source not in self._rules.may_void:
            return None
        key = identity_key(log, source, identity)
        known = self._rows.get(key, Identity)
        if known is None or by.recorded > known.recorded + REACH:
            known = Identity(source, identity, recorded=by.recorded)
        counted = bool(known.digest) and known.type != VOID and not known.is_void
        voided_by, replaced = known.voided_by, known.replaced
        if is_void:
            voided_by = tuple(sorted({*voided_by, by.source}))
        else:
            replaced = True
        changed = replace(known, voided_by=voided_by, replaced=replaced)
        self._rows.put(key, changed, due=max(known.recorded, by.recorded) + OUT_OF_REACH)
        return changed if counted and changed.is_void else None
