"""A process of the product with something of its surroundings changed, for faults that can not be done from outside:
`python -m tests.soak.process worker`. SOAK_CHANGES names what is changed; without it this is `lianfang` itself.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.rows import VERSION

if TYPE_CHECKING:
    from schemas.envelope import Record
    from streams.machine import Applied, Entry

CHANGES, NOW = "SOAK_CHANGES", "SOAK_NOW"
"""Environment: names of changes, with commas between; the file in which the simulated time stands."""


def simulated_clock() -> None:
    """The clock process of a simulated history: it asks the broker as ever, and is told what time it is."""
    from streams.clock import process
    from streams.clock.port import KafkaPort

    asked = KafkaPort.now

    async def now(port: KafkaPort) -> int:
        await asked(port)
        return int(Path(os.environ[NOW]).read_text())

    KafkaPort.now = now  # type: ignore[method-assign]
    process.LONGEST_SLEEP = 0.1


THIS, NEXT = b"%d" % VERSION, b"%d" % (VERSION + 1)


def next_version() -> None:
    """The next version of the program: its rows have another form, and it upgrades rows of this version as it reads."""
    from streams import rows

    rows.VERSION += 1
    encode, decode = rows.Rows._encode, rows.Rows._decode

    def wrapped(self: rows.Rows, row: rows.Row, due: int, watch: bool) -> bytes:
        *head, body = encode(self, row, due, watch).split(b" ", 3)
        return b" ".join((*head, b'{"row":%s}' % body))

    def unwrapped(self: rows.Rows, key: str, stored: bytes) -> Any:
        return decode(self, key, of_this_version(stored) or stored)

    rows.Rows._encode, rows.Rows._decode = wrapped, unwrapped  # type: ignore[method-assign]


def of_this_version(stored: bytes | None) -> bytes | None:
    """A row of the next version as this one would have written it; anything else as it is."""
    if stored is None or not stored.startswith(NEXT + b" "):
        return stored
    _, due, watch, body = stored.split(b" ", 3)
    return b" ".join((THIS, due, watch, body.removeprefix(b'{"row":').removesuffix(b"}")))


RAISES = "LOT-RAISES"


def rule_raises() -> Callable[[], None]:
    """A rule of ours that raises at one record: the one that names a certain lot. Returns what puts it right."""
    from streams.operators.machine import Operators

    accept = Operators.accept

    def raises(self: Operators, record: Record, entry: Entry) -> Applied:
        applied = accept(self, record, entry)
        if RAISES.encode() in (entry.value or b""):
            list(applied.outputs)  # rows are changed by now
            raise ZeroDivisionError("a rule of ours")
        return applied

    def as_before() -> None:
        Operators.accept = accept  # type: ignore[method-assign]

    Operators.accept = raises  # type: ignore[method-assign]
    return as_before


def hour_ahead() -> None:
    """The host's clock is an hour wrong."""
    _wrong_by(3600.0)


def hour_behind() -> None:
    """The host's clock is an hour wrong the other way."""
    _wrong_by(-3600.0)


def _wrong_by(seconds: float) -> None:
    right, right_ns = time.time, time.time_ns
    time.time = lambda: right() + seconds
    time.time_ns = lambda: right_ns() + int(seconds * 1e9)


TABLE: dict[str, Callable[[], object]] = {
    "simulated-clock": simulated_clock,
    "next-version": next_version,
    "rule-raises": rule_raises,
    "hour-ahead": hour_ahead,
    "hour-behind": hour_behind,
}


if __name__ == "__main__":
    for name in filter(None, os.environ.get(CHANGES, "").split(",")):
        TABLE[name]()
    from connectors.cli import main

    sys.argv[0] = "lianfang"
    main()
