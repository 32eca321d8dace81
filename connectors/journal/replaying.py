"""Works off a folder of journals: alert messages in order, and at the end the rows of every subject. All partitions at
once, so that the messages of different ones come in the order of time; so all rows are in memory together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import orjson

from connectors.journal.files import Part, entries
from streams.context import Context
from streams.replay.journal import Worked, in_time
from streams.replay.pure import ALERTS

STATE = {"operator-journal": "operators-state", "staff-journal": "staff-state", "notice-journal": "routing-state"}
"""Journal → the topic on which a worker keeps the rows of its machine."""
STEP = 1000
"""Offsets between two words about how far it is."""


@dataclass
class Replay:
    """A folder of journals on its way through the machines. `tell` is told how many offsets were worked off."""

    folder: Path
    parts: Sequence[Part]
    context: Context
    tell: Callable[[int], object]
    done: int = 0
    worked: list[Worked] = field(default_factory=list)
    messages: int = 0

    def run(self, alerts: IO[bytes], rows: IO[bytes] | None) -> dict[str, int]:
        """Write what comes of it; gives the closing figures. Unusable (a line can't be read); CannotGoOn."""
        self.worked = [Worked(part.journal, part.partition, self.context) for part in self.parts]
        for value in in_time(map(self._alerts, self.parts, self.worked)):
            alerts.write(value + b"\n")
            self.messages += 1
        if rows is not None:
            self._write_rows(rows)
        return self._figures()

    def _write_rows(self, rows: IO[bytes]) -> None:
        for worked in self.worked:
            for key, row in sorted(worked.rows.items()):
                where = {"state": STATE[worked.topic], "partition": worked.number}
                rows.write(orjson.dumps({**where, "key": key.decode(), "row": row.decode()}) + b"\n")

    def _alerts(self, part: Part, worked: Worked) -> Iterator[bytes]:
        at = part.beginning
        for entry in entries(self.folder, part):
            for output in worked.take(entry):
                if output.topic in ALERTS:
                    yield output.value or b""
            self._pass(entry.offset + 1 - at)
            at = entry.offset + 1
        self._pass(part.end - at)
        worked.settle()

    def _pass(self, offsets: int) -> None:
        before, self.done = self.done, self.done + offsets
        if before // STEP != self.done // STEP:
            self.tell(self.done)

    def _figures(self) -> dict[str, int]:
        return {
            "entries": sum(worked.entries for worked in self.worked),
            "ticks": sum(worked.ticks for worked in self.worked),
            "broken": sum(worked.broken for worked in self.worked),
            "messages": self.messages,
            "rows": sum(len(worked.rows) for worked in self.worked),
        }
