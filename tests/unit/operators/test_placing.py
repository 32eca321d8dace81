"""Which rows a record's facts go into, and how they come out again."""

from __future__ import annotations

import pytest

from streams.identity import Identity
from streams.operators.model import FORMS, Lot
from streams.operators.placing import MENTIONS, Touched, place, withdraw
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
    "a disinfection of a lot": ("disinfection.recorded", {"scope": "lot", "lot": "L1"}, (LOT,)),
    "a look-up of a lot": ("code.looked-up", {"lot": "L1"}, (LOT,)),
    "a sample of a lot": (
        "sample.tested", {"sample": "S", "on": "goods", "result": "positive", "hazard": "h", "lot": "L1"},
        (row_key("sample", "A", "S"), LOT),
    ),
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
        assert [row for row in rows if row != type(row)(named=at(NOON), withdrawn=at(NOON))] == []


@pytest.mark.parametrize("kind", ["goods.sold", "goods.dispatched"])
def test_a_supplier_counts_only_where_the_goods_come_in(kind):
    """Unknown fields are kept and ignored: a sale that names a supplier covers nothing."""
    key, supplier = row_key("lot", "A", "L1"), {"supplier": "杭州联华"}
    assert not placed(kind, lot="L1", **supplier)[1].get(key, FORMS["lot"]).scans[0].supplied
    assert placed("goods.received", lot="L1", **supplier)[1].get(key, FORMS["lot"]).scans[0].supplied


def left(*records, voided):
    """The lot, when all records have come and those of some ids are withdrawn, in that order."""
    touched = Touched(Rows(FORMS))
    where = {one.id: place(one, touched) for one in records}
    come = {one.id: one for one in records}
    for name in voided:
        gone = come[name]
        withdraw(Identity(gone.source, gone.id, recorded=gone.recorded, where=where[name]), touched)
    return touched.get(LOT, Lot)


def scan(identity, time, kind="goods.sold", **more):
    return record(kind, {"operator": "A", "lot": "L1", **more}, time, id=identity)


MONDAY, TUESDAY, WEDNESDAY = "2022-01-10 12:00", "2022-01-11 12:00", "2022-01-12 12:00"
LOOK = "code.looked-up"
NAMED = {
    "the last record is withdrawn: the one before it": ([("a", MONDAY), ("b", TUESDAY)], "b", MONDAY),
    "an earlier one is withdrawn: the last": ([("a", MONDAY), ("b", TUESDAY)], "a", TUESDAY),
    "none is left: the last of those that were withdrawn": ([("a", MONDAY), ("b", TUESDAY)], "ba", TUESDAY),
    "a shopper's look-up names it too": ([("a", MONDAY), ("l", TUESDAY, LOOK), ("b", WEDNESDAY)], "b", TUESDAY),
    "also before it was known": ([("l", MONDAY, LOOK), ("a", TUESDAY)], "a", MONDAY),
    "but not after that was withdrawn": ([("a", MONDAY), ("l", TUESDAY, LOOK)], "l", MONDAY),
}


@pytest.mark.parametrize(("records", "voided", "named"), NAMED.values(), ids=NAMED.keys())
def test_when_a_lot_was_last_named_goes_by_the_records_that_are_left(records, voided, named):
    assert left(*(scan(*one) for one in records), voided=voided).named == at(named)


def test_few_of_those_that_only_mention_a_lot_are_kept_and_the_last_one_beyond_them_counts():
    many = [scan(str(number), f"2022-01-{number + 10} 12:00", LOOK) for number in range(MENTIONS + 3)]
    lot = left(*many, voided=[one.id for one in many[-MENTIONS:]])
    assert lot.named == many[2].recorded
    assert lot.mentions == ()
