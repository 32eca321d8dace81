"""`lianfang views` where Kafka is not there: it says what broke and ends with 70, for a supervisor to try again."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("process", ["worker", "clock", "views"])
def test_without_a_broker_a_process_ends_with_70_and_a_line(supervisor, process):
    broker = f"127.0.0.1:{supervisor.port()}"
    done = subprocess.run(
        [sys.executable, "-m", "connectors.cli", process, "--json", "--bootstrap", broker],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 70
    assert done.stdout == ""
    said = [json.loads(line) for line in done.stderr.splitlines()]
    (broken,) = [line for line in said if line["event"] == "no broker answers"]
    assert broken["bootstrap"] == broker
    assert "KafkaConnectionError" in broken["error"]
    assert not any("Traceback" in str(line) or "Unclosed" in str(line) for line in said)
