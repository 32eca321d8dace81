"""Whom the ledger takes to be told: what intake takes of the registry, and nothing else."""

from __future__ import annotations

import pytest

from connectors.demo.ledger.people import People
from schemas.alerts import Kind

PERSON = {
    "person": "p1", "name": "王", "role": "owner", "operators": ["A"],
    "channels": [{"kind": "sms", "address": "138"}],
}  # fmt: skip


def told(*events: dict) -> set[str]:
    people = People("330111")
    for time, event in enumerate(events):
        people.hear(event, time)
    return people.concerned(Kind.PAPERS_MISSING, "A", {}, 100)


def test_an_owner_is_told_until_they_leave():
    assigned = {"type": "person.assigned", "data": PERSON}
    assert told(assigned) == {"p1"}
    assert told(assigned, {"type": "person.left", "data": {"person": "p1"}}) == set()


@pytest.mark.parametrize("data", [None, {}, [], "p1", PERSON | {"channels": 7}, PERSON | {"role": "king"}])
@pytest.mark.parametrize("kind", ["person.assigned", "person.left"])
def test_what_intake_refuses_concerns_nobody(kind, data):
    if kind == "person.left" and isinstance(data, dict):
        data = data | {"person": 7}
    assert told({"type": "person.assigned", "data": PERSON}, {"type": kind, "data": data}, {"type": kind}) == {"p1"}
