"""What happens in a run: a seeded day of a district, with people who are told of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from connectors.replay_kafka.batches import Batch, batches
from schemas.envelope import recorded_time
from schemas.times import HOUR, format_instant
from streams.context import Context
from streams.parameters import Rules
from streams.replay.pure import Line, PureEngine
from streams.settings import Settings
from tests.properties.districts import District

TICK = 2 * HOUR
FIRST = "2022-01-10"
"""A day on which everything is required."""
PLACES = (1, 2, 3)
SHORT = {
    "papers_within": "3s",
    "upload_within": "4s",
    "settle": "2s",
    "skew": "1s",
    "known_within": "3s",
    "activate_within": "4s",
    "first_test_within": "5s",
}
DUE_WITHIN = 8.0
"""Seconds of real time after which whatever these make due is due."""


def short_rules(path: Path) -> Path:
    """The rules with durations that fall due within a run in real time, written to a file."""
    rules = yaml.safe_load(files("streams").joinpath("rules.yaml").read_text("utf-8"))
    for name, value in SHORT.items():
        for row in rules["parameters"][name]:
            row["value"] = value
    path.write_text(yaml.safe_dump(rules, allow_unicode=True))
    return path


@dataclass(frozen=True)
class History:
    """Lines in order of *recorded*, until an instant."""

    lines: tuple[Line, ...]
    until: int

    @classmethod
    def made(cls, seed: int, operators: int) -> History:
        """Seeded; ends a day after the first record."""
        district = District(seed, operators, 1)
        district.first = FIRST
        values = district.lines()
        lines = [Line(recorded_time(value), value) for value in values]
        first = lines[0].recorded
        until = first + 24 * HOUR
        people = [Line(first, value) for value in _people(first, operators)]
        return cls((*people, *(line for line in lines if line.recorded <= until)), until)

    def plan(self) -> list[Batch]:
        """What is sent before which tick."""
        context = Context(settings=Settings(simulated=True), rules=Rules.load(), partitions={})
        return list(batches(self.lines, tick=TICK, until=self.until, pure=PureEngine(context)))

    def with_lines(self, more: Sequence[Line]) -> History:
        """The same with more lines in it."""
        return History(tuple(sorted((*self.lines, *more), key=lambda line: line.recorded)), self.until)


def _people(recorded: int, operators: int) -> list[bytes]:
    """An officer for each office, a grid worker for each grid, a desk, and owners of a third of the operators."""
    people = [_person("P-DESK", "duty-desk", "wecom-robot", counties=["330111"])]
    for place in PLACES:
        people.append(_person(f"P-OFFICE-{place}", "officer", "sms", offices=[f"330111-S0{place}"], number=place))
        people.append(_person(f"P-GRID-{place}", "grid-worker", "wecom-robot", grids=[f"33011100{place}001"]))
    for number in range(0, operators, 3):
        kind = "sms" if number % 2 else "wecom-robot"
        people.append(_person(f"P-OWNER-{number}", "owner", kind, operators=[f"OP-{number}"], number=100 + number))
    shape = {"specversion": "1.0", "source": "/people", "type": "person.assigned", "time": format_instant(recorded)}
    return [
        json.dumps(shape | {"id": f"p{number}", "recordedtime": format_instant(recorded), "data": data}).encode()
        for number, data in enumerate(people)
    ]


def _person(person: str, role: str, kind: str, *, number: int = 0, **area: list[str]) -> dict[str, Any]:
    address = f"robot-{person}" if kind == "wecom-robot" else f"1390000{number:04}"
    return {"person": person, "name": "某人", "role": role, "channels": [{"kind": kind, "address": address}], **area}
