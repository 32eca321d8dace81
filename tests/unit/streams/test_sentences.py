"""The one Chinese sentence of an alert: every kind has its own, and none asks a grid worker to seal."""

from __future__ import annotations

import pytest

from schemas.alerts import Kind, Resolution
from streams.sentences import ENDED, beijing, ending, sentence
from tests.unit.operators.builders import at
from tests.unit.routing.district import DETAIL

NOON = at("2022-01-10 12:05")


@pytest.mark.parametrize("kind", Kind)
def test_a_sentence_says_who_and_since_when_in_one_line(kind):
    text = sentence(kind, "鲜果园", "S1", DETAIL[kind], NOON)
    assert "鲜果园" in text or kind is Kind.UNKNOWN_OPERATOR
    assert "1月10日 12:05" in text
    assert "\n" not in text
    assert text.endswith("。")
    assert "网格员" not in text


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("why", Resolution)
def test_an_ending_says_of_what_and_why_in_a_few_words(kind, why):
    text = ending(kind, "鲜果园", "S1", why)
    assert text.startswith("鲜果园：")
    assert ENDED[why] in text


def test_what_is_missing_is_named_in_words_not_in_codes():
    missing = {"lot": "L1", "goods": "fruit", "missing": ["disinfection", "quarantine", "test", "trace-code"]}
    text = sentence(Kind.PAPERS_MISSING, "鲜果园", "L1", missing, NOON)
    assert "缺消毒证明、检验检疫证明、核酸检测证明、溯源码。" in text


def test_an_operator_without_a_name_is_called_by_what_it_is_about():
    assert ending(Kind.STAFF_POSITIVE, "", "W1-1", Resolution.VOID).startswith("W1-1：")
    assert sentence(Kind.STAFF_POSITIVE, "", "W1-1", DETAIL[Kind.STAFF_POSITIVE], NOON).startswith("任职单位不明：")


def test_times_are_beijings():
    assert beijing(0) == "1月1日 08:00"
