"""What the engine promises, with worker processes on real brokers and counted by a reader of the topics: nothing lost,
nothing doubled, order kept, state right, whatever dies. That each repair
is needed for it is shown in `test_repairs`.
"""

from __future__ import annotations

import asyncio
import signal

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from streams.settings import Settings
from tests.integration.engine import ledger
from tests.integration.engine.machines import TOPICS


async def test_two_workers_share_the_work_and_one_may_be_killed(rig):
    rig.add("one")
    rig.add("two")
    sender = rig.sender()
    await sender.send(2000)
    await rig.done()
    rig.supervisor.kill("two", signal.SIGKILL)
    await sender.send(1000)
    await rig.done()
    ledger.check(await rig.read(), sender.sent, exactly=rig.transactional)
    codes = rig.supervisor.stop()
    assert codes["one"] == 0  # one that needs longer than 15 s says 70
    assert codes["two"] in {0, -signal.SIGTERM}  # it may not be up again, and not listen yet


@pytest.mark.parametrize("rig", ["kafka"], indirect=True)
async def test_whatever_point_a_worker_ends_at_nothing_is_lost_or_doubled(rig, tmp_path):
    rig.add("one", "deaths:exits", tmp_path)
    sender = rig.sender(keys=120)
    await sender.send(1500)
    await rig.done()
    await sender.tick(1_000)
    await sender.send(1500)
    await sender.tick(2_000)
    await sender.tick(2_000)  # a second clock
    await rig.done()
    found = await rig.read()
    ledger.check(found, sender.sent, exactly=True)
    rings = [(record.key, record.value.split(b",")[0]) for record in found.records["rings"]]
    assert len(rings) == len(set(rings)) == 2 * len({key for key, _ in sender.sent})
    happened = {path.name for path in tmp_path.iterdir()}
    assert happened == {
        "inside-a-transaction", "between-two-transactions", "between-load-and-seek", "within-a-tick",
    }  # fmt: skip
    assert set(rig.exits()) == {70}


@pytest.mark.parametrize("rig", ["kafka"], indirect=True)
async def test_a_worker_that_was_frozen_longer_than_its_session_writes_nothing_any_more(rig):
    rig.add("frozen")
    sender = rig.sender()
    await sender.send(500)
    await rig.done()
    rig.supervisor.kill("frozen", signal.SIGSTOP)
    rig.add("other")
    await sender.send(500)
    await rig.done()
    rig.supervisor.kill("frozen", signal.SIGCONT)
    await sender.send(500)
    await rig.done()
    ledger.check(await rig.read(), sender.sent, exactly=True)
    await rig.until(lambda: rig.exits("frozen"))
    assert rig.exits("frozen")[0] == 70


@pytest.mark.parametrize("rig", ["kafka"], indirect=True)
async def test_entries_that_break_the_rules_are_set_aside_and_a_flood_of_them_stops_the_worker(rig):
    rig.add("one")
    sender = rig.sender()
    await sender.send(50)
    await _send(rig, [b"poison"] * 20)
    await sender.send(50)
    await rig.done()
    found = await rig.read()
    ledger.check(found, sender.sent, exactly=True)
    assert [record.value for record in found.records["dead-letters"]] == [b"poison"] * 20
    assert not rig.exits()
    await _send(rig, [b"poison"] * 3000)
    await _ended(rig, 1)
    # a supervisor that heeds no exit code starts it again at once: not one more may be set aside than without
    for number in range(3):
        rig.add(f"again-{number}")
        await _ended(rig, 2 + number)
    assert rig.exits() == [78] * 4
    letters = (await rig.read()).records["dead-letters"]
    assert 20 <= len(letters) <= 20 + Settings().internal_errors


async def _ended(rig, times):
    await rig.until(lambda: len(rig.exits()) >= times)


@pytest.mark.parametrize("rig", ["kafka"], indirect=True)
async def test_a_log_that_was_made_anew_or_state_that_is_gone_stops_the_worker_for_good(rig):
    rig.add("one")
    sender = rig.sender()
    await sender.send(100)
    await rig.done()
    assert rig.supervisor.end("one") == 0
    admin = AIOKafkaAdminClient(bootstrap_servers=rig.bootstrap)
    await admin.start()
    await admin.delete_topics([rig.prefix + "first"])
    async with asyncio.timeout(30):
        while rig.prefix + "first" in await admin.list_topics():  # deletion is done behind the answer
            await asyncio.sleep(0.05)
    await admin.close()
    await ledger.create_topics(rig.bootstrap, rig.prefix, 1, {"first": TOPICS["first"]})
    rig.add("again")
    await rig.until(rig.exits)
    assert rig.exits() == [78]


async def _send(rig, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=rig.bootstrap, acks="all")
    await producer.start()
    for value in values:
        await producer.send(rig.prefix + "first", value, b"p")
    await producer.flush()
    await producer.stop()
