"""On one broker, with a worker killed in the middle: what lies on the topics is, byte for byte, what the pure engine
makes of the journals as they lie; and `lianfang journal` with `lianfang replay --journal` says the same.
"""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.cli import DONE, UNUSABLE, main
from connectors.embedded import Supervisor
from streams.clock.port import KafkaPort
from streams.engine.position import KEY
from tests.conftest import Broker
from tests.faults.derived import READ
from tests.faults.ledger import ALERTS, Topics
from tests.faults.reading import everything
from tests.faults.scenario import WORKER, Day, Scenario, environment, seed

pytestmark = pytest.mark.timeout(300)


async def test_rows_alerts_and_what_stages_send_each_other_are_those_of_the_journals(
    kafka: Broker, prefix: str, supervisor: Supervisor, tmp_path: Path
) -> None:
    chosen = seed()
    scenario = Scenario(Day.made(chosen, 30), environment(kafka.env, prefix), supervisor, tmp_path / "log")

    async def killed() -> None:
        await asyncio.sleep(random.Random(chosen).random() / 2)
        supervisor.kill("worker-1")

    outcome = await scenario.run([WORKER] * 2, {0.3: killed})
    assert outcome.exits["worker-1"], "the worker that was killed did not even run"
    assert outcome.clean, f"{outcome}\n{scenario.words()}"
    port = KafkaPort(scenario.settings)
    await port.start()
    try:
        topics = await everything(scenario.settings, port, READ)
    finally:
        await port.stop()
    await asyncio.to_thread(_commands_say_the_same, topics, environment(kafka.env, prefix), tmp_path)


async def test_without_transactions_they_are_too_but_for_what_is_said_again(
    embedded_broker: Broker, prefix: str, supervisor: Supervisor, tmp_path: Path
) -> None:
    chosen = seed()
    env = environment(embedded_broker.env, prefix)
    scenario = Scenario(Day.made(chosen, 25), env, supervisor, tmp_path / "log")

    gone: set[int | None] = {None}

    async def killed() -> None:
        while (pid := supervisor.children[0].pid) in gone:  # the second time it may not be up again yet
            await asyncio.sleep(0.05)
        gone.add(pid)
        supervisor.kill("worker-1")

    outcome = await scenario.run([WORKER] * 2, {0.3: killed, 0.6: killed})
    print(outcome)
    assert len(outcome.exits["worker-1"]) == 2
    assert outcome.ledger.total("lost") == 0
    assert outcome.differences == [], f"{outcome}\n{scenario.words()}"


def _commands_say_the_same(topics: Topics, env: dict[str, str], folder: Path) -> None:
    runner, journal = CliRunner(env=env), str(folder / "journal")
    saved = runner.invoke(main, ["journal", journal, "--json"])
    assert saved.exit_code == DONE, saved.output
    assert runner.invoke(main, ["journal", journal]).exit_code == UNUSABLE, "it wrote over what was there"
    alerts, rows = folder / "alerts", folder / "rows"
    words = ["replay", "--journal", journal, "--alerts", str(alerts), "--rows", str(rows), "--json"]
    replayed = runner.invoke(main, words)
    assert replayed.exit_code == DONE, replayed.output
    assert json.loads(replayed.stderr)["entries"] == json.loads(saved.stderr)["entries"] > 0
    told = [message.value for (topic, _), log in topics.items() if topic in ALERTS for message in log]
    assert sorted(alerts.read_bytes().splitlines()) == sorted(value for value in told if value)
    stored = {}
    for place, log in topics.items():
        if place[0].endswith("-state"):
            stored |= {(*place, message.key.decode()): message.value for message in log if message.key != KEY}
    lines = [json.loads(line) for line in rows.read_text().splitlines()]
    written = {(line["state"], line["partition"], line["key"]): line["row"].encode() for line in lines}
    assert written == {key: row for key, row in stored.items() if row is not None}
