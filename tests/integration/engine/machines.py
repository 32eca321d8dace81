"""Machines of the tests: easy to predict, quick to notice what is lost, doubled or out of order."""

from __future__ import annotations

import hashlib
import json

from schemas.reasons import Reason, Verdict
from streams.context import Context
from streams.engine import Flow
from streams.machine import Applied, Entry, Output, Ticking
from streams.rows import Row, Rows, row_key


class Tally(Row):
    """How many entries a key has seen, and a hash that depends on their order."""

    count: int
    order: str
    due: bool = False


class Counter:
    """Counts by key. Each entry goes on to `onward`, every fifth is an alarm; at a tick each key with news rings: with
    what came since the last one, or, if it does not look `forward`, with whatever there is.
    """

    def __init__(self, onward: str | None, *, forward: bool) -> None:
        self.rows = Rows({"t": Tally}, forward=forward)
        self._onward = onward

    def resume(self, tick: int | None) -> None:
        self.rows.resume(tick)

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

    def tick(self, tick: int, entry: Entry) -> Ticking:
        return _Ringing(self.rows, tick)

    def broken(self, entry: Entry, error: Exception) -> Applied:
        dead = Output("dead-letters", entry.key, entry.value, (("reason", b"internal-error"),))
        return Applied([dead], Verdict.REFUSED, "test", Reason.INTERNAL_ERROR)


class _Ringing(Ticking):
    """One key a slice."""

    def __init__(self, rows: Rows, tick: int) -> None:
        self._rows, self._tick = rows, tick
        self._left = dict.fromkeys(rows.due_until(tick))

    def __next__(self) -> list[Output]:
        if not self._left:
            raise StopIteration
        return self._ring(next(iter(self._left)))

    def ahead(self, entry: Entry) -> list[Output]:
        key = row_key("t", (entry.key or b"").decode())
        return self._ring(key) if key in self._left else []

    def _ring(self, key: str) -> list[Output]:
        del self._left[key]
        row = self._rows.get(key, Tally)
        assert row is not None
        self._rows.put(key, Tally(row.count, row.order))
        return [Output("rings", key.encode(), json.dumps({"tick": self._tick, "count": row.count}).encode())]


def first(partition: int, context: Context) -> Counter:
    return Counter("second", forward=True)


def _second(partition: int, context: Context) -> Counter:
    return Counter(None, forward=False)


FLOWS = (Flow("operators", {"first": "first-state"}, first), Flow("staff", {"second": "second-state"}, _second))
TOPICS = {"first": 4, "first-state": 4, "second": 3, "second-state": 3, "alarms": 2, "rings": 1, "dead-letters": 1}
COMPACTED = {"first-state", "second-state"}
