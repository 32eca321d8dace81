"""`lianfang up`: everything runs until it is stopped; a record that is published is told to somebody."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.embedded import Supervisor, start_store
from tests.nursery import COMMAND, Nursery
from tests.reading import few

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


@pytest.mark.timeout(400)
def test_the_example_it_prints_is_told_to_two_phones_and_nothing_is_left_when_it_is_stopped(tmp_path):
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        ticking = os.environ | {"LIANFANG_TICK": "5"}
        process = subprocess.Popen([LIANFANG, "up", "--volatile"], stdout=out, stderr=err, env=ticking)
        try:
            until(lambda: "Ctrl-C" in (tmp_path / "out").read_text(), READY_WITHIN)
            said = (tmp_path / "out").read_text()
            (sandbox,) = re.findall(r"^phones +(\S+)$", said, re.MULTILINE)
            (line,) = re.findall(r"^ +(.* lianfang send .*)$", said, re.MULTILINE)
            environment = {**os.environ, "PATH": f"{LIANFANG.parent}:{os.environ['PATH']}"}
            subprocess.run(["sh", "-c", line], env=environment, check=True, timeout=120)
            # two ticks may have to come before a registration of just now is in force
            until(lambda: {one["to"] for one in phones(sandbox)} == {"example-owner", "example-officer"}, 240.0)
            # by its number where the sale was faster than the shop's registration
            bodies = [one["body"] for one in phones(sandbox)]
            assert all("溯源码" in body and re.search("示例水果店|EXAMPLE-1", body) for body in bodies), bodies
            metrics = re.findall(r"(http://\S+)/metrics", said)
            assert [fetched(f"{address}/healthz") for address in metrics] == [b"moving\n"] * 6
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
def test_what_would_be_volatile_must_be_asked_for(nursery, arguments, words):
    done = up(nursery, *arguments)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())


def up(nursery: Nursery, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`lianfang up`, which must end by itself."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIANFANG_")} | env
    return nursery.run([*COMMAND, "up", "--workers", "1", *arguments], environment)


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with Supervisor() as supervisor:
        yield start_store(supervisor).address


def test_a_store_that_is_not_there_is_said_at_once_without_its_password(nursery, embedded_broker):
    begun = time.monotonic()
    done = up(nursery, "--bootstrap", embedded_broker.bootstrap, "--redis", "redis://:open-sesame@127.0.0.1:1/0")
    assert done.returncode == 2
    assert "the store redis://…@127.0.0.1:1/0 does not answer" in done.stderr
    assert "open-sesame" not in done.stdout + done.stderr
    assert time.monotonic() - begun < 30


def test_a_broker_that_is_not_there_is_said_at_once(nursery, store):
    done = up(nursery, "--bootstrap", "127.0.0.1:1", "--redis", store)
    assert (done.returncode, "no broker answers at 127.0.0.1:1" in done.stderr) == (2, True)


def test_more_copies_than_there_are_brokers_is_not_to_be_tried_again(nursery, kafka, store, prefix):
    done = up(nursery, "--bootstrap", kafka.bootstrap, "--redis", store, LIANFANG_PREFIX=prefix)
    assert done.returncode == 78
    assert "LIANFANG_REPLICATION and LIANFANG_MIN_ISR" in done.stderr.splitlines()[-1]


def test_topics_that_do_not_fit_end_it_as_they_end_a_worker_and_nothing_is_started(nursery, kafka, store, prefix):
    env = {**kafka.env, "LIANFANG_PREFIX": prefix, "LIANFANG_REPLICATION": "1", "LIANFANG_MIN_ISR": "1"}
    env["LIANFANG_PARTITIONS"] = json.dumps(few())
    made = nursery.run([*COMMAND, "topics"], {**os.environ, **env})
    assert made.returncode == 0, made.stderr
    env["LIANFANG_PARTITIONS"] = json.dumps(few() | {"operator-journal": 3})
    done = up(nursery, "--bootstrap", kafka.bootstrap, "--redis", store, **env)
    assert done.returncode == 78
    assert f"{prefix}operator-journal: has 2 partitions, 3 are wanted" in done.stderr
    assert "{" not in done.stderr
    assert "will not start" not in done.stderr
