"""The machine of one partition of `notices` for one channel: its journal of intents and outcomes. Calls nobody.

A notice is queued when it is read, submitted when the intent is written, done when its outcome is. On a restart an
intent without outcome is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from connectors.bridges.clock import Clock
from connectors.bridges.limits import Pacer
from connectors.bridges.model import FORMS, GAVE_UP, GIVE_UP, KEPT, Answer, Job, State, job_key
from schemas.notices import Notice, Outcome, Receipt, decode_notice, encode
from schemas.registry import ChannelKind
from schemas.times import format_instant, parse_instant
from streams.machine import Applied, Entry, Output
from streams.rows import SEPARATOR, Rows


class Bridge:
    """A `streams.machine.Machine`. `key_of` names what the provider's limit counts by."""

    def __init__(self, partition: int, channel: ChannelKind, clock: Clock, pacer: Pacer) -> None:
        self.partition = partition
        self.channel = channel
        self.rows = Rows(FORMS)
        self.woken = asyncio.Event()
        self._clock = clock
        self._pacer = pacer
        self._waiting: set[str] = set()

    def resume(self, tick: int | None) -> None:
        """The rows are loaded: what is queued waits again, what was sent counts for the pace."""
        for key in self.rows.keys():  # noqa: SIM118 - Rows is no mapping
            job = self.rows.get(key, Job)
            if job is None:
                continue
            self._clock.seen(job.made_at)
            if job.state is State.QUEUED:
                self._waiting.add(job.id)
            if job.submitted_at:
                self._pacer.take(pace_key(job), job.submitted_at)

    def apply(self, entry: Entry) -> Applied:
        """One notice; not for us, known already, or queued."""
        notice = decode_notice(entry.value or b"")
        made_at = parse_instant(notice.made_at)
        self._clock.seen(made_at)
        for key in list(self.rows.due_until(made_at)):
            self.rows.drop(key)
        if notice.channel is not self.channel or job_key(notice.id) in self.rows:
            return Applied()
        text = (entry.value or b"").decode()
        parts = len(notice.texts.wecom.parts) if self.channel is ChannelKind.WECOM_ROBOT else 1
        job = Job(
            id=notice.id,
            recipient=notice.recipient,
            address=notice.address,
            critical=notice.critical,
            drill=notice.drill,
            made_at=made_at,
            changed_at=parse_instant(notice.changed_at),
            order=entry.offset,
            notice=text,
            parts=parts,
        )
        self.rows.put(job_key(job.id), job)
        self._waiting.add(job.id)
        self.woken.set()
        return Applied()

    def tick(self, tick: int, entry: Entry) -> Iterator[list[Output]]:
        """Notices have no ticks."""
        return iter(())

    def broken(self, entry: Entry, error: Exception) -> Applied:
        """A notice that can't be read is a defect of ours, and none may be lost: the process ends."""
        raise error

    # what the task does; every change goes through `Partition.write`

    def job(self, notice: str) -> Job | None:
        """What is known of a notice; None if it is not here."""
        return self.rows.get(job_key(notice), Job)

    def unanswered(self) -> list[Job]:
        """Intents without outcome: a former owner died in between."""
        jobs = (self.job(key.split(SEPARATOR)[1]) for key in self.rows.keys())  # noqa: SIM118
        return [job for job in jobs if job is not None and job.state is State.SUBMITTED]

    def next(self, lanes: int) -> tuple[list[Job], int | None]:
        """What may be sent now, critical ones first, and when more may at the earliest (None: nothing waits for time).

        At most `lanes` that are not critical. What is given is no longer waiting, and its room is taken.
        """
        now, ready = self._clock.now(), []
        later: int | None = None
        for job in sorted(self._jobs(), key=_precedence):
            free = max(job.not_before, self._pacer.free_at(pace_key(job), now))
            if free > now:
                later = free if later is None else min(later, free)
            elif job.critical or lanes > 0:
                lanes -= not job.critical
                ready.append(job)
                self._waiting.discard(job.id)
                self._pacer.take(pace_key(job), now)
        return ready, later

    def submit(self, jobs: Iterable[Job]) -> None:
        """These are about to be sent."""
        now = self._clock.now()
        for job in jobs:
            self._put(job, state=State.SUBMITTED, attempt=job.attempt + 1, submitted_at=now)

    def finish(self, notice: str, answer: Answer) -> list[Output]:
        """What became of a call: the row, and the receipt."""
        job = self.job(notice)
        if job is None or job.state is not State.SUBMITTED:
            return []
        now = self._clock.now()
        if answer.outcome is Outcome.RETRY_LATER and now - job.made_at > GIVE_UP:
            answer = Answer(Outcome.FAILED_FOR_GOOD, GAVE_UP)
        if answer.outcome is Outcome.RETRY_LATER:
            if answer.block:
                self._pacer.block(pace_key(job), now + answer.after)
            self._queue(job, not_before=now + answer.after)
        elif answer.outcome is Outcome.ACCEPTED and job.part + 1 < job.parts:
            self._queue(job, part=job.part + 1, repeated=False)
            return []
        elif answer.outcome is Outcome.UNKNOWN and job.critical and not job.repeated:
            self._queue(job, repeated=True)
        elif answer.outcome is Outcome.UNKNOWN and job.part + 1 < job.parts:
            self._queue(job, part=job.part + 1, repeated=False)
        else:
            self._done(job, provider_id=answer.provider_id)
        return [self._receipt(job, answer)]

    def delivered(self, notice: str, answer: Answer) -> list[Output]:
        """The provider says that it reached the phone, or that it did not. Nothing, the second time."""
        job = self.job(notice)
        if job is None or job.delivered:
            return []
        self._put(job, delivered=True)
        return [self._receipt(job, answer)]

    def _jobs(self) -> list[Job]:
        return [job for notice in self._waiting if (job := self.job(notice)) is not None]

    def _queue(self, job: Job, **changes: Any) -> None:
        self._put(job, state=State.QUEUED, **changes)
        self._waiting.add(job.id)
        self.woken.set()

    def _done(self, job: Job, **changes: Any) -> None:
        self._put(job, state=State.DONE, notice="", **changes)

    def _put(self, job: Job, **changes: Any) -> None:
        changed = msgspec.structs.replace(job, **changes)
        due = changed.made_at + KEPT if changed.state is State.DONE else -1
        self.rows.put(job_key(job.id), changed, due=due)

    def _receipt(self, job: Job, answer: Answer) -> Output:
        receipt = Receipt(
            notice=job.id,
            recipient=job.recipient,
            outcome=answer.outcome,
            at=format_instant(self._clock.now()),
            channel=self.channel,
            code=answer.code,
            provider_id=answer.provider_id or None,
            attempt=job.attempt,
            parts=job.parts,
            critical=job.critical,
            drill=job.drill,
        )
        return Output("receipts", job.id.encode(), encode(receipt))


def notice_of(job: Job) -> Notice:
    """The notice of a job that is not done."""
    return decode_notice(job.notice.encode())


def pace_key(job: Job) -> str:
    """What the limit counts by. All our SMS count as one template: that is the stricter reading."""
    return job.address


def _precedence(job: Job) -> tuple[bool, bool, int, int]:
    """Critical first; then what is half sent; then the older."""
    return not job.critical, job.part == 0, job.made_at, job.order
