"""The machine of `staff`: samples and spells in; what counts of the samples out, to every operator concerned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import orjson
from msgspec.structs import replace

from schemas.alerts import Kind, alert_id
from schemas.envelope import VOID, Record, Refused
from schemas.reasons import Reason, Verdict
from schemas.reports import Action
from streams.alerting import say
from streams.facts import REACH, Closes, Fact, fact, without
from streams.identity import FORM as IDENTITY
from streams.identity import Admission, Identity, Ledger
from streams.journal import read_journaled, refusal
from streams.kinds import PARAMETERS, moved
from streams.machine import ENTRY, RECORDED, Applied, Entry, Output, Sort
from streams.rows import SEPARATOR, Rows, row_key
from streams.staff.model import CLOSES, FORMS, MEMBER, META_KEY, UNCLAIMED, Employer, Member, Meta, StaffTest, Unclaimed
from streams.staff.rules import last_sample, latest_named, standing_tests, unemployed_positive
from streams.standing import Case, Cause, Trigger, compare

if TYPE_CHECKING:
    from streams.context import Context

SLICE = 200


class Staff:
    """The staff members of one partition."""

    def __init__(self, partition: int, context: Context) -> None:
        self.rows = Rows(FORMS)
        self._partition = partition
        self._rules = context.rules
        self._drill = context.settings.drill
        self._ledger = Ledger(self.rows, self._rules)
        self._tick: int | None = None
        self._began: int | None = None

    def resume(self, tick: int | None) -> None:
        """Take up where the position row says."""
        self._tick = tick
        meta = self.rows.get(META_KEY, Meta)
        self._began = meta.began if meta else None

    def apply(self, entry: Entry) -> Applied:
        """A record of a staff member's own log, or what an operator says of the spells with it."""
        self._begin(entry)
        if entry.headers.get(ENTRY) == Sort.SPELLS.encode():
            return Applied(self._spells(entry))
        try:
            record = read_journaled(entry, self._rules.goods_classes)
        except Refused as refused:
            return Applied([refusal(entry, refused.reason, refused.message)], Verdict.REFUSED, reason=refused.reason)
        return self.accept(record, entry)

    def accept(self, record: Record, entry: Entry) -> Applied:
        """A record that was read already (a replay reads each but once)."""
        admission = self._ledger.admit(record)
        if admission is Admission.DUPLICATE:
            return Applied((), Verdict.DUPLICATE, record.type)
        if admission is Admission.REUSED:
            message = "id: an earlier record of this source had it, with another type, time or data"
            letter = refusal(entry, Reason.IDENTITY_REUSED, message)
            return Applied([letter], Verdict.REFUSED, record.type, Reason.IDENTITY_REUSED)
        return Applied(self._record(record, admission, entry), Verdict.APPLIED, record.type)

    def tick(self, tick: int, entry: Entry) -> Iterator[list[Output]]:
        """What is forgotten at a tick, or stands otherwise by other rules, in slices."""
        meta = self.rows.get(META_KEY, Meta) or Meta(tick, self._rules.digest)
        before = self._now
        changed = frozenset(PARAMETERS) if meta.rules != self._rules.digest else moved(self._rules, before, tick)
        self._tick = tick
        if self._began is None:
            self._began = tick
        trigger = Trigger(Cause.TICK, tick, tick, entry.offset, moved=changed)
        outputs: list[Output] = []
        keys: Iterable[str] = self.rows.keys() if changed else ()
        for number, key in enumerate((*keys, *self.rows.due_until(tick)), 1):
            outputs += self._at_tick(key, trigger)
            if number % SLICE == 0:
                yield outputs
                outputs = []
        if meta.rules != self._rules.digest or META_KEY not in self.rows:
            # last: a tick that was cut off is done again, and must still know that the rules are new
            self.rows.put(META_KEY, Meta(self._began, self._rules.digest))
        yield outputs

    def broken(self, entry: Entry, error: Exception) -> Applied:
        """A rule raised: the record is kept in `dead-letters`."""
        self._begin(entry)
        letter = refusal(entry, Reason.INTERNAL_ERROR, f"a rule raised {type(error).__name__}")
        return Applied([letter], Verdict.REFUSED, reason=Reason.INTERNAL_ERROR)

    def _begin(self, entry: Entry) -> None:
        """The first entry of the log says what *now* is before any tick; one that breaks says it too."""
        if META_KEY not in self.rows:
            self._began = int(entry.headers.get(RECORDED, entry.timestamp))
            self.rows.put(META_KEY, Meta(self._began, self._rules.digest))

    @property
    def _now(self) -> int:
        if self._tick is not None:
            return self._tick
        return self._began if self._began is not None else 0

    def _record(self, record: Record, admission: Admission, entry: Entry) -> list[Output]:
        staff = record.log[1]
        key = row_key(MEMBER, staff, "")
        member = before = self.rows.get(key, Member) or Member()
        cause = Cause.RECORD
        for withdrawn in self._withdrawn(record):
            member = replace(member, tests=without(member.tests, withdrawn))
            self._unclose(withdrawn)
        if record.type == VOID:
            cause = Cause.VOID
        elif admission is Admission.NEW:
            where: tuple[str, ...] = (key,)
            if record.type == "sample.tested":
                data = record.data
                test = StaffTest(
                    record.source, record.id, record.type, record.time, record.recorded,
                    data.sample, data.result.value, data.hazard,
                )  # fmt: skip
                member = replace(member, tests=(*member.tests, test))
            else:
                cause = Cause.WORD
                where = self._close(record, staff)
            self._ledger.locate(record, where)
        member = replace(member, named=max(member.named, record.recorded))
        trigger = Trigger(cause, self._now, max(record.recorded, self._now), entry.offset, fact(record))
        return self._look(staff, before, member, trigger)

    def _withdrawn(self, record: Record) -> Iterator[Identity]:
        targets = []
        if record.replaces is not None and record.replaces != record.id:
            targets.append((record.source, record.replaces))
        if record.type == VOID:
            targets.append((record.data.source, record.data.record))
        for source, identity in targets:
            found = self._ledger.withdraw(record.log, source, identity, record)
            if found is not None:
                yield found

    def _close(self, record: Record, staff: str) -> tuple[str, ...]:
        if record.data.action is not Action.CLOSE:
            return ()
        key = row_key(CLOSES, staff, record.data.alert)
        row = self.rows.get(key, Closes) or Closes()
        self.rows.put(key, replace(row, closes=(*row.closes, fact(record))), due=record.recorded + REACH)
        return (key,)

    def _unclose(self, withdrawn: Identity) -> None:
        for key in withdrawn.where:
            row = self.rows.get(key, Closes) if key.startswith(CLOSES + SEPARATOR) else None
            if row is not None:
                closes = without(row.closes, withdrawn)
                self.rows.put(key, replace(row, closes=closes), due=self.rows.due_of(key))

    def _spells(self, entry: Entry) -> list[Output]:
        told = orjson.loads(entry.value or b"")
        staff, operator = told["staff"], told["operator"]
        before = self.rows.get(row_key(MEMBER, staff, ""), Member)
        spells = tuple((begin, end) for begin, end in told["spells"])
        if before is None and not spells:
            return []  # both forgot the person at the same tick
        before = before or Member()
        employers = {name: employer for name, employer in before.employers.items() if name != operator}
        if told["cause"] != Cause.FORGOTTEN:  # without spells it is still told: what it knows may not go stale
            employers[operator] = Employer(spells)
        member = replace(before, employers=employers, named=max(before.named, told["named"]))
        because = Fact(*told["fact"]) if told["fact"] else None
        trigger = Trigger(Cause(told["cause"]), self._now, max(told["at"], self._now), entry.offset, because)
        return self._look(staff, before, member, trigger)

    def _look(self, staff: str, before: Member, member: Member, trigger: Trigger) -> list[Output]:
        """Store the row, say what is to be said without operator, tell the operators what changed for them."""
        latest = latest_named(member)
        first_forgotten = min((member.named, *latest.values())) + REACH
        self.rows.put(row_key(MEMBER, staff, ""), member, due=first_forgotten)
        outputs: list[Output] = []
        suspicious = {test.sample for test in (*before.tests, *member.tests) if test.result == "positive"}
        for sample in sorted(suspicious):
            key = row_key(UNCLAIMED, sample, "")
            row = self.rows.get(key, Unclaimed) or Unclaimed()
            named = max(row.named, latest.get(sample, 0))
            row = replace(row, staff=tuple(sorted({*row.staff, staff})), named=named)
            outputs += self._look_unclaimed(key, sample, row, trigger)
        return outputs + self._tell(staff, before, member, trigger)

    def _look_unclaimed(self, key: str, sample: str, row: Unclaimed, trigger: Trigger) -> list[Output]:
        """The alert of a positive sample that no operator's spell claims; of several, the later record's."""
        alert = row.said.id if row.said else alert_id(Kind.STAFF_POSITIVE, "", sample)
        found: list[tuple[StaffTest, Case]] = []
        closes = tuple(close for name in row.staff for close in self._closes(name, alert))
        for name in row.staff:
            member = self.rows.get(row_key(MEMBER, name, ""), Member) or Member()
            test = standing_tests(member).get(sample)
            if test is not None:
                case = unemployed_positive(name, test, member, closes, trigger.now, self._rules)
                found += [(test, case)] if case is not None else []
        case = max(found, key=lambda pair: pair[0].later)[1] if found else None
        change = compare(row.said, case, trigger, kind=Kind.STAFF_POSITIVE, alert=alert, place=None)
        if change is not None:
            row = replace(row, said=change.said)
        if trigger.now >= row.named + REACH:
            self.rows.drop(key)
        else:
            self.rows.put(key, row, due=row.named + REACH)
        if change is None:
            return []
        return [
            *say(
                change,
                case,
                trigger,
                kind=Kind.STAFF_POSITIVE,
                operator="",
                subject=sample,
                name="",
                last_tick=self._tick,
                journal_partition=self._partition,
                alert_partition=None,
                drill=self._drill,
            )
        ]

    def _closes(self, staff: str, alert: str) -> tuple[Fact, ...]:
        row = self.rows.get(row_key(CLOSES, staff, alert), Closes)
        return row.closes if row else ()

    def _tell(self, staff: str, before: Member, member: Member, trigger: Trigger) -> list[Output]:
        """What counts of the samples, to the operators that do not know it yet."""
        view, known = self._view(member), self._view(before)
        outputs = []
        for operator in member.employers:
            if view == known and operator in before.employers:
                continue
            value = {
                **view,
                "operator": operator,
                "staff": staff,
                "at": trigger.at,
                "cause": trigger.cause,
                "fact": _plain(trigger.fact),
            }
            headers = ((ENTRY, Sort.SAMPLES.encode()),)
            outputs.append(Output("operator-journal", operator.encode(), orjson.dumps(value), headers))
        return outputs

    def _view(self, member: Member) -> dict[str, Any]:
        standing = standing_tests(member)
        named = latest_named(member)
        suspicious = {test.sample for test in member.tests if test.result == "positive"}
        return {
            "last": _plain(last_sample(standing.values())),
            "samples": [
                [sample, named[sample], _facts(test) if test.result == "positive" else None, test.hazard]
                for sample, test in sorted(standing.items())
                if sample in suspicious
            ],
            "named": member.named,
        }

    def _at_tick(self, key: str, trigger: Trigger) -> list[Output]:
        form, staff, _ = key.split(SEPARATOR, 2)
        if form == MEMBER:
            return self._member_at_tick(key, staff, trigger)
        unclaimed = self.rows.get(key, Unclaimed) if form == UNCLAIMED else None
        if unclaimed is not None:  # its owner is the sample
            gone = trigger.now >= unclaimed.named + REACH
            unclaimed = replace(unclaimed, staff=()) if gone else unclaimed
            return self._look_unclaimed(key, staff, unclaimed, trigger.as_forgotten() if gone else trigger)
        row = self.rows.get(key, Identity) if form == IDENTITY else None
        if row is not None and trigger.now > row.recorded + REACH:
            self.rows.drop(key)
        closes = self.rows.get(key, Closes) if form == CLOSES else None
        if closes is not None:
            latest = max((item.recorded for item in closes.closes), default=0)
            if row_key(MEMBER, staff, "") in self.rows:
                self.rows.put(key, closes, due=max(latest, trigger.now) + REACH)
            else:
                self.rows.drop(key)
        return []

    def _member_at_tick(self, key: str, staff: str, trigger: Trigger) -> list[Output]:
        """Forget the samples, and then the person, that no record has named for long."""
        member = self.rows.get(key, Member)
        if member is None:
            return []
        if trigger.now >= member.named + REACH:
            self.rows.drop(key)  # the operators, and the samples, are forgotten at the same tick by themselves
            return []
        gone = {sample for sample, recorded in latest_named(member).items() if trigger.now >= recorded + REACH}
        kept = replace(member, tests=tuple(test for test in member.tests if test.sample not in gone))
        return self._look(staff, member, kept, trigger.as_forgotten() if gone else trigger)


def _facts(item: Fact) -> list[Any]:
    return [item.source, item.id, item.type, item.time, item.recorded]


def _plain(item: Fact | None) -> list[Any] | None:
    return _facts(item) if item else None
