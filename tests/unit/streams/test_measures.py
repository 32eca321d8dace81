"""Measures: what is written durably is counted once by kind and change, with its delay; simulated time has none."""

from __future__ import annotations

import orjson
import pytest
from structlog.testing import capture_logs

from schemas.times import parse_instant
from streams import metrics
from streams.machine import Output
from streams.measures import Measures

NOTICE = {"id": "n", "recipient": "p-1", "role": "owner", "channel": "sms", "critical": False, "text": "…"}
AT = "2026-03-02T01:00:00.000Z"


def alert(status: str = "firing", episode: int = 1, revision: int = 1, kind: str = "silent", name: str = "a") -> Output:
    value = {"id": name, "kind": kind, "status": status, "episode": episode, "revision": revision, "changed_at": AT}
    value |= {"operator": "op-7", "subject": "s-7", "since": AT, "resolved_by": None}
    topic = "alerts-private" if kind == "test-overdue" else "alerts"
    return Output(topic, name.encode(), orjson.dumps(value | {"text": "…"}))


SAMPLES = metrics.REGISTRY.get_sample_value
_before: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}


def value(name: str, **labels: str) -> float:
    """How much a figure grew since the test began."""
    found = SAMPLES(metrics.PREFIX + name, labels) or 0.0
    return found - _before.get((metrics.PREFIX + name, tuple(sorted(labels.items()))), 0.0)


def counted(kind: str = "silent") -> dict[str, float]:
    return {change: value("alerts_total", kind=kind, change=change) for change in metrics.Change}


@pytest.fixture(autouse=True)
def from_here_on():
    samples = [sample for metric in metrics.REGISTRY.collect() for sample in metric.samples]
    _before.clear()
    _before.update({(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples})


@pytest.fixture
def measures() -> Measures:
    return Measures(now=lambda: parse_instant(AT) / 1000 + 0.3)


def test_an_episode_begins_is_revised_and_ends(measures):
    measures.durable([alert(), alert(revision=2), alert("resolved", revision=3)])
    assert counted() == {"begun": 1, "revised": 1, "resolved": 1}


def test_the_next_episode_begins_again(measures):
    measures.durable([alert(), alert("resolved", revision=2), alert(episode=2, revision=3)])
    assert counted() == {"begun": 2, "revised": 0, "resolved": 1}


def test_a_revision_of_what_began_under_another_process_did_not_begin_here(measures):
    measures.durable([alert(revision=4)])
    assert counted() == {"begun": 0, "revised": 1, "resolved": 0}


def test_private_kinds_are_counted_too(measures):
    measures.durable([alert(kind="test-overdue")])
    assert counted("test-overdue")["begun"] == 1


def test_the_delay_is_from_the_append_to_being_durable(measures):
    measures.durable([alert()])
    assert value("alert_delay_seconds_sum", kind="silent") == pytest.approx(0.3, abs=0.001)


def test_a_host_whose_clock_is_behind_makes_no_negative_delay():
    Measures(now=lambda: parse_instant(AT) / 1000 - 5).durable([alert()])
    assert value("alert_delay_seconds_sum", kind="silent") == 0


def test_simulated_time_has_no_delays():
    Measures(simulated=True).durable([alert()])
    assert value("alert_delay_seconds_count", kind="silent") == 0
    assert counted()["begun"] == 1


def test_notices_that_are_made_and_those_that_are_suppressed_are_counted(measures):
    sent = {"outcome": "accepted", "channel": "sms", "notice": "n"}  # counted by the bridge, at the call
    nobody = {"outcome": "suppressed", "channel": None, "notice": "m", "reason": "nobody"}
    measures.durable([Output("notices", b"p", orjson.dumps(NOTICE))])
    measures.durable([Output("receipts", b"n", orjson.dumps(one)) for one in (sent, nobody)])
    assert value("notices_total", channel="sms", outcome="queued") == 1
    assert value("notices_total", channel="sms", outcome="accepted") == 0
    assert value("notices_total", channel="unknown", outcome="suppressed") == 1


def test_each_change_is_one_line_of_the_log_with_its_ids(measures):
    with capture_logs() as lines:
        measures.durable([alert(), Output("notices", b"p", orjson.dumps(NOTICE))])
    assert [line["event"] for line in lines] == ["alert", "notice"]
    assert (lines[0]["alert"], lines[0]["operator"], lines[0]["change"]) == ("a", "op-7", "begun")
    assert (lines[1]["notice"], lines[1]["recipient"]) == ("n", "p-1")


def test_the_log_says_of_private_kinds_that_something_changed_and_not_about_whom(measures):
    with capture_logs() as lines:
        measures.durable([alert(kind="test-overdue")])
    assert lines[0]["kind"] == "test-overdue"
    assert "op-7" not in str(lines)
    assert "s-7" not in str(lines)


def test_other_outputs_and_tombstones_are_passed_over(measures):
    measures.durable([Output("alerts", b"a", None), Output("notice-journal", b"a", b"not json")])
    assert sum(counted().values()) == 0
