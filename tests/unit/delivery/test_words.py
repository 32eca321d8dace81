"""Words: Beijing time as people say it, and text from outside that can't pass for ours."""

from __future__ import annotations

import pytest

from schemas.times import parse_instant
from streams.delivery.sentences import Setting, by_when
from streams.delivery.words import day, hazard, listed, moment, quoted


def test_times_are_beijings() -> None:
    assert moment(parse_instant("2022-01-04T16:05:59.999Z")) == "1月5日 00:05"
    assert day("2022-12-31") == "12月31日"


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2022-01-05T10:00:00+08:00", "1月5日 20:00"),
        ("2022-01-05T19:00:00+08:00", "1月5日 20:00"),
        ("2022-01-05T19:00:01+08:00", "1月6日 20:00"),
        ("2022-01-05T23:59:00+08:00", "1月6日 20:00"),
    ],
)
def test_people_have_until_the_next_cutoff_but_an_hour_at_least(now: str, due: str) -> None:
    assert by_when(Setting(parse_instant(now), 20 * 3_600_000)) == due


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("富阳\n鲜果行\t", "富阳 鲜果行"),
        ("[中奖](http://x)", "［中奖］(http：//x)"),
        ('<font color="info">', '＜font color="info"＞'),
        ("**黑体** `码` @all", "＊＊黑体＊＊ ｀码｀ ＠all"),
        ("【银行】", "［银行］"),
        ("一" * 25, "一" * 23 + "…"),
        ("a\u202eb", "a b"),
    ],
)
def test_names_from_outside_are_plain_text_of_one_line(text: str, safe: str) -> None:
    assert quoted(text) == safe


def test_unknown_words_are_quoted() -> None:
    assert hazard("x<y") == "x＜y"
    assert hazard(None) == "有害因子"
    assert listed(("quarantine", "new-paper"), {"quarantine": "检疫"}) == "检疫、new-paper"
