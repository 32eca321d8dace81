"""All flows of a worker in this process, on logs in memory: units are sealed anywhere, the owner of a partition dies
anywhere, between two slices of a tick too, and what comes behind a tick overtakes it where it may. What was not sealed
is lost with its owner; a fresh one goes on from rows and position. As on Kafka, only without Kafka.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator

from connectors.journal.replaying import STATE
from connectors.replay_kafka.batches import addressed
from schemas.envelope import PUBLIC_TOPICS
from streams.context import Context
from streams.engine.partitioner import partition_of
from streams.engine.position import KEY, Position
from streams.machine import ENTRY, Entry, Machine, Output, Sort, Ticking
from streams.replay.journal import MACHINES
from streams.replay.pure import Line
from tests.faults.ledger import Message, Place

PARTITIONS = {
    **dict.fromkeys(PUBLIC_TOPICS, 2), "operator-journal": 3, "operators-state": 3, "staff-journal": 2,
    "staff-state": 2, "notice-journal": 1, "routing-state": 1, "alerts": 3, "alerts-private": 3, "dead-letters": 2,
    "feeds": 1, "notices": 2, "receipts": 2,
}  # fmt: skip
TICK = Sort.TICK.encode()


class Died(Exception):  # noqa: N818
    """kill -9."""


class Owner:
    """Who owns one partition, from one death to the next."""

    def __init__(self, house: House, place: Place) -> None:
        self.house, self.place = house, place
        self.state = (STATE.get(place[0], f"{place[0]}-positions"), place[1])
        self.machine: Machine = MACHINES[place[0]](place[1], house.context)
        self.position = Position(0)
        for row in house.logs[self.state]:
            if row.key == KEY:
                self.position = Position.decode(row.value or b"")
            else:
                self.machine.rows.load(row.key or b"", row.value)
        self.machine.resume(self.position.tick)
        self.outputs: list[Output] = []
        self.slices: Iterator[list[Output]] | None = None
        if self.position.ticking is not None:
            tick, offset, timestamp = self.position.ticking
            self._begin(Entry(*self.place, offset, timestamp, None, b"%d" % tick, {ENTRY: TICK}))

    @property
    def behind(self) -> bool:
        """Whether there is anything to do."""
        log = self.house.logs[self.place]
        return self.slices is not None or (bool(log) and self.position.next <= log[-1].offset)

    def work(self) -> None:
        """To the end of the log, or, within a tick, until others get their turn. Died."""
        log = self.house.logs[self.place]
        waiting = deque(log[bisect_left(log, self.position.next, key=lambda one: one.offset) :])
        while waiting or self.slices is not None:
            if waiting and (self.slices is None or (self.house.chance(0.5) and self._overtakes(waiting[0]))):
                self._take(waiting.popleft())
            else:
                self._slice()
            if self.house.chance(self.house.seals):
                self.seal()
            if self.house.chance(self.house.deaths):
                raise Died
            if self.slices is not None and self.house.chance(0.3):
                return
        self.seal()

    def seal(self) -> None:
        """One transaction; or, where there are none, outputs first, and then death may come."""
        for output in self.outputs:
            self.house.send(output)
        if self.outputs and self.house.chance(self.house.torn):
            raise Died
        for key, row in (*self.machine.rows.take(), (KEY, self.position.encode())):
            self.house.append(self.state, Message(0, key, row, {}))
        self.outputs = []

    def _entry(self, message: Message) -> Entry:
        return Entry(*self.place, message.offset, message.timestamp, message.key, message.value, message.headers)

    def _is_tick(self, message: Message) -> bool:
        return self.place[0] not in PUBLIC_TOPICS and message.headers.get(ENTRY) == TICK

    def _overtakes(self, message: Message) -> bool:
        """Whether it may be applied within the tick."""
        if self._is_tick(message) or not isinstance(self.slices, Ticking):
            return False
        outputs = self.slices.ahead(self._entry(message))
        self.outputs += outputs or []
        self.house.overtaken += outputs is not None
        return outputs is not None

    def _take(self, message: Message) -> None:
        entry, position = self._entry(message), self.position
        self.position = Position(message.offset + 1, position.tick, ticking=position.ticking)
        if not self._is_tick(message):
            self.outputs += self._applied(entry)
        elif position.tick is None or int(message.value or b"") > position.tick:
            self._begin(entry)

    def _begin(self, tick: Entry) -> None:
        at = int(tick.value or b"")
        self.slices = self.machine.tick(at, tick)
        self.position = Position(self.position.next, self.position.tick, ticking=(at, tick.offset, tick.timestamp))

    def _slice(self) -> None:
        assert self.slices is not None
        assert self.position.ticking is not None
        outputs = next(self.slices, None)
        if outputs is None:
            self.slices = None
            self.position = Position(self.position.next, self.position.ticking[0])
        else:
            self.outputs += outputs

    def _applied(self, entry: Entry) -> Iterable[Output]:
        self.machine.rows.mark()
        try:
            return list(self.machine.apply(entry).outputs)
        except Exception as error:
            self.machine.rows.rollback()
            return list(self.machine.broken(entry, error).outputs)


class House:
    """The logs, and who owns them. `logs`: as a reader of committed messages finds them."""

    def __init__(
        self, context: Context, seed: int, *, seals: float = 0.05, deaths: float = 0.01, torn: float = 0.0
    ) -> None:
        self.context, self.seals, self.deaths, self.torn = context, seals, deaths, torn
        self.deaths_so_far = self.overtaken = 0
        self._told: int | None = None  # the tick that all stages but the last have been given
        self.logs: dict[Place, list[Message]] = defaultdict(list)
        self.logs.update({(topic, number): [] for topic, count in PARTITIONS.items() for number in range(count)})
        self.owners: dict[Place, Owner] = {}
        self._random = random.Random(seed)
        self._now = 0

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def record(self, line: Line) -> None:
        """A record is on its public topic."""
        self._now = line.recorded
        message = addressed(line)
        place = message.topic, partition_of(message.key, PARTITIONS[message.topic])
        self.append(place, Message(0, message.key or None, line.value, {}))

    def tick(self, tick: int) -> None:
        """A tick, behind everything before it."""
        self.calm()
        self._now = tick
        self._tick("staff-journal", tick)
        self._work()
        self._tick("operator-journal", tick)  # and what is recorded from here on may find it under way
        self._told = tick

    def calm(self) -> None:
        """Until nobody has anything left to do."""
        self._work()
        if self._told is not None:
            self._tick("notice-journal", self._told)
            self._told = None
            self._work()

    def _tick(self, journal: str, tick: int) -> None:
        for number in range(PARTITIONS[journal]):
            self.append((journal, number), Message(0, None, b"%d" % tick, {ENTRY: TICK}))

    def _work(self) -> None:
        while waiting := [place for place in self.logs if self._behind(place)]:
            place = self._random.choice(waiting)
            if place not in self.owners:
                self.owners[place] = Owner(self, place)
            try:
                self.owners[place].work()
            except Died:
                del self.owners[place]
                self.deaths_so_far += 1

    def send(self, output: Output) -> None:
        number = output.partition
        if number is None:
            number = partition_of(output.key, PARTITIONS[output.topic]) if output.key is not None else 0
        self.append((output.topic, number), Message(0, output.key, output.value, dict(output.headers)))

    def append(self, place: Place, message: Message) -> None:
        """Offsets have gaps, where a real log has markers."""
        log = self.logs[place]
        offset = log[-1].offset + self._random.choice((1, 1, 2)) if log else 0
        log.append(Message(offset, message.key, message.value, message.headers, self._now))

    def _behind(self, place: Place) -> bool:
        if place[0] not in MACHINES or not self.logs[place]:
            return False
        owner = self.owners.get(place)
        return owner is None or owner.behind
