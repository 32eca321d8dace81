"""Whoever speaks Kafka can publish and read: kcat, Kafka's own tools, transactional clients, in whatever compression;
and whatever they send, no worker ends. On a real Kafka, with a real worker, along the lines of docs/integrate.md.
"""

import asyncio
import json
import os
import re
import shlex
import subprocess
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from streams.settings import Settings
from tests.jars import kafka_jars
from tests.nursery import COMMAND, Forked
from tests.reading import few, messages

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "integrate.md").read_text(encoding="utf-8")

PARTITIONS = few()


@dataclass
class System:
    """A worker on a broker, seen only through Kafka."""

    bootstrap: str
    prefix: str
    worker: Forked

    def find(self, topic, wanted, within=90.0):
        """The first message on a topic that is wanted, once it is there; AssertionError if the worker ends before."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            assert self.worker.poll() is None, "the worker ended"
            for record in asyncio.run(self.read(topic)):
                if wanted(record):
                    return record, dict(record.headers)
        raise AssertionError(f"it did not come to {topic}")

    def wait(self, topic, value):
        """The message with this value."""
        return self.find(topic, lambda record: record.value == value)

    async def read(self, topic):
        return await messages(Settings(bootstrap=self.bootstrap, prefix=self.prefix, partitions=PARTITIONS), topic)

    def run(self, command, stdin=b""):
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def kcat(self, *arguments, stdin=b"", topic="scan-events"):
        self.run(["kcat", "-P", "-b", self.bootstrap, "-t", self.prefix + topic, *arguments], stdin)


@pytest.fixture(scope="module")
def system(kafka, nursery, tmp_path_factory):
    prefix = f"c{uuid.uuid4().hex[:8]}-"
    env = os.environ | kafka.env | {"LIANFANG_PREFIX": prefix, "LIANFANG_PARTITIONS": json.dumps(PARTITIONS)}
    nursery.run([*COMMAND, "topics"], env).check_returncode()
    log = tmp_path_factory.mktemp("worker") / "log"
    with log.open("wb") as out:
        worker = nursery.popen([*COMMAND, "worker"], env=env, stdout=out, stderr=out)
    yield System(kafka.bootstrap, prefix, worker)
    worker.terminate()
    assert worker.wait(60) == 0, log.read_text()[-3000:]


def java():
    return ["java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{kafka_jars()}/*"]


def sale(**changes):
    event = {
        "specversion": "1.0", "type": "goods.sold", "source": "urn:example", "id": uuid.uuid4().hex,
        "time": datetime.now(UTC).isoformat(timespec="seconds"), "data": {"operator": "A"},
    }  # fmt: skip
    return json.dumps(event | changes).encode()


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_kcat_publishes_in_any_compression(system, codec):
    events = [sale() for _ in range(20)]
    system.kcat("-z", codec, stdin=b"\n".join(events))
    for event in (events[0], events[-1]):
        _, headers = system.wait("operator-journal", event)
        assert headers["lianfang-entry"] == b"record"


def test_kcat_publishes_in_binary_mode(system):
    event = json.loads(sale())
    headers = [f"ce_{name}={value}" for name, value in event.items() if name != "data"]
    value = json.dumps({"operator": "B", "box": event["id"]}).encode()
    system.kcat(*(word for header in headers for word in ("-H", header)), stdin=value)
    record, found = system.wait("operator-journal", value)
    assert record.key == b"B"
    assert found["ce_id"] == event["id"].encode()


@pytest.mark.parametrize(
    ("arguments", "value", "reason"),
    [
        (["-H", b"na\xffme=1"], sale(id="named", data={"operator": 5}), b"invalid-data"),
        (["-H", "null-header"], sale(id="null", data={"operator": 6}), b"invalid-data"),
        (["-H", "ce_specversion=1.0", "-H", b"ce_id=\xff"], b'{"operator": "bytes"}', b"not-cloudevent"),
        (["-H", "ce_id=1", "-H", "ce_id=2", "-H", "lianfang-entry=tick"], b'{"operator": "twice"}', b"not-cloudevent"),
        ([], b'{"half": ', b"not-json"),
        ([], b"\xff\xfe\x00\x01", b"not-json"),
        (["-D", "\x01"], b"rubbish\n" * 112_500, b"too-large"),
        (["-z", "lz4", "-D", "\x01", "-X", "message.max.bytes=8000000"], b"[" * 3_000_000, b"too-large"),
    ],
)  # fmt: skip
def test_whatever_is_sent_is_a_dead_letter_and_the_worker_lives(system, arguments, value, reason):
    system.kcat(*arguments, stdin=value)
    letter = value if len(value) <= 1_048_576 else b""
    _, headers = system.wait("dead-letters", letter)
    assert headers["reason"] == reason
    assert headers["origin-topic"] == b"scan-events"
    after = sale()
    system.kcat(stdin=after)
    system.wait("operator-journal", after)


def test_a_tombstone_is_a_dead_letter(system):
    async def send():
        async with AIOKafkaProducer(bootstrap_servers=system.bootstrap) as producer:
            await producer.send_and_wait(system.prefix + "registry", None, b"a tombstone's key")

    asyncio.run(send())
    letter, headers = system.find("dead-letters", lambda record: record.key == b"a tombstone's key")
    assert (letter.value, headers["reason"]) == (None, b"not-json")


def test_a_message_of_nothing_at_all_is_a_dead_letter(system):
    producing = [*java(), "kafka.tools.ConsoleProducer", "--bootstrap-server", system.bootstrap]
    system.run([*producing, "--topic", system.prefix + "field-reports", "--property", "null.marker=NULL"], b"NULL\n")
    _, headers = system.find("dead-letters", lambda record: dict(record.headers)["origin-topic"] == b"field-reports")
    assert headers["reason"] == b"not-json"


def test_what_an_upstream_aborts_is_never_seen(system):
    aborted, committed = sale(), sale()

    async def send():
        producer = AIOKafkaProducer(bootstrap_servers=system.bootstrap, transactional_id=system.prefix + "upstream")
        async with producer:
            await producer.begin_transaction()
            await producer.send_and_wait(system.prefix + "scan-events", aborted, partition=0)
            await producer.abort_transaction()
            async with producer.transaction():
                await producer.send_and_wait(system.prefix + "scan-events", committed, partition=0)

    asyncio.run(send())
    system.wait("operator-journal", committed)
    for topic in ("operator-journal", "dead-letters"):
        assert aborted not in [record.value for record in asyncio.run(system.read(topic))]


def documented(start):
    lines = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    return [line for line in lines if line.startswith(start) or f"| {start}" in line]


def test_the_guides_lines_for_kcat_work_as_they_stand(system, tmp_path):
    event = sale()
    (tmp_path / "events.jsonl").write_bytes(event + b"\n")
    lines = documented("kcat ")
    assert len(lines) == 3
    for line in lines:
        here = re.sub(r"-t ([a-z-]+)", rf"-t {system.prefix}\1", line.replace("broker:9092", system.bootstrap))
        subprocess.run(["sh", "-c", here], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    system.wait("operator-journal", event)
    system.wait("operator-journal", b'{"operator":"OP-0117","lot":"ZJ-2022-000812"}')


def test_the_guides_lines_for_kafkas_own_tools_work_as_they_stand(system):
    producing, consuming = documented("kafka-console-")
    event = sale()
    words = shlex.split(
        producing.split("<")[0].replace("broker:9092", system.bootstrap).replace("--topic ", f"--topic {system.prefix}")
    )
    system.run([*java(), "kafka.tools.ConsoleProducer", *words[1:]], event + b"\n")
    system.wait("operator-journal", event)
    words = shlex.split(
        consuming.replace("broker:9092", system.bootstrap).replace(
            "--topic alerts", f"--topic {system.prefix}operator-journal"
        )
    )
    all_there_is = ["--max-messages", str(len(asyncio.run(system.read("operator-journal")))), "--timeout-ms", "60000"]
    said = system.run([*java(), "org.apache.kafka.tools.consumer.ConsoleConsumer", *words[1:], *all_there_is])
    assert event in said
