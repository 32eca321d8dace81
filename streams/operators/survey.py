"""Looking at all that an entry or a tick concerns: which rows, in which order, and what is stored and said of it."""

from __future__ import annotations

from typing import Any

import orjson
from msgspec.structs import replace

from streams.alerting import say
from streams.facts import REACH, Closes, Fact, when_forgotten
from streams.identity import FORM as IDENTITY
from streams.identity import Identity
from streams.kinds import INCIDENTS, basis
from streams.machine import ENTRY, Output, Sort
from streams.operators.looking import Look, Looker
from streams.operators.model import (
    CLOSES,
    DAY,
    EXPOSURE,
    FEED,
    PROFILE,
    PULSE,
    STAFF,
    Day,
    Profile,
    Pulse,
    Staff,
)  # fmt: skip
from streams.operators.placing import Touched
from streams.operators.pulse import settle
from streams.operators.rules.days import days_in_question
from streams.operators.rules.staff import spells
from streams.parameters import Rules
from streams.record_log import META
from streams.rows import SEPARATOR, Row, Rows, row_key
from streams.standing import Trigger


class Survey:
    """Looks at the rows of one partition."""

    def __init__(self, rows: Rows, rules: Rules, partition: int, *, drill: bool) -> None:
        self.rows = rows
        self._rules = rules
        self._partition = partition
        self._drill = drill

    def look_at(
        self, operator: str, touched: Touched, trigger: Trigger, *, profile_too: bool, spells_too: bool
    ) -> list[Output]:
        """Look at all rows that an entry touched, and at what they concern."""
        outputs: list[Output] = []
        keys = dict(touched.rows)
        profile_key = row_key(PROFILE, operator, "")
        for key, row in touched.rows.items():
            due, watch = self.rows.index_of(key)
            self.rows.put(key, row, due=due, watch=watch)
            form = key.split(SEPARATOR, 1)[0]
            if form == CLOSES:
                del keys[key]
                self.rows.put(key, row, due=trigger.at + REACH)
                if isinstance(row, Closes) and row.row and row.row in self.rows:
                    keys[row.row] = row
            elif form == DAY:
                profile_too = True  # a declared day counts for silence
            elif form == STAFF and spells_too and isinstance(row, Staff):
                outputs += self._spells(operator, key, row, trigger)
                keys |= {row_key(EXPOSURE, operator, item.sample): row for item in row.samples}
        looker = self._looker(operator, trigger)
        if profile_key in keys or profile_too:
            profile_was_touched = profile_key in touched.rows
            keys.pop(profile_key, None)
            outputs += self._look_profile(looker, trigger, days=profile_was_touched, everything=profile_was_touched)
        for key in sorted(keys):
            outputs += self._look(key, looker, trigger)
        return outputs

    def _look_profile(self, looker: Looker, trigger: Trigger, *, days: bool, everything: bool) -> list[Output]:
        """The profile's own kinds; days that may be missing; where the registration in force may have changed, all rows
        that this concerns.
        """
        key = row_key(PROFILE, looker.operator, "")
        if key not in self.rows:
            self.rows.put(key, Profile())
        outputs = self._look(key, looker, trigger)
        if days:
            outputs += self._look_days(looker, trigger)
        if everything:
            for watching in self.rows.watching(looker.operator):
                if watching != key:
                    outputs += self._look(watching, looker, trigger)
            if not trigger.is_tick:  # a day that no record named may be missing now: only a tick may tell it
                row = self.rows.get(key, Profile)
                self.rows.put(key, row or Profile(), due=trigger.now + 1, watch=self.rows.is_watching(key))
        return outputs

    def _look_days(self, looker: Looker, trigger: Trigger) -> list[Output]:
        """Days of which a disinfection may be missing, although no record ever named them."""
        outputs: list[Output] = []
        for day in days_in_question(trigger.now, self._rules):
            key = row_key(DAY, looker.operator, day)
            outputs += self._look(key, looker, trigger, absent=Day(named=trigger.now))
        return outputs

    def _look(self, key: str, looker: Looker, trigger: Trigger, absent: Row | None = None) -> list[Output]:
        """Look at one row, store what came of it, say what is to be said."""
        row = self.rows.get(key, Row)
        if row is None:
            if absent is None:
                return []
            row = absent
        looked = looker.look(key, row, trigger)
        due, watch = self.rows.index_of(key)
        if due == trigger.now + 1 and not trigger.is_tick:
            looked.due = due  # something waits for the next tick; no record puts that off
        if row is absent and not looked.told:
            return []
        if looked.row is None:
            self.rows.drop(key)
        elif looked.row is not row or row is absent or due != looked.due or watch != looked.watch:
            self.rows.put(key, looked.row, due=looked.due, watch=looked.watch)
        while looker.unpointed:
            self._point(looker.unpointed.pop(), key, trigger)
        return self._say(key, looked, looker, trigger)

    def _say(self, key: str, looked: Look, looker: Looker, trigger: Trigger) -> list[Output]:
        outputs: list[Output] = []
        for told in looked.told:
            if told.kind in INCIDENTS and told.change.said.revision == 1:
                self._point(row_key(CLOSES, told.operator, told.change.said.id), key, trigger)
            outputs += say(
                told.change,
                told.case,
                trigger,
                kind=told.kind,
                operator=told.operator,
                subject=told.subject,
                basis=basis(told.kind, told.subject, told.change.said, looker.today, looker.rules),
                name=looker.account.name,
                last_tick=trigger.last_tick,
                journal_partition=self._partition,
                alert_partition=self._partition,
                drill=self._drill,
            )
        return outputs

    def _point(self, closes_key: str, key: str, trigger: Trigger) -> None:
        """Let a close, or its void, find the row in which the alert it names stands."""
        closes = self.rows.get(closes_key, Closes) or Closes()
        self.rows.put(closes_key, replace(closes, row=key), due=trigger.now + REACH)

    def _closes_at_tick(self, key: str, trigger: Trigger) -> list[Output]:
        row = self.rows.get(key, Closes)
        if row is None:
            return []
        latest = max((item.recorded for item in row.closes), default=0)
        if row.row in self.rows or trigger.now < latest + REACH:
            self.rows.put(key, row, due=max(trigger.now, latest) + REACH)
        else:
            self.rows.drop(key)
        return []

    def _forget(self, operator: str, trigger: Trigger) -> list[Output]:
        """An operator that no record has named for long is forgotten, and all that stands of it ends."""
        outputs: list[Output] = []
        forgotten = trigger.as_forgotten()
        looker = self._looker(operator, trigger)
        profile_key = row_key(PROFILE, operator, "")
        for other in dict.fromkeys((profile_key, *self.rows.watching(operator))):
            row = self.rows.get(other, Row)
            if row is not None:
                subject = other.split(SEPARATOR, 2)[2] or operator
                told = list(looker.end_all(subject, row.said, forgotten))  # type: ignore[attr-defined]
                outputs += self._say(other, Look(None, told), looker, forgotten)
                if isinstance(row, Staff):
                    outputs += self._spells(operator, other, Staff(named=row.named), forgotten)
                self.rows.drop(other)
        self.rows.drop(row_key(PULSE, operator, ""))
        return outputs

    def _spells(self, operator: str, key: str, row: Staff, trigger: Trigger) -> list[Output]:
        """Tell the staff machine when a staff member works here."""
        staff = key.split(SEPARATOR, 2)[2]
        value: dict[str, Any] = {
            "operator": operator,
            "staff": staff,
            "spells": [(spell.begin, spell.end) for spell in spells(row)],
            "named": row.named,
            "at": trigger.at,
            "cause": trigger.cause,
            "fact": plain(trigger.fact),
        }
        headers = ((ENTRY, Sort.SPELLS.encode()),)
        return [Output("staff-journal", staff.encode(), orjson.dumps(value), headers)]

    def _looker(self, operator: str, trigger: Trigger) -> Looker:
        return Looker(operator, trigger.now, self.rows, self._rules)

    def at_tick(self, key: str, trigger: Trigger, before: int) -> list[Output]:
        """Look at one row that is due, or that other rules may concern. `before`: the tick before."""
        form, operator, _ = key.split(SEPARATOR, 2)
        if form == IDENTITY:
            known = self.rows.get(key, Identity)
            if known is not None and trigger.now >= self.rows.due_of(key):
                settle(key, known, self.rows)
                self.rows.drop(key)
            return []
        if form == CLOSES:
            return self._closes_at_tick(key, trigger)
        outputs: list[Output] = []
        pulse = self.rows.get(row_key(PULSE, operator, ""), Pulse)
        if pulse is not None and trigger.now >= pulse.named + REACH:
            outputs += self._forget(operator, trigger)
        elif form == PULSE and pulse is not None:
            self.rows.put(key, pulse, due=when_forgotten(pulse.named, trigger.now))
        if form in {FEED, META, PULSE} or key not in self.rows:
            return outputs
        looker = self._looker(operator, trigger)
        if form == PROFILE:
            outputs += self._look_days(looker, trigger)
            passed = looker.account.passed_since(before)
            return outputs + self._look_profile(looker, trigger, days=False, everything=passed)
        return outputs + self._look(key, looker, trigger)


def plain(item: Fact | None) -> list[Any] | None:
    """A fact as it travels between machines."""
    return [item.source, item.id, item.type, item.time, item.recorded] if item else None
