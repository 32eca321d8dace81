"""Fixtures that more than one folder of tests uses: brokers (one of each kind for the whole session, started when the
first test asks) and a prefix of its own for every test, so that tests never meet in a topic.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import structlog
from hypothesis import HealthCheck, settings

from connectors.embedded import Supervisor, embedded_settings, start_broker
from streams.settings import Commit
from tests.brokers import KafkaCluster
from tests.nursery import Nursery

# the same examples in every run, and none of them judged by how busy the machine is
settings.register_profile(
    "lianfang", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lianfang")

# what is logged by what no command has configured: drawing a traceback takes structlog a fifth of a second
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer(colors=False),
    ]
)

# a shell that starts the tests in the background lets them, and all that they start, be deaf to Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)


# aiohttp reads the machine's list of authorities when it is imported, a tenth of what a process takes to start
os.environ["SSL_CERT_FILE"] = os.environ["SSL_CERT_DIR"] = os.devnull


FIRST = (
    "tests/soak/test_runs.py",
    "tests/integration/engine/test_guarantees.py",
    "tests/integration/demo/test_demo.py",
    "tests/integration/engine/",
    "tests/examples/test_examples_kafka.py",
    "tests/faults/",
    "tests/integration/demo/",
    "tests/house/test_lint.py",
    "tests/integration/",
    "tests/contract/test_clients.py",
    "tests/properties/",
)
"""As `make test ARGS=--durations=60` says; those that wait for sessions to run out in turn with those that compute."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that the processes of `make test` are done at the same time: three on two cores,
    because somebody always waits for a session to run out. Seldom should two of them need more than a core, or all
    wait, at once: that is what the order of `FIRST` is for.
    """

    def place(item: pytest.Item) -> int:
        return next((n for n, path in enumerate(FIRST) if item.nodeid.startswith(path)), len(FIRST))

    items.sort(key=place)


@dataclass(frozen=True)
class Broker:
    """A running broker. `env`: settings of a lianfang process on it. `cluster` None: not ours to break."""

    bootstrap: str
    env: dict[str, str]
    cluster: KafkaCluster | None = None

    @property
    def commit(self) -> Commit:
        """How a process commits there."""
        return Commit(self.env["LIANFANG_COMMIT"])


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[Broker]:
    """The embedded broker: no transactions."""
    with Supervisor() as supervisor:
        server = start_broker(supervisor)
        yield Broker(server.address, embedded_settings(server))


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """Real Kafka, one broker; or the one at LIANFANG_TEST_BOOTSTRAP."""
    named = os.environ.get("LIANFANG_TEST_BOOTSTRAP")
    if named:
        yield Broker(named, {"LIANFANG_BOOTSTRAP": named, "LIANFANG_COMMIT": "transactions"})
        return
    cluster = KafkaCluster(1)
    try:
        cluster.start()
        yield Broker(cluster.bootstrap, cluster.env, cluster)
    finally:
        cluster.close()


@pytest.fixture(scope="session", autouse=True)
def nursery() -> Iterator[Nursery]:
    """Processes that a supervisor keeps running come from one that has imported what they need."""
    forking = Nursery()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Supervisor, "popen", staticmethod(forking.popen))
        yield forking
    forking.close()


@pytest.fixture
def prefix() -> str:
    """A prefix for topics, transactional ids and groups that no other test has."""
    return f"t{uuid.uuid4().hex[:8]}-"


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """Of the processes of one test, which are gone when it ends, those that it had stopped among them."""
    with Supervisor(longest_pause=1.0) as running:
        yield running
        for child in running.children:
            running.kill(child.name, signal.SIGCONT)
            running.end(child.name, patience=2.0)
