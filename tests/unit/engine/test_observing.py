"""The ledger of a partition adds up; a defect of ours stops the process before it empties a topic into `dead-letters`."""

from __future__ import annotations

import pytest

from schemas.reasons import Reason, Verdict
from streams import metrics
from streams.engine import observing
from streams.engine.observing import Observing
from streams.machine import Applied, Entry
from streams.measures import Measures
from tests.unit.engine.fakes import Left, partition

ENTRY = Entry("operator-journal", 0, 4, 0, b"k", b"v")


@pytest.fixture
def observer():
    return Observing(lambda _: None, Measures())


def ledger(word: str) -> float:
    return metrics.LEDGER.labels(topic="operator-journal", partition=0, verdict=word)._value.get()


def test_what_comes_in_is_what_was_applied_refused_or_a_duplicate(observer):
    before = {word: ledger(word) for word in ("in", *Verdict)}
    part = partition(topic="operator-journal")
    for applied in (
        Applied(verdict=Verdict.APPLIED, type="goods.sold"),
        Applied(verdict=Verdict.REFUSED, type="goods.sold", reason=Reason.TOO_OLD),
        Applied(verdict=Verdict.DUPLICATE, type="goods.sold"),
        Applied(),  # an internal entry is none of the ledger's
    ):
        observer.applied(part, ENTRY, applied, [])
    moved = {word: ledger(word) - was for word, was in before.items()}
    assert moved == {"in": 3, Verdict.APPLIED: 1, Verdict.REFUSED: 1, Verdict.DUPLICATE: 1}


def test_when_our_rules_break_too_often_the_process_stops(observer):
    part = partition(topic="operator-journal")
    with pytest.raises(Left):
        for _ in range(observing.LIMIT + 1):
            observer.broke(part, ENTRY, RuntimeError())
            observer.applied(part, ENTRY, Applied(), [])


def test_what_breaks_now_and_then_does_not(observer):
    part = partition(topic="operator-journal")
    for number in range(20 * observing.WINDOW):
        if number % 10 == 0:
            observer.broke(part, ENTRY, RuntimeError())
        observer.applied(part, ENTRY, Applied(), [])
