"""`lianfang up`: everything runs until it is stopped; a record that is published is told to somebody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

LIANFANG = Path(sys.executable).with_name("lianfang")
READY_WITHIN = 120.0


def until(found: Callable[[], object], within: float = 60.0) -> object:
    """What is found in time."""
    end = time.monotonic() + within
    while not (value := found()):
        assert time.monotonic() < end, "not in time"
        time.sleep(0.2)
    return value


def phones(sandbox: str) -> list[dict]:
    messages: list[dict] = json.loads(fetched(f"{sandbox}/messages?after=0"))["messages"]
    return messages


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - an address of this test's own process
        content: bytes = answer.read()
    return content


def applied(addresses: Iterable[str], topic: str) -> float:
    """How many records of a journal have been worked off, in all processes."""
    return sum(
        sample.value
        for address in addresses
        for family in text_string_to_metric_families(fetched(address).decode())
        for sample in family.samples
        if sample.name == "lianfang_ledger_total"
        and {"topic": topic, "verdict": "applied"}.items() <= sample.labels.items()
    )


def record(number: int, kind: str, data: dict) -> str:
    time_ = (datetime.now(UTC) - timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(
        {"specversion": "1.0", "id": str(number), "source": "/t", "type": kind, "time": time_, "data": data}
    )


@pytest.mark.timeout(400)
def test_what_is_published_to_it_is_told_and_nothing_is_left_when_it_is_stopped(tmp_path):
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        ticking = {**os.environ, "LIANFANG_TICK": "2", "LIANFANG_GRACE": "1"}
        process = subprocess.Popen([LIANFANG, "up", "--volatile", "--json"], stdout=out, stderr=err, env=ticking)
        try:
            until((tmp_path / "out").read_text, READY_WITHIN)
            where = json.loads((tmp_path / "out").read_text())
            place = {"county": "330111", "town": "T", "grid": "G", "office": "S"}
            shop = {"operator": "A", "name": "鲜果园", **place, "activated": True, "trades": False, "status": "active"}
            person = {"person": "p", "name": "王", "role": "officer", "offices": ["S"]}
            person["channels"] = [{"kind": "wecom-robot", "address": "robot-1"}]
            (tmp_path / "first.jsonl").write_text(
                record(1, "operator.registered", shop) + "\n" + record(2, "person.assigned", person)
            )
            (tmp_path / "then.jsonl").write_text(record(3, "goods.sold", {"operator": "A"}))
            environment = {**os.environ, "LIANFANG_BOOTSTRAP": where["bootstrap"], "LIANFANG_COMMIT": "plain"}
            for name in ("first", "then"):
                subprocess.run([LIANFANG, "send", tmp_path / f"{name}.jsonl"], env=environment, check=True, timeout=60)
                # the shop and its officer are known before anything happens that she is to be told of
                until(lambda: applied(where["metrics"].values(), "operator-journal"))
                until(lambda: applied(where["metrics"].values(), "notice-journal"))
            message = until(lambda: phones(where["sandbox"]))[0]
            assert message["to"] == "robot-1"
            assert "鲜果园" in message["body"]
            for address in where["metrics"].values():
                assert fetched(address.replace("/metrics", "/healthz")) == b"moving\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(120) == 0
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    words = (tmp_path / "err").read_text()
    assert "nothing outlives this command" in words
    assert "nothing is left running" in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "say --volatile"), (["--volatile", "--bootstrap", "127.0.0.1:1"], "--bootstrap and --redis name others")],
)
def test_what_would_be_volatile_must_be_asked_for(arguments, words):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIANFANG_")}
    done = subprocess.run([LIANFANG, "up", *arguments], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
