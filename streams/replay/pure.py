"""The pure engine: intake's judgement, the machines of operators and staff, one partition each, no Kafka.

Between two lines everything that follows from the first is done: spells to staff, samples back to operators.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

import msgspec

from schemas.envelope import Refused, read
from schemas.times import BEIJING, DAY
from streams.context import Context
from streams.journal import DEAD_LETTERS, JOURNALS
from streams.machine import RECORDED, Entry, Output
from streams.operators.machine import Operators
from streams.staff.machine import Staff

OPERATOR_JOURNAL, STAFF_JOURNAL = "operator-journal", "staff-journal"
ALERTS = frozenset({"alerts", "alerts-private"})


class Line(msgspec.Struct, frozen=True):
    """One line of a history: when it was recorded, and its bytes."""

    recorded: int
    value: bytes


class PureEngine:
    """The machines of operators and staff, fed by hand. `refused`: how many lines would have become dead letters."""

    def __init__(self, context: Context) -> None:
        self._rules = context.rules
        self.operators = Operators(0, context)
        self.staff = Staff(0, context)
        self._offset = 0
        self.refused = 0

    def begin(self, recorded: int) -> None:
        """*Now* before any tick: the recorded of the first line, refused or not."""
        for machine, journal in ((self.staff, STAFF_JOURNAL), (self.operators, OPERATOR_JOURNAL)):
            deque(machine.tick(recorded, self._entry(journal, recorded)), maxlen=0)  # nothing is there to be told yet

    def record(self, line: Line) -> Iterator[Output]:
        """One line; gives the alert messages that follow."""
        try:
            record = read(line.value, {}, recorded=line.recorded, goods=self._rules.goods_classes)
        except Refused:
            self.refused += 1
            return
        journal = JOURNALS[record.log[0]]
        if journal in (OPERATOR_JOURNAL, STAFF_JOURNAL):
            machine = self._machine(journal)
            entry = self._entry(journal, line.recorded, line.value, {RECORDED: b"%d" % line.recorded})
            machine.rows.mark()  # nothing is rolled back here; let nothing pile up for it
            yield from self._run(machine.accept(record, entry).outputs, line.recorded)

    def tick(self, tick: int) -> Iterator[Output]:
        """One tick, staff first; gives the alert messages that follow."""
        for outputs in self.staff.tick(tick, self._entry(STAFF_JOURNAL, tick)):
            yield from self._run(outputs, tick)
        for outputs in self.operators.tick(tick, self._entry(OPERATOR_JOURNAL, tick)):
            yield from self._run(outputs, tick)

    def next_due(self) -> int | None:
        """The earliest instant at which a row wants to be looked at: no tick before it changes anything."""
        dues = [due for rows in (self.operators.rows, self.staff.rows) if (due := rows.next_due()) is not None]
        return min(dues, default=None)

    def _run(self, outputs: Iterable[Output], at: int) -> Iterator[Output]:
        waiting = deque(outputs)
        while waiting:
            output = waiting.popleft()
            if output.topic in ALERTS:
                yield output
            elif output.topic == DEAD_LETTERS:
                self.refused += 1
            elif output.topic in (OPERATOR_JOURNAL, STAFF_JOURNAL):
                entry = self._entry(output.topic, at, output.value, dict(output.headers))
                waiting.extend(self._machine(output.topic).apply(entry).outputs)

    def _machine(self, journal: str) -> Operators | Staff:
        return self.operators if journal == OPERATOR_JOURNAL else self.staff

    def _entry(self, topic: str, at: int, value: bytes | None = None, headers: dict[str, bytes] | None = None) -> Entry:
        self._offset += 1
        return Entry(topic, 0, self._offset, at, None, value, headers or {})


class Moment(msgspec.Struct, frozen=True):
    """One step of a replay: the lines of one stretch, or a tick."""

    tick: int | None
    line: Line | None


def moments(
    lines: Iterable[Line], every: int, until: int | None, next_due: Callable[[], int | None]
) -> Iterator[Moment]:
    """Lines and ticks in their order: a line recorded before T comes before tick T.

    Ticks at every multiple of `every` (which divides the day), from the first one after the first line's recorded to
    the last one ≤ `until` (default: the last line's recorded + one tick). Those with which nothing can change are left
    out: what remains are the ticks at which something is due, the first of each Beijing day (it may bring other rules)
    and the last one before each line (it is the *now* of that line).
    """
    tick: int | None = None
    last = 0
    for line in lines:
        if until is not None and line.recorded > until:
            break
        if tick is None:
            tick = line.recorded // every * every + every
        before = line.recorded // every * every
        for moment in _ticks(tick, before, every, next_due):
            yield Moment(moment, None)
        tick = max(tick, before + every)
        last = line.recorded
        yield Moment(None, line)
    if tick is None:
        return
    end = until if until is not None else last + every
    for moment in _ticks(tick, end // every * every, every, next_due):
        yield Moment(moment, None)


def _ticks(first: int, last: int, every: int, next_due: Callable[[], int | None]) -> Iterator[int]:
    """The ticks from `first` to `last`, both included, less those with which nothing can change; `last` is kept."""
    tick = first
    while tick <= last:
        day_begins = (tick + BEIJING - 1) // DAY * DAY + DAY - BEIJING
        if (tick + BEIJING) % DAY < every:
            day_begins = tick
        due = next_due()
        wanted = min(day_begins, last, last if due is None else max(due, tick))
        tick += -(-(wanted - tick) // every) * every
        if tick <= last:
            yield tick
        tick += every
