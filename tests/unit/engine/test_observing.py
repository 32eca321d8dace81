"""The ledger of a partition adds up; a defect of ours stops the process before it empties a topic."""

from __future__ import annotations

import pytest

from schemas.reasons import Reason, Verdict
from streams import machine, metrics
from streams.engine import ends
from streams.engine.batch import Batch, Chain
from streams.engine.observing import Observing
from streams.engine.position import Position
from streams.engine.units import Unit
from streams.machine import Applied, Entry
from streams.measures import Measures
from tests.unit.engine.fakes import Left, Record, partition

RECORD = (machine.ENTRY, b"record")
ENTRY = Entry("operator-journal", 0, 4, 0, b"k", b"v", dict([RECORD]))
INTERNAL = Entry("operator-journal", 0, 4, 0, b"k", b"v", {machine.ENTRY: b"samples"})


@pytest.fixture
def observer():
    return Observing(lambda _: None, Measures(), list, 1)


def ledger(word: str) -> float:
    return metrics.LEDGER.labels(topic="operator-journal", partition=0, verdict=word)._value.get()


def test_what_comes_in_is_what_was_applied_refused_a_duplicate_or_left_to_the_next_owner(observer):
    before = {word: ledger(word) for word in ("in", *Verdict, "left")}
    part = partition(topic="operator-journal")
    records = [Record(offset, b"k", b"v", (RECORD,)) for offset in range(4)]
    internal = Record(4, b"k", b"v", ((machine.ENTRY, b"samples"),))
    observer.received(part, Batch(part.tp, Chain(None), 0, 5, [*records, internal]))
    observer.left(part, [records[3], internal])
    for applied in (
        Applied(verdict=Verdict.APPLIED, type="goods.sold"),
        Applied(verdict=Verdict.REFUSED, type="goods.sold", reason=Reason.TOO_OLD),
        Applied(verdict=Verdict.DUPLICATE, type="goods.sold"),
    ):
        observer.applied(part, ENTRY, applied, [])
    observer.applied(part, INTERNAL, Applied(), [])  # it is none of the ledger's, even if our rules broke on it
    observer.applied(part, INTERNAL, Applied(verdict=Verdict.REFUSED, reason=Reason.INTERNAL_ERROR), [])
    observer.durable(part, Unit(part.position), written=False)
    moved = {word: ledger(word) - was for word, was in before.items()}
    assert moved == {"in": 4, "applied": 1, "refused": 1, "duplicate": 1, "left": 1}


def test_what_is_lost_between_acceptance_and_the_machine_is_missed(observer):
    part = partition(topic="operator-journal")
    before = ledger("in") - sum(ledger(word) for word in (*Verdict, "left"))
    observer.received(part, Batch(part.tp, Chain(None), 0, 1, [Record(0, b"k", b"v", (RECORD,))]))
    assert ledger("in") - sum(ledger(word) for word in (*Verdict, "left")) == before + 1


def test_everything_on_a_public_topic_counts_whatever_headers_it_has(observer):
    part = partition(topic="registry")
    label = metrics.LEDGER.labels(topic="registry", partition=0, verdict="in")._value
    before = label.get()
    observer.received(part, Batch(part.tp, Chain(None), 0, 1, [Record(0, None, b"rubbish")]))
    assert label.get() == before + 1


LIMIT = 10


def broken_by(partition, *entries):
    """Applies entries: True breaks."""
    for offset, breaks in enumerate(entries, partition.received):
        record = Record(offset, b"k", b"boom" if breaks else b"v", (RECORD,))
        partition.accept(Batch(partition.tp, Chain(None), offset, offset + 1, [record]))


@pytest.fixture
def watched():
    """Two partitions of one process, in a loop of their own; `start` tells what their measure was before."""

    def start(*before):
        owned = []
        observer = Observing(lambda _: None, Measures(), lambda: owned, LIMIT)
        owned += [partition(observer=observer, position=Position(0, broken=level)) for level in before or (0, 0)]
        return owned

    return start


async def test_so_many_in_a_row_stop_the_worker_until_a_person_has_looked(watched):
    one, _ = watched()
    broken_by(one, *[True] * LIMIT)
    with pytest.raises(Left) as left:
        broken_by(one, True)
    assert left.value.code == ends.ALARM


async def test_a_share_of_more_than_a_quarter_stops_it_too_and_a_smaller_one_never(watched):
    one, other = watched()
    broken_by(one, *[True, False, False, False, False] * 500)
    with pytest.raises(Left):
        broken_by(other, *[True, False, False] * 30)


async def test_all_partitions_of_the_process_count_together(watched):
    one, other = watched()
    broken_by(one, *[True] * (LIMIT - 1))
    broken_by(other, True)
    with pytest.raises(Left):
        broken_by(other, True)


async def test_who_is_started_again_does_not_begin_at_nothing(watched):
    one, _ = watched()
    broken_by(one, *[True] * LIMIT)
    again, _ = watched(Position.decode(one.position.encode()).broken, 0)
    with pytest.raises(Left):
        broken_by(again, True)


async def test_what_goes_well_afterwards_drains_the_measure(watched):
    one, _ = watched()
    broken_by(one, *[True] * LIMIT, *[False] * 3 * LIMIT, *[True] * LIMIT)
    assert one.broken == 3 * LIMIT


async def test_ticks_drain_it_where_nothing_else_comes(watched):
    one, _ = watched(3, 0)
    tick = Record(0, None, b"900", ((machine.ENTRY, b"tick"),))
    one.accept(Batch(one.tp, Chain(None), 0, 1, [tick]))
    assert one.broken == 2


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.INTERNAL_ERROR])
async def test_careless_senders_stop_nobody(watched, reason, monkeypatch):
    one, _ = watched()
    monkeypatch.setattr(one.machine, "apply", lambda _: Applied((), Verdict.REFUSED, "", reason))
    broken_by(one, *[False] * 50 * LIMIT)
    assert one.broken == 0
