"""A worker that takes over from another at any point goes on exactly as the other would have: rows are all there is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.times import HOUR
from streams.operators.machine import Operators
from streams.replay.pure import PureEngine
from streams.rows import Rows
from streams.staff.machine import Staff
from tests.properties.histories import SHAPES, history
from tests.unit.replay.runs import CONTEXT, State, run, state

TICK = 12 * HOUR
SEEDS = st.integers(0, 500).filter(lambda seed: SHAPES[seed % len(SHAPES)].lines <= 60)


def ahead(machine: Operators | Staff) -> State:
    """The rows, without dues that are past: a row that was looked at and did not change is not written again, so who
    takes over looks at it once more, and finds nothing to say.
    """
    now = machine._tick or 0
    return {key: (row, max(due, now), watch) for key, (row, due, watch) in state(machine.rows).items()}


class Topics:
    """What stands on the state topics: what each flush wrote, the last of each key."""

    def __init__(self) -> None:
        self.kept: dict[type, dict[bytes, bytes]] = {Operators: {}, Staff: {}}

    def flush(self, machine: Operators | Staff) -> None:
        kept = self.kept[type(machine)]
        for key, value in machine.rows.take():
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = value

    def load(self, rows: Rows, form: type) -> None:
        for key, value in self.kept[form].items():
            rows.load(key, value)


def take_over(engine: PureEngine, topics: Topics) -> None:
    """Both machines anew, from what the old ones wrote, and from the tick that stands in their position row."""
    for machine in (engine.operators, engine.staff):
        topics.flush(machine)
    operators, staff = Operators(0, CONTEXT), Staff(0, CONTEXT)
    topics.load(operators.rows, Operators)
    topics.load(staff.rows, Staff)
    operators.resume(engine.operators._tick)
    staff.resume(engine.staff._tick)
    engine.operators, engine.staff = operators, staff


@settings(max_examples=8)
@given(seed=SEEDS, every=st.integers(7, 40))
def test_taking_over_at_any_point_changes_no_message_and_no_row(seed, every):
    lines = history(seed)
    undisturbed, said = run(lines, tick=TICK, every_tick=True)
    topics = Topics()

    def sometimes(engine: PureEngine, number: int, _line: object) -> None:
        if number % every == 0:
            take_over(engine, topics)

    disturbed, said_again = run(lines, tick=TICK, every_tick=True, before=sometimes)
    assert said_again == said
    for mine, theirs in ((disturbed.operators, undisturbed.operators), (disturbed.staff, undisturbed.staff)):
        assert ahead(mine) == ahead(theirs)


@settings(max_examples=3)
@given(seed=SEEDS)
def test_what_is_written_is_all_of_it(seed):
    engine, _ = run(history(seed))
    kept = state(engine.operators.rows)
    topics = Topics()
    topics.flush(engine.operators)
    loaded = Operators(0, CONTEXT)
    topics.load(loaded.rows, Operators)
    assert state(loaded.rows) == kept
    assert loaded.rows.next_due() == engine.operators.rows.next_due()
