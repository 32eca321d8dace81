"""Records about people: identities, voids, replacements; and entries of other sorts."""

from __future__ import annotations

import orjson
import pytest

from schemas.alerts import Kind
from schemas.reasons import Reason, Verdict
from schemas.times import day_after
from streams.routing.model import person_key
from tests.unit.routing.district import DAY, PLACE, District, at


def told(district: District) -> list[str]:
    """Who is told of something at the shop A now."""
    district.notices.clear()
    district.receipts.clear()
    district.fire(Kind.UNCODED_GOODS, subject=day_after(DAY, len(district.machine.rows)))
    return [notice.recipient for notice in district.notices]


def test_the_latest_assignment_replaces_the_earlier_one_in_whichever_order_they_come() -> None:
    district = District()
    district.assign("owner", "owner", "A", when=at("08:30"))
    district.assign("owner", "owner", "B", when=at("08:00"))
    assert told(district) == ["owner"]


def test_a_void_brings_back_what_held_before() -> None:
    district = District()
    district.assign("owner", "owner", "A", when=at("08:00"))
    district.assign("owner", "owner", "B", when=at("08:30"), id="moved")
    assert told(district) == []
    district.record("record.voided", {"person": "owner", "source": "hr", "record": "moved"})
    assert told(district) == ["owner"]


def test_a_void_may_come_before_what_it_voids() -> None:
    district = District()
    district.record("record.voided", {"person": "owner", "source": "hr", "record": "first"})
    district.assign("owner", "owner", "A", id="first")
    assert told(district) == []


def test_a_void_of_leaving_brings_the_person_back() -> None:
    district = District()
    district.assign("owner", "owner", "A")
    district.record("person.left", {"person": "owner"}, id="left", when=at("09:01"))
    assert told(district) == []
    district.record("record.voided", {"person": "owner", "source": "hr", "record": "left"})
    assert told(district) == ["owner"]


def test_only_the_source_that_sent_a_record_may_void_it() -> None:
    district = District()
    district.assign("owner", "owner", "A", id="first")
    district.record("record.voided", {"person": "owner", "source": "hr", "record": "first"}, source="someone")
    assert told(district) == ["owner"]


def test_what_is_replaced_counts_no_more_and_its_replacement_makes_no_new_list() -> None:
    district = District()
    district.assign("owner", "owner", "A", id="first")
    district.tick("09:00")
    district.fire(Kind.UNCODED_GOODS)
    district.notices.clear()
    district.receipts.clear()
    district.assign("owner", "owner", "A", id="second", replaces="first", when=at("08:00"))
    district.tick("10:01")
    assert district.notices == []
    assert told(district) == ["owner"]


def test_the_same_record_again_is_a_duplicate_another_of_its_identity_is_refused() -> None:
    district = District()
    first = district.assign("owner", "owner", "A", id="one")
    again = district.assign("owner", "owner", "A", id="one")
    assert (first.verdict, again.verdict) == (Verdict.APPLIED, Verdict.DUPLICATE)
    other = {"person": "owner", "name": "某人", "role": "owner", "operators": ["B"], "channels": []}
    reused = district.record("person.assigned", other, id="one")
    assert (reused.verdict, reused.reason) == (Verdict.REFUSED, Reason.IDENTITY_REUSED)
    assert [letter.topic for letter in district.letters] == ["dead-letters"]
    assert told(district) == ["owner"]


def test_names_are_not_kept_and_addresses_stand_in_the_persons_row_alone() -> None:
    district = District()
    channels = [{"kind": "sms", "address": "13800000000"}]
    district.assign("owner", "owner", "A", channels=channels)
    district.fire(Kind.UNCODED_GOODS)
    rows = dict(district.machine.rows.take())
    assert not any("某人".encode() in (value or b"") for value in rows.values())
    assert [key.decode() for key, value in rows.items() if b"13800000000" in (value or b"")] == [person_key("owner")]


def test_identities_are_forgotten_after_180_days() -> None:
    district = District()
    district.assign("owner", "owner", "A")
    district.tick("09:00")
    before = len(district.machine.rows)
    district.tick("09:01", "2022-07-04")
    assert len(district.machine.rows) == before - 1
    assert told(district) == ["owner"]


def test_a_defect_with_a_record_keeps_it_in_dead_letters() -> None:
    district = District()
    entry = district.entry("record", b"{}", {"lianfang-origin": b"registry/3/7", "lianfang-recorded": b"5"})
    applied = district.machine.broken(entry, KeyError("x"))
    assert (applied.verdict, applied.reason) == (Verdict.REFUSED, Reason.INTERNAL_ERROR)
    (letter,) = applied.outputs
    assert letter.value == b"{}"


def test_a_defect_with_an_alert_stops_the_process_because_it_may_not_be_lost() -> None:
    district = District()
    with pytest.raises(KeyError):
        district.machine.broken(district.entry("alert", b"{}"), KeyError("x"))


def test_an_entry_of_another_sort_is_an_invariant_that_does_not_hold() -> None:
    district = District()
    with pytest.raises(ValueError, match="spells"):
        district.machine.apply(district.entry("spells", b"{}"))


def feed(district: District, since: int | None) -> None:
    said = {"feed": "zhelian", "complete_until": at("09:00"), "since": since}
    district.apply(district.entry("feed", orjson.dumps(said)))


def test_a_feed_that_stands_still_is_told_to_the_desk_at_once_and_that_it_moves_again() -> None:
    district = District().staffed()
    feed(district, at("09:30"))
    notices = district.expect({"desk": ["数据接口"]})
    assert notices[0].lines == [
        "数据接口zhelian：停住了，数据只完整到1月5日 09:00。这段时间的缺漏暂不提醒，请联系上级平台。"
    ]
    feed(district, at("09:30"))
    district.expect({})
    feed(district, None)
    notices = district.expect({"desk": ["数据接口"]})
    assert notices[0].lines == ["数据接口zhelian：已恢复。缺漏提醒照常进行。"]
    feed(district, None)
    district.expect({})
    feed(district, at("09:30"))
    again = district.expect({"desk": ["数据接口"]})
    assert again[0].id != notices[0].id


def test_a_feed_that_stands_still_with_no_desk_is_suppressed() -> None:
    district = District()
    feed(district, at("09:30"))
    assert district.suppressed() == [("", "nobody")]


def test_a_list_comes_once_even_if_the_assignment_is_sent_again_in_another_form() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING)
    district.tick("10:01")
    district.notices.clear()
    district.assign("new", "grid-worker", PLACE.grid)
    district.assign("new", "grid-worker", PLACE.grid)
    district.tick("10:02")
    district.expect({"new": ["stands papers-missing"]})
