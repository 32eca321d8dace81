"""The ledger of a partition adds up; a defect of ours stops the process before it empties a topic."""

from __future__ import annotations

import pytest

from schemas.reasons import Reason, Verdict
from streams import machine, metrics
from streams.engine import observing
from streams.engine.batch import Batch, Chain
from streams.engine.observing import Observing
from streams.machine import Applied, Entry
from streams.measures import Measures
from tests.unit.engine.fakes import Left, Record, partition

RECORD = (machine.ENTRY, b"record")
ENTRY = Entry("operator-journal", 0, 4, 0, b"k", b"v", dict([RECORD]))
INTERNAL = Entry("operator-journal", 0, 4, 0, b"k", b"v", {machine.ENTRY: b"samples"})


@pytest.fixture
def observer():
    return Observing(lambda _: None, Measures())


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


def test_when_our_rules_break_too_often_the_process_stops(observer):
    part = partition(topic="operator-journal")
    for _ in range(observing.LIMIT):
        observer.broke(part, ENTRY, RuntimeError())
        observer.applied(part, ENTRY, Applied(), [])
    with pytest.raises(Left):
        observer.broke(part, ENTRY, RuntimeError())


def test_what_breaks_now_and_then_does_not(observer):
    part = partition(topic="operator-journal")
    for number in range(20 * observing.WINDOW):
        if number % 10 == 0:
            observer.broke(part, ENTRY, RuntimeError())
        observer.applied(part, ENTRY, Applied(), [])
