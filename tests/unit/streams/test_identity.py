"""The identities of a log: new, duplicate, reused; voided before and after; replaced; how far all that reaches."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from schemas.envelope import Record
from schemas.times import DAY
from streams.identity import Admission, Identity, Ledger, identity_key
from streams.parameters import Rules
from streams.rows import Rows
from tests.unit.operators.builders import RULES, at, record

NOON = "2022-01-10 12:00"
LATE = DAY * 180
LOG = ("operator", "A")


@pytest.fixture
def rows():
    return Rows({"id": Identity})


@pytest.fixture
def ledger(rows):
    return Ledger(rows, RULES)


def sale(identity: str = "r1", *, lot: str = "L1", time: str = NOON, recorded: str | None = None, **more) -> Record:
    return record("goods.sold", {"operator": "A", "lot": lot}, time, recorded, id=identity, **more)


def void(of: str, *, identity: str = "v1", source: str = "/s", of_source: str = "/s", recorded: str = NOON) -> Record:
    data = {"operator": "A", "source": of_source, "record": of}
    return record("record.voided", data, recorded, id=identity, source=source)


def admit(ledger: Ledger, one: Record, where: tuple[str, ...] = ()) -> Admission:
    """What a machine does with each record."""
    admission, identity = ledger.admit(one)
    if admission is Admission.NEW:
        ledger.enter(one.log, identity, where)
    return admission


def voided(ledger: Ledger, by: Record) -> Identity | None:
    """What a void does, as the machines do it: its own identity first."""
    admit(ledger, by)
    return ledger.withdraw(by.log, by.data.source, by.data.record, by)


def test_a_first_record_is_new_and_the_same_again_a_duplicate(ledger):
    assert admit(ledger, sale()) is Admission.NEW
    assert admit(ledger, sale()) is Admission.DUPLICATE
    assert admit(ledger, sale(recorded="2022-01-11 12:00")) is Admission.DUPLICATE, "whenever it comes again"


REUSED = {
    "another time": sale(time="2022-01-10 12:01"),
    "other data": sale(lot="L2"),
    "another type": record("goods.dispatched", {"operator": "A", "lot": "L1"}, NOON, id="r1"),
}


@pytest.mark.parametrize("other", REUSED.values(), ids=REUSED.keys())
def test_an_identity_is_taken_for_a_record_with(other, ledger):
    admit(ledger, sale())
    assert admit(ledger, other) is Admission.REUSED
    assert admit(ledger, sale()) is Admission.DUPLICATE, "the first goes on to hold it"


FREE = {
    "another source": sale(source="/other"),
    "another id": sale("r2"),
    "another operator": record("goods.sold", {"operator": "B", "lot": "L1"}, NOON, id="r1"),
}


@pytest.mark.parametrize("other", FREE.values(), ids=FREE.keys())
def test_an_identity_is_free_for(other, ledger):
    admit(ledger, sale())
    assert admit(ledger, other) is Admission.NEW


def test_source_and_id_are_not_one_text():
    assert identity_key(LOG, "/s/", "1") != identity_key(LOG, "/s", "/1")
    assert identity_key(LOG, "/s", "1") != identity_key(("staff", "A"), "/s", "1")


def test_a_void_takes_its_record_out_once(ledger):
    admit(ledger, sale())
    found = voided(ledger, void("r1"))
    assert (found.source, found.id, found.type) == ("/s", "r1", "goods.sold")
    assert voided(ledger, void("r1", identity="v2")) is None, "it counts no more already"


def test_a_voided_identity_is_still_taken(ledger):
    admit(ledger, sale())
    voided(ledger, void("r1"))
    assert admit(ledger, sale()) is Admission.DUPLICATE
    assert admit(ledger, sale(lot="L2")) is Admission.REUSED


def test_a_void_may_come_first_and_then_the_record_never_counts(ledger):
    assert voided(ledger, void("r1")) is None
    assert admit(ledger, sale()) is Admission.VOIDED
    assert admit(ledger, sale()) is Admission.DUPLICATE


def test_a_void_of_another_source_counts_only_if_the_rules_list_it(rows, ledger):
    admit(ledger, sale())
    assert voided(ledger, void("r1", source="/registry")) is None
    assert admit(ledger, sale("r2")) is Admission.NEW
    lists = Ledger(rows, allowing("/registry"))
    assert voided(lists, void("r2", source="/registry", identity="v2")) is not None
    assert admit(lists, sale()) is Admission.DUPLICATE


def test_who_may_void_is_asked_when_the_void_comes_so_another_list_moves_nothing_that_was_decided(rows, ledger):
    lists = Ledger(rows, allowing("/registry"))
    for name in ("r1", "r2"):
        admit(ledger, sale(name))
    assert voided(ledger, void("r1", source="/registry")) is None
    assert voided(lists, void("r2", source="/registry", identity="v2")) is not None
    known = {name: rows.get(identity_key(LOG, "/s", name), Identity) for name in ("r1", "r2")}
    assert {name: row.is_void for name, row in known.items()} == {"r1": False, "r2": True}


def test_after_the_list_has_changed_a_void_that_is_allowed_still_takes_its_record_along(rows, ledger):
    admit(ledger, sale())
    assert voided(ledger, void("r1", source="/registry")) is None
    assert voided(Ledger(rows, allowing("/registry")), void("r1", source="/registry", identity="v2")) is not None


def test_a_void_that_is_not_allowed_leaves_no_trace_even_before_its_record(rows, ledger):
    assert voided(ledger, void("r1", source="/registry")) is None
    assert identity_key(LOG, "/s", "r1") not in rows
    assert admit(ledger, sale()) is Admission.NEW


def allowing(source: str) -> Rules:
    return dataclasses.replace(RULES, content=RULES.content.model_copy(update={"may_void": (source,)}))


def test_a_void_that_does_not_count_does_not_hinder_one_that_does(ledger):
    admit(ledger, sale())
    voided(ledger, void("r1", source="/registry"))
    assert voided(ledger, void("r1", identity="v2")) is not None


def test_a_void_cannot_be_voided(ledger):
    admit(ledger, sale())
    voided(ledger, void("r1"))
    assert voided(ledger, void("v1", identity="v2")) is None
    assert admit(ledger, sale()) is Admission.DUPLICATE


def test_a_void_that_was_voided_before_it_came_counts_all_the_same(ledger):
    voided(ledger, void("v1", identity="v2"))
    admit(ledger, sale())
    by = void("r1")
    assert admit(ledger, by) is Admission.NEW
    assert ledger.withdraw(by.log, "/s", "r1", by) is not None


def test_a_record_that_replaces_another_takes_it_out_for_good(ledger):
    admit(ledger, sale())
    better = sale("r2", replaces="r1")
    admit(ledger, better)
    assert ledger.withdraw(LOG, "/s", "r1", better) is not None
    assert voided(ledger, void("r2")) is not None
    assert admit(ledger, sale()) is Admission.DUPLICATE, "the void of the better one does not bring it back"


def test_a_record_may_be_replaced_before_it_comes(ledger):
    better = sale("r2", replaces="r1")
    admit(ledger, better)
    assert ledger.withdraw(LOG, "/s", "r1", better) is None
    assert admit(ledger, sale()) is Admission.VOIDED


def test_a_void_that_replaces_is_no_void_of_what_it_replaces(ledger):
    admit(ledger, sale())
    admit(ledger, sale("r2"))
    by = void("r1", source="/s")
    admit(ledger, by)
    assert ledger.withdraw(LOG, "/s", "r2", by) is not None, "replaced"
    assert ledger.withdraw(LOG, "/s", "r1", by) is not None, "voided"


EDGE = {"at 180 days": (LATE, True), "a millisecond later": (LATE + 1, False)}


@pytest.mark.parametrize(("after", "reaches"), EDGE.values(), ids=EDGE.keys())
def test_how_far_a_void_reaches_back(after, reaches, ledger):
    admit(ledger, sale())
    by = replace(void("r1"), recorded=at(NOON) + after)
    assert (voided(ledger, by) is not None) is reaches


@pytest.mark.parametrize(("after", "reaches"), EDGE.values(), ids=EDGE.keys())
def test_how_far_a_void_reaches_ahead(after, reaches, ledger):
    voided(ledger, void("r1"))
    late = replace(sale(), recorded=at(NOON) + after)
    assert (admit(ledger, late) is Admission.VOIDED) is reaches


@pytest.mark.parametrize(("after", "reaches"), EDGE.values(), ids=EDGE.keys())
def test_how_long_an_identity_is_taken(after, reaches, ledger):
    admit(ledger, sale())
    late = replace(sale(lot="L2"), recorded=at(NOON) + after)
    assert admit(ledger, late) is (Admission.REUSED if reaches else Admission.NEW)


WAYS_OUT = {
    "a void": void("r1", recorded="2022-04-10 12:00"),
    "a record that replaces it": sale("r2", replaces="r1", recorded="2022-04-10 12:00"),
}


@pytest.mark.parametrize(("after", "reaches"), EDGE.values(), ids=EDGE.keys())
@pytest.mark.parametrize("by", WAYS_OUT.values(), ids=WAYS_OUT.keys())
def test_how_far_ahead_it_reaches_when_the_record_itself_is_out_of_reach(by, after, reaches, ledger):
    admit(ledger, sale())
    admit(ledger, by)
    ledger.withdraw(LOG, "/s", "r1", by)
    again = replace(sale(lot="L2"), recorded=by.recorded + after)
    assert admit(ledger, again) is (Admission.VOIDED if reaches else Admission.NEW)


def test_of_two_voids_before_a_record_the_later_one_counts(ledger):
    voided(ledger, void("r1"))
    voided(ledger, void("r1", identity="v2", recorded="2022-04-10 12:00"))
    assert admit(ledger, replace(sale(), recorded=at(NOON) + LATE + 1)) is Admission.VOIDED


def test_an_identity_may_be_forgotten_only_when_nothing_can_find_it_any_more(ledger, rows):
    admit(ledger, sale())
    key = identity_key(LOG, "/s", "r1")
    assert rows.due_of(key) == at(NOON) + LATE + 1
    voided(ledger, void("r1", recorded="2022-02-10 12:00"))
    assert rows.due_of(key) == at("2022-02-10 12:00") + LATE + 1


def test_a_ledger_remembers_where_the_facts_of_a_record_are(ledger):
    admit(ledger, sale(), ("lot\x1fA\x1fL1",))
    assert voided(ledger, void("r1")).where == ("lot\x1fA\x1fL1",)
