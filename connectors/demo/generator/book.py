"""The book into which the generator writes: records with their recorded times, and the truth. No dice of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connectors.demo.history import Line, beijing_time
from connectors.demo.truth import Planted
from schemas.alerts import Kind, alert_id
from schemas.envelope import TYPES, UPLOADS, VOID
from schemas.times import DAY, HOUR, SECOND, day_after, start_of

FIRST_DAY = "2022-01-05"
LENGTH = 14
DAYS = [day_after(FIRST_DAY, number) for number in range(LENGTH)]
END = start_of(FIRST_DAY) + LENGTH * DAY

CHAIN, SCAN, LAB, REGISTRY, FIELD = "/zj/chain", "/zj/scan", "/fuyang/lab", "/fuyang/registry", "/fuyang/field"
FEED = "zj-chain"
"""The feed of what `/zj/chain` sends."""

LASTING = 2 * HOUR
"""A planted gap lasts at least so long beyond its due, so that no step of the clock in use can jump over it."""


def at(day: str, hours: float) -> int:
    """An instant of a Beijing day."""
    return start_of(day) + int(hours * HOUR)


@dataclass(frozen=True, slots=True)
class Standstill:
    """Some hours in which the province's feed sends nothing; what it recorded in them comes at once afterwards."""

    begins: int
    ends: int
    caught_up: int

    def shift(self, recorded: int) -> int:
        """When something that would have been recorded at `recorded` comes instead. Keeps the order."""
        if not self.begins <= recorded < self.ends:
            return recorded
        part = (recorded - self.begins) / (self.ends - self.begins)
        return self.ends + int(part * (self.caught_up - self.ends))


STANDSTILL = Standstill(at(DAYS[10], 7.7), at(DAYS[10], 12.2), at(DAYS[10], 12.4))
"""Day 11: from 07:42 to 12:12, over the hour at which the day before is judged."""


@dataclass(slots=True)
class Book:
    """What was written so far."""

    standstill: Standstill | None
    lines: list[Line] = field(default_factory=list)
    truth: list[Planted] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _shift_after: int = 0

    def write(
        self,
        source: str,
        kind: str,
        time: int,
        data: dict[str, Any],
        *,
        delay: int = 2 * SECOND,
        topic: str | None = None,
    ) -> Line:
        """One record: it happened at `time` and was recorded `delay` later, or when its feed moves again."""
        recorded = time + delay
        if source == CHAIN and kind != "feed.advanced" and self.standstill is not None:
            recorded = max(recorded, self.standstill.shift(recorded))
        number = self._numbers[source] = self._numbers.get(source, 0) + 1
        event = {
            "specversion": "1.0",
            "id": f"{source.rsplit('/', 1)[1]}-{number:06d}",
            "source": source,
            "type": kind,
            "time": beijing_time(time),
            "data": data,
        }
        line = Line(recorded, topic or TYPES.get(kind, (UPLOADS, None))[0] or UPLOADS, event)
        self.lines.append(line)
        return line

    def void(self, line: Line, time: int) -> Line:
        """A void of an operator's record, by its own source."""
        data = {"operator": line.event["data"]["operator"], "source": line.event["source"], "record": line.event["id"]}
        return self.write(line.event["source"], VOID, time, data, topic=line.topic)

    def close(self, kind: Kind, operator: str, subject: str, by: str, time: int) -> Line:
        """An officer's word that an incident is dealt with."""
        data = {"operator": operator, "alert": alert_id(kind, operator, subject), "by": by, "action": "close"}
        return self.write(FIELD, "alert.handled", time, data)

    def plant(self, kind: Kind, operator: str, subject: str, begins: int, ends: int | None, why: str) -> None:
        """The truth of one episode. What would begin only after the end of the fortnight is not told of in it."""
        if begins >= END:
            return
        if ends is not None and ends >= END:
            ends = None
        self.truth.append(Planted(kind.value, operator, subject, begins, ends, why))

    def not_before(self, begins: int) -> int:
        """The earliest instant at which a gap due at `begins` may end without being jumped over by the clock."""
        still = STANDSTILL
        if still.begins - HOUR <= begins <= still.caught_up:
            return still.caught_up + LASTING
        return begins + LASTING

    def sorted_lines(self) -> list[Line]:
        """The history, in the order of recording; nothing is recorded after the fortnight."""
        kept = (line for line in self.lines if line.recorded < END or line.event["type"] == "feed.advanced")
        return sorted(kept, key=lambda line: line.recorded)
