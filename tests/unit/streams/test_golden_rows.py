"""One stored row of every form, as the first release wrote it: today's program reads the same from it.

`rows.golden.jsonl` is only ever added to: a changed form is a new line under the next version, with its upgrade.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.operators.model import FORMS as OPERATORS
from streams.routing.model import FORMS as ROUTING
from streams.rows import VERSION, Row, Rows
from streams.staff.model import FORMS as STAFF

FLOWS = {"operators": OPERATORS, "staff": STAFF, "routing": ROUTING}
GOLDEN = [json.loads(line) for line in Path(__file__).with_name("rows.golden.jsonl").read_text("utf-8").splitlines()]


def meaning(value: Any) -> Any:
    """What a row says, by the names of its fields: so a field that is moved or renamed shows."""
    if isinstance(value, msgspec.Struct):
        return {name: meaning(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {str(name): meaning(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [meaning(item) for item in value]
    return value


def read(golden: dict[str, Any]) -> tuple[Rows, Row]:
    rows = Rows(FLOWS[golden["flow"]])
    rows.load(golden["key"].encode(), golden["row"].encode())
    row = rows.get(golden["key"], Row)
    assert row is not None
    return rows, row


@pytest.mark.parametrize("golden", GOLDEN, ids=[f"{item['flow']} {item['key'].split(chr(31))[0]}" for item in GOLDEN])
def test_a_row_of_an_earlier_release_means_the_same_today(golden):
    rows, row = read(golden)
    assert meaning(row) == golden["means"]
    _, due, watch, _ = golden["row"].split(" ", 3)
    assert (rows.due_of(golden["key"]), rows.is_watching(golden["key"])) == (int(due), watch == "w")


@pytest.mark.parametrize(
    "golden", [item for item in GOLDEN if item["row"].startswith(f"{VERSION} ")], ids=lambda item: item["key"][:24]
)
def test_a_row_of_this_version_is_written_as_it_was_read(golden):
    rows, row = read(golden)
    due, watch = rows.due_of(golden["key"]), rows.is_watching(golden["key"])
    rows.put(golden["key"], row, due=due, watch=watch)
    assert rows.take() == [(golden["key"].encode(), golden["row"].encode())]


@pytest.mark.parametrize("flow", FLOWS)
def test_there_is_a_row_of_every_form(flow):
    assert {item["key"].split("\x1f")[0] for item in GOLDEN if item["flow"] == flow} == set(FLOWS[flow])
