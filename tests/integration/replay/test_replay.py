"""`lianfang replay --engine kafka` on the embedded broker and, with transactions, on a Kafka of one's own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.cli import DONE, UNUSABLE, main
from connectors.topics.cluster import admin
from schemas.envelope import recorded_time
from schemas.times import HOUR, format_instant
from streams.settings import Settings
from tests.conftest import Broker
from tests.properties.districts import District
from tests.properties.product import replayed
from tests.standing import before_each_tick, differences


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A few operators' day."""
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"\n".join(District(3, 12, 1).lines()) + b"\n")
    return path


def replay(history: Path, *words: str) -> tuple[int, list[dict[str, object]], str]:
    """Exit code, messages, standard error."""
    out = history.with_name("alerts.jsonl")
    result = CliRunner().invoke(main, ["replay", str(history), "--alerts", str(out), "--engine", "kafka", *words])
    lines = out.read_text().splitlines() if out.exists() else []
    return result.exit_code, [json.loads(line) for line in lines], result.stderr


@pytest.mark.parametrize("where", ["embedded", "kafka"])
def test_the_workers_say_what_the_pure_engine_says(where, history, request, monkeypatch):
    bootstrap: tuple[str, ...] = ()
    if where == "kafka":
        broker: Broker = request.getfixturevalue("kafka")
        for name, value in broker.env.items():
            monkeypatch.setenv(name, value)
        bootstrap = ("--bootstrap", broker.bootstrap)
    lines = history.read_bytes().splitlines()
    until = format_instant(recorded_time(lines[0]) + 30 * HOUR)
    code, found, said = replay(history, "--tick", "1h", "--until", until, *bootstrap)
    assert code == DONE, said
    expected = replayed(lines, tick="1h", until=until)
    assert len(expected) > 10
    assert differences(before_each_tick(found, HOUR), before_each_tick(expected, HOUR)) == []
    if where == "kafka":
        assert not asyncio.run(names(Settings()))


def test_more_copies_than_there_are_brokers_is_told_with_the_settings_to_change(history, kafka):
    code, found, said = replay(history, "--bootstrap", kafka.bootstrap)
    assert (code, found) == (UNUSABLE, [])
    assert "LIANFANG_REPLICATION and LIANFANG_MIN_ISR" in said.splitlines()[-1]


async def names(settings: Settings) -> list[str]:
    """Topics of replays that are still there."""
    async with admin(settings) as client:
        return [name for name in await client.list_topics() if name.startswith("replay-")]


def test_a_history_that_can_not_be_used_starts_nothing(history):
    history.write_bytes(b'{"specversion": "1.0"}\n')
    code, found, said = replay(history)
    assert (code, found) == (UNUSABLE, [])
    assert "recordedtime" in said


def test_a_history_of_which_nothing_follows_gives_an_empty_file(history):
    looked = {"specversion": "1.0", "id": "1", "source": "/s", "type": "code.looked-up", "data": {"lot": "L"}}
    at = "2022-01-12T08:00:00Z"
    history.write_bytes(json.dumps(looked | {"time": at, "recordedtime": at}).encode() + b"\n")
    code, found, said = replay(history)
    assert (code, found) == (DONE, [])
    assert "0 messages" in said
