"""`lianfang topics` on both brokers, as operations would use it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from connectors.cli import DONE, FOUND_WRONG, UNUSABLE
from connectors.cli.topics import command
from schemas.topics import load
from tests.conftest import Broker
from tests.reading import few

Run = Callable[..., Result]


@pytest.fixture(params=["embedded_broker", "kafka"])
def run(request: pytest.FixtureRequest, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    broker: Broker = request.getfixturevalue(request.param)
    for name, value in broker.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LIANFANG_PREFIX", prefix)
    monkeypatch.setenv("LIANFANG_PARTITIONS", json.dumps(few()))

    def invoke(*arguments: str, **partitions: int) -> Result:
        monkeypatch.setenv("LIANFANG_PARTITIONS", json.dumps(few() | partitions))
        return CliRunner().invoke(command, arguments)

    return invoke


def findings(result: Result) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in result.stdout.splitlines():
        one = json.loads(line)
        found.setdefault(one["finding"], set()).add(one["topic"])
    return found


def test_the_first_run_creates_every_topic_and_the_second_finds_nothing_to_do(run, prefix):
    first = run("--json")
    assert first.exit_code == DONE, first.output
    assert findings(first)["created"] == {prefix + name for name in load().root}
    second = run("--json")
    assert second.exit_code == DONE, second.output
    assert findings(second)["as-wanted"] == {prefix + name for name in load().root}
    assert "created" not in findings(second)


def test_compare_creates_nothing(run, prefix):
    assert findings(run("--compare", "--json"))["missing"] == {prefix + name for name in load().root}
    result = run("--compare", "--json")
    assert result.exit_code == FOUND_WRONG
    assert len(findings(result)["missing"]) == len(load().root)


def test_another_number_of_journal_partitions_is_refused(run, prefix):
    assert run().exit_code == DONE
    result = run("--json", **{"operator-journal": 3})
    assert result.exit_code == FOUND_WRONG
    assert findings(result)["other-partitions"] == {
        prefix + name for name in ("operator-journal", "operators-state", "alerts", "alerts-private")
    }


@pytest.mark.parametrize("run", ["kafka"], indirect=True)
def test_public_topics_grow_and_their_positions_with_them(run, prefix):
    assert run().exit_code == DONE
    result = run("--json", registry=4)
    assert result.exit_code == DONE, result.output
    assert findings(result)["grown"] == {prefix + "registry", prefix + "registry-positions"}
    assert "grown" not in findings(run("--json"))  # what has grown stays so


@pytest.mark.parametrize("run", ["embedded_broker"], indirect=True)
def test_the_few_partitions_of_an_embedded_broker_are_as_wanted_unless_the_settings_name_others(run, monkeypatch):
    assert run().exit_code == DONE
    monkeypatch.delenv("LIANFANG_PARTITIONS")
    for arguments in (["--compare", "--json"], ["--json"]):
        result = CliRunner().invoke(command, arguments)
        assert result.exit_code == DONE, result.output
        assert set(findings(result)) == {"as-wanted", "unsupported"}
    assert run("--compare", "--json", registry=3).exit_code == FOUND_WRONG


@pytest.mark.parametrize("run", ["embedded_broker"], indirect=True)
def test_what_the_embedded_broker_can_not_do_is_said_and_does_not_fail(run):
    result = run()
    assert result.exit_code == DONE
    assert "sender's timestamps" in result.stdout


def test_a_broker_that_does_not_answer_is_said_in_one_line():
    result = CliRunner().invoke(command, ["--bootstrap", "127.0.0.1:1"])
    assert result.exit_code == UNUSABLE
    assert "127.0.0.1:1" in result.stderr


def test_what_goes_wrong_is_named_once():
    result = CliRunner().invoke(command, ["--bootstrap", "127.0.0.1:1"])
    assert result.stderr.count("KafkaConnectionError") == 1


def test_more_copies_than_there_are_brokers_is_told_with_the_settings_to_change(kafka, prefix, monkeypatch):
    monkeypatch.setenv("LIANFANG_PREFIX", prefix)
    result = CliRunner().invoke(command, ["--bootstrap", kafka.bootstrap])
    assert (result.exit_code, result.stdout) == (UNUSABLE, "")
    (said,) = result.stderr.splitlines()
    assert "LIANFANG_REPLICATION and LIANFANG_MIN_ISR" in said


def test_access_rules_need_no_broker():
    result = CliRunner().invoke(command, ["--acls", "--json", "--bootstrap", "127.0.0.1:1"])
    assert result.exit_code == DONE
    rules = [json.loads(line) for line in result.stdout.splitlines()]
    assert {"role": "clock", "operation": "WRITE", "name": "clock-probe"}.items() <= next(
        rule for rule in rules if rule["name"] == "clock-probe" and rule["operation"] == "WRITE"
    ).items()
