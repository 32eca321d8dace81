"""Machines of the tests: easy to predict, quick to notice what is lost, doubled or out of order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from schemas.reasons import Reason, Verdict
from streams.context import Context
from streams.engine import Flow
from streams.machine import Applied, Entry, Output
from streams.rows import Row, Rows, row_key


class Tally(Row):
    """How many entries a key has seen, and a hash that depends on their order."""

    count: int
    order: str
    due: bool = False


class Counter:
    """Counts by key. Each entry goes on to `onward`, every fifth is an alarm; at a tick each key with news rings."""

    def __init__(self, onward: str | None) -> None:
        self.rows = Rows({"t": Tally})
        self._onward = onward

    def resume(self, tick: int | None) -> None:
        self.resumed = tick

    def apply(self, entry: Entry) -> Applied:
        assert entry.key is not None
        if entry.value == b"poison":
            raise RuntimeError("this entry breaks the rules")
        name = row_key("t", entry.key.decode())
        before = self.rows.get(name, Tally) or Tally(0, "")
        order = hashlib.sha256(before.order.encode() + (entry.value or b"")).hexdigest()[:16]
        after = Tally(before.count + 1, order, due=True)
        self.rows.put(name, after, due=0)
        outputs = []
        if self._onward is not None:
            outputs.append(Output(self._onward, entry.key, entry.value))
        if after.count % 5 == 0:
            said = {"key": entry.key.decode(), "count": after.count, "order": order}
            outputs.append(
                Output("alarms", entry.key, json.dumps(said).encode(), (("stage", b"%d" % bool(self._onward)),))
            )
        return Applied(outputs, Verdict.APPLIED, "test")

    def tick(self, tick: int, entry: Entry) -> Iterator[list[Output]]:
        for key in list(self.rows.due_until(tick)):
            row = self.rows.get(key, Tally)
            assert row is not None
            self.rows.put(key, Tally(row.count, row.order))
            yield [Output("rings", key.encode(), json.dumps({"tick": tick, "count": row.count}).encode())]

    def broken(self, entry: Entry, error: Exception) -> Applied:
        dead = Output("dead-letters", entry.key, entry.value, (("reason", b"internal-error"),))
        return Applied([dead], Verdict.REFUSED, "test", Reason.INTERNAL_ERROR)


def first(partition: int, context: Context) -> Counter:
    return Counter("second")


def _second(partition: int, context: Context) -> Counter:
    return Counter(None)


FLOWS = (Flow("operators", {"first": "first-state"}, first), Flow("staff", {"second": "second-state"}, _second))
TOPICS = {"first": 4, "first-state": 4, "second": 3, "second-state": 3, "alarms": 2, "rings": 1, "dead-letters": 1}
COMPACTED = {"first-state", "second-state"}
