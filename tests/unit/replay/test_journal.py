"""What workers have stored and said is a function of the journals as they lie: wherever units were sealed, whoever died
between them, a pure run over the same journals gives the same bytes.
"""

from __future__ import annotations

import json
import random

import pytest

from schemas.envelope import recorded_time
from schemas.times import DAY, HOUR, format_instant
from streams.intake.machine import Intake
from streams.operators.machine import Operators
from streams.replay.pure import Line, moments
from streams.routing.machine import Routing
from streams.staff.machine import Staff
from tests.faults.derived import derived_differences
from tests.properties.districts import PeopledDistrict
from tests.unit.replay.house import House
from tests.unit.replay.runs import CONTEXT


def lived(seed: int, *, tick: int = 6 * HOUR, operators: int = 6, later: int = 0, **chances: float) -> House:
    """A house in which a small district has lived for three days; `later`: and somebody is heard of long after."""
    house = House(CONTEXT, seed, **chances)
    district = PeopledDistrict(seed, operators, 3)
    lines = [Line(recorded_time(value), value) for value in district.lines()]
    if later:
        again = json.loads(lines[0].value)
        at = lines[-1].recorded + later
        stamped = {"id": "later", "time": format_instant(at), "recordedtime": format_instant(at)}
        lines.append(Line(at, json.dumps(again | stamped).encode()))
    for moment in moments(lines, tick, None, lambda: 0):
        if moment.line is not None:
            house.record(moment.line)
        elif moment.tick is not None:
            house.tick(moment.tick)
    house.calm()
    return house


@pytest.fixture(autouse=True)
def _ticks_are_cut_often(monkeypatch):
    for where in ("record_log", "routing.machine"):
        monkeypatch.setattr(f"streams.{where}.SLICE", 2)


@pytest.mark.parametrize("seed", range(3))
def test_wherever_a_unit_ends_and_whoever_dies_rows_and_messages_are_those_of_the_journals(seed):
    house = lived(seed, deaths=0.02, seals=0.2)
    assert house.deaths_so_far > 20
    assert house.overtaken > 20
    assert derived_differences(house.logs, CONTEXT) == []


@pytest.mark.parametrize("seed", range(3))
def test_without_transactions_what_is_said_again_after_a_death_is_the_same(seed):
    house = lived(seed, deaths=0.01, seals=0.2, torn=0.1)
    assert house.deaths_so_far > 20
    assert derived_differences(house.logs, CONTEXT, repeats=True) == []
    assert derived_differences(house.logs, CONTEXT) != []


@pytest.mark.parametrize("seed", range(2))
def test_what_is_forgotten_half_a_year_later_is_forgotten_alike(seed):
    house = lived(seed, tick=DAY, operators=3, later=200 * DAY, deaths=0.02, seals=0.2)
    assert derived_differences(house.logs, CONTEXT) == []


@pytest.mark.parametrize("machine", [Intake, Operators, Staff, Routing])
def test_rules_that_raise_set_the_same_records_aside(monkeypatch, machine):
    sound = machine.apply

    def breaks_on_some(self, entry):
        applied = sound(self, entry)
        if len(entry.value or b"") % 2 == 0 and entry.headers.get("lianfang-entry", b"record") == b"record":
            raise ZeroDivisionError
        return applied

    monkeypatch.setattr(machine, "apply", breaks_on_some)
    house = lived(5, operators=20, deaths=0.006, seals=0.2)
    assert house.deaths_so_far > 20
    assert any(message.headers["reason"] == b"internal-error" for message in letters(house))
    assert derived_differences(house.logs, CONTEXT) == []


def letters(house: House):
    return [message for (topic, _), log in house.logs.items() if topic == "dead-letters" for message in log]


WRONG = {
    "a row of another value": "operators-state",
    "a message of an alert": "alerts",
    "an entry that a stage sent": "notice-journal",
    "a notice": "notices",
}


@pytest.mark.parametrize("topic", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("how", ["changed", "missing", "twice"])
def test_one_message_that_is_changed_missing_or_twice_is_found(topic, how):
    house = lived(1, deaths=0.0, seals=0.2)
    place = max((place for place in house.logs if place[0] == topic), key=lambda place: len(house.logs[place]))
    log = house.logs[place]
    keyed = [number for number, message in enumerate(log) if message.key not in (None, b"lianfang-position")]
    number = random.Random(7).choice(keyed) if topic != "operators-state" else keyed[-1]
    message = log[number]
    if how == "changed":
        changed = type(message)(message.offset, message.key, message.value + b" ", message.headers, message.timestamp)
        log[number] = changed
    elif how == "missing":
        del log[number]
    elif topic != "operators-state":  # a row may be written again
        log.insert(number, message)
    expected = how == "twice" and topic == "operators-state"
    assert (derived_differences(house.logs, CONTEXT) == []) is expected
