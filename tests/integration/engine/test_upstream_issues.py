"""What users of Faust report and wait for: each of these happens to a stock worker, and none of them here."""

from __future__ import annotations

import asyncio
import signal

import pytest

from connectors.embedded import Supervisor
from tests.integration.engine.cases import Case
from tests.integration.engine.scenarios import committed


@pytest.fixture
async def case(kafka, tmp_path):
    with Supervisor(pause=0.1, longest_pause=0.1) as supervisor:
        made = Case(supervisor, kafka, tmp_path)
        await made.create_topics()
        yield made
        for worker in made.workers:
            worker.end()


async def test_scaling_up_and_down_under_load_ends_no_worker_and_doubles_no_event(case):
    """faust-streaming #323: with `exactly_once`, when workers are added or taken away, producers of the same
    transactional id fence each other; workers crash with ProducerFenced, and whoever takes over repeats events.
    """
    one = case.start("one")
    await case.send()
    await case.done()
    sending = asyncio.create_task(case.sender.send(200, rate=50))
    two = case.start("two")
    await case.shared(2)
    two.kill(signal.SIGTERM)
    await sending
    await case.done()
    await case.check(exits=[])
    assert two.exits == [0]
    assert not one.exits


async def test_what_was_in_work_when_a_second_worker_joined_is_not_done_twice(case):
    """faust-streaming #502: a worker has handled three messages and is scaled to two; their offsets were not yet
    committed when partitions moved, so the second worker handles the same three again.
    """
    case.hazards = ("writes_slowly",)
    case.start("one")
    await case.send(3)
    await case.heard("writing")
    case.start("two", harmless=True)
    await case.done()
    await case.check(exits=[])


async def test_a_queue_that_was_cleared_leaves_no_gap_at_which_commits_stop(case):
    """faust-streaming #596: at the end of a recovery Faust clears the queues of its agents while the fetcher already
    fills them. The events in between are gone, their offsets are never acknowledged, and the group's offset stands
    still at the gap for ever.
    """
    case.hazards = ("clears_its_queues",)
    case.start()
    await case.send()
    await case.done()
    case.tell("clear")
    for _ in range(5):
        await case.send()
        await asyncio.sleep(0.1)  # a batch each
    await case.heard("cleared")
    await case.done()
    await case.check(exits=[70])


async def test_the_group_never_commits_past_what_is_still_in_work_whatever_gaps_a_log_has(case):
    """faust-streaming #606: where offsets are missing in a topic Faust fills the gap with what it has not seen, and so
    commits past a message that is still being handled; a restart loses it.
    """
    case.hazards = ("holds_a_unit",)
    worker = case.start()
    await case.done()
    case.tell("hold")
    await case.send(6)
    await case.heard("holding")
    async with case.upstream() as aborting:  # a gap of two offsets in each partition
        for partition in range(2):
            await aborting.send_and_wait(case.prefix + "first", b"aborted", b"k1", partition=partition)
        await aborting.abort_transaction()
    await case.send(6)
    await asyncio.sleep(0.5)
    assert set((await committed(case)).values()) == {0}
    worker.kill()
    await case.until("it ended", lambda: bool(worker.exits))
    case.tell("go")
    await case.done()
    await case.check(exits=[-9])


async def test_two_workers_that_start_one_after_the_other_on_old_state_both_go_on(case):
    """robinhood/faust #658: with `exactly_once` and a table of several partitions the first of two workers crashes in
    the rebalance that the second one brings: it takes the end of its changelog for lower than what it has kept.
    """
    case.start("before")
    await case.send()
    await case.done()
    case.workers[0].kill(signal.SIGTERM)
    await case.until("it stopped", lambda: case.workers[0].exits == [0])
    case.start("first")
    await case.send()
    await case.done()
    case.start("second")
    await case.send()
    await case.rebalance()
    await case.done()
    await case.check()
    assert [worker.exits for worker in case.workers[1:]] == [[], []]
