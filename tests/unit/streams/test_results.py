"""What a sample's records come to, and when a spell overlaps the infectious time."""

from __future__ import annotations

import pytest

from streams.facts import Fact
from streams.results import overlaps, standing

STANDING = {
    "none, of no record": ("", None),
    "the only one": ("i", 0),
    "the latest positive or negative": ("pn", 1),
    "the latest decisive one, whatever came after it": ("npi?", 1),
    "a pending one before a decision plays no part": ("?n", 1),
    "if none is decisive the latest": ("i?", 1),
    "if none is decisive the latest, invalid too": ("?i", 1),
}
WORDS = {"p": "positive", "n": "negative", "i": "invalid", "?": "pending"}


@pytest.mark.parametrize(("results", "index"), STANDING.values(), ids=STANDING.keys())
def test_of_one_sample_there_stands(results, index):
    tests = [Fact("/lab", f"t{number}", "sample.tested", 1, number) for number in range(len(results))]
    words = [WORDS[letter] for letter in results]
    assert standing(tests, words) == (None if index is None else tests[index])
    assert standing(tests[::-1], words[::-1]) == (None if index is None else tests[index]), "in any order"


OVERLAPS = {
    "a spell that goes on": (0, None, True),
    "a spell that ends in it": (0, 15, True),
    "a spell that ends with its beginning": (0, 10, False),
    "a spell that ends a moment after": (0, 11, True),
    "a spell that begins with its end": (20, 30, True),
    "a spell that begins a moment after": (21, 30, False),
    "a spell within": (12, 13, True),
    "a spell around it": (5, 30, True),
    "a spell before": (1, 5, False),
}


@pytest.mark.parametrize(("begin", "end", "overlap"), OVERLAPS.values(), ids=OVERLAPS.keys())
def test_the_time_from_ten_to_twenty_is_overlapped_by(begin, end, overlap):
    assert overlaps(begin, end, 10, 20) is overlap
