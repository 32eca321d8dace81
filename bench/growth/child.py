"""One scenario of growth in a process of its own, so that memory is its own and nothing else's heap slows it:
`python -m bench.growth.child SCENARIO NUMBER…`, a line of JSON.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.growth.province import NOW, PAPERS, entry, province
from schemas.envelope import read
from schemas.times import MINUTE, SECOND
from streams.machine import Entry
from streams.operators.machine import Operators
from streams.parameters import Rules
from streams.rows import Rows

ROUNDS, RECORDS, UNIT = 5, 4_000, 1_000
"""Records of a round, and of a unit that is encoded at once."""
FRESH = 1_000_000
"""Numbers of records that are not in the state yet."""


def record(operators: int, lots: int) -> dict[str, Any]:
    """Cost of a record (read, applied, its rows encoded) beside that of validating it alone; memory of a row."""
    before = _resident()
    one = province(operators, lots)
    rows, stored = len(one.rows), one.rows.stored_size()
    memory = (_resident() - before) / rows
    chance = random.Random(1)
    costs, ratios = [], []
    for number in range(ROUNDS):
        entries = list(_busy(chance, operators, number * RECORDS))
        validated = _cpu(_validate, entries)
        applied = _cpu(_apply, entries, one)
        costs.append(applied / RECORDS * 1e6)
        ratios.append(applied / validated)
    return {
        "rows": rows, "row": stored / rows, "memory": memory,
        "us": min(costs), "ratio": statistics.median(ratios),
    }  # fmt: skip


def _busy(chance: random.Random, operators: int, begin: int) -> Iterator[Entry]:
    """A new lot put on the chain, then its sale, of any operator: so no lot of one size is hit more than of another."""
    for number in range(begin, begin + RECORDS, 2):
        operator, lot = f"O{chance.randrange(operators)}", f"N{number}"
        upload: dict[str, object] = {"lot": lot, "goods": "fruit", "trace_code": "T", "papers": PAPERS}
        yield entry(FRESH + number, "lot.uploaded", operator, upload, NOW + number)
        yield entry(FRESH + number + 1, "goods.sold", operator, {"lot": lot}, NOW + number)


def _validate(entries: list[Entry]) -> None:
    goods = Rules.load().goods_classes
    for item in entries:
        read(item.value, {}, recorded=item.timestamp, goods=goods)


def _apply(entries: list[Entry], one: Operators) -> None:
    for number, item in enumerate(entries, 1):
        one.rows.mark()
        list(one.apply(item).outputs)
        if number % UNIT == 0:
            one.rows.take()


def rows(count: int, size: int) -> dict[str, Any]:
    """Rows of `size` bytes loaded: how many a second, and what each takes of memory."""
    pad = b"x" * (size - 40)
    value = b'1 1657339180001 - ["/bench","%s"]' % pad
    pairs = [(b"lot\x1fO%d\x1fL%d" % (number // 5, number % 5), value) for number in range(count)]
    state = Rows({})
    before = _resident()
    took = _cpu(_load, pairs, state)
    return {"memory": (_resident() - before) / count, "a second": count / took, "row": state.stored_size() / count}


def _load(pairs: list[tuple[bytes, bytes]], state: Rows) -> None:
    for key, value in pairs:
        state.load(key, bytes(bytearray(value)))  # an object of its own, as they come from a fetch


def tick(waiting: int, due: int) -> dict[str, Any]:
    """A tick with which `due` of `waiting` deadlines fall due: until the first slice, and until the last."""
    one = province(waiting // 6, 1)
    for number in range(due):
        data: dict[str, object] = {"lot": f"M{number}", "goods": "fruit", "papers": []}
        one.apply(entry(FRESH + number, "lot.uploaded", f"O{number}", data, NOW + SECOND))
    one.rows.take()
    began, first, alerts = time.perf_counter(), 0.0, 0
    for outputs in one.tick(NOW + MINUTE, entry(due, "tick", "", {}, NOW + MINUTE)):
        first = first or time.perf_counter() - began
        alerts += sum(output.topic == "alerts" for output in outputs)
    one.rows.take()
    return {"first": first, "all": time.perf_counter() - began, "alerts": alerts, "rows": len(one.rows)}


def _cpu(work: Callable[..., object], *given: object) -> float:
    before = time.process_time()
    work(*given)
    return time.process_time() - before


def _resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


SCENARIOS: dict[str, Callable[..., dict[str, Any]]] = {"record": record, "rows": rows, "tick": tick}

if __name__ == "__main__":
    print(json.dumps(SCENARIOS[sys.argv[1]](*map(int, sys.argv[2:]))))
