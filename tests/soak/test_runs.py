"""The short selection of the faults: seeded runs of the whole system on three brokers of both lines of Kafka. What is
drawn differs each time; LIANFANG_TEST_SEED repeats a run, `make soak RUNS=n` makes as many as one likes. And the ledger
that judges them must be able to say no: on the same brokers, with the engine's repair taken out, it is red.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.embedded import Supervisor
from tests.brokers import KafkaCluster
from tests.faults.scenario import Day, Scenario, environment, seed
from tests.faults.unrepaired import DYING
from tests.jars import VERSION, VERSION_4
from tests.soak.network import LINES, Network
from tests.soak.run import Ground, Run

pytestmark = pytest.mark.timeout(600)  # a minute at most on a quiet machine; every step has a deadline of its own
ON = {
    VERSION: {"worker-killed": 0.15, "worker-frozen": 0.4, "broker-killed": 0.7},
    VERSION_4: {"full-restart": 0.2, "upstream-aborts": 0.4, "coordinator-killed": 0.5},
}
OPERATORS = 55
UNREPAIRED = (sys.executable, "-m", "tests.faults.unrepaired")


@pytest.fixture(scope="module", params=ON)
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """Three brokers, only as long as they are needed: idle ones cost a sixth of a core."""
    cluster = KafkaCluster(3, request.param, lines=LINES)
    try:
        cluster.start()
        network = Network(cluster)
        yield Ground(cluster, network)
        network.close()
    finally:
        cluster.close()


async def test_nothing_is_lost_and_nothing_said_twice_and_nothing_hangs(ground: Ground) -> None:
    run = Run(seed(), ground, ON[ground.cluster.version], operators=OPERATORS)
    figures = await run.run()
    print(json.dumps(run.line(), ensure_ascii=False))
    assert figures.verdict == "clean", f"{figures.wrong}\n{figures.diary}\n{run.words}"
    assert figures.lost + figures.doubled + figures.repeated == 0
    assert figures.alerts > 30
    assert figures.notices > 10


@pytest.mark.parametrize("ground", [VERSION], indirect=True)
async def test_with_the_engine_unrepaired_the_ledger_is_red(
    ground: Ground, prefix: str, supervisor: Supervisor, tmp_path: Path
) -> None:
    env = environment(ground.cluster.env, prefix) | {DYING: str(tmp_path)}
    scenario = Scenario(Day.made(seed(), OPERATORS), env, supervisor, tmp_path / "log")
    outcome = await scenario.run([UNREPAIRED] * 2, {})
    print(outcome)
    assert sorted(code for codes in outcome.exits.values() for code in codes) == [70, 70]
    assert outcome.ledger.total("lost") > 0
    assert outcome.ledger.total("doubled") > 0
    assert not outcome.clean
