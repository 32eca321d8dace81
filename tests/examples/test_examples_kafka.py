"""The shared examples through real worker processes on a broker: before each tick the same alerts stand as expected.

In `make test` a choice that fits into two minutes and touches every flow; `LIANFANG_TEST_EXAMPLES=all` takes all.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from connectors.cli.replay import history
from connectors.replay_kafka import run
from schemas.times import MINUTE
from streams.settings import Settings
from tests.standing import before_each_tick, differences

EXAMPLES = Path(__file__).parents[2].parent / "shared" / "examples"
CHOSEN = (
    "staff-positive",  # spells to staff, samples back to operators
    "staff-in-two-shops",
    "papers-within",
    "early-sale-settles",
    "identity",  # the first to arrive counts, by whichever topic
    "replaces",
    "disinfection-dealing",
    "void-first",
    "positive-revised",
    "silent-declared",
    "uncoded-closed",
    "unknown-operator",
    "rules-change",
    "upload-withdrawn",
)
EVERY = sorted(path.name.removesuffix(".history.jsonl") for path in EXAMPLES.glob("*.history.jsonl"))
NAMES = EVERY if os.environ.get("LIANFANG_TEST_EXAMPLES") == "all" else CHOSEN


@pytest.mark.parametrize("name", NAMES)
def test_the_workers_let_the_same_alerts_stand_before_each_tick(name):
    out = io.BytesIO()
    lines = history(str(EXAMPLES / f"{name}.history.jsonl"))
    figures = run(lines, out, until=None, tick=MINUTE, settings=Settings(simulated=True))
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    expected = [json.loads(line) for line in (EXAMPLES / f"{name}.alerts.jsonl").read_text().splitlines()]
    assert figures["messages"] == len(found)
    assert differences(before_each_tick(found, MINUTE), before_each_tick(expected, MINUTE)) == []


def test_the_chosen_ones_exist():
    assert set(CHOSEN) <= set(EVERY)
