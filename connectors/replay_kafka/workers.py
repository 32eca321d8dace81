"""The processes of a replay: worker processes under a supervisor, on the embedded broker or on one that is named."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.errors import KafkaConnectionError, KafkaError

from connectors.embedded import ALARM, Supervisor, embedded_settings, start_broker
from connectors.topics import cluster
from schemas.envelope import PUBLIC_TOPICS
from schemas.topics import load
from streams.kafka import words_of
from streams.settings import Settings

WORKERS = 2
SPREAD = {**dict.fromkeys(PUBLIC_TOPICS, 2), "operator-journal": 4, "staff-journal": 2}
"""Few partitions, because a history may be shorter than making them takes; more than one, so that all workers work."""
REBALANCE = "3"
"""Seconds: the embedded broker lets the first members of a group wait for half of this."""
MOST_DEATHS = 3
PATIENCE = 1.0
"""Seconds a worker gets to end: by then all that it wrote has been read."""


class Died(Exception):  # noqa: N818 - it says what it says
    """The workers do not live; with what they logged last."""


class NoPlace(Exception):  # noqa: N818
    """No replay can run on this broker; says which and why."""


@dataclass(frozen=True)
class Place:
    """Where a replay runs. `settings` are the workers'."""

    settings: Settings
    supervisor: Supervisor
    log: Path

    def check(self) -> None:
        """Died if the workers die again and again, or one has ended for good."""
        for child in self.supervisor.children:
            if len(child.exits) > MOST_DEATHS or ALARM in child.exits:
                raise Died(f"{child.name} ended with {child.exits}\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of what the workers have logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:] if self.log.exists() else ""


@contextmanager
def started(settings: Settings, bootstrap: str | None, *, workers: int = WORKERS) -> Iterator[Place]:
    """Broker, topics under a prefix that nobody has, workers; all gone afterwards.

    NoPlace if no topics can be made there.
    """
    with tempfile.TemporaryDirectory(prefix="lianfang-replay-") as folder, Supervisor() as supervisor:
        log = Path(folder, "workers.log")
        env = _environment(settings)
        if bootstrap is None:
            env |= embedded_settings(start_broker(supervisor, output=Path(folder, "broker.log")))
            env["LIANFANG_REBALANCE_TIMEOUT"] = REBALANCE
        else:
            env |= {"LIANFANG_BOOTSTRAP": bootstrap}
        own = _settings(env)
        _make_topics(own)
        try:
            for number in range(workers):
                argv = [sys.executable, "-m", "connectors.cli", "worker"]
                supervisor.add(f"worker-{number + 1}", argv, env=env, output=log)
            yield Place(own, supervisor, log)
        finally:
            for number in range(workers):
                supervisor.end(f"worker-{number + 1}", patience=PATIENCE)
            if bootstrap is not None:
                asyncio.run(cluster.remove(own))


def _make_topics(settings: Settings) -> None:
    try:
        asyncio.run(cluster.ensure(settings))
    except cluster.Refused as error:
        raise NoPlace(str(error)) from None
    except KafkaConnectionError:
        raise NoPlace(f"no broker answers at {settings.bootstrap}") from None
    except (KafkaError, TimeoutError) as error:
        raise NoPlace(f"no topics can be made at {settings.bootstrap}: {words_of(error)}") from None


def _environment(settings: Settings) -> dict[str, str]:
    partitions = {name: 1 for name, topic in load().root.items() if topic.like is None} | SPREAD
    env = {
        "LIANFANG_PREFIX": f"replay-{uuid.uuid4().hex[:8]}-",
        "LIANFANG_SIMULATED": "true",
        "LIANFANG_PARTITIONS": json.dumps(partitions),
        "LIANFANG_HTTP_PORT": "0",
        "LIANFANG_LOG_LEVEL": "warning",
    }
    return env if settings.rules is None else env | {"LIANFANG_RULES": str(settings.rules.resolve())}


def _settings(env: Mapping[str, str]) -> Settings:
    """What the workers will read, for this process."""
    given: dict[str, object] = {name.removeprefix("LIANFANG_").lower(): value for name, value in env.items()}
    return Settings.model_validate(given | {"partitions": json.loads(env["LIANFANG_PARTITIONS"])})
