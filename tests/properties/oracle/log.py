"""What was accepted, in the logs it belongs to: identities, duplicates, voids, replacements (contract, section 2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.envelope import TYPES, VOID, Record, Refused, read
from tests.properties.oracle.parameters import GOODS, REACH

Log = tuple[str, str]
"""(`operator` | `staff` | `person` | `topic`, whose)."""


@dataclass(frozen=True, eq=False)
class Fact:
    """An accepted record and its place in the order of arrival."""

    number: int
    record: Record

    @property
    def later(self) -> tuple[int, str, str]:
        """The greater, the later."""
        return self.record.recorded, self.record.source, self.record.id


def log_of(record: Record) -> Log:
    """The log a record belongs to: the operator it names, else staff, else person, else its topic."""
    data = record.data
    if record.type == "sample.tested" and data.on == "staff":
        return "staff", data.staff
    names = {
        "staff.enrolled": ("operator",),
        "staff.left": ("operator",),
        "person.assigned": ("person",),
        "person.left": ("person",),
        "alert.handled": ("operator", "staff"),
        VOID: ("operator", "staff", "person"),
    }
    for name in names.get(record.type, ("operator",)):
        whose = getattr(data, name, None) if name in type(data).model_fields else None
        if whose is not None:
            return name, whose
    return "topic", TYPES[record.type][0] or ""


@dataclass
class Ledger:
    """All logs."""

    may_void: tuple[str, ...] = ()
    logs: dict[Log, list[Fact]] = field(default_factory=dict)
    count: int = 0
    _standing: dict[Log, list[Fact]] = field(default_factory=dict)
    _identities: dict[tuple[Log, str, str], Fact] = field(default_factory=dict)

    def accept(self, line: bytes) -> Fact | None:
        """The fact that a line adds, or None: refused or a duplicate."""
        try:
            record = read(line, {}, recorded=None, goods=GOODS)
        except Refused:
            return None
        log = log_of(record)
        identity = (log, record.source, record.id)
        earlier = self._identities.get(identity)
        if earlier is not None and record.recorded - earlier.record.recorded <= REACH:
            return None  # the same again, or another under the same name: either way nothing happens
        self.count += 1
        fact = Fact(self.count, record)
        self._identities[identity] = fact
        self.logs.setdefault(log, []).append(fact)
        self._standing.pop(log, None)
        return fact

    def standing(self, log: Log) -> list[Fact]:
        """The facts of a log that nothing voided, voids apart, the later after the earlier."""
        if log not in self._standing:
            facts = self.logs.get(log, [])
            voided = self._voided(facts)
            self._standing[log] = sorted(
                (
                    fact
                    for fact in facts
                    if fact.record.type != VOID
                    and not any(
                        abs(fact.record.recorded - when) <= REACH
                        for when in voided.get((fact.record.source, fact.record.id), ())
                    )
                ),
                key=lambda fact: fact.later,
            )
        return self._standing[log]

    def _voided(self, facts: list[Fact]) -> dict[tuple[str, str], list[int]]:
        """Which identities of a log are voided, and when that was recorded."""
        voided: dict[tuple[str, str], list[int]] = {}
        for fact in facts:
            record = fact.record
            if record.type == VOID and (record.source == record.data.source or record.source in self.may_void):
                voided.setdefault((record.data.source, record.data.record), []).append(record.recorded)
            if record.replaces and record.replaces != record.id:
                voided.setdefault((record.source, record.replaces), []).append(record.recorded)
        return voided
