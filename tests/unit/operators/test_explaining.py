"""`explain` says what the rules say: of every alert ever told, whether it stands, and what hinders it if not."""

from __future__ import annotations

import json

import pytest

from schemas.alerts import Kind
from schemas.times import MINUTE
from tests.properties.histories import history
from tests.unit.replay.runs import NAMES, explained, lines_of, run


def disagreements(lines, tick):
    """Alerts of which `explain` and the last message differ, or whose conditions do not say why."""
    engine, said = run(lines, tick=tick)
    last = {alert["id"]: alert for alert in map(json.loads, said)}
    found = []
    for alert in last.values():
        told = explained(engine, alert["operator"], Kind(alert["kind"]), alert["subject"])
        fails = [condition.said for condition in told.conditions if not condition.holds]
        if told.stands != (alert["status"] == "firing") or told.stands != (not fails):
            found.append((alert["kind"], alert["operator"], alert["subject"], alert["status"], told.stands, fails))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_of_every_alert_of_the_examples(name):
    assert disagreements(lines_of(name), MINUTE) == []


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 5, 7, 8, 9])
def test_of_every_alert_of_random_histories(seed):
    assert disagreements(history(seed), 10 * MINUTE) == []
