"""Every pair of the shared examples: the history replayed with `--engine pure` says exactly the expected messages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.properties.pairs import by_alert
from tests.properties.product import replayed

EXAMPLES = Path(__file__).parents[2].parent / "shared" / "examples"
NAMES = sorted(path.name.removesuffix(".history.jsonl") for path in EXAMPLES.glob("*.history.jsonl"))


def test_there_are_examples():
    assert len(NAMES) >= 45


@pytest.mark.parametrize("name", NAMES)
def test_the_replay_says_what_is_expected(name):
    lines = (EXAMPLES / f"{name}.history.jsonl").read_bytes().splitlines()
    expected = (EXAMPLES / f"{name}.alerts.jsonl").read_text().splitlines()
    assert by_alert(replayed(lines)) == by_alert(map(json.loads, expected))
