"""`lianfang dead-letters` on a real Kafka: transactions, aborted ones too, and an index of times."""

import asyncio
import json
import time
import uuid

import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner

from connectors.cli.dead_letters import command
from connectors.topics import cluster
from streams.settings import Settings

HEADERS = [
    ("reason", b"not-json"), ("message", b"m"), ("origin-topic", b"scan-events"), ("origin-partition", b"0"),
    ("origin-offset", b"0"), ("origin-time", b"2022-01-12T01:30:00.000Z"),
]  # fmt: skip


@pytest.fixture(scope="module")
def settings(kafka):
    prefix = f"d{uuid.uuid4().hex[:8]}-"
    made = Settings(bootstrap=kafka.bootstrap, prefix=prefix, replication=1, min_isr=1)
    asyncio.run(cluster.ensure(made))
    return made


@pytest.fixture(scope="module")
def between(settings):
    """Letters in transactions: of each ten the first five are aborted; returned: an instant between the two tens."""

    async def write():
        instants = []
        async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap, transactional_id=settings.prefix) as producer:
            for ten in range(2):
                for number, good in enumerate([False, True]):
                    await producer.begin_transaction()
                    for letter in range(5):
                        value = f"{ten}{number}{letter}".encode()
                        topic = settings.prefix + "dead-letters"
                        await producer.send_and_wait(topic, value, partition=letter % 4, headers=HEADERS)
                    await (producer.commit_transaction() if good else producer.abort_transaction())
                await asyncio.sleep(0.05)  # so that there is an instant between
                instants.append(time.time_ns() // 1_000_000)
                await asyncio.sleep(0.05)
        return instants[0]

    return asyncio.run(write())


def run(settings, *arguments):
    env = {"LIANFANG_BOOTSTRAP": settings.bootstrap, "LIANFANG_PREFIX": settings.prefix}
    done = CliRunner().invoke(command, [*arguments, "--json"], env=env)
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_letters_of_aborted_transactions_are_never_listed(settings, between):
    said, _ = run(settings, "list")
    assert len(said) == 10
    assert sorted(said, key=lambda one: one["time"], reverse=True) == said


def test_what_was_written_since_is_found_by_the_index_of_times(settings, between):
    since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(between // 1000)) + f".{between % 1000:03d}Z"
    assert len(run(settings, "list", "--since", since)[0]) == 5
    assert len(run(settings, "list", "--until", since)[0]) == 5
    assert len(run(settings, "list", "--since", since, "--until", since)[0]) == 0


@pytest.mark.parametrize("limit", [1, 3, 7, 10])
@pytest.mark.parametrize("since", [[], ["--since", "2022-01-01T00:00:00Z"]], ids=["backwards", "from a time on"])
def test_pages_of_any_size_hold_each_letter_once(settings, between, limit, since):
    seen, page = [], []
    while True:
        said, words = run(settings, "list", "--limit", str(limit), *since, *page)
        seen += [one["position"] for one in said]
        if "--page" not in words:
            break
        page = ["--page", words.split("--page ")[1].strip()]
    assert len(seen) == len(set(seen)) == 10


def test_one_is_found_between_aborted_ones(settings, between):
    position = run(settings, "list")[0][3]["position"]
    (shown,), _ = run(settings, "show", position)
    assert (shown["position"], shown["origin"]) == (position, "scan-events/0/0")


MANY = 40_000


@pytest.fixture(scope="module")
def many(kafka):
    """Letters by the ten thousand, the oldest of them of a rare reason."""
    made = Settings(bootstrap=kafka.bootstrap, prefix=f"m{uuid.uuid4().hex[:8]}-", replication=1, min_isr=1)
    asyncio.run(cluster.ensure(made))

    async def write():
        async with AIOKafkaProducer(bootstrap_servers=made.bootstrap, linger_ms=20, max_batch_size=2**18) as producer:
            for number in range(MANY):
                reason = b"internal-error" if number < 5 else b"not-json"
                headers = [("reason", reason), *HEADERS[1:]]
                await producer.send(made.prefix + "dead-letters", b"%d" % number, partition=number % 4, headers=headers)
            await producer.flush()

    asyncio.run(write())
    return made


def test_the_first_page_of_very_many_is_there_at_once_and_is_the_newest(many):
    began = time.monotonic()
    said, words = run(many, "list")
    assert time.monotonic() - began < 5  # a tenth of a second on a quiet machine; reading all of them takes longer
    assert sorted(said, key=lambda one: one["time"], reverse=True) == said
    offsets = [int(one["position"].split("/")[1]) for one in said]
    assert max(offsets) == MANY // 4 - 1
    assert "more: --page before:" in words


def test_what_is_rare_is_found_however_far_back(many):
    said, _ = run(many, "list", "--reason", "internal-error")
    assert sorted(one["position"] for one in said) == ["0/0", "0/1", "1/0", "2/0", "3/0"]
