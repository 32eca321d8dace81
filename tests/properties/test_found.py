"""Histories on which product and oracle once differed, as small as they got: they agree now, at every tick.

`NAME.values.json`: other values of some parameters, for the history of that name.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.times import DAY, HOUR, MINUTE
from tests.properties.oracle import messages
from tests.properties.oracle.parameters import Book
from tests.properties.pairs import by_alert
from tests.properties.product import replayed

FOUND = sorted((Path(__file__).parent / "found").glob("*.history.jsonl"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name.split(".")[0])
@pytest.mark.parametrize(("tick", "every"), [("1m", MINUTE), ("8h", 8 * HOUR), ("1d", DAY)])
def test_they_agree(path, tick, every):
    lines = path.read_bytes().splitlines()
    ruled = path.with_name(path.name.replace(".history.jsonl", ".values.json"))
    values = json.loads(ruled.read_text()) if ruled.exists() else {}
    expected = by_alert(messages(lines, tick=every, book=Book.of(values)))
    assert expected
    assert by_alert(replayed(lines, tick=tick, values=values)) == expected
