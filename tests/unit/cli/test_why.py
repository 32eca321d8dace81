"""`lianfang why` and `why-not` on a known state: what they say, for people and for programs, and how they end."""

from __future__ import annotations

import json

import pytest
from aiokafka.errors import KafkaConnectionError
from click.testing import CliRunner

from connectors.cli import DONE, FOUND_WRONG, UNUSABLE, main
from connectors.state.known import Known, NoState
from schemas.alerts import AsOf, Kind, Place, Reference
from tests.alerts import alert
from tests.unit.operators.builders import at, line
from tests.unit.replay.runs import run

REGISTERED = {
    "operator": "A", "name": "鲜果园", "county": "330111", "town": "330111001", "grid": "330111001003",
    "office": "330111-S01", "activated": True, "trades": True, "status": "active",
}  # fmt: skip
PAPERS = [{"kind": "test", "number": "N-1", "issued_on": "2022-01-09"}]
HISTORY = [
    line("operator.registered", REGISTERED, "2022-01-10 09:00", id="r1"),
    line("lot.uploaded", {"operator": "A", "lot": "L1", "goods": "fruit", "trace_code": "Z", "papers": PAPERS},
         "2022-01-10 09:10", id="r2"),
    line("lot.uploaded", {"operator": "A", "lot": "L2", "goods": "fruit", "trace_code": "Z", "papers":
         [*PAPERS, {"kind": "quarantine", "number": "[bold]Q[/]", "issued_on": "2022-01-09"}]},
         "2022-01-10 09:20", id="r3"),
    line("staff.enrolled", {"operator": "A", "staff": "W1"}, "2022-01-10 09:25", id="r4"),
    line("goods.sold", {"operator": "A"}, "2022-01-12 18:00", id="r5"),
]  # fmt: skip


@pytest.fixture(name="known", scope="module")
def _known():
    engine, _ = run(HISTORY)
    return Known("A", engine.operators.rows, engine.operators._tick or 0, "operator-journal", 3, 1204)


@pytest.fixture
def why_not(monkeypatch, known):
    """Asks about the operator of the history."""

    async def read(_settings, operator, _subject):
        assert operator == "A"
        return known

    monkeypatch.setattr("connectors.cli.why_not.read_known", read)
    return lambda *words: CliRunner().invoke(main, ["why-not", "A", *words])


def test_what_does_not_stand_is_told_condition_by_condition_and_ends_with_zero(why_not):
    result = why_not("papers-missing", "L2")
    assert result.exit_code == DONE
    assert "papers-missing of A about L2 does not stand" in result.stdout
    assert "✔ the operator uploaded lot L2" in result.stdout
    assert "✘ of what fruit needs by a first upload on 2022-01-10" in result.stdout
    assert "lot.uploaded /s r3, 2022-01-10T01:20:00.000Z" in result.stdout
    assert "as of tick 2022-01-12T11:00:00.000Z, operator-journal/3 up to offset 1204" in result.stdout
    assert result.stderr == ""


def test_what_stands_after_all_is_said_so_with_its_basis_and_ends_with_one(why_not):
    result = why_not("papers-missing", "L1")
    assert result.exit_code == FOUND_WRONG
    assert "about L1 stands" in result.stdout
    assert "something is missing: quarantine" in result.stdout
    assert "basis: 国务院联防联控机制" in result.stdout
    assert "✘" not in result.stdout


UNEMPLOYED = {"sample": "S9", "on": "staff", "staff": "W9", "result": "positive", "hazard": "sars-cov-2"}


def unclaimed(*later: bytes) -> Known:
    """What is known of staff after a positive sample of somebody whom nobody employs."""
    first = line("sample.tested", UNEMPLOYED, "2022-01-12 09:00", id="p1")
    engine, _ = run([HISTORY[0], first, *later])
    return Known("", engine.staff.rows, engine.staff._tick or 0, "staff-journal", 1, 9)


@pytest.fixture
def why_not_of_nobody(monkeypatch):
    """Asks about sample S9 and no operator."""

    def ask(known: Known, kind: str = "staff-positive", subject: str = "S9"):
        async def read(_settings, operator, subject):
            assert operator == ""
            return known

        monkeypatch.setattr("connectors.cli.why_not.read_known", read)
        return CliRunner().invoke(main, ["why-not", "", kind, subject, "--private"])

    return ask


def test_a_positive_of_somebody_whom_nobody_employs_is_asked_for_without_operator(why_not_of_nobody):
    result = why_not_of_nobody(unclaimed())
    assert result.exit_code == FOUND_WRONG
    assert "staff-positive of nobody who is known about S9 stands" in result.stdout
    assert "✔ the standing result of staff sample S9 is positive" in result.stdout
    assert "sample.tested /s p1" in result.stdout
    assert "staff-journal/1 up to offset 9" in result.stdout


LATER = {
    "another result": (
        line("sample.tested", UNEMPLOYED | {"result": "negative"}, "2022-01-12 10:00", id="p2"),
        "✘ the standing result of staff sample S9 is positive",
    ),
    "an enrolment": (
        line("staff.enrolled", {"operator": "A", "staff": "W9"}, "2022-01-12 08:00", "2022-01-12 10:00", id="e9"),
        "✘ no operator is known with whom a spell overlaps",
    ),
}


@pytest.mark.parametrize(("later", "words"), LATER.values(), ids=LATER.keys())
def test_it_stands_no_longer_after(later, words, why_not_of_nobody):
    result = why_not_of_nobody(unclaimed(later))
    assert (result.exit_code, words in result.stdout) == (DONE, True)


def test_other_kinds_are_of_an_operator(why_not_of_nobody):
    result = why_not_of_nobody(unclaimed(), "papers-missing", "L1")
    assert (result.exit_code, "papers-missing is of an operator: name it" in result.stderr) == (UNUSABLE, True)


def test_a_kind_about_the_operator_is_about_nothing_else(why_not):
    assert why_not("silent", "A").exit_code == DONE
    result = why_not("silent", "L1")
    assert (result.exit_code, "leave 'L1' out" in result.stderr) == (UNUSABLE, True)


def test_the_same_for_a_program(why_not):
    result = why_not("papers-missing", "L1", "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == FOUND_WRONG
    assert (said["kind"], said["operator"], said["subject"], said["stands"]) == ("papers-missing", "A", "L1", True)
    assert said["due"] == "2022-01-10T01:10:30.000Z"
    assert said["private"] is False
    assert all(condition["holds"] for condition in said["conditions"])
    assert {"source": "/s", "id": "r2", "type": "lot.uploaded", "time": "2022-01-10T01:10:00.000Z"} in [
        record for condition in said["conditions"] for record in condition["records"]
    ]


@pytest.mark.parametrize("kind", ["silent", "not-activated", "unknown-operator"])
def test_kinds_about_the_operator_need_no_subject(kind, why_not):
    result = why_not(kind, "--json")
    assert json.loads(result.stdout)["subject"] == "A"


def test_a_day_that_is_left_out_is_today(why_not):
    result = why_not("uncoded-goods", "--json")
    said = json.loads(result.stdout)
    assert (said["subject"], said["stands"]) == ("2022-01-12", True)


def test_a_kind_about_something_needs_its_name(why_not):
    result = why_not("papers-missing")
    assert result.exit_code == UNUSABLE
    assert "name the lot, staff member or sample" in result.stderr


def test_of_staff_one_hears_who_asks_for_what_is_private(why_not):
    refused = why_not("test-overdue", "W1")
    assert (refused.exit_code, refused.stdout) == (UNUSABLE, "")
    assert "say --private" in refused.stderr
    said = json.loads(why_not("test-overdue", "W1", "--private", "--json").stdout)
    assert (said["private"], said["stands"]) == (True, True)


def test_of_what_nobody_ever_named_each_condition_that_fails_is_said(why_not):
    result = why_not("not-on-chain", "nothing")
    assert result.exit_code == DONE
    assert "✘ goods of lot nothing were scanned" in result.stdout


BROKEN = {
    "nothing ever ran": (NoState("there is no topic x"), "there is no topic x"),
    "Kafka is not there": (KafkaConnectionError("gone"), "does not answer"),
}


@pytest.mark.parametrize(("error", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_where_nothing_can_be_read_it_says_why_in_a_line(error, words, monkeypatch):
    async def read(_settings, _operator, _subject):
        raise error

    monkeypatch.setattr("connectors.cli.why_not.read_known", read)
    result = CliRunner().invoke(main, ["why-not", "A", "silent"])
    assert result.exit_code == UNUSABLE
    assert words in result.stderr
    assert result.stdout == ""


ALERT = alert(
    operator="A",
    subject="L1",
    since="2022-01-10T01:10:00.000Z",
    changed_at="2022-01-10T02:00:00.000Z",
    place=Place("330111", "330111001", "330111001003", "330111-S01"),
    detail={"lot": "L1", "goods": "fruit", "missing": ["quarantine"]},
    as_of=AsOf("2022-01-10T02:00:00.000Z", 3, 17),
    because=[Reference("/s", "r2", "lot.uploaded", "2022-01-10T01:10:00.000Z")],
    basis="第一条",
    text="鲜果园：批次 L1 缺检验检疫证明。",
)


@pytest.fixture
def why(monkeypatch, known):
    """Asks why the alert stands, with views that know it and no notice."""
    from streams.parameters import Rules

    async def ask(_settings, identity, *, private):
        if identity != ALERT.id:
            return None, [], None
        return ALERT, [], known.explain(Kind.PAPERS_MISSING, "L1", Rules.load())

    monkeypatch.setattr("connectors.cli.why._ask", ask)
    return lambda *words: CliRunner().invoke(main, ["why", *words])


def test_an_alert_is_told_with_its_records_the_log_and_how_it_is_now(why):
    result = why(ALERT.id)
    assert result.exit_code == DONE
    for words in (
        ALERT.text,
        "since 2022-01-10T01:10:00.000Z",
        "lot.uploaded /s r2, 2022-01-10T01:10:00.000Z",
        "said as of tick 2022-01-10T02:00:00.000Z, journal partition 3, offset 17",
        "papers-missing of A about L1 stands",
        "told: nobody",
    ):
        assert words in result.stdout


def test_an_alert_for_a_program(why):
    said = json.loads(why(ALERT.id, "--json").stdout)
    assert said["alert"]["id"] == ALERT.id
    assert (said["private"], said["now"]["stands"], said["told"]) == (False, True, [])


def test_an_alert_that_nobody_knows(why):
    result = why("aaaa")
    assert result.exit_code == UNUSABLE
    assert "no alert has the id 'aaaa' (or it is private: say --private)" in result.stderr


def test_the_history_ends_where_these_tests_think_it_does(known):
    assert known.now == at("2022-01-12 19:00")


@pytest.mark.parametrize("day", ["2026-13-45", "明天", "L-1", "2026-1-5"])
def test_a_day_that_is_none_is_refused_before_anybody_is_asked(day, monkeypatch):
    async def read(_settings, _operator, _subject):
        raise AssertionError("nobody is asked")

    monkeypatch.setattr("connectors.cli.why_not.read_known", read)
    for kind in ("uncoded-goods", "disinfection-missing"):
        result = CliRunner().invoke(main, ["why-not", "A", kind, day])
        assert (result.exit_code, "write it as 2022-01-05" in result.stderr) == (UNUSABLE, True)
