"""What stood, where time is real. The history is what lies in the journals: each record with the time at which the
broker took it, and the ticks. A record that came after T may be in the log before T, so what stands *at* a tick may be
ahead of the pure engine by what came in the grace; what was ever told of a gap, and what stands at the end, may not.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from typing import Any

from schemas.alerts import Kind
from streams.context import Context
from streams.machine import ENTRY, ORIGIN, RECORDED, Sort
from streams.parameters import Rules
from streams.replay.pure import Line, PureEngine
from streams.settings import Settings
from tests.faults.ledger import Message, Topics
from tests.soak.judging import alerts
from tests.soak.process import RAISES
from tests.standing import at_the_end

AT_ONCE = frozenset({Kind.POSITIVE, Kind.STAFF_POSITIVE, Kind.UNCODED_GOODS})
_RECORD, _TICK = Sort.RECORD.encode(), Sort.TICK.encode()


def stood(topics: Topics, settings: Settings) -> list[str]:
    """Where what stands at the end is not what the pure engine makes of the history, and gaps that it never tells."""
    expected = list(_replayed(topics, settings))
    found = alerts(topics)
    here, there = at_the_end(found), at_the_end(expected)
    names = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    wrong = [f"at the end {name}: {here.get(name)} against {there.get(name)}" for name in names[:5]]
    told = {message["id"] for message in expected}
    false = {message["id"]: message for message in found if message["id"] not in told and _is_gap(message)}
    return wrong + [f"a false gap: {message}" for message in list(false.values())[:5]]


def _is_gap(message: dict[str, Any]) -> bool:
    return message["kind"] not in AT_ONCE


def _replayed(topics: Topics, settings: Settings) -> Iterator[dict[str, Any]]:
    ticks = sorted({int(message.value or b"") for message in topics["operator-journal", 0] if _is(message, _TICK)})
    lines = sorted(
        (int(message.headers[RECORDED]), 1, _origin(message), message.value or b"")  # of one instant: as they were sent
        for (topic, _), messages in topics.items()
        for message in messages
        if topic in ("operator-journal", "staff-journal") and _is(message, _RECORD)
    )
    engine = PureEngine(Context(settings, Rules.load(settings.rules), {}))
    engine.begin(ticks[0])
    for at, is_line, _, value in heapq.merge(((tick, 0, ("", 0, 0), b"") for tick in ticks), lines):
        if RAISES.encode() not in value:
            for output in engine.record(Line(at, value)) if is_line else engine.tick(at):
                yield json.loads(output.value or b"")


def _origin(message: Message) -> tuple[str, int, int]:
    topic, partition, offset = message.headers[ORIGIN].decode().rsplit("/", 2)
    return topic, int(partition), int(offset)


def _is(message: Message, sort: bytes) -> bool:
    return bool(message.headers.get(ENTRY) == sort)
