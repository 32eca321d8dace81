"""The oracle itself: it says what the shared examples expect, and its short cuts change nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.times import HOUR, MINUTE
from tests.properties.histories import Shape, history
from tests.properties.oracle import Unusable, messages
from tests.properties.pairs import by_alert

EXAMPLES = Path(__file__).parents[2].parent / "shared" / "examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.history.jsonl")), ids=lambda path: path.name.split(".")[0])
def test_it_says_what_the_examples_expect(path):
    expected = path.with_name(path.name.replace(".history.", ".alerts.")).read_text().splitlines()
    assert by_alert(messages(path.read_bytes().splitlines())) == by_alert(map(json.loads, expected))


@pytest.mark.parametrize(("seed", "tick"), [(1, MINUTE), (2, 10 * MINUTE), (3, HOUR), (4, HOUR), (5, 10 * MINUTE)])
def test_looking_only_where_something_can_change_changes_nothing(seed, tick):
    lines = history(seed, Shape(lines=25, days=3))
    assert list(messages(lines, tick=tick)) == list(messages(lines, tick=tick, slow=True))


def test_a_clock_that_runs_backwards_is_unusable():
    first, second = history(1, Shape(lines=40, days=4))[0::39]
    with pytest.raises(Unusable, match="decreases"):
        list(messages([second, first]))
