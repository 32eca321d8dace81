"""Drives the plan of `rules.barrier` against Kafka: one tick at a time through all stages. For the clock process, and
for those who say themselves what time it is (demo, replay): `async with simulated(settings) as barrier`, then
`await barrier.advance(tick)`. Does not decide which tick is next.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiokafka.errors import KafkaError, KafkaTimeoutError

from schemas.times import format_instant
from streams import logs
from streams.clock.port import KafkaPort, Port
from streams.clock.rules import PLAN, Append, Ask, Course, Ends, Holder, Note, Offsets, Question, barrier, calm
from streams.settings import Settings

log = logs.get(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.05
"""Seconds between two questions for the same offsets: a worker that has little to do passes within milliseconds."""
BROKER_PAUSE = 0.5


class Stuck(Exception):  # noqa: N818 - late, not wrong: nothing was said that is not so
    """A tick did not get through within the time given: which flow has not passed what."""


def is_away(error: Exception) -> bool:
    """Whether a broker only does not answer now; everything else ends the process, and a fresh one tries again."""
    return isinstance(error, KafkaTimeoutError | TimeoutError) or bool(getattr(error, "retriable", False))


class Barrier:
    """Takes ticks through the stages. Not for two tasks at once; two processes do no harm.

    `held` is told before each question whom it waits for; what it raises ends the waiting.
    """

    def __init__(self, port: Port, held: Callable[[Holder], None] = lambda _: None) -> None:
        self._port = port
        self._held = held
        self._asking: tuple[Question, int] | None = None

    @property
    def waits_for(self) -> str:
        """Which flow has not passed what; empty between two courses."""
        return "" if self._asking is None else _words(*self._asking)

    async def begin(self, now: int) -> None:
        """Before anything is sent under simulated time: what *now* is until the first tick, in every log."""
        for step in PLAN:
            for topic in step.topics if step.tick else ():
                await self._answer(Append(step.flow, topic), now, None)

    async def advance(self, tick: int, *, routed: bool = False, within: float | None = None) -> None:
        """Append T everywhere, each time after all that came before; return when operators have passed it.

        By then `alerts` and `alerts-private` hold all that T changes, and T is in the notice journal. `routed`: wait
        until routing has passed it too, so that the notices of T are written. `within`: seconds, then Stuck; None
        waits as long as it takes. A tick that is not greater than an earlier one is ignored by the machines.
        """
        started = time.monotonic()
        await self._drive(barrier(routed=routed), tick, within)
        log.debug("tick", tick=format_instant(tick), seconds=round(time.monotonic() - started, 4))

    async def calm(self, *, routed: bool = False, within: float | None = None) -> None:
        """Return when all that was sent before this call is through the stages; no tick. Stuck as for `advance`."""
        await self._drive(calm(routed=routed), 0, within)

    async def _drive(self, course: Course, tick: int, within: float | None) -> None:
        until = None if within is None else time.monotonic() + within
        question, pause = next(course), FIRST_PAUSE
        while True:
            self._held(question.flow)
            self._asking = question, tick
            answer = await self._answer(question, tick, until)
            try:
                following = course.send(answer)
            except StopIteration:
                break
            if isinstance(question, Ask) and isinstance(following, Ask):  # not yet passed
                await self._wait(pause, following, tick, until)
                pause = min(pause * 1.5, LONGEST_PAUSE)
            else:
                pause = FIRST_PAUSE
            question = following
        self._asking = None
        self._held(Holder.NONE)

    async def _answer(self, question: Question, tick: int, until: float | None) -> Ends | Offsets:
        """Kafka's answer, asked again while the broker is away."""
        while True:
            try:
                return await self._asked(question, tick)
            except KafkaError as error:
                if not is_away(error):
                    raise
                self._held(Holder.BROKER)
                log.warning(
                    "broker-away",
                    tick=format_instant(tick) if tick else None,
                    step=question.flow,
                    error=type(error).__name__,
                )
                await self._wait(BROKER_PAUSE, question, tick, until)

    async def _asked(self, question: Question, tick: int) -> Ends | Offsets:
        if isinstance(question, Note):
            return await self._port.ends(question.topics)
        if isinstance(question, Append):
            return await self._port.append(question.topic, tick)
        return await self._port.committed(question.behind)

    async def _wait(self, pause: float, question: Question, tick: int, until: float | None) -> None:
        if until is not None and time.monotonic() >= until:
            raise Stuck(_words(question, tick))
        await asyncio.sleep(pause)


def _words(question: Question, tick: int) -> str:
    what = f"tick {format_instant(tick)}" if tick else "no tick"
    behind = dict(list(question.behind.items())[:5]) if isinstance(question, Ask) else "the broker"
    return f"{what}: {question.flow} has not passed {behind}"


@asynccontextmanager
async def simulated(settings: Settings) -> AsyncIterator[Barrier]:
    """A connected barrier for whoever says what time it is; ticks carry themselves as timestamp."""
    port = KafkaPort(settings.model_copy(update={"simulated": True}))
    await port.start()
    try:
        yield Barrier(port)
    finally:
        await port.stop()
