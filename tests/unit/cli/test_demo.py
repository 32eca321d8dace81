"""`lianfang demo`: what it can't use is told in words before anything starts."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from connectors.cli import UNUSABLE, main
from tests.unit.operators.builders import line

HISTORY = line("goods.sold", {"operator": "A"}, "2022-01-10 09:00", "2022-01-10 09:00:20", id="r1")
PLANTED = {
    "kind": "uncoded-goods", "operator": "A", "subject": "2022-01-10",
    "begins": "2022-01-10T01:00:20Z", "ends": None, "why": "a sale without a code",
}  # fmt: skip


@pytest.fixture
def demo(monkeypatch):
    """Runs the command, which must end before anything starts; gives what it says."""

    def refuse(*_: object) -> None:
        raise AssertionError("servers were started")

    monkeypatch.setattr("connectors.cli.demo.show", refuse)

    def run(*words: str) -> str:
        result = CliRunner().invoke(main, ["demo", *words])
        assert (result.exit_code, result.stdout) == (UNUSABLE, "")
        return result.stderr

    return run


@pytest.fixture
def counted(demo, tmp_path):
    """The same of a history with this truth."""

    def run(*truth: bytes) -> str:
        history, planted = tmp_path / "history.jsonl", tmp_path / "truth.jsonl"
        history.write_bytes(HISTORY + b"\n")
        planted.write_bytes(b"".join(one + b"\n" for one in truth))
        said: str = demo("--history", str(history), "--truth", str(planted))
        return said.removeprefix(f"{planted}, ")

    return run


def other(**changed: object) -> bytes:
    return json.dumps(PLANTED | changed).encode()


WRONG = {
    "a kind that there is not": (other(kind="nokind"), "kind: there is no nokind; expected one of positive, "),
    "a kind that is no text": (other(kind=["silent"]), "kind: a text is expected"),
    "an operator that is missing": (other(operator=None), "operator: a text is expected"),
    "a begin that is no time": (other(begins="yesterday"), "begins: not an RFC 3339 time with an offset or Z"),
    "an end that is no time": (other(ends="2022-01-10"), "ends: not an RFC 3339 time with an offset or Z"),
    "half a line": (b'{"kind": ', "is no JSON object of kind, operator, subject, begins, ends (or null), why"),
}


@pytest.mark.parametrize(("truth", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_truth_that_can_not_be_counted_is_refused_with_its_line(counted, truth, words):
    assert counted(other(), truth).startswith(f"line 2: {words}")


def test_a_history_that_is_not_there_is_told_in_words(demo, tmp_path):
    missing = str(tmp_path / "none.jsonl")
    assert demo("--history", missing, "--truth", missing) == f"{missing}: can't be read: No such file or directory\n"


def test_rules_that_can_not_be_read_are_refused_as_replay_refuses_them(demo, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("127.0.0.1 localhost\n")
    said = demo("--rules", str(rules))
    assert said == CliRunner().invoke(main, ["replay", str(rules), "--alerts", "-", "--rules", str(rules)]).stderr
    assert said.startswith(f"{rules}:1: a rules file is a mapping")


@pytest.mark.parametrize("number", ["29", "10001", "1000000000"])
def test_a_district_has_a_size_that_can_be_held(demo, number):
    assert "30<=x<=10000" in demo("--operators", number)
