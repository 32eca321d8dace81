"""Histories run step by step through the pure engine, so that a test may do something to it between two steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from schemas.envelope import recorded_time
from schemas.times import HOUR
from streams.context import Context
from streams.explanation import Explanation
from streams.operators.explaining import explain
from streams.operators.looking import Looker
from streams.parameters import Rules
from streams.replay.pure import Line, PureEngine, moments
from streams.rows import Row, Rows
from streams.settings import Settings
from streams.staff import unclaimed

RULES = Rules.load()
CONTEXT = Context(settings=Settings(simulated=True), rules=RULES, partitions={})
EXAMPLES = Path(__file__).parents[3].parent / "shared" / "examples"
NAMES = sorted(path.name.removesuffix(".history.jsonl") for path in EXAMPLES.glob("*.history.jsonl"))

State = dict[str, tuple[Row | None, int, bool]]


def lines_of(example: str) -> list[bytes]:
    """The history of a shared example."""
    return (EXAMPLES / f"{example}.history.jsonl").read_bytes().splitlines()


def run(
    history: Iterable[bytes],
    *,
    tick: int = HOUR,
    every_tick: bool = False,
    before: Callable[[PureEngine, int, Line | None], None] = lambda *_: None,
) -> tuple[PureEngine, list[bytes]]:
    """The engine at the end, and every message. `before` is called before each step with its number and line.

    `every_tick`: leave out none, so that the steps (and with them the offsets) do not depend on what is in the rows.
    """
    engine = PureEngine(CONTEXT)
    said: list[bytes] = []
    began = False
    lines = [Line(recorded_time(value), value) for value in history]
    for number, moment in enumerate(moments(lines, tick, None, (lambda: 0) if every_tick else engine.next_due)):
        if moment.line is not None and not began:
            engine.begin(moment.line.recorded)
            began = True
        before(engine, number, moment.line)
        outputs = engine.record(moment.line) if moment.line is not None else engine.tick(moment.tick or 0)
        said += [output.value or b"" for output in outputs]
    return engine, said


def state(rows: Rows) -> State:
    """Every row with its due and whether it watches."""
    return {key: (rows.get(key, Row), rows.due_of(key), rows.is_watching(key)) for key in rows.keys()}  # noqa: SIM118


def explained(engine: PureEngine, operator: str, kind, subject: str) -> Explanation:
    """What `why` would say of an alert, by the rows as they are."""
    operators, staff = engine.operators, engine.staff
    if not operator:
        return unclaimed.explain(staff.rows, subject, staff._tick or 0, RULES)
    return explain(Looker(operator, operators._tick or 0, operators.rows, RULES), kind, subject)
