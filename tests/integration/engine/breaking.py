"""Ways to break a worker on purpose, each once: a file in the folder `LIANFANG_TEST_BROKEN` says that it has happened.
Patches of a test process; the product has no switch for any of them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from streams.engine import watch
from streams.engine.engine import Engine
from streams.engine.fetching import FetchThread
from streams.engine.partition import Partition
from streams.engine.units import Plain, Transactional, Unit

IMPATIENCE = 6.0
FOLDER = os.environ.pop("LIANFANG_TEST_BROKEN", "")


def _once(name: str) -> bool:
    try:
        Path(FOLDER, name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _die(name: str) -> None:
    if _once(name):
        os._exit(70)


def exits() -> None:
    """The process ends inside a transaction, between two, between load and seek, and in the middle of a tick."""
    finish, commit, take_up, slice_ = Transactional._finish, Transactional.commit, Engine.take_up, Partition._slice
    seen = {"commits": 0, "slices": 0}

    async def dies_inside(self: Transactional) -> None:
        seen["commits"] += 1
        if seen["commits"] > 5:
            _die("inside-a-transaction")
        await finish(self)

    async def dies_between(self: Transactional, unit: Unit) -> None:
        await commit(self, unit)
        if seen["commits"] > 5:
            _die("between-two-transactions")

    async def dies_before_the_seek(self: Engine) -> None:
        _die("between-load-and-seek")
        await take_up(self)

    def dies_within_a_tick(self: Partition, *given: Any) -> None:
        seen["slices"] += 1
        if seen["slices"] > 7:
            _die("within-a-tick")
        slice_(self, *given)

    Transactional._finish = dies_inside
    Transactional.commit = dies_between
    Engine.take_up = dies_before_the_seek
    Partition._slice = dies_within_a_tick


def loses_a_batch() -> None:
    """A fetched batch never arrives, as when Faust clears a queue that holds events. The chain of custody sees it."""
    moved = FetchThread._moved

    def loses(self: FetchThread, *given: Any) -> Any:
        found = moved(self, *given)
        for tp, batch in list(found.items()):
            if batch.records and batch.start > 20 and _once("lost"):
                del found[tp]
        return found

    FetchThread._moved = loses


def loses_a_batch_unseen() -> None:
    """The same with the repair taken out, and the look at progress too, which would notice it some time later."""
    loses_a_batch()
    Partition._check = lambda *_: None
    watch.STALL = watch.STALL_OF_ONE = 3600.0


def saves_before_sending() -> None:
    """Position and state before the outputs, as stock Faust acknowledges before it knows that its sends went well."""

    async def torn(self: Plain, unit: Unit) -> None:
        await self._save(unit)
        if unit.records > 1 and unit.position.next > 30:
            _die("after-saving")
        for sent in await self._sending.send(self._producer, unit.outputs):
            await sent

    Plain.commit = torn


def is_impatient() -> None:
    """A worker that may stand still with work to do for a few seconds only; a busy machine needs one or two."""
    watch.STALL = watch.STALL_OF_ONE = IMPATIENCE
