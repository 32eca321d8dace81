"""What every record of an operator does to its pulse, and what the withdrawal of one takes back. Few facts are at hand;
what the pulse says is what all of them together would say.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.times import DAY, date_of
from streams.identity import Identity, identity_key
from streams.operators.model import FORMS, PULSE, Pulse
from streams.operators.pulse import KEPT, feel, settle, unfeel
from streams.rows import Rows, row_key
from tests.unit.operators.builders import at, record

NOON = "2022-01-10 12:00"


class Log:
    """The pulse of operator A with the identities that the log keeps of its records."""

    def __init__(self, *records) -> None:
        self.rows, self.pulse = Rows(FORMS), Pulse()
        for one in records:
            self.come(one)

    def come(self, one) -> None:
        self.pulse = feel(one, self.pulse)
        self.rows.put(identity_key(one.log, one.source, one.id), identity(one))

    def go(self, one) -> None:
        gone = identity(one, voided_by=(one.source,))
        self.rows.put(identity_key(one.log, one.source, one.id), gone)
        self.pulse = unfeel(gone, self.pulse, self.rows, "A")


def identity(one, **more) -> Identity:
    return Identity(one.source, one.id, "digest", one.type, one.time, one.recorded, **more)


def sale(number, time=NOON):
    return record("goods.sold", {"operator": "A"}, time, id=f"r{number}")


def names(facts):
    return [one.id for one in facts]


def test_the_last_day_of_activity_is_known_also_after_it_was_withdrawn():
    log = Log(sale(1), sale(2, "2022-01-09 12:00"), sale(3, "2022-01-09 13:00"))
    assert log.pulse.last_active == "2022-01-10"
    log.go(sale(1))
    assert log.pulse.last_active == "2022-01-09"
    log.go(sale(2, "2022-01-09 12:00"))
    assert log.pulse.last_active == "2022-01-09", "another of that day is left"
    log.go(sale(3, "2022-01-09 13:00"))
    assert log.pulse.last_active is None


def test_few_are_kept_and_all_are_counted():
    pulse = Log(*(sale(number) for number in range(9))).pulse
    assert (len(pulse.mentions), pulse.mentioned) == (KEPT, 9)
    assert (len(pulse.recent), pulse.active) == (KEPT, 9)


@given(st.permutations(range(9)), st.sets(st.integers(0, 8)))
def test_the_earliest_mention_and_the_last_activity_are_those_of_all_records_that_count(order, voided):
    """In whatever order they come, and whichever of them are withdrawn, when all have come or in between."""
    several = [sale(number, f"2022-01-{10 + number} 12:00") for number in range(9)]
    log, left = Log(), []
    for place, number in enumerate(order):
        log.come(several[number])
        left.append(number)
        if number in voided and place % 2:
            log.go(several[number])
            left.remove(number)
    for number in sorted(voided & set(left)):
        log.go(several[number])
        left.remove(number)
    left.sort()
    assert names(log.pulse.mentions[:1]) == [f"r{number}" for number in left[:1]]
    assert names(log.pulse.recent[:1]) == [f"r{number}" for number in left[-1:]]


def test_one_that_may_be_later_than_one_that_was_left_out_is_not_kept_in_its_place():
    several = [sale(number, f"2022-01-10 12:0{number}") for number in range(9)]
    log = Log(*several[:8])
    log.go(several[0])
    log.come(several[8])
    assert names(log.pulse.mentions) == [one.id for one in several[1:4]]


@pytest.mark.parametrize(("kind", "count"), {"goods.sold": 1, "patrol.recorded": 0, "code.looked-up": 0}.items())
def test_what_no_void_can_reach_any_more_is_settled(kind, count):
    """The identities of last summer are gone; the day on which the operator was at work is not."""
    rows, old = Rows(FORMS), Identity("/s", "old", "digest", kind, at(NOON), at(NOON))
    rows.put(row_key(PULSE, "A", ""), Pulse(named=at(NOON)), due=at(NOON) + 180 * DAY)
    settle(identity_key(("operator", "A"), "/s", "old"), old, rows)
    pulse = rows.get(row_key(PULSE, "A", ""), Pulse)
    assert pulse.settled == ("2022-01-10" if count else "")
    assert rows.due_of(row_key(PULSE, "A", "")) == at(NOON) + 180 * DAY, "when it is forgotten has not changed"


@pytest.mark.parametrize("more", [{"voided_by": ("/s",)}, {"replaced": True}, {"digest": ""}])
def test_what_was_withdrawn_or_never_came_settles_nothing(more):
    rows = Rows(FORMS)
    rows.put(row_key(PULSE, "A", ""), Pulse(named=at(NOON)))
    known = Identity(**{"source": "/s", "id": "old", "digest": "d", "type": "goods.sold", "time": at(NOON), **more})
    settle(identity_key(("operator", "A"), "/s", "old"), known, rows)
    assert rows.get(row_key(PULSE, "A", ""), Pulse).settled == ""


def test_a_day_that_is_settled_holds_when_all_that_came_later_is_withdrawn():
    several = [sale(number, f"2022-08-{10 + number} 12:00") for number in range(KEPT + 1)]
    log = Log(*several)
    log.pulse = replace(log.pulse, settled="2022-01-10")
    assert log.pulse.last_active == date_of(several[-1].time)
    for one in several:
        log.go(one)
    assert (log.pulse.last_active, log.pulse.active) == ("2022-01-10", 0)
    log.come(several[0])
    assert names(log.pulse.recent) == ["r0"]


def test_a_void_that_finds_a_record_of_before_its_operator_was_forgotten_takes_nothing_back():
    log = Log(sale(1), sale(2))
    log.pulse = Pulse()
    log.go(sale(1))
    assert log.pulse == Pulse(), "nor does what the identities still hold come back"
    log.come(sale(3, "2022-07-09 12:00"))
    log.go(sale(2))
    assert names(log.pulse.recent) == names(log.pulse.mentions) == ["r3"]
    assert (log.pulse.active, log.pulse.mentioned) == (1, 1)


def test_a_patrol_mentions_an_operator_and_is_no_activity():
    pulse = Log(record("patrol.recorded", {"operator": "A", "by": "P"}, NOON)).pulse
    assert (pulse.mentioned, pulse.last_active) == (1, None)


def test_the_registry_does_not_mention_an_operator_and_yet_it_is_named():
    pulse = Log(record("account.activated", {"operator": "A"}, NOON)).pulse
    assert (pulse.mentioned, pulse.named) == (0, at(NOON))
