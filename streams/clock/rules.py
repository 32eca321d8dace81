"""The barrier as a plan, and which tick may be next. Pure: asks for what it needs to know and is told; no Kafka here.

The plan is a generator of questions: `barrier(T)` yields `Note`, `Append` and `Ask`, and is sent the answers. Whoever
drives it (`streams.clock.barrier`) talks to Kafka and decides how long to wait between two equal questions.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from schemas.envelope import PUBLIC_TOPICS
from schemas.times import MINUTE

Place = tuple[str, int]
"""A partition: topic without prefix, number."""

STANDS_AFTER = 15 * MINUTE
"""A holding feed that is so far behind stands still: the desk and operations are told."""


class Holder(StrEnum):
    """What the clock waits for."""

    NONE = "none"
    INTAKE = "intake"
    OPERATORS = "operators"
    STAFF = "staff"
    ROUTING = "routing"
    FEED = "feed"
    BROKER = "broker"


@dataclass(frozen=True, slots=True)
class Step:
    """Wait until a flow has passed the present ends of its topics, or, with `tick`, a tick appended to them."""

    flow: Holder
    topics: tuple[str, ...]
    tick: bool


PLAN = (
    Step(Holder.INTAKE, PUBLIC_TOPICS, tick=False),  # now every record before T is in a journal
    Step(Holder.OPERATORS, ("operator-journal",), tick=False),  # and the spells that follow are in the staff journal
    Step(Holder.STAFF, ("staff-journal",), tick=True),  # and the samples that follow are in the operator journal
    Step(Holder.OPERATORS, ("operator-journal",), tick=True),  # and the alerts that follow are in the notice journal
    Step(Holder.ROUTING, ("notice-journal",), tick=True),
)
CALM = (
    Step(Holder.INTAKE, PUBLIC_TOPICS, tick=False),
    Step(Holder.OPERATORS, ("operator-journal",), tick=False),
    Step(Holder.STAFF, ("staff-journal",), tick=False),
    Step(Holder.OPERATORS, ("operator-journal",), tick=False),
    Step(Holder.ROUTING, ("notice-journal",), tick=False),
)
"""The same way without a tick: all that has been sent is through."""


@dataclass(frozen=True, slots=True)
class Note:
    """Where do these topics begin and end now? Answer: for every partition (first offset, high watermark)."""

    flow: Holder
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Append:
    """Append the tick to every partition of a journal. Answer: for every partition the offset after the tick."""

    flow: Holder
    topic: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Up to where has the flow committed? Answer: offsets; a partition without one is left out. Asked until passed."""

    flow: Holder
    behind: Mapping[Place, int]


Question = Note | Append | Ask
Ends = Mapping[Place, tuple[int, int]]
Offsets = Mapping[Place, int]
Course = Generator[Question, Ends | Offsets, None]


def barrier(*, routed: bool) -> Course:
    """One tick's way through the stages; ends when the last flow has passed it.

    `routed` False: ends when operators have passed it, with the tick appended to the notice journal but not waited for.
    """
    return _course(PLAN, routed=routed)


def calm(*, routed: bool) -> Course:
    """Ends when all that was sent before is through all stages. No tick."""
    return _course(CALM, routed=routed)


def _course(plan: tuple[Step, ...], *, routed: bool) -> Course:
    for step in plan:
        marks: dict[Place, int] = {}
        if step.tick:
            for topic in step.topics:
                marks |= _offsets((yield Append(step.flow, topic)))
        else:
            marks = _to_pass((yield Note(step.flow, step.topics)))
        while marks and (routed or step.flow is not Holder.ROUTING):
            committed = _offsets((yield Ask(step.flow, marks)))
            marks = {place: mark for place, mark in marks.items() if committed.get(place, -1) < mark}


def _to_pass(answer: Ends | Offsets) -> dict[Place, int]:
    """Ends that a reader has to pass. A topic without a message has none: nobody commits where nothing can be read."""
    marks = {}
    for place, ends in answer.items():
        assert isinstance(ends, tuple)  # noqa: S101 - the answer to Note
        if ends[1] > ends[0]:
            marks[place] = ends[1]
    return marks


def _offsets(answer: Ends | Offsets) -> dict[Place, int]:
    return {place: offset for place, offset in answer.items() if isinstance(offset, int)}


@dataclass(frozen=True, slots=True)
class Feed:
    """A holding feed that keeps the clock back. `complete_until` None: it has never said anything."""

    name: str
    complete_until: int | None


def next_tick(
    now: int, *, tick: int, holding: Collection[str], feeds: Mapping[str, int]
) -> tuple[int | None, Feed | None]:
    """The latest tick that may be, and the feed that keeps it back from `now`, if one does. Milliseconds.

    `now` is the broker's time less the grace. Ticks are multiples of `tick` since 1970 UTC, which are multiples since
    midnight UTC where `tick` divides the day. Beyond what the slowest holding feed says is complete there is no tick;
    while one has never said anything there is none at all.
    """
    slowest = min((Feed(name, feeds.get(name)) for name in holding), key=_how_far, default=None)
    if slowest is None or (slowest.complete_until is not None and slowest.complete_until >= now):
        return now // tick * tick, None
    if slowest.complete_until is None:
        return None, slowest
    limit = slowest.complete_until // tick * tick
    return limit, slowest if limit < now // tick * tick else None


def _how_far(feed: Feed) -> tuple[int, str]:
    return (-1 if feed.complete_until is None else feed.complete_until), feed.name


def stands_still(feed: Feed, now: int, since: int) -> bool:
    """Whether a feed that holds the clock has done so for too long. `since`: from when it held, if it never spoke."""
    begun = since if feed.complete_until is None else feed.complete_until
    return now - begun >= STANDS_AFTER
