"""On three brokers, in the middle of a district's day: one worker is killed with -9, another is stopped for longer than
its session and goes on, a broker is killed. Nothing may be lost, nothing said twice, and the same alerts stand as ever.

`LIANFANG_SEED=… make faults` repeats a run.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.embedded import Supervisor
from tests.conftest import Broker
from tests.faults.scenario import SESSION, WORKER, Day, Scenario, environment, seed
from tests.faults.unrepaired import DYING

OPERATORS = 220
pytestmark = pytest.mark.timeout(600)  # a minute and a half on a quiet machine; every step has a deadline of its own
UNREPAIRED = (sys.executable, "-m", "tests.faults.unrepaired")


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor(longest_pause=1.0) as running:
        yield running
        for child in running.children:
            running.kill(child.name, signal.SIGCONT)
            running.end(child.name, patience=2.0)


async def test_nothing_is_lost_and_nothing_said_twice(
    kafka3: Broker, prefix: str, supervisor: Supervisor, tmp_path: Path
) -> None:
    chosen = seed()
    chance = random.Random(chosen)
    scenario = Scenario(Day.made(chosen, OPERATORS), environment(kafka3.env, prefix), supervisor, tmp_path / "log")
    first, second = chance.sample(["worker-1", "worker-2", "worker-3"], 2)
    assert kafka3.cluster is not None
    broker = chance.choice([node.number for node in kafka3.cluster.nodes])

    async def killed() -> None:
        await asyncio.sleep(chance.random() / 2)
        supervisor.kill(first)

    async def stopped() -> None:
        await asyncio.sleep(chance.random() / 2)
        supervisor.kill(second, signal.SIGSTOP)
        await asyncio.sleep(1.5 * SESSION)
        supervisor.kill(second, signal.SIGCONT)

    async def broker_killed() -> None:
        await asyncio.sleep(chance.random() / 2)
        assert kafka3.cluster is not None
        kafka3.cluster.kill(broker)
        await asyncio.sleep(5)
        await asyncio.to_thread(kafka3.cluster.restart, broker)

    outcome = await scenario.run([WORKER] * 3, {0.15: killed, 0.4: stopped, 0.7: broker_killed})
    print(outcome)
    assert outcome.exits[first], "the worker that was killed did not even run"
    assert outcome.ledger.total("came") == len(scenario.day.lines)
    assert outcome.ledger.alerts > OPERATORS
    assert outcome.clean, f"{outcome}\n{scenario.words()}"


async def test_with_the_engine_unrepaired_the_ledger_is_red(
    kafka3: Broker, prefix: str, supervisor: Supervisor, tmp_path: Path
) -> None:
    chosen = seed()
    env = environment(kafka3.env, prefix) | {DYING: str(tmp_path)}
    scenario = Scenario(Day.made(chosen, OPERATORS // 4), env, supervisor, tmp_path / "log")
    outcome = await scenario.run([UNREPAIRED] * 2, {})
    print(outcome)
    assert sorted(code for codes in outcome.exits.values() for code in codes) == [70, 70]
    assert outcome.ledger.total("lost") > 0
    assert outcome.ledger.total("doubled") > 0
    assert not outcome.clean
