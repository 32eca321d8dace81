"""A history cut into what is published between two ticks. The pure engine is asked which ticks are needed, never what
follows from the lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from schemas.envelope import PUBLIC_TOPICS, REGISTRY, TYPES, VOID
from streams.replay.pure import Line, PureEngine, moments

LARGEST = 1024 * 1024
"""Bytes: what the public topics take. A longer line is refused at the door in real life too."""


@dataclass(frozen=True, slots=True)
class Message:
    """A line on its way to a public topic. `key`: whom it names, so that the lines of one log keep their order."""

    topic: str
    key: bytes
    line: Line
    identity: tuple[str, str] | None
    withdraws: bool = False  # a void, or one that replaces another


@dataclass(frozen=True, slots=True)
class Batch:
    """What comes before a tick: groups of messages, each through all stages before the next one is sent.

    `tick` None: the history ends without another tick.
    """

    groups: tuple[tuple[Message, ...], ...]
    tick: int | None


def batches(lines: Iterable[Line], *, tick: int, until: int | None, pure: PureEngine) -> Iterator[Batch]:
    """The history in order. Ticks with which nothing can change are left out."""
    held: list[Message] = []
    begun = False
    for moment in moments(lines, tick, until, pure.next_due):
        if moment.line is not None:
            if not begun:
                pure.begin(moment.line.recorded)
                begun = True
            _exhaust(pure.record(moment.line))
            held.append(addressed(moment.line))
        elif moment.tick is not None:
            _exhaust(pure.tick(moment.tick))
            yield Batch(grouped(held), moment.tick)
            held = []
    if held:
        yield Batch(grouped(held), None)


def addressed(line: Line) -> Message:
    """Where a line goes. What can't be read goes to the registry, and from there to `dead-letters`."""
    try:
        event = orjson.loads(line.value)
    except orjson.JSONDecodeError:
        event = None
    if not isinstance(event, dict):
        return Message(REGISTRY, b"", line, None)
    kind, data = event.get("type"), event.get("data")
    home, _ = TYPES.get(kind, (None, None)) if isinstance(kind, str) else (None, None)
    named = data if isinstance(data, dict) else {}
    whose = next((named[name] for name in ("operator", "staff", "person") if isinstance(named.get(name), str)), "")
    identity = event.get("source"), event.get("id")
    known = (str(identity[0]), str(identity[1])) if all(isinstance(part, str) for part in identity) else None
    topic = home if home in PUBLIC_TOPICS else REGISTRY
    withdraws = kind == VOID or event.get("replaces") is not None
    return Message(topic, whose.strip().encode("utf-8", "replace"), line, known, withdraws)


def grouped(messages: Iterable[Message]) -> tuple[tuple[Message, ...], ...]:
    """Cut where order of arrival tells, between two ways that may overtake each other: of two records of one identity
    the first counts, and what a void ends between two ticks begins again only at the second.
    """
    groups: list[tuple[Message, ...]] = []
    group = _Group()
    for message in messages:
        if group.cuts(message):
            groups.append(tuple(group.messages))
            group = _Group()
        group.take(message)
    if group.messages:
        groups.append(tuple(group.messages))
    return tuple(groups)


class _Group:
    """Messages whose order among each other is kept, or does not matter."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._ways: dict[tuple[str, str], tuple[str, bytes]] = {}
        self._topics: dict[bytes, set[str]] = {}
        self._withdrawn: dict[bytes, set[str]] = {}

    def cuts(self, message: Message) -> bool:
        """Whether this message must not be on its way together with those before it."""
        way, topic = (message.topic, message.key), {message.topic}
        if message.identity is not None and self._ways.get(message.identity, way) != way:
            return True
        before = self._topics if message.withdraws else self._withdrawn
        return bool(before.get(message.key, set()) - topic)

    def take(self, message: Message) -> None:
        """It is sent with the others; a line that no topic takes is not sent."""
        if message.identity is not None:
            self._ways[message.identity] = message.topic, message.key
        self._topics.setdefault(message.key, set()).add(message.topic)
        if message.withdraws:
            self._withdrawn.setdefault(message.key, set()).add(message.topic)
        if len(message.line.value) <= LARGEST:
            self.messages.append(message)


def _exhaust(outputs: Iterable[object]) -> None:
    for _ in outputs:
        continue
