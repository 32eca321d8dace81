"""All facts, seen by operator; what concerns whom; what is forgotten because nothing named it for 180 days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schemas.alerts import alert_id
from schemas.envelope import VOID
from tests.properties.oracle.kinds import Stands, View, closed, staff_positive, standing
from tests.properties.oracle.log import Fact, Ledger, Log, log_of
from tests.properties.oracle.parameters import REACH
from tests.properties.oracle.terms import ACTIVITY, Lot, Now, Spell, by_sample, spells, standing_result

Subject = tuple[str, ...]
"""("operator", O), ("lot", O, L), ("sample", O, S), ("staff", W) or ("staff-sample", W, S)."""

LOT_KINDS = ("papers-missing", "not-on-chain", "sold-early")


def subjects(fact: Fact) -> Iterator[Subject]:
    """What a record names."""
    whose, name = log_of(fact.record)
    data = fact.record.data
    if whose not in ("operator", "staff"):
        return
    yield whose, name
    if whose == "operator" and fact.record.type in ("staff.enrolled", "staff.left"):
        yield "staff", data.staff
    if whose == "operator" and "lot" in type(data).model_fields and data.lot is not None:
        yield "lot", name, data.lot
    if fact.record.type == "sample.tested":
        yield "sample" if whose == "operator" else "staff-sample", name, data.sample


@dataclass
class World:
    """Everything accepted so far."""

    ledger: Ledger = field(default_factory=Ledger)
    forgotten: dict[Subject, int] = field(default_factory=dict)
    """The number of the last fact that counts no more for a subject."""
    forgotten_now: set[Subject] = field(default_factory=set)
    _named: dict[Log, dict[Subject, int]] = field(default_factory=dict)
    _spelled: dict[str, list[Spell]] = field(default_factory=dict)

    def accept(self, line: bytes) -> Fact | None:
        """The fact that a line adds, if any."""
        fact = self.ledger.accept(line)
        if fact is not None:
            log = log_of(fact.record)
            self._named.pop(log, None)
            self._spelled.pop(log[1], None)
        return fact

    def operators(self) -> list[str]:
        """Everyone named in an `operator` field that makes a log."""
        return sorted(name for whose, name in self.ledger.logs if whose == "operator")

    def staff(self) -> list[str]:
        """Everyone with a log as staff."""
        return sorted(name for whose, name in self.ledger.logs if whose == "staff")

    def employers(self, staff: str) -> list[str]:
        """Operators that ever enrolled someone."""
        return [operator for operator in self.operators() if staff in self._enrolled(operator)]

    def concerned(self, fact: Fact) -> list[str]:
        """Operators whose alerts a fact may move; "" for the alerts without operator."""
        whose, name = log_of(fact.record)
        if whose == "operator":
            return [name, ""]
        return [*self.employers(name), ""] if whose == "staff" else []

    def standing(self, operator: str, now: Now) -> list[Stands]:
        """What stands of an operator, or of none."""
        return list(standing(self._view(operator), now) if operator else self._nobodys(now))

    def facts(self, operator: str) -> list[Fact]:
        """What counts of an operator's log."""
        return self._of(("operator", operator), self.ledger.standing(("operator", operator)))

    def next_forgotten(self) -> int | None:
        """The instant from which the next thing is forgotten."""
        last = self._last_named().values()
        return min(last) + REACH if last else None

    def forget(self, tick: int) -> set[str]:
        """Forget what nothing has named for 180 days. Operators whose alerts that may move."""
        self.forgotten_now = {subject for subject, named in self._last_named().items() if named + REACH <= tick}
        touched: set[str] = set()
        for subject in self.forgotten_now:
            self.forgotten[subject] = self.ledger.count
            touched.update([subject[1], ""] if subject[0] in ("operator", "lot", "sample") else ["", *self.operators()])
        if touched:
            self._named.clear()
            self._spelled.clear()
        return touched

    def gone(self, kind: str, operator: str, subject: str) -> bool:
        """Whether what an alert is about was forgotten at this tick."""
        names: list[Subject] = [("operator", operator)]
        if kind in LOT_KINDS:
            names.append(("lot", operator, subject))
        if kind == "positive":
            names.append(("sample", operator, subject))
        if kind == "test-overdue":
            names.append(("staff", subject))
        if kind == "staff-positive":
            names += [name for name in self.forgotten_now if name[0] == "staff-sample" and name[2] == subject]
        return any(name in self.forgotten_now for name in names)

    def _enrolled(self, operator: str) -> set[str]:
        facts = self.ledger.logs.get(("operator", operator), [])
        return {fact.record.data.staff for fact in facts if fact.record.type == "staff.enrolled"}

    def _of(self, subject: Subject, facts: Iterable[Fact]) -> list[Fact]:
        after = self.forgotten.get(subject, 0)
        return [fact for fact in facts if fact.number > after]

    def _view(self, operator: str) -> View:
        facts = self.facts(operator)
        lots: dict[str, list[Fact]] = {}
        for fact in facts:
            if fact.record.type in ACTIVITY and fact.record.data.lot is not None:
                lots.setdefault(fact.record.data.lot, []).append(fact)
        known = {lot: self._of(("lot", operator, lot), found) for lot, found in lots.items()}
        samples = {sample: self._of(("sample", operator, sample), found) for sample, found in by_sample(facts).items()}
        return View(
            operator,
            facts,
            [Lot(lot, found) for lot, found in known.items() if found],
            {sample: found for sample, found in samples.items() if found},
            self._spells(operator),
            {staff: self._samples(staff) for staff in self._enrolled(operator)},
        )

    def _spells(self, operator: str) -> list[Spell]:
        if operator not in self._spelled:
            facts = [
                fact
                for fact in self.facts(operator)
                if fact.record.type in ("staff.enrolled", "staff.left")
                and fact.number > self.forgotten.get(("staff", fact.record.data.staff), 0)
            ]
            self._spelled[operator] = spells(operator, facts)
        return self._spelled[operator]

    def _samples(self, staff: str) -> list[list[Fact]]:
        """The records of each sample of someone."""
        found = by_sample(self._of(("staff", staff), self.ledger.standing(("staff", staff))))
        known = [self._of(("staff-sample", staff, sample), facts) for sample, facts in found.items()]
        return [facts for facts in known if facts]

    def _nobodys(self, now: Now) -> Iterator[Stands]:
        """Positive samples of staff whom nobody employs."""
        infectious = now.parameters().infectious
        if infectious is None:
            return
        found: dict[str, Fact] = {}
        for staff in self.staff():
            held = [spell for operator in self.operators() for spell in self._spells(operator) if spell.staff == staff]
            log = self._of(("staff", staff), self.ledger.standing(("staff", staff)))
            for fact in map(standing_result, self._samples(staff)):
                sample, begin = fact.record.data.sample, fact.record.time
                if (
                    fact.record.data.result == "positive"
                    and not any(spell.overlaps(begin, begin + infectious) for spell in held)
                    and not closed(log, alert_id("staff-positive", "", sample), fact)
                    and (sample not in found or found[sample].later < fact.later)
                ):
                    found[sample] = fact
        for fact in found.values():
            yield staff_positive("", fact)

    def _last_named(self) -> dict[Subject, int]:
        """When each thing that is remembered was last named."""
        last: dict[Subject, int] = {}
        for log in self.ledger.logs:
            if log not in self._named:
                self._named[log] = self._named_in(log)
            for subject, recorded in self._named[log].items():
                last[subject] = max(recorded, last.get(subject, recorded))
        return last

    def _named_in(self, log: Log) -> dict[Subject, int]:
        """By the records that stand; what only voided records name, by those."""
        standing_facts = set(self.ledger.standing(log))
        voided: dict[Subject, int] = {}
        named: dict[Subject, int] = {}
        for fact in self.ledger.logs[log]:
            into = named if fact in standing_facts or fact.record.type == VOID else voided
            for subject in subjects(fact):
                if fact.number > self.forgotten.get(subject, 0):
                    into[subject] = max(fact.record.recorded, into.get(subject, 0))
        return voided | named
