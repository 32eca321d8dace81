"""SMS: a template and its variables, within the provider's rules for templates, counted in parts of 70 and 67."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import Kind
from streams.delivery import sms
from streams.delivery.sentences import Sentence
from tests.unit.routing.district import District, alert


@pytest.mark.parametrize(("length", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)])
def test_seventy_characters_then_sixty_seven_a_part(length: int, parts: int) -> None:
    assert sms.parts(length) == parts


@pytest.mark.parametrize("text", sms.TEMPLATES.values())
def test_templates_keep_the_providers_rules(text: str) -> None:
    names = re.findall(r"\$\{(\w+)\}", text)
    assert len(names) == len(set(names))
    assert not {"email", "mobile", "id", "nick", "site"} & set(names)
    assert re.sub(r"\$\{\w+\}", "", text).strip("：。，")
    assert "http" not in text
    assert not set("【】¥★") & set(text)


@given(st.builds(Sentence, *[st.text(min_size=1, max_size=80)] * 2, st.text(max_size=20), st.text(max_size=80)))
def test_variables_are_never_empty_nor_too_long(sentence: Sentence) -> None:
    made = sms.one(sentence, sign="联防")
    assert all(1 <= len(value) <= sms.VARIABLE for value in made.variables.values())
    assert made.length == 4 + len(sms.render(made.template, made.variables))


def test_of_several_items_the_first_is_named() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING)
    district.fire(Kind.SOLD_EARLY)
    district.tick("10:01")
    owner = next(notice for notice in district.notices if notice.recipient == "owner")
    text = sms.render(owner.texts.sms.template, owner.texts.sms.variables)
    assert text == "您有2项待办：富阳鲜果行批次L1（水果）缺检验检疫证明、核酸检测证明等。请在1月5日 20:00前处理。"


def test_a_drill_says_so_in_every_form() -> None:
    district = District().staffed()
    district.fire(Kind.POSITIVE, drill=True)
    for notice in district.notices:
        assert notice.drill
        assert "演练" in notice.title
        assert all("演练" in part for part in notice.texts.wecom.parts)
        assert "演练" in sms.render(notice.texts.sms.template, notice.texts.sms.variables)


@pytest.mark.parametrize("kind", [Kind.POSITIVE, Kind.PAPERS_MISSING])
def test_no_name_from_outside_makes_a_link_which_the_provider_refuses_for_good(kind: Kind) -> None:
    district = District().staffed()
    district.change(alert(kind), "[点我](HTTP://evil.cn) <@all>")
    district.tick("10:01")
    assert district.notices
    for notice in district.notices:
        text = sms.render(notice.texts.sms.template, notice.texts.sms.variables)
        assert "ＨＴＴＰ：//evil" in text
        assert "http" not in text.casefold()
