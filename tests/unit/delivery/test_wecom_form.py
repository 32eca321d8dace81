"""WeCom messages: never a byte too long, never half a character, nothing lost, and numbered when there are several."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import Kind
from schemas.notices import WECOM_MARKDOWN_BYTES, WECOM_TEXT_BYTES
from streams.delivery import wecom
from tests.unit.routing.district import District


def test_a_short_message_is_one_part_without_number() -> None:
    assert wecom.markdown("标题", ["一", "二"]).parts == ["**标题**\n> 一\n> 二"]


def test_an_urgent_title_is_in_colour() -> None:
    assert wecom.markdown("急", ["一"], urgent=True).parts == ['**<font color="warning">急</font>**\n> 一']


def test_a_long_message_is_cut_between_items_and_numbered() -> None:
    lines = [f"{number}. 经营户某某：缺证" * 8 for number in range(60)]
    parts = wecom.markdown("三项", lines).parts
    assert len(parts) > 1
    for number, part in enumerate(parts, 1):
        assert part.startswith(f"**三项（{number}/{len(parts)}）**\n> ")
        assert len(part.encode()) <= WECOM_MARKDOWN_BYTES
    bodies = [line for part in parts for line in part.split("\n")[1:]]
    assert bodies == [f"> {line}" for line in lines]


@given(
    st.text("标题abc", min_size=1, max_size=30),
    st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=3000), min_size=1, max_size=8),
)
def test_whatever_comes_no_part_is_too_long_and_nothing_is_lost(title: str, lines: list[str]) -> None:
    for made, limit in (
        (wecom.markdown(title, lines), WECOM_MARKDOWN_BYTES),
        (wecom.text(title, lines), WECOM_TEXT_BYTES),
    ):
        assert all(0 < len(part.encode()) <= limit for part in made.parts)
        mark = "> " if made.msgtype == "markdown" else ""
        whole = "".join(line for part in made.parts for line in part.split("\n")[1:])
        assert whole == "".join(f"{mark}{line}" for line in lines)


@pytest.mark.parametrize("limit", range(4, 12))
def test_a_line_is_cut_between_code_points(limit: int) -> None:
    line = "a检é😀b疫证明"
    pieces = wecom.cut(line, limit)
    assert "".join(pieces) == line
    assert all(len(piece.encode()) <= limit for piece in pieces)


def test_exactly_the_limit_fits() -> None:
    assert wecom.cut("检" * 10, 30) == ["检" * 10]
    assert wecom.cut("检" * 11, 30) == ["检" * 10, "检"]


def test_251_gaps_at_once_are_one_notice_in_a_few_parts() -> None:
    district = District().staffed()
    for number in range(251):
        district.fire(Kind.DISINFECTION_MISSING, "09:00", operator=f"operator-{number}")
    district.tick("09:00")
    officer = next(notice for notice in district.notices if notice.recipient == "officer")
    assert len(officer.lines) == 251
    assert officer.title == "联防提醒：251项待办"
    assert all(len(part.encode()) <= WECOM_MARKDOWN_BYTES for part in officer.texts.wecom.parts)
    assert len(officer.texts.wecom.parts) < 20
    assert officer.texts.sms.variables["count"] == "251项待办"
    assert officer.texts.sms.parts == 1
