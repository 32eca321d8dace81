"""A worker whose engine has its repair taken out: what a unit of work writes is torn in two, and the process dies once
in between. Only for the test that shows that the ledger sees it.

For `chain-uploads` outputs come first and the position after them, as in an engine that acknowledges what it has done:
what is repeated after the crash is there twice. For `scan-events` the position comes first, as in stock Faust, which
acknowledges an event when an exception leaves the agent: what was not yet written is lost.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from connectors.cli.worker import command
from streams.engine import engine
from streams.engine.position import KEY
from streams.engine.units import Message, Row, Transactional, Unit, packed
from streams.machine import Output

DYING = "UNREPAIRED_DIES_IN"
"""Environment: a folder where it is noted that a process died at a topic, so that only one does."""
TOPICS = ("chain-uploads", "scan-events")
AFTER = 2
"""Units of a partition that go well before."""


class Torn(Transactional):
    """Two transactions for each unit, and the end between them."""

    written = 0

    async def commit(self, unit: Unit) -> None:
        """Outputs and rows, position; or the other way round."""
        position: tuple[list[Output], list[Row]] = ([], [(KEY, unit.position.encode())])
        effects = (unit.outputs, list(unit.rows))
        first, second = (position, effects) if "scan-events" in self._state.topic else (effects, position)
        await self._one(*first)
        self.written += bool(unit.outputs)
        if unit.outputs and self.written > AFTER:
            self._die()
        await self._one(*second)

    async def _one(self, outputs: list[Output], rows: list[Row]) -> None:
        await self._producer.begin_transaction()
        sent = await self._sending.send(self._producer, outputs)
        if rows:
            state: list[Message] = [(key, value, []) for key, value in rows]
            sent += await packed(self._producer, self._state.topic, self._state.partition, state)
        await asyncio.gather(*sent)
        await self._finish()

    def _die(self) -> None:
        for topic in TOPICS:
            if topic not in self._state.topic:
                continue
            try:
                Path(os.environ[DYING], topic).touch(exist_ok=False)
            except FileExistsError:
                return
            os._exit(70)


if __name__ == "__main__":
    engine.Transactional = Torn  # type: ignore[misc]
    command()
