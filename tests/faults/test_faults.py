"""The ledger of the faults must be able to say no: on three brokers, with the engine's repair taken out, it is red.
With the repair it has to be clean whatever happens: `tests/soak`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.embedded import Supervisor
from tests.brokers import KafkaCluster
from tests.faults.scenario import Day, Scenario, environment, seed
from tests.faults.unrepaired import DYING

OPERATORS = 55
pytestmark = pytest.mark.timeout(600)  # a minute and a half on a quiet machine; every step has a deadline of its own
UNREPAIRED = (sys.executable, "-m", "tests.faults.unrepaired")


@pytest.fixture(scope="module")
def kafka3() -> Iterator[KafkaCluster]:
    """Three brokers, only as long as they are needed: idle ones cost a sixth of a core."""
    cluster = KafkaCluster(3)
    try:
        yield cluster.start()
    finally:
        cluster.close()


async def test_with_the_engine_unrepaired_the_ledger_is_red(
    kafka3: KafkaCluster, prefix: str, supervisor: Supervisor, tmp_path: Path
) -> None:
    chosen = seed()
    env = environment(kafka3.env, prefix) | {DYING: str(tmp_path)}
    scenario = Scenario(Day.made(chosen, OPERATORS), env, supervisor, tmp_path / "log")
    outcome = await scenario.run([UNREPAIRED] * 2, {})
    print(outcome)
    assert sorted(code for codes in outcome.exits.values() for code in codes) == [70, 70]
    assert outcome.ledger.total("lost") > 0
    assert outcome.ledger.total("doubled") > 0
    assert not outcome.clean
