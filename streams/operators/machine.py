"""The machine of `operators`: one log of records and ticks in, what changes of an operator's alerts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from msgspec.structs import replace

from schemas.envelope import VOID, Record, Refused
from schemas.reasons import Reason, Verdict
from schemas.times import format_instant, parse_instant
from streams.facts import Fact, fact, when_forgotten
from streams.identity import Identity
from streams.journal import RESENT, read_journaled, refusal
from streams.machine import ENTRY, ORIGIN, Applied, Entry, Output, Sort
from streams.operators.impairing import AT_TICK, OF_SAMPLES, OF_STAFF, heal, impair, waiting, words
from streams.operators.model import (
    EXPOSURE,
    FEED,
    FORMS,
    PULSE,
    STAFF,
    Exposure,
    Feed,
    Pulse,
    Staff,
    StaffSample,
)  # fmt: skip
from streams.operators.placing import Touched, place, withdraw
from streams.operators.pulse import feel, unfeel
from streams.operators.survey import Survey
from streams.record_log import RecordLog
from streams.rows import SEPARATOR, Row, row_key
from streams.standing import Cause, Trigger

if TYPE_CHECKING:
    from streams.context import Context


class Operators(RecordLog):
    """The operators of one partition."""

    def __init__(self, partition: int, context: Context) -> None:
        super().__init__(FORMS, context, Sort.SAMPLES, Sort.IMPAIRED)
        self._survey = Survey(self.rows, context.rules, partition, drill=context.settings.drill)

    def broken(self, entry: Entry, error: Exception) -> Applied:
        """A rule raised: the entry is kept in `dead-letters`, its operator's absence kinds are withheld."""
        self._begin(entry)
        outputs = [refusal(entry, Reason.INTERNAL_ERROR, f"a rule raised {words(error)}")]
        if entry.headers.get(ENTRY) == Sort.SAMPLES.encode():
            told = orjson.loads(entry.value or b"")
            if row_key(STAFF, told["operator"], told["staff"]) in self.rows:
                place = f"{entry.topic}/{entry.partition}/{entry.offset}"
                impair(self.rows, told["operator"], (OF_SAMPLES + told["staff"], place), self._now)
            return Applied(outputs, Verdict.REFUSED, reason=Reason.INTERNAL_ERROR)
        try:
            record = read_journaled(entry, self._rules.goods_classes)
        except (Refused, KeyError):  # it is none, or none any longer: nobody waits for it
            return Applied(outputs, Verdict.REFUSED, reason=Reason.INTERNAL_ERROR)
        impair(self.rows, record.log[1], (record.source, record.id), record.recorded)
        return Applied(outputs, Verdict.REFUSED, record.type, Reason.INTERNAL_ERROR)

    def _record(self, record: Record, new: Identity | None, entry: Entry) -> list[Output]:
        """`new`: its identity, if it counts."""
        subject, name = record.log
        if subject == "topic":
            return self._of_no_operator(record, new)
        touched = Touched(self.rows)
        pulse_key = row_key(PULSE, name, "")
        old_pulse = pulse = touched.get(pulse_key, Pulse)
        cause = Cause.RECORD
        for withdrawn in self._withdrawn(record):
            withdraw(withdrawn, touched)
            pulse = unfeel(withdrawn, pulse, self.rows, name)
        if record.type == VOID:
            cause = Cause.VOID
            pulse = replace(pulse, named=max(pulse.named, record.recorded))
        elif new is not None:
            if record.type == "alert.handled":
                cause = Cause.WORD
            pulse = feel(record, pulse)
        if new is not None:
            self._ledger.enter(record.log, new, place(record, touched))
        if pulse.impaired:
            pulse = replace(pulse, impaired=tuple(i for i in pulse.impaired if i != (record.source, record.id)))
        self.rows.put(pulse_key, pulse, due=when_forgotten(pulse.named, self._now))
        trigger = self._trigger(cause, record.recorded, entry, fact(record))
        return self._survey.look_at(
            name, touched, trigger, profile_too=_profile_minds(old_pulse, pulse), spells_too=True
        )

    def _of_no_operator(self, record: Record, new: Identity | None) -> list[Output]:
        """Records of a topic's log: only how far a feed has come concerns anyone."""
        if new is not None:
            self._ledger.enter(record.log, new, ())
        if record.type != "feed.advanced":
            return []
        feed, until = record.data.feed, parse_instant(record.data.complete_until)
        key = row_key(FEED, feed, "")
        known = self.rows.get(key, Feed)
        if known is not None and until <= known.complete_until:
            return []
        self.rows.put(key, Feed(until))
        value = {"feed": feed, "complete_until": format_instant(until)}
        return [Output("feeds", feed.encode(), orjson.dumps(value))]

    def _hear(self, entry: Entry) -> list[Output]:
        return self._impaired(entry) if entry.headers[ENTRY] == Sort.IMPAIRED.encode() else self._samples(entry)

    def _impaired(self, entry: Entry) -> list[Output]:
        """A record of a staff member breaks our rules: what is missing may be in it."""
        told = orjson.loads(entry.value or b"")
        if row_key(STAFF, told["operator"], told["staff"]) in self.rows:
            impair(self.rows, told["operator"], (OF_STAFF + told["staff"], ""), self._now)
        return []

    def _samples(self, entry: Entry) -> list[Output]:
        """What counts of a staff member's samples, as the staff machine says."""
        told = orjson.loads(entry.value or b"")
        operator, staff = told["operator"], told["staff"]
        touched = Touched(self.rows)
        key = row_key(STAFF, operator, staff)
        if key not in self.rows:
            return []
        unread = waiting(self.rows, operator, OF_SAMPLES + staff)
        if RESENT in entry.headers and (unread is None or unread[1] != entry.headers[ORIGIN].decode()):
            return []  # sent again, and the staff machine has said something newer since
        row = touched.get(key, Staff)
        if unread is not None:
            heal(self.rows, operator, unread)
        if told.get("impaired"):
            impair(self.rows, operator, (OF_STAFF + staff, ""), self._now)
        else:
            heal(self.rows, operator, (OF_STAFF + staff, ""))
        last = Fact(*told["last"]) if told["last"] else None
        samples = tuple(
            StaffSample(sample, named, Fact(*positive) if positive else None, hazard)
            for sample, named, positive, hazard in told["samples"]
        )
        named = max(row.named, told["named"])
        touched.put(key, replace(row, last_sample=last, samples=samples, named=named))
        for item in row.samples:
            exposure_key = row_key(EXPOSURE, operator, item.sample)
            touched.put(exposure_key, touched.get(exposure_key, Exposure))
        for item in samples:
            exposure_key = row_key(EXPOSURE, operator, item.sample)
            exposure = touched.get(exposure_key, Exposure)
            others = [name for name in exposure.staff if name != staff]
            named = max((item.named, *(self._sample_named(operator, name, item.sample) for name in others)))
            touched.put(exposure_key, replace(exposure, staff=tuple(sorted((*others, staff))), named=named))
        if told["cause"] == Cause.FORGOTTEN:  # the tick that follows looks, once it has asked who else is forgotten
            for touched_key, touched_row in touched.rows.items():
                self.rows.put(touched_key, touched_row, due=self._now + 1, watch=self.rows.is_watching(touched_key))
            return []
        because = Fact(*told["fact"]) if told["fact"] else None
        trigger = self._trigger(Cause(told["cause"]), told["at"], entry, because)
        return self._survey.look_at(operator, touched, trigger, profile_too=False, spells_too=False)

    def _sample_named(self, operator: str, staff: str, sample: str) -> int:
        """When a record last named a sample of one staff member."""
        row = self.rows.get(row_key(STAFF, operator, staff), Staff)
        return max((item.named for item in row.samples if item.sample == sample), default=0) if row else 0

    def _at_tick(self, key: str, trigger: Trigger, before: int, entry: Entry) -> list[Output]:
        """One row. A rule that raises on it impairs its operator alone; the row is asked again at the next tick."""
        operator, mark = key.split(SEPARATOR, 2)[1], (AT_TICK, key)
        self.rows.mark()
        try:
            outputs = self._survey.at_tick(key, trigger, before)
        except Exception as error:
            self.rows.rollback()
            row = self.rows.get(key, Row)
            if row is not None:
                self.rows.put(key, row, due=trigger.now + 1, watch=self.rows.is_watching(key))
            if not impair(self.rows, operator, mark, trigger.now):
                return []  # said before
            message = f"a rule raised {words(error)} at a tick, which is asked again at each tick"
            return [refusal(replace(entry, key=operator.encode()), Reason.INTERNAL_ERROR, message)]
        heal(self.rows, operator, mark)
        return outputs


def _profile_minds(before: Pulse, now: Pulse) -> bool:
    """Whether the kinds about the account may have changed with the pulse."""
    return (
        (before.recent[:1] != now.recent[:1] and before.last_active != now.last_active)
        or before.mentions != now.mentions
        or before.impaired != now.impaired
    )
