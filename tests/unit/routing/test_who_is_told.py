"""Who is told: owner, officers and grid workers of the place, the desk; and what happens when nobody is registered."""

from __future__ import annotations

from schemas.alerts import Kind
from schemas.registry import ChannelKind, Role
from tests.unit.routing.district import DAY, ELSEWHERE, PLACE, District

WECOM = [{"kind": "wecom-robot", "address": "k"}]


def test_only_the_people_of_the_place_are_told() -> None:
    district = District().staffed()
    district.assign("officer-2", "officer", ELSEWHERE.office)
    district.assign("grid-2", "grid-worker", ELSEWHERE.grid)
    district.assign("owner-2", "owner", "B")
    district.assign("desk-2", "duty-desk", "330112")
    district.fire(Kind.POSITIVE)
    assert sorted(notice.recipient for notice in district.notices) == ["desk", "grid", "officer", "owner"]


def test_everyone_of_a_role_is_told() -> None:
    district = District().staffed()
    district.assign("officer-2", "officer", ELSEWHERE.office, PLACE.office)
    district.fire(Kind.UNCODED_GOODS)
    assert sorted(notice.recipient for notice in district.notices) == ["grid", "officer", "officer-2", "owner"]


def test_nobody_registered_for_a_role_the_desk_is_told_with_that_said() -> None:
    district = District().staffed()
    district.record("person.left", {"person": "officer"})
    district.fire(Kind.PAPERS_MISSING)
    district.tick("10:01")
    notices = district.expect({person: ["begins papers-missing"] for person in ("desk", "grid", "owner")})
    desk = notices[0]
    assert "没有登记执法人员，请专班转告" in desk.lines[0]
    assert [(item.role, item.instead_of) for item in desk.about] == [(Role.DUTY_DESK, [Role.OFFICER])]


def test_the_desk_that_stood_in_is_told_of_the_end() -> None:
    district = District().staffed()
    district.record("person.left", {"person": "officer"})
    district.fire(Kind.PAPERS_MISSING)
    district.tick("10:01")
    district.notices.clear()
    district.resolve(Kind.PAPERS_MISSING)
    district.tick("10:31")
    district.expect({person: ["ends papers-missing"] for person in ("desk", "grid", "owner")})


def test_no_desk_either_is_suppressed_and_counted_once_an_episode() -> None:
    district = District()
    district.assign("owner", "owner", "A")
    district.tick("09:00")
    district.fire(Kind.PAPERS_MISSING)
    district.tick("10:01")
    assert [notice.recipient for notice in district.notices] == ["owner"]
    assert [(item.recipient, item.reason, [a.role for a in item.about]) for item in district.receipts] == [
        ("", "nobody", [Role.GRID_WORKER]),
        ("", "nobody", [Role.OFFICER]),
    ]
    district.receipts.clear()
    district.notices.clear()
    district.fire(Kind.PAPERS_MISSING, "10:02", since=f"{DAY}T00:00:00.000Z")
    district.tick("10:02")
    district.resolve(Kind.PAPERS_MISSING, "10:30")
    district.tick("10:31")
    district.expect({"owner": ["ends papers-missing"]})


def test_without_place_the_desk_of_the_settings_is_told() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING, place=None)
    district.tick("10:01")
    notices = district.expect({"desk": ["begins papers-missing"], "owner": ["begins papers-missing"]})
    assert "该户没有登记辖区，找不到执法人员" in notices[0].lines[0]


def test_an_unknown_operator_is_told_to_the_desk_in_the_digest() -> None:
    district = District().staffed()
    district.fire(Kind.UNKNOWN_OPERATOR, "08:00", place=None)
    district.tick("08:30")
    district.expect({"desk": ["begins unknown-operator"]})


def test_an_alert_without_operator_is_the_desks_alone() -> None:
    district = District().staffed()
    district.fire(Kind.STAFF_POSITIVE, operator="", place=None)
    district.expect({"desk": ["begins staff-positive"]})


def test_a_person_who_left_is_told_nothing() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING)
    district.tick("10:01")
    district.notices.clear()
    district.record("person.left", {"person": "officer"})
    district.resolve(Kind.PAPERS_MISSING)
    district.tick("10:31")
    district.expect({person: ["ends papers-missing"] for person in ("grid", "owner")})


def test_a_new_person_gets_one_list_of_what_stands_in_her_area() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING)
    district.fire(Kind.SILENT)
    district.fire(Kind.NOT_ON_CHAIN, operator="B", subject="L2", place=ELSEWHERE)
    district.fire(Kind.SOLD_EARLY)
    district.resolve(Kind.SOLD_EARLY)
    district.tick("10:31")
    district.notices.clear()
    district.assign("new", "officer", PLACE.office)
    district.tick("10:32")
    notices = district.expect({"new": ["stands papers-missing + begins silent"]})  # the digest has not told it yet
    assert len(notices[0].lines) == 2
    district.tick("10:33")
    district.expect({})


def test_someone_who_only_gets_another_channel_gets_no_list() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING)
    district.tick("10:01")
    district.notices.clear()
    district.assign("officer", "officer", PLACE.office, channels=[{"kind": "sms", "address": "13800000000"}])
    district.tick("10:02")
    district.expect({})
    district.resolve(Kind.PAPERS_MISSING)
    district.tick("10:31")
    assert {notice.recipient: notice.channel for notice in district.notices}["officer"] is ChannelKind.SMS


def test_someone_who_left_and_comes_back_gets_a_list() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING)
    district.tick("10:01")
    district.record("person.left", {"person": "officer"})
    district.notices.clear()
    district.tick("10:02")
    district.now += 1
    district.assign("officer", "officer", PLACE.office)
    district.tick("10:03")
    district.expect({"officer": ["stands papers-missing"]})


def test_an_operator_that_moves_takes_what_stands_to_the_people_of_the_new_place() -> None:
    district = District().staffed()
    district.assign("officer-2", "officer", ELSEWHERE.office)
    district.assign("grid-2", "grid-worker", ELSEWHERE.grid)
    district.fire(Kind.PAPERS_MISSING)
    district.tick("10:01")
    district.notices.clear()
    district.fire(Kind.PAPERS_MISSING, "11:00", place=ELSEWHERE)
    district.tick("11:00")
    district.expect({"grid-2": ["stands papers-missing"], "officer-2": ["stands papers-missing"]})
    district.resolve(Kind.PAPERS_MISSING, "11:30")
    district.tick("11:31")
    told = ("grid", "grid-2", "officer", "officer-2", "owner")
    district.expect({person: ["ends papers-missing"] for person in told})


def test_the_old_place_hears_no_more_of_a_moved_operator_but_the_end() -> None:
    district = District().staffed()
    detail = {"lot": "L1", "goods": "fruit", "missing": ["quarantine"]}
    district.fire(Kind.PAPERS_MISSING, detail=detail)
    district.tick("10:01")
    district.fire(Kind.PAPERS_MISSING, "11:00", place=ELSEWHERE, detail=detail)
    district.tick("11:00")
    district.notices.clear()
    more = detail | {"missing": ["quarantine", "test"]}
    district.fire(Kind.PAPERS_MISSING, "11:10", place=ELSEWHERE, detail=more)
    district.tick("11:11")
    district.expect({"desk": ["grows papers-missing"], "owner": ["grows papers-missing"]})


def test_the_first_channel_that_a_bridge_serves_is_chosen() -> None:
    district = District()
    channels = [{"kind": "webhook", "address": "w"}, {"kind": "sms", "address": "13800000000"}, *WECOM]
    district.assign("owner", "owner", "A", channels=channels)
    district.assign("officer", "officer", PLACE.office, channels=WECOM)
    district.assign("grid", "grid-worker", PLACE.grid, channels=WECOM)
    district.fire(Kind.UNCODED_GOODS)
    owner = next(notice for notice in district.notices if notice.recipient == "owner")
    assert (owner.channel, owner.address) == (ChannelKind.SMS, "13800000000")
    assert [way.kind for way in owner.channels] == ["webhook", "sms", "wecom-robot"]


def test_a_person_without_a_channel_is_suppressed_and_the_desk_is_told() -> None:
    district = District().staffed()
    district.assign("owner", "owner", "A", channels=[{"kind": "webhook", "address": "w"}])
    district.fire(Kind.UNCODED_GOODS)
    assert district.suppressed() == [("owner", "no-channel")]
    notices = district.expect({person: ["begins uncoded-goods"] for person in ("desk", "grid", "officer")})
    assert "负责人没有可用的联系方式" in notices[0].lines[0]


def test_only_the_areas_of_ones_role_count() -> None:
    district = District().staffed()
    district.assign("odd", "owner", "B", offices=[PLACE.office])
    district.fire(Kind.UNCODED_GOODS)
    assert "odd" not in {notice.recipient for notice in district.notices}
