"""What is private: who learns which person it is, who only how many, and what a group never gets."""

from __future__ import annotations

from schemas.alerts import Kind
from schemas.notices import Notice
from tests.unit.routing.district import PLACE, District

WHO = "W1"


def texts(notice: Notice) -> str:
    """All that a recipient can read, in whichever channel."""
    return "\n".join([notice.title, *notice.lines, *notice.texts.wecom.parts, *notice.texts.sms.variables.values()])


def by_person(notices: list[Notice]) -> dict[str, str]:
    return {notice.recipient: texts(notice) for notice in notices}


def test_of_an_overdue_test_the_owner_learns_who_and_the_others_how_many() -> None:
    district = District().staffed()
    district.fire(Kind.TEST_OVERDUE)
    district.fire(Kind.TEST_OVERDUE, subject="W2", detail={"staff": "W2"})
    district.tick("10:01")
    said = by_person(district.expect({person: ["begins test-overdue"] for person in ("grid", "officer", "owner")}))
    assert "W1" in said["owner"]
    assert "W2" in said["owner"]
    for person in ("grid", "officer"):
        assert "现有2名从业人员" in said[person]
        assert "W1" not in said[person]
        assert "W2" not in said[person]


def test_when_one_of_two_tests_came_the_others_learn_how_many_are_left() -> None:
    district = District().staffed()
    district.fire(Kind.TEST_OVERDUE)
    district.fire(Kind.TEST_OVERDUE, subject="W2", detail={"staff": "W2"})
    district.tick("10:01")
    district.notices.clear()
    district.resolve(Kind.TEST_OVERDUE)
    district.tick("10:31")
    said = by_person(district.expect({person: ["ends test-overdue"] for person in ("grid", "officer", "owner")}))
    assert "从业人员W1" in said["owner"]
    assert "现有1名从业人员" in said["officer"]
    district.resolve(Kind.TEST_OVERDUE, "10:40", subject="W2", detail={"staff": "W2"})
    district.tick("10:41")
    assert "从业人员的检测都已跟上" in by_person(district.notices)["grid"]


def test_of_a_positive_staff_member_only_the_desk_learns_all() -> None:
    district = District().staffed()
    district.fire(Kind.STAFF_POSITIVE)
    said = by_person(
        district.expect({person: ["begins staff-positive"] for person in ("owner", "officer", "grid", "desk")})
    )
    assert "从业人员W1检出新冠病毒阳性" in said["desk"]
    assert "从业人员W1须立即停止上岗" in said["owner"]
    assert "专班会与您电话联系" in said["owner"]
    for person in ("officer", "grid"):
        assert "专班正在处理一件健康事项" in said[person]
        assert WHO not in said[person]
        assert "从业人员" not in said[person]
    for person in ("owner", "officer", "grid"):
        assert "阳性" not in said[person]
        assert "新冠" not in said[person]
        assert "S1" not in said[person]


def test_the_end_tells_no_more_than_the_begin() -> None:
    district = District().staffed()
    district.fire(Kind.STAFF_POSITIVE)
    district.notices.clear()
    district.resolve(Kind.STAFF_POSITIVE)
    district.tick("10:31")
    said = by_person(district.notices)
    assert "阳性" not in said["owner"] + said["officer"] + said["grid"]
    assert WHO not in said["officer"] + said["grid"]


def test_a_group_gets_nothing_private_and_the_desk_is_told() -> None:
    district = District().staffed()
    district.assign("officer", "officer", PLACE.office, group=True)
    district.fire(Kind.STAFF_POSITIVE)
    assert district.suppressed() == [("officer", "private")]
    said = by_person(district.expect({person: ["begins staff-positive"] for person in ("owner", "grid", "desk")}))
    assert "执法人员登记的是群聊，不能收隐私内容，请专班转告" in said["desk"]


def test_a_receipt_names_neither_kind_nor_operator_of_what_is_private() -> None:
    district = District().staffed()
    district.assign("officer", "officer", PLACE.office, group=True)
    alert = district.fire(Kind.STAFF_POSITIVE)
    (receipt,) = district.receipts
    assert [(item.alert, item.kind, item.operator) for item in receipt.about] == [(alert.id, "", "")]


def test_a_group_gets_what_is_not_private() -> None:
    district = District().staffed()
    district.assign("officer", "officer", PLACE.office, group=True)
    district.fire(Kind.POSITIVE)
    district.expect({person: ["begins positive"] for person in ("owner", "officer", "grid", "desk")})


def test_the_desk_that_stands_in_for_an_overdue_test_learns_how_many() -> None:
    district = District().staffed()
    district.assign("owner", "owner", "A", group=True)
    district.fire(Kind.TEST_OVERDUE)
    district.tick("10:01")
    assert district.suppressed() == [("owner", "private")]
    said = by_person(district.expect({person: ["begins test-overdue"] for person in ("desk", "grid", "officer")}))
    assert WHO not in said["desk"]


def test_a_desk_that_is_a_group_gets_nothing_private_either() -> None:
    district = District().staffed()
    district.assign("desk", "duty-desk", PLACE.county, group=True)
    district.fire(Kind.STAFF_POSITIVE)
    assert district.suppressed() == [("desk", "private")]
    district.expect({person: ["begins staff-positive"] for person in ("owner", "officer", "grid")})


def test_a_person_who_became_a_group_is_not_told_the_end() -> None:
    district = District().staffed()
    district.fire(Kind.STAFF_POSITIVE)
    district.assign("owner", "owner", "A", group=True)
    district.notices.clear()
    district.resolve(Kind.STAFF_POSITIVE)
    district.tick("10:31")
    assert district.suppressed() == [("owner", "private")]
    district.expect({person: ["ends staff-positive"] for person in ("officer", "grid", "desk")})


def test_private_notices_say_so() -> None:
    district = District().staffed()
    district.fire(Kind.STAFF_POSITIVE)
    district.fire(Kind.UNCODED_GOODS)
    assert [notice.private for notice in district.notices] == [True] * 4 + [False] * 3
