"""The machine of `staff`: samples and spells in; what counts of the samples out, to every operator concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from msgspec.structs import replace

from schemas.alerts import Kind
from schemas.envelope import VOID, Record, Refused
from schemas.reasons import Reason, Verdict
from schemas.reports import Action
from schemas.times import date_of
from streams.alerting import say
from streams.facts import REACH, Closes, Fact, fact, without
from streams.identity import FORM as IDENTITY
from streams.identity import Identity
from streams.journal import RESENT, read_journaled, refusal
from streams.kinds import basis
from streams.machine import ENTRY, ORIGIN, Applied, Entry, Output, Sort
from streams.record_log import RecordLog
from streams.rows import SEPARATOR, row_key
from streams.staff.model import CLOSES, FORMS, MEMBER, UNCLAIMED, UNREAD, Employer, Member, StaffTest, Unclaimed, Unread
from streams.staff.rules import last_sample, latest_named, standing_tests
from streams.staff.unclaimed import UnclaimedSample
from streams.standing import Cause, Trigger, compare

if TYPE_CHECKING:
    from streams.context import Context


class Staff(RecordLog):
    """The staff members of one partition."""

    shares_rows = True  # an unclaimed sample is a row of its own, whoever gave it that name

    def __init__(self, partition: int, context: Context) -> None:
        super().__init__(FORMS, context, Sort.SPELLS)
        self._partition = partition
        self._drill = context.settings.drill

    def broken(self, entry: Entry, error: Exception) -> Applied:
        """A rule raised: the entry is kept in `dead-letters`; what is missing is withheld from all who employ them."""
        self._begin(entry)
        letter = refusal(entry, Reason.INTERNAL_ERROR, f"a rule raised {type(error).__name__}")
        if entry.headers.get(ENTRY) == Sort.SPELLS.encode():
            told = orjson.loads(entry.value or b"")
            place = f"{entry.topic}/{entry.partition}/{entry.offset}"
            outputs = self._impair(told["staff"], ("", told["operator"], place), told["operator"])
            return Applied([letter, *outputs], Verdict.REFUSED, reason=Reason.INTERNAL_ERROR)
        try:
            record = read_journaled(entry, self._rules.goods_classes)
        except (Refused, KeyError):  # it is none, or none any longer: nobody waits for it
            return Applied([letter], Verdict.REFUSED, reason=Reason.INTERNAL_ERROR)
        outputs = self._impair(record.log[1], (record.source, record.id))
        return Applied([letter, *outputs], Verdict.REFUSED, record.type, Reason.INTERNAL_ERROR)

    def _impair(self, staff: str, mark: tuple[str, ...], *operators: str) -> list[Output]:
        """Remember what waits for the repair, and tell the operators; asks no rule, since one has just raised."""
        rest = [other for other in self._marks(staff) if other[:2] != mark[:2]]
        self.rows.put(row_key(UNREAD, staff, ""), Unread(tuple(sorted((*rest, mark)))))
        member = self.rows.get(row_key(MEMBER, staff, ""), Member) or Member()
        headers = ((ENTRY, Sort.IMPAIRED.encode()),)
        return [
            Output("operator-journal", name.encode(), orjson.dumps({"operator": name, "staff": staff}), headers)
            for name in dict.fromkeys((*member.employers, *operators))
        ]

    def _marks(self, staff: str) -> tuple[tuple[str, ...], ...]:
        row = self.rows.get(row_key(UNREAD, staff, ""), Unread)
        return row.marks if row else ()

    def _read(self, staff: str, mark: tuple[str, ...] | None) -> bool:
        """Nothing waits for this any longer; whether anything did."""
        marks = self._marks(staff)
        rest = tuple(other for other in marks if other != mark)
        if rest == marks:
            return False
        if rest:
            self.rows.put(row_key(UNREAD, staff, ""), Unread(rest))
        else:
            self.rows.drop(row_key(UNREAD, staff, ""))
        return True

    def _record(self, record: Record, new: Identity | None, entry: Entry) -> list[Output]:
        """`new`: its identity, if it counts."""
        staff = record.log[1]
        key = row_key(MEMBER, staff, "")
        member = before = self.rows.get(key, Member) or Member()
        cause = Cause.RECORD
        for withdrawn in self._withdrawn(record):
            member = replace(member, tests=without(member.tests, withdrawn))
            self._unclose(withdrawn)
        if record.type == VOID:
            cause = Cause.VOID
            where: tuple[str, ...] = ()
        elif new is not None:
            where = (key,)
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
        if new is not None:
            self._ledger.enter(record.log, new, where)
        member = replace(member, named=max(member.named, record.recorded))
        again = self._read(staff, (record.source, record.id))
        trigger = self._trigger(cause, record.recorded, entry, fact(record))
        return self._look(staff, before, member, trigger, again=again)

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

    def _hear(self, entry: Entry) -> list[Output]:
        told = orjson.loads(entry.value or b"")
        staff, operator = told["staff"], told["operator"]
        before = self.rows.get(row_key(MEMBER, staff, ""), Member)
        spells = tuple((begin, end) for begin, end in told["spells"])
        if before is None and not spells:
            return []  # both forgot the person at the same tick
        before = before or Member()
        unread = next((mark for mark in self._marks(staff) if mark[:2] == ("", operator)), None)
        if RESENT in entry.headers and (unread is None or unread[2] != entry.headers[ORIGIN].decode()):
            return []  # sent again, and the operator's machine has said something newer since
        employers = {name: employer for name, employer in before.employers.items() if name != operator}
        if told["cause"] != Cause.FORGOTTEN:  # without spells it is still told: what it knows may not go stale
            employers[operator] = Employer(spells)
        again = self._read(staff, unread)
        member = replace(before, employers=employers, named=max(before.named, told["named"]))
        because = Fact(*told["fact"]) if told["fact"] else None
        trigger = self._trigger(Cause(told["cause"]), told["at"], entry, because)
        return self._look(staff, before, member, trigger, again=again)

    def _look(
        self, staff: str, before: Member, member: Member, trigger: Trigger, *, again: bool = False
    ) -> list[Output]:
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
        return outputs + self._tell(staff, before, member, trigger, again=again)

    def _look_unclaimed(self, key: str, sample: str, row: Unclaimed, trigger: Trigger) -> list[Output]:
        """The alert of a positive sample that no operator's spell claims; of several, the later record's."""
        case = UnclaimedSample(self.rows, sample, row.staff).case(trigger.now, self._rules)
        change = compare(row.said, case, trigger, kind=Kind.STAFF_POSITIVE, operator="", subject=sample, place=None)
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
                basis=basis(Kind.STAFF_POSITIVE, sample, change.said, date_of(trigger.now), self._rules),
                name="",
                last_tick=trigger.last_tick,
                journal_partition=self._partition,
                alert_partition=None,
                drill=self._drill,
            )
        ]

    def _tell(self, staff: str, before: Member, member: Member, trigger: Trigger, *, again: bool) -> list[Output]:
        """What counts of the samples, to the operators that do not know it yet."""
        view, known = self._view(member), self._view(before)
        if self._marks(staff):
            view["impaired"] = known["impaired"] = True
        outputs = []
        for operator in member.employers:
            if view == known and operator in before.employers and not again:
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

    def _at_tick(self, key: str, trigger: Trigger, before: int, entry: Entry) -> list[Output]:
        form, staff, _ = key.split(SEPARATOR, 2)
        if form == MEMBER:
            return self._member_at_tick(key, staff, trigger)
        unclaimed = self.rows.get(key, Unclaimed) if form == UNCLAIMED else None
        if unclaimed is not None:  # its owner is the sample
            gone = trigger.now >= unclaimed.named + REACH
            unclaimed = replace(unclaimed, staff=()) if gone else unclaimed
            return self._look_unclaimed(key, staff, unclaimed, trigger.as_forgotten() if gone else trigger)
        if form == IDENTITY and trigger.now >= self.rows.due_of(key):
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
            self.rows.drop(row_key(UNREAD, staff, ""))
            self.rows.drop(key)  # the operators, and the samples, are forgotten at the same tick by themselves
            return []
        gone = {sample for sample, recorded in latest_named(member).items() if trigger.now >= recorded + REACH}
        kept = replace(member, tests=tuple(test for test in member.tests if test.sample not in gone))
        return self._look(staff, member, kept, trigger.as_forgotten() if gone else trigger)


def _facts(item: Fact) -> list[Any]:
    return [item.source, item.id, item.type, item.time, item.recorded]


def _plain(item: Fact | None) -> list[Any] | None:
    return _facts(item) if item else None
