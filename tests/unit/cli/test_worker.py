"""`lianfang worker` says in its exit code whether starting it again can help."""

from __future__ import annotations

import pytest
from aiokafka.errors import KafkaConnectionError
from click.testing import CliRunner

from connectors.cli import worker
from connectors.topics import cluster


@pytest.fixture
def runs(monkeypatch):
    """Run the command where the cluster answers so; returns the exit code and the settings it was built with."""
    built = []
    monkeypatch.setattr(worker, "build", built.append)

    def run(*arguments: str, answer: Exception | None = None):
        async def refuse_other(_):
            if answer is not None:
                raise answer

        monkeypatch.setattr(cluster, "refuse_other", refuse_other)
        return CliRunner().invoke(worker.command, arguments).exit_code, built

    return run


def test_it_runs_with_what_it_is_given(runs):
    code, (settings,) = runs("--bootstrap", "k1:9092", "--http-port", "9101", "--json")
    assert code == 0
    assert (settings.bootstrap, settings.http_port, settings.log_format) == ("k1:9092", 9101, "json")


def test_topics_that_do_not_fit_need_a_person(runs):
    code, built = runs(answer=cluster.Refused("operator-journal: has 4 partitions, 12 are wanted"))
    assert (code, built) == (78, [])


def test_rules_that_cannot_be_read_need_a_person(runs, monkeypatch, tmp_path):
    (tmp_path / "rules.yaml").write_text("goods: [")
    monkeypatch.setenv("LIANFANG_RULES", str(tmp_path / "rules.yaml"))
    code, built = runs()
    assert (code, built) == (78, [])


@pytest.mark.parametrize("answer", [KafkaConnectionError("no broker"), TimeoutError(), OSError()])
def test_a_broker_that_does_not_answer_is_tried_again(runs, answer):
    code, built = runs(answer=answer)
    assert (code, built) == (70, [])
