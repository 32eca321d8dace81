"""`lianfang views` where Kafka is not there: it says what broke and ends with 70, for a supervisor to try again."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from connectors.embedded.servers import free_port


def test_without_a_broker_it_ends_with_70_and_words():
    done = subprocess.run(
        [sys.executable, "-m", "connectors.cli", "views", "--json", "--bootstrap", f"127.0.0.1:{free_port()}"],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 70
    assert done.stdout == ""
    broken = [line for line in map(json.loads, done.stderr.splitlines()) if line["event"] == "broken"]
    assert len(broken) == 1
    assert "KafkaConnectionError" in broken[0]["exception"]
