"""The machine of `operators`: one log of records and ticks in, what changes of an operator's alerts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from msgspec.structs import replace

from schemas.envelope import VOID, Record, Refused
from schemas.reasons import Reason, Verdict
from schemas.times import format_instant, parse_instant
from streams.facts import REACH, Fact, fact
from streams.identity import FORM as IDENTITY
from streams.identity import Identity
from streams.journal import read_journaled, refusal
from streams.machine import Applied, Entry, Output, Sort
from streams.operators.model import (
    EXPOSURE,
    FEED,
    FORMS,
    NOT_MENTIONING,
    PULSE,
    STAFF,
    Exposure,
    Feed,
    Pulse,
    Staff,
    StaffSample,
)  # fmt: skip
from streams.operators.placing import MENTIONS_KEPT, Touched, feel, place, unfeel, withdraw
from streams.operators.survey import Survey
from streams.record_log import RecordLog
from streams.rows import row_key
from streams.standing import Cause, Trigger

if TYPE_CHECKING:
    from streams.context import Context


class Operators(RecordLog):
    """The operators of one partition."""

    def __init__(self, partition: int, context: Context) -> None:
        super().__init__(FORMS, context, internal=Sort.SAMPLES)
        self._survey = Survey(self.rows, context.rules, partition, drill=context.settings.drill)

    def broken(self, entry: Entry, error: Exception) -> Applied:
        """A rule raised: the record is kept in `dead-letters`, its operator's absence kinds are withheld."""
        outputs = [refusal(entry, Reason.INTERNAL_ERROR, f"a rule raised {type(error).__name__}")]
        try:
            record = read_journaled(entry, self._rules.goods_classes)
        except (Refused, KeyError):
            return Applied(outputs, Verdict.REFUSED, reason=Reason.INTERNAL_ERROR)
        operator = record.log[1]
        key = row_key(PULSE, operator, "")
        pulse = self.rows.get(key, Pulse) or Pulse(named=record.recorded)
        impaired = tuple(sorted({*pulse.impaired, (record.source, record.id)}))
        self.rows.put(key, replace(pulse, impaired=impaired), due=pulse.named + REACH)
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
            pulse = unfeel(withdrawn, pulse)
            pulse = self._refill(name, pulse)
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
        self.rows.put(pulse_key, pulse, due=pulse.named + REACH)
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
        """What counts of a staff member's samples, as the staff machine says."""
        told = orjson.loads(entry.value or b"")
        operator, staff = told["operator"], told["staff"]
        touched = Touched(self.rows)
        key = row_key(STAFF, operator, staff)
        if key not in self.rows:
            return []
        row = touched.get(key, Staff)
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

    def _at_tick(self, key: str, trigger: Trigger, before: int) -> list[Output]:
        return self._survey.at_tick(key, trigger, before)

    def _refill(self, operator: str, pulse: Pulse) -> Pulse:
        """The earliest mentions again, from the identities, once all that were kept at hand were withdrawn."""
        if pulse.mentions or pulse.mentioned <= 0:
            return pulse
        found: list[Fact] = []
        prefix = row_key(IDENTITY, operator, "operator:")
        for key in self.rows.keys():  # noqa: SIM118 - not a dict
            if key.startswith(prefix):
                known = self.rows.get(key, Identity)
                if known and known.digest and known.type not in NOT_MENTIONING and not self._ledger.is_void(known):
                    found.append(Fact(known.source, known.id, known.type, known.time, known.recorded))
        found.sort(key=lambda item: item.later)
        return replace(pulse, mentions=tuple(found[:MENTIONS_KEPT]))


def _profile_minds(before: Pulse, now: Pulse) -> bool:
    """Whether the kinds about the account may have changed with the pulse."""
    return (
        (before.activity.keys() != now.activity.keys() and before.last_active != now.last_active)
        or before.mentions != now.mentions
        or before.impaired != now.impaired
    )
