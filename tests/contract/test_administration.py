"""An administrator looks at the cluster with Kafka's own tools, after a day in which a worker was killed: groups,
offsets, transactions and the logs themselves are as of any well-behaved application.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import time
import uuid
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from connectors.embedded import Supervisor
from streams.engine.clients import TRANSACTION_WITHIN
from tests.brokers import KafkaCluster
from tests.jars import kafka_jars
from tests.nursery import COMMAND

TOPICS = ("registry", "chain-uploads", "scan-events", "test-results", "field-reports")
JOURNALS = {"operator-journal": 2, "staff-journal": 1, "notice-journal": 1}
RECORDS = 400


@dataclass
class Day:
    """What is left of it."""

    cluster: KafkaCluster
    prefix: str
    workers: Supervisor

    @property
    def group(self):
        return self.prefix + "lianfang"

    def java(self, name, *arguments):
        """What one of Kafka's tools says."""
        command = [*self.cluster.java("128m"), tool(name), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def groups(self, *arguments):
        return self.java(
            "ConsumerGroupCommand",
            "--bootstrap-server", self.cluster.bootstrap, "--group", self.group, "--describe", *arguments,
        )  # fmt: skip

    def transactions(self, *arguments):
        """Rows of a table, by column."""
        said = self.java("TransactionsCommand", "--bootstrap-server", self.cluster.bootstrap, *arguments)
        return table(said)

    def lag(self):
        return {(row["TOPIC"], int(row["PARTITION"])): row for row in table(self.groups())}

    def segments(self, topic):
        """What is in the log files of a topic, batch by batch."""
        for folder in sorted((self.cluster.nodes[0].folder / "data").glob(f"{self.prefix}{topic}-[0-9]*")):
            files = ",".join(str(file) for file in sorted(folder.glob("*.log")))
            said = self.java("DumpLogSegments", "--files", files)
            yield [
                dict(re.findall(r"(\w+): (\S+)", line)) for line in said.splitlines() if line.startswith("baseOffset")
            ]


@cache
def tool(name):
    """The class of a tool; which package it is in differs between Kafka's versions."""
    for jar in sorted(kafka_jars().glob("kafka*.jar")):
        for entry in zipfile.ZipFile(jar).namelist():
            if entry.endswith(f"/{name}.class"):
                return entry.removesuffix(".class").replace("/", ".")
    raise AssertionError(f"{name} is in no jar of Kafka's")


def table(said):
    """The rows of a table with a head, as Kafka's tools print it."""
    lines = [line.split() for line in said.splitlines() if line.strip()]
    head = next((number for number, words in enumerate(lines) if {"GROUP", "TransactionalId"} & set(words)), None)
    assert head is not None, said
    return [dict(zip(lines[head], words, strict=False)) for words in lines[head + 1 :]]


def sale(number):
    return json.dumps({
        "specversion": "1.0", "type": "goods.sold", "source": "urn:till", "id": f"{number}",
        "time": datetime.now(UTC).isoformat(timespec="seconds"), "data": {"operator": f"op-{number % 40}"},
    }).encode()  # fmt: skip


async def publish(bootstrap, topic, numbers):
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for number in numbers:
            await producer.send(topic, sale(number))
        await producer.flush()


async def ends(bootstrap, tps):
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        return await consumer.end_offsets(tps)
    finally:
        await consumer.stop()


@pytest.fixture(scope="module")
def cluster(kafka):
    """A broker whose log files can be looked at."""
    if kafka.cluster is not None:
        yield kafka.cluster
        return
    own = KafkaCluster(1)
    try:
        yield own.start()
    finally:
        own.close()


@pytest.fixture(scope="module")
def day(cluster, nursery):
    prefix = f"a{uuid.uuid4().hex[:8]}-"
    few = json.dumps(dict.fromkeys(TOPICS, 2) | JOURNALS | {"dead-letters": 1})
    env = cluster.env | {
        "LIANFANG_PREFIX": prefix,
        "LIANFANG_PARTITIONS": few,
        "LIANFANG_SESSION_TIMEOUT": "4",
        "LIANFANG_LOG_LEVEL": "warning",
    }
    nursery.run([*COMMAND, "topics"], os.environ | env).check_returncode()
    with Supervisor() as workers:
        made = Day(cluster, prefix, workers)
        for name in ("one", "two"):
            workers.add(name, [*COMMAND, "worker"], env=env)
        topic = prefix + "scan-events"
        asyncio.run(publish(cluster.bootstrap, topic, range(RECORDS // 2)))
        asyncio.run(arrived(made, RECORDS // 2))
        asyncio.run(publish(cluster.bootstrap, topic, range(RECORDS // 2, RECORDS)))
        workers.kill("one", signal.SIGKILL)
        asyncio.run(arrived(made, RECORDS))
        yield made


async def arrived(day, records):
    """Until that many are in the journal, for a reader of committed records."""
    journal = [
        TopicPartition(day.prefix + "operator-journal", number) for number in range(JOURNALS["operator-journal"])
    ]
    consumer = AIOKafkaConsumer(bootstrap_servers=day.cluster.bootstrap, isolation_level="read_committed")
    await consumer.start()
    try:
        consumer.assign(journal)
        await consumer.seek_to_beginning()
        count = 0
        async with asyncio.timeout(90):
            while count < records:
                count += sum(len(found) for found in (await consumer.getmany(timeout_ms=200)).values())
        assert count == records
    finally:
        await consumer.stop()


def at_rest(rows):
    """No lag, and two workers share all: on a busy machine one may have lost its session, and come again."""
    owners = {row["CONSUMER-ID"] for row in rows.values()}
    return len(owners - {"-"}) == 2 and "-" not in owners and all(row["LAG"] in {"0", "-"} for row in rows.values())


def test_the_group_is_stable_without_lag_and_its_offsets_are_the_ends_of_its_logs(day):
    until = time.monotonic() + 60
    while not at_rest(rows := day.lag()) or "Stable" not in day.groups("--state"):
        assert time.monotonic() < until, rows
    logs = {(day.prefix + name, number) for name in TOPICS for number in range(2)}
    logs |= {(day.prefix + name, number) for name, count in JOURNALS.items() for number in range(count)}
    assert set(rows) == logs
    marks = asyncio.run(ends(day.cluster.bootstrap, [TopicPartition(*log) for log in logs]))
    assert {TopicPartition(*log): int(row["CURRENT-OFFSET"]) for log, row in rows.items()} == marks
    assert {row["LOG-END-OFFSET"] for row in rows.values()} <= {str(end) for end in marks.values()}


def test_no_transaction_is_open_and_each_has_the_name_of_its_log(day):
    ours = [row for row in day.transactions("list") if row["TransactionalId"].startswith(day.group)]
    logs = [*((name, number) for name in TOPICS for number in range(2)),
            *((name, number) for name, count in JOURNALS.items() for number in range(count))]  # fmt: skip
    assert {row["TransactionalId"] for row in ours} == {f"{day.group}-{name}-{number}" for name, number in logs}
    assert {row["TransactionState"] for row in ours} <= {"Empty", "CompleteCommit", "CompleteAbort"}
    (described,) = day.transactions("describe", "--transactional-id", ours[0]["TransactionalId"])
    assert int(described["TransactionTimeoutMs"]) == TRANSACTION_WITHIN * 1000


def test_no_partition_holds_a_transaction_that_was_left_open(day):
    for number in range(JOURNALS["operator-journal"]):
        producers = day.java(
            "TransactionsCommand", "--bootstrap-server", day.cluster.bootstrap,
            "describe-producers", "--topic", day.prefix + "operator-journal", "--partition", str(number),
        )  # fmt: skip
        rows = [line.split() for line in producers.splitlines()[1:] if line.strip()]
        assert rows
        assert {row[-1] for row in rows} == {"None"}, producers


@pytest.mark.parametrize("topic", ["operator-journal", "operators-state"])
def test_a_dump_of_a_log_shows_whole_batches_one_after_another_and_each_transaction_ended(day, topic):
    for batches in day.segments(topic):
        assert all(batch["isvalid"] == "true" and batch["isTransactional"] == "true" for batch in batches)
        expected, open_of = 0, defaultdict(bool)
        for batch in batches:
            assert int(batch["baseOffset"]) == expected
            expected = int(batch["lastOffset"]) + 1
            open_of[batch["producerId"]] = batch["isControl"] == "false"
        assert not any(open_of.values())


def test_kcat_reads_each_record_once_and_the_end_of_each_log(day):
    command = ["kcat", "-C", "-b", day.cluster.bootstrap, "-t", day.prefix + "operator-journal", "-o", "beginning"]
    command += ["-e", "-X", "isolation.level=read_committed", "-f", "%o %s\n"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    identities = [json.loads(line.split(b" ", 1)[1])["id"] for line in done.stdout.splitlines()]
    assert sorted(identities, key=int) == [str(number) for number in range(RECORDS)]


def test_when_all_workers_have_stopped_the_group_is_empty_and_keeps_its_offsets(day):
    before = day.lag()
    assert day.workers.end("two") == 0
    day.workers.end("one")
    assert re.search(r"\bEmpty\b", day.groups("--state"))
    after = day.lag()
    assert {log: row["CURRENT-OFFSET"] for log, row in after.items()} == {
        log: row["CURRENT-OFFSET"] for log, row in before.items()
    }
    assert {row["LAG"] for row in after.values()} == {"0"}
