"""What is done to a worker, and what must have come of it. Each is met with a repair and without it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.structs import TopicPartition

from tests.integration.engine import ledger
from tests.integration.engine.breaking.hazards import LONG_SESSION
from tests.integration.engine.cases import Case


async def _working(case: Case) -> None:
    case.start()
    await case.send()
    await case.done()


async def one_entry_is_unwritten(case: Case) -> None:
    """What the group says is done is done."""
    worker = case.start()
    await case.done()
    case.tell("hold")
    await case.send(1)
    await case.heard("holding")
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        done = sum((await committed(case)).values())
        assert done == 0, f"{done} told as done and not written"
    case.tell("go")
    await case.done()
    await case.check(exits=[])
    assert worker.pid


async def committed(case: Case) -> dict[TopicPartition, int]:
    """The group's offsets."""
    admin = AIOKafkaAdminClient(bootstrap_servers=case.bootstrap)
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(case.prefix + "lianfang")
        return {tp: max(0, at.offset) for tp, at in found.items()}
    finally:
        await admin.close()


async def somebody_joins_and_leaves(case: Case) -> None:
    """Partitions go and come back, and work goes on."""
    await _working(case)
    await case.rebalance()
    await case.send()
    await case.done()
    await case.check(exits=[])


async def somebody_joins_while_a_unit_is_written(case: Case) -> None:
    """It is finished before the partition is given up."""
    case.start()
    await case.send()
    await case.heard("writing")
    case.start("two")
    await case.heard("let-go")
    await case.send()
    await case.done()
    await case.check(exits=[])


async def an_upstream_aborts(case: Case) -> None:
    """What it wrote is never seen."""
    await case.send()
    async with case.upstream() as producer:
        await producer.send_and_wait(case.prefix + "first", b"aborted", b"k1")
        await producer.abort_transaction()
    case.start()
    await case.send()
    await case.done()
    await case.check(exits=[])


async def a_log_ends_with_a_marker(case: Case) -> None:
    """It is passed like a record."""
    async with case.upstream() as producer:
        await producer.send_and_wait(case.prefix + "first", b"aborted", b"k1")
        await producer.abort_transaction()
    case.start()
    await case.done()
    await case.check(exits=[])


async def records_are_deleted_before_they_are_read(case: Case) -> None:
    """The worker stops for good and says so."""
    await case.send()
    worker = case.start()
    await case.heard("loaded")
    admin = AIOKafkaAdminClient(bootstrap_servers=case.bootstrap)
    await admin.start()
    tps = [TopicPartition(case.prefix + "first", number) for number in range(2)]
    await admin.delete_records({tp: RecordsToDelete(before_offset=5) for tp in tps})
    await admin.close()
    case.tell("go")
    await case.until("an alarm", lambda: worker.exits == [70, 78])


async def the_groups_offsets_are_gone(case: Case) -> None:
    """As after a holiday of eight days: the place stands beside the rows."""
    await _working(case)
    case.workers[0].kill(signal.SIGTERM)
    await case.until("it stopped", lambda: bool(case.workers[0].exits))
    case.start("again", LIANFANG_GROUP="another")
    await case.send()
    await case.done(group="another")
    await case.check(exits=[0])


async def it_works(case: Case) -> None:
    """Whatever the hazard does, all is done in the end."""
    await _working(case)
    await case.check()


async def its_load_is_longer_than_its_session(case: Case) -> None:
    """No reason for the group to put it out. One that was put out may get a word in before it has joined again."""
    case.start(LIANFANG_SESSION_TIMEOUT=str(LONG_SESSION))
    await case.send()
    if case.removal:
        await case.heard("loads-again")
    await case.done()
    await case.check(exits=[])
    assert not case.told("loads-again"), "put out of the group"


async def a_rebalance_comes_before_the_answer(case: Case) -> None:
    """To a seek; the answer lets nothing flow that the rebalance has stopped."""
    await case.send()
    case.start()
    await case.heard("sought")
    async with case.guest():
        await case.heard("answered")
        await case.send()  # what follows shows what was let through too early and lost
        await asyncio.sleep(1.0)
    await case.done()
    await case.check(exits=[])


async def a_rebalance_comes_while_state_is_loaded(case: Case) -> None:
    """The load is given up, and the next one counts."""
    case.start()
    await case.heard("loading")
    await case.rebalance()
    case.tell("go")
    await case.send()
    await case.done()
    await case.check(exits=[])


async def a_batch_comes_late(case: Case) -> None:
    """It belongs to an assignment that is over."""
    await _working(case)
    case.tell("hold")
    await case.send()
    await case.heard("held")
    await case.rebalance()
    await case.heard("freed")
    await case.send()
    await case.done()
    await case.check(exits=[])


async def it_is_told_to_stop(case: Case) -> None:
    """It ends, though no broker answers."""
    worker = case.start(LIANFANG_REBALANCE_TIMEOUT="2")
    await case.send()
    await case.done()
    case.tell("cut")
    await case.heard("is-cut")
    worker.kill(signal.SIGTERM)
    await case.until("it ended", lambda: worker.exits == [70])


async def the_last_batch_meets_it(case: Case) -> None:
    """Nothing comes after it that could tell of the loss."""
    await _working(case)
    for word in ("lose", "break", "block", "die"):
        case.tell(word)
    await case.send(1)
    await case.done()
    await case.check(exits=[70])


async def the_last_batch_meets_it_without_transactions(case: Case) -> None:
    """What it led to may be there twice, with the same identities; never not at all."""
    await _working(case)
    case.tell("die")
    await case.send(1)
    await case.done()
    ledger.check(await case.read(), case.sender.sent, exactly=False)
    assert case.workers[0].exits == [70]


async def a_batch_meets_it_and_others_follow(case: Case) -> None:
    """What follows is no reason to take the place for reached."""
    await _working(case)
    case.tell("lose")
    await case.send()
    await case.heard("lost")
    await case.send()
    await case.done()
    await case.check(exits=[70])


async def an_owner_with_full_buffers_is_replaced(case: Case) -> None:
    """It stood still for longer than its session; what it had in hand another has done."""
    await _replaced(case)


async def an_owner_without_transactions_is_replaced(case: Case) -> None:
    """The same where nothing can be fenced."""
    await _replaced(case)


async def _replaced(case: Case) -> None:
    old = case.start()
    await case.send()
    await case.done()
    case.tell("hold")
    await case.send()
    await case.heard("holding")
    old.kill(signal.SIGSTOP)
    case.start("new", harmless=True)
    await case.done()
    old.kill(signal.SIGCONT)
    await asyncio.sleep(1.0)  # what it sent comes through late
    case.tell("go")
    await case.send()
    await case.done()
    await case.check(exits=[70])


async def somebody_elses_transaction_is_open_in_the_state(case: Case) -> None:
    """What its owner committed after that is state all the same."""
    await _working(case)
    async with case.upstream() as foreign:
        for number in range(2):
            await foreign.send_and_wait(case.prefix + "first-state", b"foreign", b"foreign", partition=number)
        await case.send()
        await case.done()
        case.workers[0].kill(signal.SIGTERM)
        await case.until("it stopped", lambda: bool(case.workers[0].exits))
        case.tell("tell")
        case.start("again")
        await case.heard("loading")
        await asyncio.sleep(1.0)  # the repaired one waits for the end of it
        if case.removal:
            await case.heard("loaded")
        await foreign.abort_transaction()
    await case.send()
    await case.done()
    await case.check()


async def its_first_owner_dies_at_once(case: Case) -> None:
    """The next one begins as if nothing had been."""
    worker = case.start()
    await case.done()
    worker.kill()
    await case.send()
    await case.until("it ended", lambda: bool(worker.exits))
    await case.done()
    await case.check(exits=[-9])


async def two_clocks_tick(case: Case) -> None:
    """One of them late."""
    await _working(case)
    for _ in range(2):
        await case.sender.tick(1_000, "second")
        await case.send()
        await case.done()  # so there is news behind the first tick, which the second one would ring with
    rings = [record.key for record in (await case.check(exits=[])).records["rings"]]
    keys = {key for key, _ in case.sender.sent[:20]}
    assert len(rings) == len(keys), f"{len(rings)} rings for {len(keys)} keys"


async def a_tick_is_cut_in_the_middle(case: Case) -> None:
    """What it had not yet said is said by the next owner, and what overtook it is neither lost nor done again."""
    await _working(case)
    keys = {key for key, _ in case.sender.sent}
    case.tell("die")
    await case.sender.tick(1_000)
    await case.send()
    await case.done()
    rings = [record.key for record in (await case.check(exits=[70])).records["rings"]]
    assert len(rings) == len(set(rings)) == len(keys), f"{len(rings)} rings for {len(keys)} keys"


async def a_sender_names_a_header_carelessly(case: Case) -> None:
    """One record of many."""
    await _working(case)
    command = ["kcat", "-P", "-b", case.bootstrap, "-t", case.prefix + "first", "-k", "k1", "-H", b"na\xffme=1"]
    await asyncio.to_thread(subprocess.run, command, input=b"careless", check=True, timeout=30)
    case.sender.sent.append(("k1", b"careless"))
    await case.send()
    await case.done()
    await case.check(exits=[])


async def a_public_topic_has_grown(case: Case) -> None:
    """Its state follows."""
    grown = {"scan-events": 3, "scan-events-positions": 2}
    await ledger.create_topics(case.bootstrap, case.prefix, 1, grown)
    case.start()
    async with AIOKafkaProducer(bootstrap_servers=case.bootstrap) as producer:
        for number in range(3):
            await producer.send_and_wait(case.prefix + "scan-events", b"%d" % number, b"k", partition=number)
    arrived: list[bytes] = []
    while sorted(arrived) != [b"0", b"1", b"2"]:
        assert case.patient, f"not done: {arrived}"
        arrived = [record.value for record in (await case.read()).records["second"]]
    assert case.workers[0].exits == []
