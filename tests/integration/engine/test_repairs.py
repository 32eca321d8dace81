"""Each of the engine's repairs is needed: with it a worker comes through the hazard, without it the same worker at the
same time loses, doubles, hangs or ends as it should not. The hazards happen; nothing is left to chance.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerFenced

from connectors.embedded import Supervisor
from streams.engine import clients
from streams.settings import Settings
from tests.integration.engine import ledger
from tests.integration.engine import scenarios as on
from tests.integration.engine.breaking import deaths, hazards, removals
from tests.integration.engine.cases import Case, Scenario, functions, meet

AT_ONCE = 6
"""Pairs that run at the same time: they wait most of it, for sessions to run out."""


@dataclass(frozen=True)
class Repair:
    """`number`: as in the engine's README. `shown`: how the lack of it shows."""

    number: str
    removal: str
    scenario: Scenario
    shown: str
    hazards: tuple[str, ...] = ()
    embedded: bool = False  # on the broker without transactions


HANG = "not done|in vain"
REPAIRS = (
    Repair("H1", "acknowledges_and_commits", on.one_entry_is_unwritten, "told as done", ("holds_a_unit",)),
    Repair("H1", "waits_for_acknowledgements", on.somebody_joins_and_leaves, HANG),
    Repair("H2", "reads_what_is_not_committed", on.an_upstream_aborts, "doubled 1"),
    Repair("H3", "goes_by_the_groups_offset", on.the_groups_offsets_are_gone, "doubled"),
    Repair(
        "H3",
        "seeks_to_what_the_group_committed",
        on.the_last_batch_meets_it,
        f"exits|{HANG}",
        ("dies_before_the_group_hears",),
    ),
    Repair("H4", "waits_for_the_seek_for_ever", on.it_works, HANG, ("an_answer_is_lost",)),
    Repair("H5", "gives_up_without_draining", on.somebody_joins_while_a_unit_is_written, "exits", ("writes_slowly",)),
    Repair(
        "H6",
        "lets_events_flow_while_assigned",
        on.a_rebalance_comes_before_the_answer,
        "exits",
        ("answers_the_seek_late",),
    ),
    Repair("H7", "swallows_what_a_listener_raises", on.it_works, HANG, ("a_listener_breaks",)),
    Repair(
        "H8",
        "loads_inside_the_rebalance",
        on.its_load_is_longer_than_its_session,
        "not done|put out of the group",
        ("loads_for_longer_than_a_session",),
    ),
    Repair(
        "H9",
        "lets_a_load_be_overtaken",
        on.a_rebalance_comes_while_state_is_loaded,
        "exits",
        ("loads_until_told",),
    ),
    Repair("H12", "takes_batches_of_any_assignment", on.a_batch_comes_late, "exits", ("a_queue_holds_a_batch",)),
    Repair("H13", "stops_as_faust_does", on.it_is_told_to_stop, HANG, ("a_broker_answers_nobody",)),
    Repair("H18", "goes_on_after_an_exception", on.the_last_batch_meets_it, HANG, ("breaks_on_a_batch", "is_patient")),
    Repair(
        "reset",
        "begins_again_where_it_can",
        on.records_are_deleted_before_they_are_read,
        HANG,
        ("waits_before_the_seek",),
    ),
    Repair("unit", "writes_in_two_steps", on.the_last_batch_meets_it, "doubled", ("dies_with_the_position_unsaved",)),
    Repair(
        "order",
        "saves_before_sending",
        on.the_last_batch_meets_it_without_transactions,
        "lost",
        ("dies_halfway_through_a_plain_unit",),
        embedded=True,
    ),
    Repair(
        "fence",
        "fences_nobody",
        on.an_owner_with_full_buffers_is_replaced,
        "doubled",
        ("holds_a_unit", "sees_no_freezing", "is_patient"),
    ),
    Repair(
        "frozen",
        "watches_no_freezing",
        on.an_owner_without_transactions_is_replaced,
        "doubled",
        ("holds_a_unit", "is_patient"),
        embedded=True,
    ),
    Repair("load", "loads_what_was_aborted", on.the_last_batch_meets_it, "lost", ("dies_with_the_position_unsaved",)),
    Repair(
        "load",
        "loads_to_the_stable_end",
        on.somebody_elses_transaction_is_open_in_the_state,
        "doubled",
        ("tells_of_its_load",),
    ),
    Repair("first", "commits_before_it_wrote", on.its_first_owner_dies_at_once, HANG),
    Repair("marker", "sees_records_only", on.a_log_ends_with_a_marker, HANG),
    Repair("chain", "takes_any_batch", on.a_batch_meets_it_and_others_follow, "lost", ("loses_a_batch",)),
    Repair(
        "crash",
        "crashes_service_by_service",
        on.the_last_batch_meets_it,
        HANG,
        ("a_part_of_the_worker_breaks", "is_patient"),
    ),
    Repair("progress", "watches_no_progress", on.the_last_batch_meets_it, HANG, ("loses_a_batch", "is_impatient")),
    Repair("loop", "watches_no_loop", on.the_last_batch_meets_it, HANG, ("blocks_the_loop", "is_impatient")),
    Repair(
        "slice",
        "takes_a_tick_for_done_at_its_first_slice",
        on.a_tick_is_cut_in_the_middle,
        "rings",
        ("dies_within_a_tick",),
    ),
    Repair("tick", "ticks_again", on.two_clocks_tick, "rings"),
    Repair("header", "reads_header_names_strictly", on.a_sender_names_a_header_carelessly, HANG),
    Repair("growth", "lets_state_be", on.a_public_topic_has_grown, HANG, ("reads_a_public_topic",)),
)


@pytest.fixture(scope="module")
def met(request, kafka, embedded_broker, tmp_path_factory):
    """What came of each repair that is asked for: a future of how the lack of it showed."""
    here = [item for item in request.session.items if item.path == request.path]
    asked = [item.callspec.params["repair"] for item in here if "[" in item.name and "repair" in item.callspec.params]
    made: dict[Repair, Future] = {repair: Future() for repair in asked}

    async def one(repair: Repair, gate: asyncio.Semaphore) -> None:
        async with gate:
            broker = embedded_broker if repair.embedded else kafka
            folders = [tmp_path_factory.mktemp(name) for name in ("repaired", "lacking")]
            repaired = Case(supervisor, broker, folders[0], repair.hazards)
            lacking = Case(supervisor, broker, folders[1], repair.hazards, repair.removal)
            try:
                made[repair].set_result((await meet(repair.scenario, repaired, lacking), lacking.log()))
            except BaseException as error:
                error.add_note(repaired.log())
                made[repair].set_exception(error)

    async def everything() -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(one(repair, gate) for repair in asked))

    with Supervisor(pause=0.1, longest_pause=0.1) as supervisor:
        thread = threading.Thread(target=asyncio.run, args=(everything(),))
        thread.start()
        yield made
        thread.join()


@pytest.mark.parametrize("repair", REPAIRS, ids=lambda one: f"{one.number}-{one.removal}")
def test_without_a_repair_it_goes_wrong_and_with_it_right(repair, met):
    shown, log = met[repair].result()
    print(shown, log, sep="\n")
    assert shown is not None, "nothing is wrong without it"
    assert re.search(repair.shown, str(shown)), shown


@pytest.mark.parametrize("repaired", [True, False])
async def test_a_new_owner_need_not_wait_a_tenth_of_a_second_for_each_partition(kafka, prefix, monkeypatch, repaired):
    """H15: told that the former owner's transaction is not quite aborted, aiokafka asks again after 100 ms."""
    if not repaired:
        monkeypatch.setattr(clients, "AIOKafkaProducer", _patient)
    await ledger.create_topics(kafka.bootstrap, prefix, 1, {"alarms": 1})
    settings, name = Settings(bootstrap=kafka.bootstrap), f"{prefix}id"
    took = []
    for _ in range(6):
        former, new = (clients.transactional_producer(settings, name) for _ in range(2))
        await former.start()
        await former.begin_transaction()
        await former.send_and_wait(f"{prefix}alarms", b"v")
        began = time.monotonic()
        await new.start()
        took.append(time.monotonic() - began)
        await new.stop()
        with contextlib.suppress(ProducerFenced):  # it was
            await former.stop()
    assert (min(took) < 0.1) is repaired, took


def _patient(*, retry_backoff_ms: int, **options):
    return AIOKafkaProducer(**options)


def test_every_repair_that_can_be_taken_out_and_every_hazard_is_met():
    met_elsewhere = {"exits", "clears_its_queues"}
    assert {repair.removal for repair in REPAIRS} == functions(removals)
    here = {name for repair in REPAIRS for name in repair.hazards}
    assert here | met_elsewhere == functions(hazards) | functions(deaths)
