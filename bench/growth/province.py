"""State of any size without the records that made it: the rows of one operator as the machine leaves them, under as
many names as wanted. Knows the rules' own rows only by their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from schemas.times import SECOND, format_instant, parse_instant
from streams.context import Context
from streams.machine import ENTRY, RECORDED, Entry, Sort
from streams.operators.machine import Operators
from streams.parameters import Rules
from streams.settings import Settings

NOW = parse_instant("2022-01-10T04:00:00Z")
PLACE = {"county": "330111", "town": "330111001", "grid": "330111001001", "office": "330111-S01"}
PAPERS = [{"kind": kind, "number": "1", "issued_on": "2022-01-01"} for kind in ("quarantine", "test")]
_OPERATOR, _LOT = "Xoperator", "Xlot"
Pair = tuple[bytes, bytes]


def machine() -> Operators:
    """One partition's machine, empty."""
    return Operators(0, Context(Settings(simulated=True), Rules.load(), {}))


def entry(number: int, kind: str, operator: str, data: dict[str, object], at: int) -> Entry:
    """A record as it lies in the journal."""
    event = {
        "specversion": "1.0", "id": f"x{number}", "source": "/bench", "type": kind, "time": format_instant(at),
        "data": {"operator": operator, **data},
    }  # fmt: skip
    headers = {ENTRY: Sort.RECORD.encode(), RECORDED: b"%d" % at}
    return Entry("operator-journal", 0, number, at, operator.encode(), orjson.dumps(event), headers)


def _templates() -> tuple[list[Pair], list[Pair]]:
    """The rows of an operator, and those of one lot it put on the chain, received and sold."""
    one = machine()
    about = {"name": "鲜果园", **PLACE, "activated": True, "trades": True, "status": "active"}
    upload = {"lot": _LOT, "goods": "fruit", "trace_code": "T", "papers": PAPERS}
    one.apply(entry(0, "operator.registered", _OPERATOR, about, NOW - 60 * SECOND))
    for _ in one.tick(NOW - 50 * SECOND, entry(1, "tick", "", {}, NOW)):
        pass
    of_operator = _written(one)
    one.apply(entry(2, "lot.uploaded", _OPERATOR, upload, NOW - 40 * SECOND))
    one.apply(entry(3, "goods.sold", _OPERATOR, {"lot": _LOT}, NOW - 20 * SECOND))
    both = dict(of_operator) | dict(_written(one))  # what a record of a lot changes of its operator is there once
    of_lot = [pair for pair in both.items() if pair not in of_operator and not pair[0].startswith(b"pulse")]
    return [pair for pair in both.items() if pair not in of_lot], of_lot


def _written(one: Operators) -> list[Pair]:
    return [(key, value) for key, value in one.rows.take() if value is not None]


def rows(operators: int, lots: int) -> Iterator[Pair]:
    """The rows of so many operators `O0`, `O1` … with so many lots each, `L0`, `L1` …"""
    of_operator, of_lot = _templates()
    names = _OPERATOR.encode(), _LOT.encode()
    for number in range(operators):
        operator = b"O%d" % number
        for key, value in of_operator:
            if names[0] in key:
                yield key.replace(names[0], operator), value.replace(names[0], operator)
        for item in range(lots):
            lot = b"L%d" % item
            for key, value in of_lot:
                # an identity is its operator's; in this state each lot has its own
                name = key.replace(names[0], operator).replace(names[1], lot)
                if b"/bench" in name:
                    name += b"-" + lot
                yield name, value.replace(names[0], operator).replace(names[1], lot)


def province(operators: int, lots: int) -> Operators:
    """A machine that has loaded these rows, as a worker does that takes a partition up."""
    one = machine()
    for key, value in rows(operators, lots):
        one.rows.load(key, value)
    one.resume(NOW)
    return one
