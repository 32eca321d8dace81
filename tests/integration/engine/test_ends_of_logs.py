"""Markers, aborted records and open transactions at the end of a log: a worker passes them, and rests."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaProducer

from tests.integration.engine.breaking.hazards import IMPATIENCE
from tests.reading import ends

pytestmark = pytest.mark.parametrize("rig", ["kafka"], indirect=True)


async def _upstream(rig, name: str) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(bootstrap_servers=rig.bootstrap, transactional_id=rig.prefix + name)
    await producer.start()
    await producer.begin_transaction()
    return producer


async def test_what_an_upstream_aborts_is_never_seen_and_its_markers_are_passed(rig, tmp_path):
    rig.add("one", "hazards:is_impatient", tmp_path)
    sender = rig.sender()
    await sender.send(40)
    committing, aborting = await _upstream(rig, "commits"), await _upstream(rig, "aborts")
    for partition in range(4):
        await committing.send_and_wait(rig.prefix + "first", b"kept", b"u", partition=partition)
        await aborting.send_and_wait(rig.prefix + "first", b"aborted", b"u", partition=partition)
    await committing.commit_transaction()
    await aborting.abort_transaction()
    await committing.stop()
    await aborting.stop()
    await rig.done()  # committed up to the high watermark, markers included
    await asyncio.sleep(IMPATIENCE + 1.5)  # longer than this worker may stand still with work to do
    assert not rig.exits()
    found = await rig.read()
    values = [record.value for record in found.records["second"] if record.key == b"u"]
    assert values == [b"kept"] * 4
    assert {n: p.next for n, p in found.positions("first-state").items()} == {
        place.partition: end for place, end in (await ends(rig.settings, {"first": 4})).items()
    }


async def test_an_open_transaction_is_waited_for_and_not_taken_for_a_standstill(rig, tmp_path):
    rig.add("one", "hazards:is_impatient", tmp_path)
    sender = rig.sender()
    await sender.send(40)
    await rig.done()
    upstream = await _upstream(rig, "slow")
    await upstream.send_and_wait(rig.prefix + "first", b"late", b"u", partition=0)
    await sender.send(40)
    await asyncio.sleep(IMPATIENCE + 1.5)
    assert not rig.exits()
    await upstream.commit_transaction()
    await upstream.stop()
    await rig.done()
    values = [record.value for record in (await rig.read()).records["second"]]
    assert sorted(values) == sorted([value for _, value in sender.sent] + [b"late"])
