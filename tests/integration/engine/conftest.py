"""Workers of one test on one broker of either kind."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from connectors.embedded import Supervisor
from streams.settings import Commit, Settings
from tests.integration.engine import ledger

SESSION = "4"


@dataclass
class Rig:
    """Workers of one test on one broker."""

    supervisor: Supervisor
    bootstrap: str
    prefix: str
    env: dict[str, str]
    transactional: bool

    def add(self, name: str, breaking: str = "", folder: str = "") -> None:
        env = dict(self.env)
        if breaking:
            env |= {
                "LIANFANG_TEST_PATCH": f"tests.integration.engine.breaking.{breaking}",
                "LIANFANG_TEST_BROKEN": str(folder),
            }
        self.supervisor.add(name, [sys.executable, "-m", "tests.integration.engine.worker"], env=env)

    @property
    def settings(self) -> Settings:
        commit = Commit.TRANSACTIONS if self.transactional else Commit.PLAIN
        return Settings(bootstrap=self.bootstrap, prefix=self.prefix, commit=commit)

    def sender(self, **given) -> ledger.Sender:
        return ledger.Sender(self.bootstrap, self.prefix, self.transactional, **given)

    async def done(self, within: float = 120.0) -> None:
        await ledger.wait_until_done(self.settings, within=within)

    async def read(self) -> ledger.Read:
        return await ledger.read(self.settings)

    def exits(self, *names: str) -> list[int]:
        """Exit codes of these workers, or of all."""
        return [code for child in self.supervisor.children if not names or child.name in names for code in child.exits]

    async def until(self, happened: Callable[[], object], within: float = 60.0) -> None:
        """Wait for something that a worker brings about."""
        async with asyncio.timeout(within):
            while not happened():
                await asyncio.sleep(0.05)


@pytest.fixture(params=["kafka", "embedded_broker"])
def rig(request, prefix):
    broker = request.getfixturevalue(request.param)
    env = broker.env | {
        "LIANFANG_PREFIX": prefix,
        "LIANFANG_LOG_LEVEL": "warning",
        "LIANFANG_SESSION_TIMEOUT": SESSION,
        "PYTHONPATH": ".",
    }
    asyncio.run(ledger.create_topics(broker.bootstrap, prefix, 1))
    with Supervisor() as supervisor:
        yield Rig(supervisor, broker.bootstrap, prefix, env, request.param == "kafka")
