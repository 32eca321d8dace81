"""What `lianfang up` offers to try it with: records that intake takes, of which two people are told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.runtime import example
from connectors.sending.files import messages
from connectors.sending.judging import Judge, Outcome
from schemas.alerts import Kind, Place
from streams.parameters import Rules
from tests.unit.routing.district import District


@pytest.fixture
def files(tmp_path) -> list[Path]:
    return example.write(tmp_path, "330111")


def records(files: list[Path]) -> Iterator[dict[str, Any]]:
    for path in files:
        yield from map(orjson.loads, path.read_bytes().splitlines())


def test_intake_takes_all_of_it_and_people_come_before_what_they_are_told_of(files):
    judge = Judge(Rules.load().goods_classes, lambda: time.time_ns() // 1_000_000)
    verdicts = []
    for path in files:
        with path.open("rb") as stream:
            verdicts += map(judge.judge, messages(str(path), stream))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.GOOD}
    assert [(verdict.type, verdict.topic) for verdict in verdicts] == [
        ("operator.registered", "registry"),
        ("person.assigned", "registry"),
        ("person.assigned", "registry"),
        ("goods.sold", "scan-events"),
    ]


def test_the_shop_is_of_the_county_of_the_settings(tmp_path):
    shop, *_ = records(example.write(tmp_path, "330108"))
    assert shop["data"]["county"] == "330108"


def test_the_next_run_sends_other_records_and_not_the_same_ones_with_another_content(files, tmp_path, monkeypatch):
    first = {record["id"] for record in records(files)}
    later = time.gmtime(time.time() + 61)
    monkeypatch.setattr(example.time, "gmtime", lambda: later)
    second = {record["id"] for record in records(example.write(tmp_path, "330111"))}
    assert len(first) == len(second) == 4
    assert first.isdisjoint(second)


def test_the_owner_and_the_officer_are_told_of_the_sale(files):
    shop, *people, sale = records(files)
    district = District()
    for record in people:
        district.record(record["type"], record["data"])
    place = Place(*(shop["data"][name] for name in ("county", "town", "grid", "office")))
    district.fire(Kind.UNCODED_GOODS, operator=sale["data"]["operator"], place=place)
    assert {notice.address for notice in district.notices} == {"example-owner", "example-officer"}
