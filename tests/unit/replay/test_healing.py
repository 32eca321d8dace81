"""A rule that raises, wherever it is: at ticks, in the staff machine, on what stages tell each other. What is missing
is withheld from those concerned alone; after the repair and a sending again all stands as if the record had come then.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import orjson
import pytest

from connectors.dead_letters.letter import Letter
from connectors.dead_letters.resending import headers_again, obstacle
from schemas.envelope import recorded_time
from schemas.times import HOUR, parse_instant
from streams.machine import ENTRY, Sort
from streams.operators.machine import Operators
from streams.operators.model import PULSE, Pulse
from streams.replay.pure import Line
from streams.rows import SEPARATOR, Rows
from streams.staff.machine import Staff
from tests.faults.ledger import Message
from tests.unit.operators.builders import line
from tests.unit.replay.house import House
from tests.unit.replay.runs import CONTEXT
from tests.unit.replay.test_broken import REGISTERED

BEGIN = parse_instant("2022-01-10T09:00:00+08:00")
TESTED = {"sample": "S1", "on": "staff", "staff": "W", "result": "negative", "hazard": "h"}
HISTORY = [
    line("operator.registered", REGISTERED, "2022-01-10 09:00", id="r1"),
    line("operator.registered", REGISTERED | {"operator": "B"}, "2022-01-10 09:00", id="r2"),
    line("staff.enrolled", {"operator": "A", "staff": "W"}, "2022-01-10 09:05", id="e1"),
    line("staff.enrolled", {"operator": "B", "staff": "V"}, "2022-01-10 09:05", id="e2"),
    line("sample.tested", TESTED, "2022-01-10 09:30", id="t1"),
    line("lot.uploaded", {"operator": "A", "lot": "L1", "goods": "fruit", "papers": []}, "2022-01-10 09:40", id="u1"),
]
DAYS = 9


class Life:
    """A small history under a defect that lasts until `repair`; letters are sent again as the command does it."""

    def __init__(self, defect=lambda _: None, late: bytes = b"nothing") -> None:
        self.house = House(CONTEXT, 1, seals=0.3, deaths=0.01)
        self.monkey = pytest.MonkeyPatch()
        defect(self.monkey)
        self.at = BEGIN
        self.late = [value for value in HISTORY if b'"%s"' % late in value]
        for value in HISTORY:
            if value not in self.late:
                self.house.record(Line(recorded_time(value), value))
                self.house.calm()

    def until(self, hours: int) -> None:
        while self.at < BEGIN + hours * HOUR:
            self.at += HOUR
            self.house.tick(self.at)
        self.house.calm()

    def repair(self) -> None:
        self.monkey.undo()

    def letters(self) -> list[Message]:
        return [m for (topic, _), log in self.house.logs.items() if topic == "dead-letters" for m in log]

    def send_again(self, *letters: Message) -> None:
        for message in letters or self.letters():
            letter = Letter(0, message.offset, 0, message.key, message.value, dict(message.headers))
            if obstacle(letter) is None:
                place = letter.said("origin-topic"), int(letter.said("origin-partition"))
                again = Message(0, letter.key, letter.value, dict(headers_again(letter)))
                self.house.append(place, again)
        self.house.calm()

    def send_late(self) -> None:
        for value in self.late:
            self.house.record(Line(self.at, value))
        self.house.calm()

    def kinds(self, operator: str) -> set[str]:
        said = [json.loads(m.value or b"") for (t, _), log in self.house.logs.items() if "alerts" in t for m in log]
        return {alert["kind"] for alert in said if alert["operator"] == operator}

    def standing(self) -> dict[str, tuple]:
        found = {}
        for (topic, _), log in self.house.logs.items():
            for message in log if "alerts" in topic else ():
                alert = json.loads(message.value or b"")
                found[alert["id"]] = tuple(alert[name] for name in ("status", "since", "detail", "place"))
        return found

    def rows(self) -> dict[tuple, bytes]:
        """The bytes of all rows of operators and staff."""
        found: dict[tuple, bytes | None] = {}
        for place, log in self.house.logs.items():
            if place[0] in ("operators-state", "staff-state"):
                found |= {(*place, m.key): m.value for m in log if m.key != b"lianfang-position"}
        return {key: row for key, row in found.items() if row is not None}


def on(machine, wanted):
    """A defect: the machine breaks on entries of which `wanted` is true."""

    def defect(monkey):
        sound = machine.apply

        def apply(self, entry):
            applied = sound(self, entry)
            if wanted(entry):
                raise ZeroDivisionError
            return applied

        monkey.setattr(machine, "apply", apply)

    return defect


def sort(wanted, text):
    return lambda entry: entry.headers[ENTRY] == wanted.encode() and text in (entry.value or b"")


def at_ticks(monkey):
    sound = Operators.tick

    def tick(self, at, entry):
        survey = self._survey

        def at_tick(key, trigger, before):
            if key.split(SEPARATOR)[:2] == ["lot", "A"]:
                raise ZeroDivisionError
            return type(survey).at_tick(survey, key, trigger, before)

        self._survey = SimpleNamespace(at_tick=at_tick)
        try:
            yield from sound(self, at, entry)
        finally:
            self._survey = survey

    monkey.setattr(Operators, "tick", tick)


DEFECTS = {
    "a record of an operator": (on(Operators, sort(Sort.RECORD, b'"u1"')), b"u1"),
    "a record of a staff member": (on(Staff, sort(Sort.RECORD, b'"t1"')), b"t1"),
    "what operators tell the staff machine": (on(Staff, sort(Sort.SPELLS, b'"W"')), b"nothing"),
    "what the staff machine tells operators": (on(Operators, sort(Sort.SAMPLES, b'"W"')), b"nothing"),
    "a row at ticks": (at_ticks, b"nothing"),
}
ABSENCE = {"disinfection-missing", "silent", "test-overdue", "not-activated", "papers-missing"}


def impaired(life: Life) -> set[str]:
    rows = Rows({PULSE: Pulse})
    for (topic, _, key), row in life.rows().items():
        if topic == "operators-state" and key.startswith(PULSE.encode()):
            rows.load(key, row)
    pulses = {key.split(SEPARATOR)[1]: rows.get(key, Pulse) for key in rows.keys()}  # noqa: SIM118
    return {operator for operator, pulse in pulses.items() if pulse and pulse.impaired}


@pytest.mark.parametrize(("defect", "late"), DEFECTS.values(), ids=DEFECTS.keys())
def test_it_impairs_the_operator_concerned_alone_and_is_healed_to_what_would_have_been(defect, late):
    undisturbed = Life(late=late)
    undisturbed.until(24 * 5)
    undisturbed.send_late()
    undisturbed.until(24 * DAYS)
    life = Life(defect)
    life.until(24 * 5)
    assert impaired(life) == {"A"}
    assert life.kinds("A") & ABSENCE == set()
    assert life.kinds("B") >= {"disinfection-missing", "not-activated", "test-overdue"}
    life.repair()
    life.send_again()
    life.until(24 * DAYS)
    assert impaired(life) == set()
    assert life.standing() == undisturbed.standing()
    assert facts(life.rows()) == facts(undisturbed.rows())


def facts(rows: dict[tuple, bytes]) -> dict[tuple, object]:
    """What must be equal: all facts, when they are looked at again, what watches. Not how often an alert was told, and
    at which tick a day of which nothing is known was first told to lack something: what was withheld is told later.
    """
    found = {}
    for key, row in rows.items():
        _, due, watch, content = row.split(b" ", 3)
        told = without_said(orjson.loads(content))
        if key[2].startswith(b"day") and told[:3] == [[], [], []]:
            due, told = b"", told[:3]
        found[key] = due, watch, told
    return found


def without_said(item):
    if isinstance(item, dict):
        said = {name: part for name, part in item.items() if not (isinstance(part, list) and len(part) == 7)}
        return {name: without_said(part) for name, part in said.items()}
    return [without_said(part) for part in item] if isinstance(item, list) else item


def test_what_was_said_anew_since_is_not_undone_by_what_is_sent_again():
    life = Life(on(Operators, sort(Sort.SAMPLES, b'"W"')))
    life.until(24)
    stale = life.letters()
    life.repair()
    again = line("sample.tested", TESTED | {"sample": "S2"}, "2022-01-11 09:00", id="t2")
    life.house.record(Line(recorded_time(again), again))
    life.house.calm()
    before = life.rows()
    life.send_again(*stale)
    assert impaired(life) == set()
    assert facts(life.rows()) == facts(before)


def test_a_row_that_breaks_at_every_tick_is_one_letter_and_no_tick_is_sent_again():
    life = Life(at_ticks)
    life.until(24 * 2)
    (letter,) = life.letters()
    assert (letter.key, letter.headers["reason"]) == (b"A", b"internal-error")
    assert letter.headers["message"].startswith(b"a rule raised ZeroDivisionError at test_healing.py:")
    life.repair()
    ends = {place: len(log) for place, log in life.house.logs.items()}
    life.send_again()
    assert {place: len(log) for place, log in life.house.logs.items()} == ends
