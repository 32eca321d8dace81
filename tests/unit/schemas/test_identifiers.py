"""Identifiers: trimmed of Unicode's white space, 1 to 64 characters, none of them invisible, nobody's number."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identifiers import WHITE_SPACE, identifier, is_blank, pseudonym


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("A", "A"),
        (" A ", "A"),
        ("\u3000A\u00a0\t\n", "A"),
        ("甲 乙", "甲 乙"),
        ("x" * 64, "x" * 64),
        ("👨" * 64, "👨" * 64),
    ],
)
def test_an_identifier_is_trimmed(text, read):
    assert identifier(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "\u3000",
        "x" * 65,
        "a\tb",
        "a\u3000b",
        "a\u00a0b",
        "a\u200bb",
        "\ufeffA",
        "a\x00",
        "\x1cA",
        "a\ue000",
        "a\x7f",
    ],
)
def test_what_is_blank_long_or_invisible_is_none(text):
    with pytest.raises(ValueError, match=r"blank|longer|holds"):
        identifier(text)


@pytest.mark.parametrize(
    "text", ["13800000000", " 19900000000 ", "330111190001010010", "33011119000101001X", "3" * 17 + "x"]
)
def test_a_mobile_or_identity_card_number_is_no_name_for_a_person(text):
    assert identifier(text) == text.strip()
    with pytest.raises(ValueError, match="identity-card or mobile"):
        pseudonym(text)


@pytest.mark.parametrize("text", ["12800000000", "1380000000", "138000000000", "S13800000000", "3" * 17, "3" * 19])
def test_other_numbers_may_name_a_person(text):
    assert pseudonym(text) == text


def test_blank_means_only_white_space():
    assert all(is_blank(text) for text in (None, "", " ", "\u2028", WHITE_SPACE))
    assert not is_blank("\x1c")


@given(st.text(max_size=80))
def test_an_identifier_is_as_the_contract_says_or_refused(text):
    trimmed = text.strip(WHITE_SPACE)
    allowed = all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in trimmed)
    try:
        read = identifier(text)
    except ValueError:
        assert not (1 <= len(trimmed) <= 64 and allowed)
    else:
        assert read == trimmed == identifier(read)
        assert 1 <= len(read) <= 64
        assert allowed
