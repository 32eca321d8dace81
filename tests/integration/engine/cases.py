"""One hazard, met twice at the same time: by a worker with all of the engine's repairs, and by one that lacks the
repair in question. The first must be right, the second must not; what hangs is not over long after the first was right.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from connectors.embedded import Child, Supervisor
from streams.settings import Commit, Settings
from tests.conftest import Broker
from tests.integration.engine import ledger
from tests.integration.engine.breaking import deaths, hazards, removals
from tests.integration.engine.breaking.hazards import SESSION

TOPICS = {
    "first": 2, "first-state": 2, "second": 1, "second-state": 1, "alarms": 1, "rings": 1, "dead-letters": 1,
}  # fmt: skip
PATIENCE = 120.0
GRACE = 3.0
"""Seconds after the repaired worker was right in which the other may still come to its end; or as long as it took."""


@dataclass(frozen=True)
class Worker:
    """A worker process, through all its lives."""

    supervisor: Supervisor
    child: Child

    @property
    def pid(self) -> int | None:
        return self.child.pid

    @property
    def exits(self) -> list[int]:
        return self.child.exits

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.supervisor.kill(self.child.name, number)

    def end(self) -> None:
        """For good, at once."""
        self.child.wanted = False
        self.kill()


@dataclass
class Case:
    """A worker, or two, on topics of their own. `removal` None: nothing was taken out."""

    supervisor: Supervisor
    broker: Broker
    folder: Path
    hazards: tuple[str, ...] = ()
    removal: str | None = None
    other: Case | None = None  # the one with all repairs, of one that lacks one
    topics: Mapping[str, int] = field(default_factory=lambda: TOPICS)
    workers: list[Worker] = field(default_factory=list)
    over: float | None = None  # when it was right

    def __post_init__(self) -> None:
        self.prefix = f"r{uuid.uuid4().hex[:8]}-"
        self.bootstrap = self.broker.bootstrap
        self.plain = self.broker.env["LIANFANG_COMMIT"] == "plain"
        self.sender = ledger.Sender(self.bootstrap, self.prefix, not self.plain, topics=self.topics)
        self.began = time.monotonic()

    async def create_topics(self) -> None:
        await ledger.create_topics(self.bootstrap, self.prefix, 1, self.topics)

    def start(self, name: str = "one", *, harmless: bool = False, **env: str) -> Worker:
        """A worker; `harmless`: without the hazards."""
        patches = [] if harmless else [_patch(hazard) for hazard in self.hazards]
        patches += [_patch(self.removal)] if self.removal else []
        given = self.broker.env | {
            "LIANFANG_PREFIX": self.prefix,
            "LIANFANG_LOG_LEVEL": "warning",
            "LIANFANG_SESSION_TIMEOUT": str(SESSION),
            "LIANFANG_TEST_PATCH": ",".join(patches),
            "LIANFANG_TEST_BROKEN": str(self.folder),
        }
        command = [sys.executable, "-m", "tests.integration.engine.worker"]
        log = self.folder / f"{name}.log"
        child = self.supervisor.add(self.prefix + name, command, env=given | env, output=log)
        self.workers.append(Worker(self.supervisor, child))
        return self.workers[-1]

    def tell(self, word: str) -> None:
        """Give a word that a hazard waits for."""
        (self.folder / word).touch()

    async def heard(self, word: str) -> None:
        """Until something has happened in a worker."""
        await self.until(word, lambda: self.told(word))

    def told(self, word: str) -> bool:
        """Whether a word was given, by whomever."""
        return (self.folder / word).exists()

    async def until(self, what: str, condition: Callable[[], bool]) -> None:
        """AssertionError if it does not become true."""
        while not condition():
            assert self.patient, f"in vain: {what}"
            await asyncio.sleep(0.02)

    @property
    def settings(self) -> Settings:
        commit = Commit.PLAIN if self.plain else Commit.TRANSACTIONS
        return Settings(bootstrap=self.bootstrap, prefix=self.prefix, commit=commit)

    @property
    def patient(self) -> bool:
        """Whether it is worth while to wait."""
        if self.other is not None and self.other.over is not None:
            return time.monotonic() < self.other.over + max(GRACE, self.other.over - self.other.began)
        return time.monotonic() < self.began + PATIENCE

    async def done(self, group: str | None = None) -> None:
        """Until the group has committed past everything that was in its inputs."""
        await self._while_patient(
            ledger.wait_until_done(self.settings, within=2 * PATIENCE, group=group, topics=self.topics)
        )

    async def shared(self, workers: int) -> None:
        """Until so many workers have divided the partitions among them."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            while True:
                ((_, _, state, _, _, members, *_),) = (
                    await admin.describe_consumer_groups([self.prefix + "lianfang"])
                )[0].groups
                if state == "Stable" and len(members) == workers:
                    return
                assert self.patient, f"in vain: {state}, {len(members)} workers"
                await asyncio.sleep(0.1)
        finally:
            await admin.close()

    async def _while_patient(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                assert self.patient, "not done"
                await asyncio.wait([task], timeout=0.05)
            task.result()
        finally:
            task.cancel()

    async def send(self, number: int = 20) -> None:
        await self.sender.send(number)

    async def read(self) -> ledger.Read:
        return await ledger.read(self.settings, self.topics)

    async def check(self, exits: list[int] | None = None) -> ledger.Read:
        """Everything once and in order, and the workers ended as expected on the way (None: anyhow)."""
        found = await self.read()
        ledger.check(found, self.sender.sent, exactly=True)
        if exits is not None:
            assert self.workers[0].exits == exits, f"exits {self.workers[0].exits}"
        return found

    def log(self) -> str:
        """The end of what the workers said."""
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in self.folder.glob("*.log"))

    @asynccontextmanager
    async def upstream(self):
        """A transactional producer of somebody else's, in a transaction."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, transactional_id=f"{self.prefix}{uuid.uuid4()}")
        await producer.start()
        try:
            await producer.begin_transaction()
            yield producer
        finally:
            await producer.stop()

    async def rebalance(self) -> None:
        """Somebody joins the group and leaves again, so that partitions go and come back."""
        async with self.guest():
            """It is there."""

    @asynccontextmanager
    async def guest(self):
        """Somebody else is in the group and holds a part of the partitions."""
        guest = AIOKafkaConsumer(
            self.prefix + "first", self.prefix + "second",
            bootstrap_servers=self.bootstrap, group_id=f"{self.prefix}lianfang", enable_auto_commit=False,
            partition_assignment_strategy=(RoundRobinPartitionAssignor,), auto_offset_reset="none",
            session_timeout_ms=int(SESSION * 1000), heartbeat_interval_ms=300, rebalance_timeout_ms=8000,
        )  # fmt: skip
        joining = asyncio.create_task(guest.start())
        try:
            await self.until("a guest joined the group", lambda: joining.done() and bool(guest.assignment()))
            yield
        finally:
            joining.cancel()
            with contextlib.suppress(TimeoutError):  # the group may hang, with a worker in it that does
                async with asyncio.timeout(5.0):
                    await guest.stop()


def _patch(name: str) -> str:
    """Where a worker finds it."""
    (module,) = (module for module in (deaths, hazards, removals) if name in functions(module))
    return f"{module.__name__}:{name}"


def functions(module: ModuleType) -> set[str]:
    """What a module of patches offers."""
    own = [one for one in vars(module).values() if getattr(one, "__module__", "") == module.__name__]
    return {one.__name__ for one in own if not one.__name__.startswith("_")}


Scenario = Callable[[Case], Awaitable[None]]


async def meet(scenario: Scenario, repaired: Case, lacking: Case) -> AssertionError | None:
    """Both at the same time; what went wrong where the repair is lacking, None if nothing did."""
    lacking.other = repaired

    async def right() -> None:
        await scenario(repaired)
        repaired.over = time.monotonic()

    async def wrong() -> AssertionError | None:
        try:
            await scenario(lacking)
        except AssertionError as error:
            return error
        return None

    try:
        await asyncio.gather(repaired.create_topics(), lacking.create_topics())
        _, shown = await asyncio.gather(right(), wrong())
    finally:
        for case in (repaired, lacking):
            for worker in case.workers:
                worker.end()
    return shown
