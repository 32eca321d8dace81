"""The machine of `notice-journal`: records about people and changes of alerts in, notices and suppressed receipts out.

Decides when: critical and at-once begins with their entry, everything else with the next tick, one notice for each
recipient. Who is told is in audience, what in rules and book, the words in streams.delivery.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec
import orjson

from schemas import notices
from schemas.alerts import PRIVATE, Alert, Kind
from schemas.envelope import VOID, Refused
from schemas.notices import About, Notice, Outcome, Receipt, Suppressed, notice_id
from schemas.reasons import Reason, Verdict
from schemas.registry import Role
from schemas.times import HOUR, date_of, format_instant, parse_instant
from streams.context import Context
from streams.delivery.compose import Manner, about, announce, compose
from streams.delivery.sentences import feed_sentence
from streams.identity import FORM as IDENTITY
from streams.identity import Admission, Ledger
from streams.journal import read_journaled, refusal
from streams.machine import ENTRY, Applied, Entry, Output, Sort
from streams.routing.audience import way_to
from streams.routing.book import Book, Job, jobs_of
from streams.routing.model import FORMS, Case, Feed, area_of, feed_key
from streams.routing.people import Directory, assignment
from streams.routing.policy import AT_ONCE
from streams.rows import SEPARATOR, Rows

OPERATOR_NAME = "lianfang-operator-name"
"""Header of an `alert` entry: the registered name of the operator, UTF-8, where it is known."""
SLICE = 50
"""Notices in one slice of a tick."""
_CUTOFF = 20 * HOUR

_alerts = msgspec.json.Decoder(Alert)


class Routing:
    """A `streams.machine.Machine` for the one partition of `notice-journal`."""

    def __init__(self, partition: int, context: Context) -> None:
        self.partition = partition
        self.rows = Rows(FORMS)
        self._rules = context.rules
        self._settings = context.settings
        self._ledger = Ledger(self.rows, context.rules)
        self._people = Directory(self.rows)
        self._book = Book(self.rows, self._people, context.settings.county)

    def resume(self, tick: int | None) -> None:
        """Nothing to resume: the rows say all."""

    def apply(self, entry: Entry) -> Applied:
        """A record about a person, a change of an alert, or a word about a feed. ValueError for another sort."""
        sort = Sort(entry.headers[ENTRY].decode())
        if sort is Sort.RECORD:
            return self._record(entry)
        if sort is Sort.ALERT:
            return Applied(self._alert(case_of(entry)))
        if sort is Sort.FEED:
            return Applied(self._feed(entry))
        raise ValueError(f"{sort} is no entry of {entry.topic}")

    def tick(self, tick: int, entry: Entry) -> Iterator[list[Output]]:
        """What has changed for each recipient since the last tick: critical ones first and alone."""
        due = list(self.rows.due_until(tick))
        for key in due:
            if key.split(SEPARATOR, 1)[0] == IDENTITY:
                self.rows.drop(key)
        jobs: list[Job] = []
        for planned in self._book.plan(due):
            jobs = planned
            yield []
        for start in range(0, len(jobs), SLICE):
            outputs = []
            for job in jobs[start : start + SLICE]:
                cause = (str(tick), "critical" if job.urgent else "rest")
                outputs.append(self._carry_out(job, cause, tick))
                self._book.done(job)
            yield outputs

    def broken(self, entry: Entry, error: Exception) -> Applied:
        """A defect of ours. A record is kept in dead-letters; no change of an alert may be lost: the process ends."""
        if entry.headers.get(ENTRY) != Sort.RECORD.encode():
            raise error
        letter = refusal(entry, Reason.INTERNAL_ERROR, f"routing failed with {type(error).__name__}")
        return Applied((letter,), Verdict.REFUSED, "", Reason.INTERNAL_ERROR)

    def _record(self, entry: Entry) -> Applied:
        try:
            record = read_journaled(entry, self._rules.goods_classes)
        except Refused as refused:
            letter = refusal(entry, refused.reason, refused.message)
            return Applied((letter,), Verdict.REFUSED, "", refused.reason)
        admission, identity = self._ledger.admit(record)
        if admission is Admission.DUPLICATE:
            return Applied((), Verdict.DUPLICATE, record.type)
        if admission is Admission.REUSED:
            letter = refusal(entry, Reason.IDENTITY_REUSED, "id: was used before by another record of this person")
            return Applied((letter,), Verdict.REFUSED, record.type, Reason.IDENTITY_REUSED)
        if admission is Admission.NEW:
            self._ledger.enter(record.log, identity, ())
        gone = None
        if record.type == VOID:
            gone = self._ledger.withdraw(record.log, record.data.source, record.data.record, record)
        elif record.replaces and record.replaces != record.id:
            gone = self._ledger.withdraw(record.log, record.source, record.replaces, record)
        person = record.log[1]
        counts = admission is Admission.NEW and record.type != VOID
        left = self._people.change(
            person,
            record.recorded,
            without=(gone.source, gone.id) if gone else None,
            fact=assignment(record) if counts else None,
        )
        self._book.forget(person, left)
        return Applied((), Verdict.APPLIED, record.type)

    def _alert(self, case: Case) -> list[Output]:
        """Enter the change; tell it at once, if it is a begin that can't wait."""
        watched = self._book.enter(case)
        if watched is None or not case.firing or case.kind not in AT_ONCE or watched.announced == case.episode:
            return []
        outputs = []
        for job in jobs_of(self._book.begin(case.id)):
            outputs.append(self._carry_out(job, (case.id, str(case.revision)), case.changed_at))
            self._book.done(job)
        return outputs

    def _carry_out(self, job: Job, cause: tuple[str, ...], at: int) -> Output:
        if job.reason is not None:
            return self._suppress(job, cause, at)
        assigned = self._people.person(job.name)
        if assigned is None:
            raise ValueError("a notice for someone who is not registered")
        operators = {item.case.operator for item in job.tellings if item.case.kind is Kind.TEST_OVERDUE}
        overdue = {operator: self._book.overdue(operator) for operator in operators}
        began = {item.case.id: self._book.began(item.case) for item in job.tellings if job.urgent}
        notice = compose(job.name, assigned, job.tellings, replace(self._manner(cause, at, overdue), began=began))
        return _output(notice)

    def _suppress(self, job: Job, cause: tuple[str, ...], at: int) -> Output:
        receipt = Receipt(
            notice=notice_id(job.name, *cause, f"suppressed {job.reason}"),
            recipient=job.tellings[0].person,
            outcome=Outcome.SUPPRESSED,
            at=format_instant(at),
            reason=job.reason,
            critical=job.urgent,
            drill=any(telling.case.drill for telling in job.tellings),
            about=[_masked(about(telling)) for telling in job.tellings],
        )
        return Output("receipts", receipt.notice.encode(), notices.encode(receipt))

    def _manner(self, cause: tuple[str, ...], at: int, overdue: dict[str, int]) -> Manner:
        cutoff = self._rules.value("cutoff", date_of(at))
        return Manner(cause, at, _CUTOFF if cutoff is None else cutoff, self._settings.sms_sign_name, overdue)

    def _feed(self, entry: Entry) -> list[Output]:
        """A holding feed stands still, or moves again: the desk hears at once, because ticks wait for the feed."""
        said = orjson.loads(entry.value or b"{}")
        feed, until, since = said["feed"], said["complete_until"], said["since"]
        before = self.rows.get(feed_key(feed), Feed)
        if since == (before.since if before else None):
            return []
        desk = self._people.answering(area_of(Role.DUTY_DESK, self._settings.county))
        told = tuple(desk) if since is not None or before is None else before.told
        times = before.times + 1 if before else 1
        self.rows.put(feed_key(feed), Feed(since, told, times))
        moves, drill = since is None, self._settings.drill
        at = entry.timestamp
        manner = self._manner(("feed", feed, str(times)), at, {})
        words = feed_sentence(feed, until, moves=moves)
        found = [(name, person) for name in told if (person := self._people.person(name)) and way_to(person)]
        if not found:
            identity = notice_id("", *manner.cause)
            receipt = Receipt(
                identity, "", Outcome.SUPPRESSED, format_instant(at), reason=Suppressed.NOBODY, drill=drill
            )
            return [Output("receipts", identity.encode(), notices.encode(receipt))]
        return [_output(announce(name, person, words, manner, drill=drill)) for name, person in found]


def case_of(entry: Entry) -> Case:
    """What routing needs of the alert in an entry. msgspec.ValidationError if it is none."""
    alert = _alerts.decode(entry.value or b"")
    place = alert.place
    return Case(
        id=alert.id,
        kind=alert.kind,
        operator=alert.operator,
        subject=alert.subject,
        firing=alert.status == "firing",
        episode=alert.episode,
        revision=alert.revision,
        since=parse_instant(alert.since),
        changed_at=parse_instant(alert.changed_at),
        resolved_by=alert.resolved_by,
        place=(place.county, place.town, place.grid, place.office) if place else None,
        detail=alert.detail,
        drill=alert.drill,
        name=entry.headers.get(OPERATOR_NAME, b"").decode("utf-8", "replace"),
    )


def _masked(item: About) -> About:
    """Receipts have more readers than private alerts: of those they name nothing but the alert's id."""
    if item.kind not in PRIVATE:
        return item
    return About(item.alert, "", "", item.episode, item.change, item.role, item.changed_at)


def _output(notice: Notice) -> Output:
    return Output("notices", notice.recipient.encode(), notices.encode(notice))
