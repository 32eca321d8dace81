"""A district's day through worker processes on brokers, with things that happen to them on the way."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaProducer

from connectors.embedded import Supervisor
from connectors.replay_kafka.batches import Batch, Message, batches
from connectors.topics import cluster
from schemas.envelope import PUBLIC_TOPICS, recorded_time
from schemas.times import HOUR, format_instant
from streams.clock.barrier import Barrier
from streams.clock.port import KafkaPort
from streams.context import Context
from streams.engine.partition import SAVE_EVERY
from streams.engine.partitioner import partition_of
from streams.kafka import client_options
from streams.parameters import Rules
from streams.replay.pure import Line, PureEngine
from streams.settings import Commit, Settings
from tests.faults.derived import READ, derived_differences
from tests.faults.ledger import ALERTS, Ledger, Topics, count, unsaved
from tests.faults.reading import everything
from tests.properties.districts import PeopledDistrict
from tests.properties.product import replayed
from tests.standing import before_each_tick, differences

TICK = 6 * HOUR
SESSION = 6.0
"""Seconds: the shortest session that Kafka allows without another setting of the broker."""
PARTITIONS = {**dict.fromkeys(PUBLIC_TOPICS, 2), "operator-journal": 4, "staff-journal": 2}
SLICE, PAUSE = 25, 0.1
"""Records sent at once, and seconds between: what a fault hits is a stream, not a file."""
WITHIN = 90.0
WORKER = (sys.executable, "-m", "connectors.cli", "worker")
Fault = Callable[[], Awaitable[None]]


def seed() -> int:
    """The seed of this run, printed; LIANFANG_TEST_SEED sets it."""
    given = os.environ.get("LIANFANG_TEST_SEED")
    chosen = int(given) if given else random.SystemRandom().randrange(10**6)
    print(f"LIANFANG_TEST_SEED={chosen}")
    return chosen


@dataclass(frozen=True)
class Day:
    """A district's day, some of whose records come later."""

    lines: tuple[Line, ...]
    until: int

    @classmethod
    def made(cls, seed: int, operators: int) -> Day:
        """Seeded; ends a day after the first record."""
        district = PeopledDistrict(seed, operators, 1)
        district.first = "2022-01-10"  # a day on which everything is required
        values = district.lines()
        lines = [Line(recorded_time(value), value) for value in values]
        until = lines[0].recorded + 24 * HOUR
        return cls(tuple(line for line in lines if line.recorded <= until), until)

    def plan(self) -> list[Batch]:
        """What is sent before which tick."""
        context = Context(settings=Settings(simulated=True), rules=Rules.load(), partitions={})
        return list(batches(self.lines, tick=TICK, until=self.until, pure=PureEngine(context)))


@dataclass(frozen=True)
class Outcome:
    """What a reader of the topics sees afterwards, beside what the pure engine says."""

    ledger: Ledger
    differences: list[str]
    exits: dict[str, list[int]]

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing twice, the same alerts."""
        ledger = self.ledger
        bad = ledger.total("lost") + ledger.total("doubled") + ledger.repeated_alerts + ledger.missing_alerts
        return not (bad or ledger.wrong or self.differences)

    def __str__(self) -> str:
        return "\n".join([str(self.ledger), *self.differences[:20], f"exits {self.exits}"])


def environment(broker: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Settings of the workers."""
    return dict(broker) | {
        "LIANFANG_PREFIX": prefix,
        "LIANFANG_SIMULATED": "true",
        "LIANFANG_PARTITIONS": json.dumps(PARTITIONS),
        "LIANFANG_SESSION_TIMEOUT": str(SESSION),
        "LIANFANG_REBALANCE_TIMEOUT": "10",
        "LIANFANG_FETCH_WAIT_MS": "250",  # a fetch is woken by what arrives; idle ones cost the brokers half their time
        "LIANFANG_LOG_LEVEL": "warning",
    }


class Scenario:
    """One run. Faults are given by the share of the day's records after which they begin."""

    def __init__(self, day: Day, env: Mapping[str, str], supervisor: Supervisor, log: Path) -> None:
        self.day, self._env, self._log = day, dict(env), log
        self.supervisor = supervisor
        ours = {
            name.removeprefix("LIANFANG_").lower(): text for name, text in env.items() if name.startswith("LIANFANG_")
        }
        self.settings = Settings.model_validate(ours | {"partitions": PARTITIONS})
        self._context = Context(self.settings, Rules.load(), PARTITIONS)
        self._transactions = self.settings.commit is Commit.TRANSACTIONS

    async def run(self, workers: Sequence[Sequence[str]], faults: Mapping[float, Fault]) -> Outcome:
        """The whole day with `workers` (one command line each); every fault has come to its end."""
        await cluster.ensure(self.settings)
        for number, argv in enumerate(workers, 1):
            self.supervisor.add(f"worker-{number}", argv, env=self._env, output=self._log)
        port = KafkaPort(self.settings)
        producer = AIOKafkaProducer(**client_options(self.settings), acks="all", enable_idempotence=self._transactions)
        async with AsyncExitStack() as stack:
            for client in (port, producer):
                await client.start()
                stack.push_async_callback(client.stop)
            await self._drive(Barrier(port), producer, faults)
            topics = await self._settled(port)
        exits = {child.name: child.exits for child in self.supervisor.children}
        differences = [*self._differences(topics), *self._from_journals(topics)]
        return Outcome(count(topics), differences, exits)

    async def _settled(self, port: KafkaPort) -> Topics:
        """The topics, when positions are saved; after a time as they are, and then the ledger says what is missing."""
        until = time.monotonic() + WITHIN
        while True:
            topics = await everything(self.settings, port, READ)
            if not unsaved(topics) or time.monotonic() > until:
                return topics
            await asyncio.sleep(SAVE_EVERY / 4)

    async def _drive(self, barrier: Barrier, producer: AIOKafkaProducer, faults: Mapping[float, Fault]) -> None:
        waiting = sorted(faults.items())
        sent = 0
        async with asyncio.TaskGroup() as happening:
            await barrier.begin(self.day.lines[0].recorded)
            for batch in self.day.plan():
                for number, messages in enumerate(batch.groups):
                    if number:
                        await barrier.calm(within=WITHIN)
                    for start in range(0, len(messages), SLICE):
                        await self._send(producer, messages[start : start + SLICE])
                        sent += len(messages[start : start + SLICE])
                        while waiting and sent >= waiting[0][0] * len(self.day.lines):
                            happening.create_task(waiting.pop(0)[1]())
                        await asyncio.sleep(PAUSE)
                if batch.tick is not None:
                    await barrier.advance(batch.tick, within=WITHIN)
            await barrier.calm(routed=True, within=WITHIN)

    async def _send(self, producer: AIOKafkaProducer, messages: Sequence[Message]) -> None:
        acknowledged = [
            await producer.send(
                self.settings.prefix + message.topic,
                message.line.value,
                key=message.key or None,
                partition=partition_of(message.key, PARTITIONS[message.topic]),
                timestamp_ms=message.line.recorded,
            )
            for message in messages
        ]
        await asyncio.gather(*acknowledged)

    def words(self) -> str:
        """The end of what the workers have logged."""
        return self._log.read_text(errors="replace")[-6000:] if self._log.exists() else ""

    def _from_journals(self, topics: Topics) -> list[str]:
        return derived_differences(topics, self._context, repeats=not self._transactions)

    def _differences(self, topics: Topics) -> list[str]:
        found = [
            json.loads(message.value)
            for (topic, _), messages in topics.items()
            for message in messages
            if topic in ALERTS and message.value is not None
        ]
        values = [line.value for line in self.day.lines]
        expected = replayed(values, tick="6h", until=format_instant(self.day.until))
        return differences(before_each_tick(found, TICK), before_each_tick(expected, TICK))
