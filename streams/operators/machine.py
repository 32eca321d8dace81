"""The machine of `operators`: one log of records and ticks in, what changes of an operator's alerts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import orjson
from msgspec.structs import replace

from schemas.envelope import VOID, Record, Refused
from schemas.reasons import Reason, Verdict
from schemas.times import format_instant, parse_instant
from streams.facts import REACH, Fact, fact
from streams.identity import FORM as IDENTITY
from streams.identity import Admission, Identity, Ledger
from streams.journal import read_journaled, refusal
from streams.kinds import PARAMETERS, moved
from streams.machine import ENTRY, RECORDED, Applied, Entry, Output, Sort
from streams.operators.model import (
    EXPOSURE,
    FEED,
    FORMS,
    META_KEY,
    NOT_MENTIONING,
    PULSE,
    STAFF,
    Exposure,
    Feed,
    Meta,
    Pulse,
    Staff,
    StaffSample,
)  # fmt: skip
from streams.operators.placing import MENTIONS_KEPT, Touched, feel, place, unfeel, withdraw
from streams.operators.survey import Survey
from streams.rows import Rows, row_key
from streams.standing import Cause, Trigger

if TYPE_CHECKING:
    from streams.context import Context

SLICE = 200
"""Rows looked at between two places where a tick may be cut."""


class Operators:
    """The operators of one partition."""

    def __init__(self, partition: int, context: Context) -> None:
        self.rows = Rows(FORMS)
        self._rules = context.rules
        self._survey = Survey(self.rows, context.rules, partition, drill=context.settings.drill)
        self._ledger = Ledger(self.rows, self._rules)
        self._tick: int | None = None
        self._began: int | None = None

    def resume(self, tick: int | None) -> None:
        """Take up where the position row says."""
        self._tick = self._survey.tick = tick
        meta = self.rows.get(META_KEY, Meta)
        self._began = meta.began if meta else None

    def apply(self, entry: Entry) -> Applied:
        """A public record, or what the staff machine says of a staff member's samples."""
        self._begin(entry)
        if entry.headers.get(ENTRY) == Sort.SAMPLES.encode():
            return Applied(self._samples(entry))
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
        """What falls due, comes into force, expires or is forgotten at a tick, in slices."""
        before = self._now
        meta = self.rows.get(META_KEY, Meta) or Meta(tick, self._rules.digest)
        changed = frozenset(PARAMETERS) if meta.rules != self._rules.digest else moved(self._rules, before, tick)
        self._tick = self._survey.tick = tick
        if self._began is None:
            self._began = tick
        trigger = Trigger(Cause.TICK, tick, tick, entry.offset, moved=changed)
        outputs: list[Output] = []
        keys: Iterable[str] = self.rows.keys() if changed else ()
        for number, key in enumerate((*keys, *self.rows.due_until(tick)), 1):
            outputs += self._survey.at_tick(key, trigger, before)
            if number % SLICE == 0:
                yield outputs
                outputs = []
        if meta.rules != self._rules.digest or META_KEY not in self.rows:
            # last: a tick that was cut off is done again, and must still know that the rules are new
            self.rows.put(META_KEY, Meta(self._began, self._rules.digest))
        yield outputs

    def broken(self, entry: Entry, error: Exception) -> Applied:
        """A rule raised: the record is kept in `dead-letters`, its operator's absence kinds are withheld."""
        self._begin(entry)
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
        subject, name = record.log
        if subject == "topic":
            return self._of_no_operator(record)
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
        elif admission is Admission.NEW:
            if record.type == "alert.handled":
                cause = Cause.WORD
            self._ledger.locate(record, place(record, touched))
            pulse = feel(record, pulse)
        pulse = replace(pulse, impaired=tuple(i for i in pulse.impaired if i != (record.source, record.id)))
        self.rows.put(pulse_key, pulse, due=pulse.named + REACH)
        trigger = Trigger(cause, self._now, max(record.recorded, self._now), entry.offset, fact(record))
        return self._survey.look_at(
            name, touched, trigger, profile_too=_profile_minds(old_pulse, pulse), spells_too=True
        )

    def _withdrawn(self, record: Record) -> Iterator[Identity]:
        """The identities that count no more because of this record: what it replaces, what it voids."""
        targets = []
        if record.replaces is not None and record.replaces != record.id:
            targets.append((record.source, record.replaces))
        if record.type == VOID:
            targets.append((record.data.source, record.data.record))
        for source, identity in targets:
            found = self._ledger.withdraw(record.log, source, identity, record)
            if found is not None:
                yield found

    def _of_no_operator(self, record: Record) -> list[Output]:
        """Records of a topic's log: only how far a feed has come concerns anyone."""
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

    def _samples(self, entry: Entry) -> list[Output]:
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
        at = max(told["at"], self._now)
        trigger = Trigger(Cause(told["cause"]), self._now, at, entry.offset, because)
        return self._survey.look_at(operator, touched, trigger, profile_too=False, spells_too=False)

    def _sample_named(self, operator: str, staff: str, sample: str) -> int:
        """When a record last named a sample of one staff member."""
        row = self.rows.get(row_key(STAFF, operator, staff), Staff)
        return max((item.named for item in row.samples if item.sample == sample), default=0) if row else 0

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
    return before.last_active != now.last_active or before.mentions != now.mentions or before.impaired != now.impaired
