"""Cost of a record through the pure rules, beside the cost of validating it with pydantic alone, alternating."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

import orjson

from schemas.envelope import read
from schemas.times import SECOND, format_instant, parse_instant
from streams.context import Context
from streams.parameters import Rules
from streams.replay.pure import Line, PureEngine, moments
from streams.settings import Settings

ROUNDS, GOAL = 3, 3.0
OPERATORS = 251
BEGIN = parse_instant("2022-01-05T00:00:00Z")


def history(seed: int, lines: int) -> Iterator[Line]:
    """A busy day of a district: uploads, receipts, sales, disinfection, a second apart."""
    chance = random.Random(seed)
    place = {"county": "330111", "town": "330111001", "grid": "330111001001", "office": "330111-S01"}
    for number in range(lines):
        at = BEGIN + number * SECOND
        operator = f"O{number % OPERATORS}" if number < OPERATORS else f"O{chance.randrange(OPERATORS)}"
        lot = f"L{operator}-{number // (OPERATORS * 8)}"
        draw = chance.random()
        if number < OPERATORS:
            about = {"name": "店", **place, "activated": True, "trades": True, "status": "active"}
            kind = "operator.registered"
        elif draw < 0.3:
            issued = {"number": "1", "issued_on": "2022-01-01"}
            papers = [{"kind": "quarantine", **issued}, {"kind": "test", **issued}]
            about, kind = {"lot": lot, "goods": "fruit", "trace_code": "T", "papers": papers}, "lot.uploaded"
        elif draw < 0.5:
            about, kind = {"lot": lot, "supplier": "S"}, "goods.received"
        elif draw < 0.97:
            about, kind = {"lot": lot, "quantity": {"amount": 2, "unit": "kg"}}, "goods.sold"
        else:
            about, kind = {"scope": "premises"}, "disinfection.recorded"
        event = {
            "specversion": "1.0", "id": f"x{number}", "source": "/bench", "type": kind, "time": format_instant(at),
            "recordedtime": format_instant(at), "data": {"operator": operator, **about},
        }  # fmt: skip
        yield Line(at, orjson.dumps(event))


def measure(seed: int, count: int) -> list[dict[str, Any]]:
    """Ratios of CPU time, a round of each in turn."""
    lines = list(history(seed, count))
    context = Context(Settings(simulated=True), Rules.load(), {})
    ratios, speeds = [], []
    for _ in range(ROUNDS):
        validated = _cpu(lambda: _validate(lines, context))
        replayed = _cpu(lambda: _replay(lines, context))
        ratios.append(replayed / validated)
        speeds.append(count / replayed)
    return [
        {
            "what": "replay --engine pure, CPU of a record / CPU of validating it",
            "p50": round(statistics.median(ratios), 2),
            "most": round(max(ratios), 2),
            "goal": f"≤ {GOAL:g}",
            "missed": statistics.median(ratios) > GOAL,
            "count": f"{ROUNDS} × {count:,}",
        },
        {"what": "replay --engine pure, records a CPU second", "p50": f"{statistics.median(speeds):,.0f}"},
    ]


def _cpu(work: Any) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _validate(lines: list[Line], context: Context) -> None:
    for line in lines:  # none is kept: a list of them would cost the collector of cycles as much again
        read(line.value, {}, recorded=line.recorded, goods=context.rules.goods_classes)


def _replay(lines: list[Line], context: Context) -> None:
    engine = PureEngine(context)
    engine.begin(lines[0].recorded)
    for moment in moments(lines, 60 * SECOND, None, engine.next_due):
        for _ in engine.tick(moment.tick) if moment.tick is not None else engine.record(moment.line or lines[0]):
            pass
