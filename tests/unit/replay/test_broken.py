"""A rule that raises: the state is as it was, the operator impaired; sent again after the repair, nothing differs."""

from __future__ import annotations

import json
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.envelope import Refused, read, recorded_time
from schemas.reasons import Reason, Verdict
from schemas.times import HOUR
from streams.machine import RECORDED
from streams.operators.model import PULSE, Profile, Pulse
from streams.replay.pure import Line, PureEngine
from streams.rows import SEPARATOR
from tests.properties.histories import SHAPES, history
from tests.unit.operators.builders import line
from tests.unit.replay.runs import RULES, State, run, state

SEEDS = st.integers(0, 500).filter(lambda seed: SHAPES[seed % len(SHAPES)].lines <= 40)
PLACES = (
    "streams.operators.looking.compare",
    "streams.operators.survey.say",
    "streams.operators.machine.place",
    "streams.operators.machine.feel",
    "streams.operators.survey.Survey._spells",
)


class Defect(Exception):  # noqa: N818
    """What a broken rule raises."""


def breaks(engine: PureEngine, found: Line, where: str) -> bool:
    """Apply a line of an operator's log with a rule broken, as the engine does: undo, then say so."""
    try:
        record = read(found.value, {}, recorded=found.recorded, goods=RULES.goods_classes)
    except Refused:
        return False
    if record.log[0] != "operator":
        return False
    machine = engine.operators
    entry = engine._entry("operator-journal", found.recorded, found.value, {RECORDED: b"%d" % found.recorded})
    engine._offset -= 1
    before = state(machine.rows)
    machine.rows.mark()
    with patch(where, side_effect=Defect):
        try:
            list(machine.accept(record, entry).outputs)
        except Defect as error:
            machine.rows.rollback()
            assert state(machine.rows) == before
            machine.rows.mark()
            applied = machine.broken(entry, error)
            assert (applied.verdict, applied.reason) == (Verdict.REFUSED, Reason.INTERNAL_ERROR)
            assert [output.topic for output in applied.outputs] == ["dead-letters"]
            return True
        machine.rows.rollback()
        return False


def told_apart(rows: State) -> State:
    """Without the empty profile that a look at an operator without registration leaves."""
    return {key: found for key, found in rows.items() if found[0] != Profile()}


@settings(max_examples=6)
@given(seed=SEEDS, every=st.integers(1, 5), where=st.sampled_from(PLACES))
def test_a_record_sent_again_after_the_repair_leaves_nothing_different(seed, every, where):
    lines = history(seed)
    undisturbed, said = run(lines, tick=12 * HOUR, every_tick=True)

    def sometimes(engine: PureEngine, number: int, found: Line | None) -> None:
        if found is not None and number % every == 0:
            breaks(engine, found, where)

    disturbed, said_again = run(lines, tick=12 * HOUR, every_tick=True, before=sometimes)
    assert said_again == said
    mine, theirs = state(disturbed.operators.rows), state(undisturbed.operators.rows)
    assert told_apart(mine) == told_apart(theirs)
    pulses = [row for key, (row, _, _) in mine.items() if key.split(SEPARATOR)[0] == PULSE]
    assert [row.impaired for row in pulses if isinstance(row, Pulse) and row.impaired] == []


REGISTERED = {
    "operator": "A", "name": "鲜果园", "county": "330111", "town": "330111001", "grid": "330111001003",
    "office": "330111-S01", "activated": False, "trades": True, "status": "active",
}  # fmt: skip
HISTORY = [
    line("operator.registered", REGISTERED, "2022-01-10 09:00", id="r1"),
    line("goods.sold", {"operator": "A", "lot": "L1"}, "2022-01-10 09:10", id="r2"),
    line("goods.sold", {"operator": "A"}, "2022-01-10 09:30", id="r3"),
    line("operator.registered", REGISTERED | {"operator": "B"}, "2022-01-10 09:40", id="r4"),
    line("patrol.recorded", {"operator": "C", "by": "P"}, "2022-01-13 09:00", id="r5"),
]


def kinds(said, operator):
    return {alert["kind"] for alert in map(json.loads, said) if alert["operator"] == operator}


@pytest.fixture(name="impaired", scope="module")
def _impaired():
    """What is said where a rule is broken when r2 comes, and r2 is never sent again."""
    history = HISTORY[:1] + HISTORY[2:]
    sale = Line(recorded_time(HISTORY[1]), HISTORY[1])

    def hook(engine, _number, found):
        if found is not None and b'"r3"' in found.value:
            assert breaks(engine, sale, "streams.operators.looking.compare")

    return run(history, before=hook)


def test_what_is_missing_is_withheld_from_an_impaired_operator_and_what_is_there_is_told(impaired):
    _, said = impaired
    assert kinds(said, "A") == {"uncoded-goods"}


def test_other_operators_go_on(impaired):
    _, said = impaired
    assert kinds(said, "B") >= {"not-activated", "disinfection-missing"}


def test_undisturbed_the_operator_is_told_what_is_missing():
    _, said = run(HISTORY)
    assert kinds(said, "A") >= {"uncoded-goods", "not-on-chain", "sold-early", "not-activated", "disinfection-missing"}


def test_what_was_withheld_is_told_at_the_tick_after_the_record_was_sent_again():
    def hook(engine, _number, found):
        if found is not None and b'"r2"' in found.value:
            assert breaks(engine, found, "streams.operators.looking.compare")

    _, said = run(HISTORY, before=hook)
    assert kinds(said, "A") >= {"not-on-chain", "sold-early", "not-activated"}
