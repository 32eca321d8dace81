"""The processes of a replay: their settings, and that a replay does not wait for workers that do not live."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from connectors.embedded import Supervisor
from connectors.replay_kafka.workers import MOST_DEATHS, Died, NoPlace, Place, _environment, _settings, started
from streams.settings import Settings


def test_workers_get_a_prefix_that_nobody_has_and_the_time_of_the_driver():
    one, other = (_settings(_environment(Settings())) for _ in range(2))
    assert one.prefix != other.prefix
    assert one.simulated
    assert one.partitions["operator-journal"] > 1
    assert one.partitions["notice-journal"] == 1


def test_workers_get_the_rules_file_that_was_named(tmp_path):
    rules = tmp_path / "rules.yaml"
    assert _settings(_environment(Settings(rules=rules))).rules == rules
    assert "LIANFANG_RULES" not in _environment(Settings())


def test_a_broker_that_is_not_there_is_named_before_any_worker_starts():
    with pytest.raises(NoPlace, match=r"no broker answers at 127\.0\.0\.1:1$"), started(Settings(), "127.0.0.1:1"):
        raise AssertionError("nothing can have started")


@pytest.mark.parametrize(("code", "deaths"), [(78, 1), (1, MOST_DEATHS + 1)])
def test_workers_that_end_for_good_or_die_again_and_again_are_not_waited_for(tmp_path: Path, code: int, deaths: int):
    log = tmp_path / "log"
    with Supervisor(pause=0.01, longest_pause=0.02) as supervisor:
        place = Place(Settings(), supervisor, log)
        place.check()
        supervisor.add("w", [sys.executable, "-c", f"print('why'); raise SystemExit({code})"], output=log)
        until = time.monotonic() + 60
        while len(supervisor.children[0].exits) < deaths and time.monotonic() < until:
            time.sleep(0.01)
        with pytest.raises(Died, match="why"):
            place.check()
