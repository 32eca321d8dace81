"""Which rows a record's facts go into, how they come out again, and what every record does to the pulse."""

from __future__ import annotations

import pytest

from streams.identity import Identity
from streams.operators.model import FORMS, Lot, Pulse
from streams.operators.placing import MENTIONS_KEPT, Touched, feel, place, unfeel, withdraw
from streams.rows import Rows, row_key
from tests.unit.operators.builders import at, record

NOON = "2022-01-10 12:00"
LOT, DAY = row_key("lot", "A", "L1"), row_key("day", "A", "2022-01-10")


def placed(kind, time=NOON, **data):
    touched = Touched(Rows(FORMS))
    where = place(record(kind, {"operator": "A", **data}, time), touched)
    return where, touched


def paper(number="N-1", issued="2022-01-10", **more):
    return {"kind": "test", "number": number, "issued_on": issued, **more}


COUNTS = {
    "issued on the day of the record": (paper(), 1),
    "issued the day after": (paper(issued="2022-01-11"), 0),
    "with a blank number": (paper(number="\u3000 "), 0),
    "expired: kept, for the first upload may have been before": (paper(expires_on="2022-01-01"), 1),
}


@pytest.mark.parametrize(("one", "kept"), COUNTS.values(), ids=COUNTS.keys())
def test_of_papers_is_kept_one(one, kept):
    _, touched = placed("lot.uploaded", lot="L1", goods="fruit", papers=[one])
    (brought,) = touched.get(LOT, Lot).brought
    assert len(brought.papers) == kept


def test_a_paper_goes_by_the_beijing_date_of_the_record_that_brings_it():
    _, touched = placed("papers.added", "2022-01-10 00:00", lot="L1", papers=[paper()])
    assert len(touched.get(LOT, Lot).brought[0].papers) == 1
    _, touched = placed("papers.added", "2022-01-09 23:59", lot="L1", papers=[paper()])
    assert touched.get(LOT, Lot).brought[0].papers == ()


WHERE = {
    "a sale of a lot": ("goods.sold", {"lot": "L1"}, (LOT,)),
    "a sale of a box alone": ("goods.sold", {"box": "B1"}, ()),
    "a sale of neither": ("goods.sold", {}, (DAY,)),
    "a sale of a blank lot": ("goods.sold", {"lot": " "}, (DAY,)),
    "a disinfection of the premises": ("disinfection.recorded", {"scope": "premises"}, (DAY,)),
    "a disinfection of a lot": ("disinfection.recorded", {"scope": "lot", "lot": "L1"}, ()),
    "a declared day": ("day.declared", {"date": "2022-01-10", "trading": False}, (DAY,)),
    "a sample of a surface": (
        "sample.tested", {"sample": "S", "on": "surface", "result": "positive", "hazard": "h"},
        (row_key("sample", "A", "S"),),
    ),
    "a patrol": ("patrol.recorded", {"by": "P"}, ()),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "where"), WHERE.values(), ids=WHERE.keys())
def test_the_facts_go_into_the_row_of_what_they_are_about(kind, data, where):
    assert placed(kind, **data)[0] == where


def test_what_was_put_in_comes_out_again():
    for kind, data, _ in WHERE.values():
        where, touched = placed(kind, **data)
        withdraw(Identity("/s", "r", type=kind, time=at(NOON), recorded=at(NOON), where=where), touched)
        rows = [touched.get(key, FORMS[key.split("\x1f")[0]]) for key in where]
        assert [row for row in rows if row != type(row)(named=at(NOON))] == []


def pulse_of(*records):
    pulse = Pulse()
    for one in records:
        pulse = feel(one, pulse)
    return pulse


def sale(number, time=NOON):
    return record("goods.sold", {"operator": "A"}, time, id=f"r{number}")


def gone(one):
    return Identity(one.source, one.id, type=one.type, time=one.time, recorded=one.recorded)


def test_the_pulse_knows_the_last_day_of_activity_also_after_it_was_withdrawn():
    pulse = pulse_of(sale(1), sale(2, "2022-01-09 12:00"), sale(3, "2022-01-09 13:00"))
    assert pulse.last_active == "2022-01-10"
    pulse = unfeel(gone(sale(1)), pulse)
    assert pulse.last_active == "2022-01-09"
    pulse = unfeel(gone(sale(2, "2022-01-09 12:00")), pulse)
    assert pulse.last_active == "2022-01-09", "another of that day is left"


@pytest.mark.parametrize("kind", ["goods.sold", "goods.dispatched"])
def test_a_supplier_counts_only_where_the_goods_come_in(kind):
    """Unknown fields are kept and ignored: a sale that names a supplier covers nothing."""
    key, supplier = row_key("lot", "A", "L1"), {"supplier": "杭州联华"}
    assert not placed(kind, lot="L1", **supplier)[1].get(key, FORMS["lot"]).scans[0].supplied
    assert placed("goods.received", lot="L1", **supplier)[1].get(key, FORMS["lot"]).scans[0].supplied


def test_few_mentions_are_kept_and_all_are_counted():
    pulse = pulse_of(*(sale(number) for number in range(9)))
    assert (len(pulse.mentions), pulse.mentioned) == (MENTIONS_KEPT, 9)


def test_the_mentions_that_are_kept_are_the_earliest_in_whatever_order_they_come():
    several = [sale(number, f"2022-01-10 12:0{number}") for number in range(9)]
    in_order = pulse_of(*several).mentions
    assert [item.id for item in in_order] == [one.id for one in several[:MENTIONS_KEPT]]
    assert pulse_of(*reversed(several)).mentions == in_order
    assert pulse_of(*several[4:], *several[:4]).mentions == in_order


def test_a_mention_that_may_be_later_than_one_that_was_left_out_is_not_kept_in_its_place():
    several = [sale(number, f"2022-01-10 12:0{number}") for number in range(9)]
    pulse = unfeel(gone(several[0]), pulse_of(*several[:8]))
    assert [item.id for item in feel(several[8], pulse).mentions] == [one.id for one in several[1:4]]


def test_a_patrol_mentions_an_operator_and_is_no_activity():
    pulse = pulse_of(record("patrol.recorded", {"operator": "A", "by": "P"}, NOON))
    assert (pulse.mentioned, pulse.last_active) == (1, None)


def test_the_registry_does_not_mention_an_operator_and_yet_it_is_named():
    pulse = pulse_of(record("account.activated", {"operator": "A"}, NOON))
    assert (pulse.mentioned, pulse.named) == (0, at(NOON))
