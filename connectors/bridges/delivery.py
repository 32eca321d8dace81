"""The task of one partition: take what may go, commit the intents, call the provider, commit what it said. For ever.

A call never holds up another: a provider that hangs keeps only its own lane, and critical notices need no lane.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from connectors.bridges.clock import Clock
from connectors.bridges.machine import Bridge, notice_of
from connectors.bridges.model import Answer, Job
from schemas.notices import Notice, Outcome
from schemas.registry import ChannelKind
from streams import logs, metrics
from streams.machine import Output

LANES = 16
"""Calls at a time in one partition, critical ones apart."""
LOOK_AFTER = (1.0, 3.0)
"""Seconds after which the provider's records are asked what became of a call that was not answered."""

log = logs.get(__name__)


class Provider(Protocol):
    """One provider's wire form. `records`: it can say afterwards what it accepted."""

    records: bool

    async def send(self, notice: Notice, job: Job) -> Answer:
        """One message: the next part of a notice. Never raises for what a provider or a network may do."""

    async def look(self, notice: Notice, job: Job) -> Answer:
        """What the provider's records say of a call whose answer is not known."""


class Writer(Protocol):
    """The part of `streams.engine.Partition` that is needed here."""

    machine: object

    def write(self, change: Callable[[], list[Output] | None]) -> asyncio.Future[None]:
        """Make a change durable."""


class Delivery:
    """The work of one partition."""

    def __init__(self, partition: Writer, provider: Provider, clock: Clock) -> None:
        self.machine = cast(Bridge, partition.machine)
        self._partition = partition
        self._provider = provider
        self._clock = clock
        self._busy = 0

    async def run(self) -> None:
        """Until cancelled. Whatever a child raises ends the process: the journal knows where to go on."""
        async with asyncio.TaskGroup() as group:
            for job in self.machine.unanswered():
                group.create_task(self._settle(job, None))
            while True:
                self.machine.woken.clear()
                ready, later = self.machine.next(LANES - self._busy)
                if not ready:
                    await self._clock.until(later, self.machine.woken)
                    continue
                for job in ready:
                    self._busy += not job.critical
                await self._partition.write(self._submitting(ready))
                for job in ready:
                    group.create_task(self._carry(job))

    def _submitting(self, jobs: list[Job]) -> Callable[[], None]:
        return lambda: self.machine.submit(jobs)

    async def _carry(self, job: Job) -> None:
        submitted = self.machine.job(job.id)
        try:
            if submitted is not None:
                answer = await self._provider.send(notice_of(submitted), submitted)
                await self._settle(submitted, answer)
        finally:
            self._busy -= not job.critical
            self.machine.woken.set()

    async def _settle(self, job: Job, answer: Answer | None) -> None:
        """Write what became of a call; where that is not known (None: the caller died), ask the provider first."""
        if answer is None or answer.outcome is Outcome.UNKNOWN:
            answer = await self._looked_up(job) or answer or Answer(Outcome.UNKNOWN, "no-answer")
        found = answer
        await self._partition.write(lambda: self.machine.finish(job.id, found))
        self._tell(job, answer)

    async def _looked_up(self, job: Job) -> Answer | None:
        answer = None
        for seconds in LOOK_AFTER if self._provider.records else ():
            await asyncio.sleep(seconds)
            answer = await self._provider.look(notice_of(job), job)
            if answer.outcome is Outcome.ACCEPTED:
                break
        return answer

    def _tell(self, job: Job, answer: Answer) -> None:
        channel = self.machine.channel
        if answer.outcome is not Outcome.ACCEPTED or job.part + 1 == job.parts:
            metrics.NOTICES.labels(channel=channel, outcome=answer.outcome).inc()
        if answer.outcome is Outcome.ACCEPTED and job.part == 0 and not self._clock.simulated:
            seconds = max(0, self._clock.now() - job.changed_at) / 1000
            metrics.NOTICE_DELAY.labels(channel=channel).observe(seconds)
        say = log.info if answer.outcome is Outcome.ACCEPTED else log.warning
        say(
            "notice",
            notice=job.id,
            recipient=job.recipient,
            channel=str(channel),
            outcome=str(answer.outcome),
            code=answer.code,
            part=f"{job.part + 1}/{job.parts}",
            attempt=job.attempt,
        )


def count_delivered(channel: ChannelKind, outcome: Outcome) -> None:
    """A receipt came from the provider."""
    metrics.NOTICES.labels(channel=channel, outcome=outcome).inc()
