"""The short selection of the faults: seeded runs of the whole system on three brokers of both lines of Kafka. What is
drawn differs each time; LIANFANG_TEST_SEED repeats a run, `make soak RUNS=n` makes as many as one likes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.brokers import VERSION, VERSION_4, KafkaCluster
from tests.faults.scenario import seed
from tests.soak.network import LINES, Network
from tests.soak.run import Ground, Run

pytestmark = pytest.mark.timeout(600)  # half a minute each on a quiet machine; every step has a deadline of its own
ON = {
    VERSION: {"worker-killed": 0.15, "worker-frozen": 0.4, "broker-killed": 0.7},
    VERSION_4: {"full-restart": 0.2, "upstream-aborts": 0.4, "coordinator-killed": 0.5},
}


@pytest.fixture(params=ON)
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    cluster = KafkaCluster(3, request.param, lines=LINES)
    try:
        cluster.start()
        network = Network(cluster)
        yield Ground(cluster, network)
        network.close()
    finally:
        cluster.close()


async def test_nothing_is_lost_and_nothing_said_twice_and_nothing_hangs(ground: Ground) -> None:
    run = Run(seed(), ground, ON[ground.cluster.version])
    figures = await run.run()
    print(json.dumps(run.line(), ensure_ascii=False))
    assert figures.verdict == "clean", f"{figures.wrong}\n{figures.diary}\n{run.words}"
    assert figures.lost + figures.doubled + figures.repeated == 0
    assert figures.alerts > 50
    assert figures.notices > 20
