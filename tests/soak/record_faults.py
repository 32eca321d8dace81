"""Records that are a fault by themselves: one of 250 KiB, one at which a rule of ours raises."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from schemas.times import format_instant
from streams.replay.pure import Line
from tests.soak.history import History
from tests.soak.installation import Installation
from tests.soak.process import RAISES
from tests.soak.site import Site

LARGE = 250 * 1024


def _sold(history: History, chance: Random, name: str, **data: Any) -> Line:
    """Somewhere in the history."""
    recorded = chance.choice(history.lines[len(history.lines) // 4 :]).recorded
    event = {"specversion": "1.0", "id": name, "source": "/faults", "type": "goods.sold"}
    event |= {"time": format_instant(recorded), "recordedtime": format_instant(recorded), "data": data}
    return Line(recorded, json.dumps(event).encode())


def large_lines(history: History, chance: Random) -> list[Line]:
    """Three records of 250 KiB, which are as good as any."""
    return [_sold(history, chance, f"large-{number}", operator=f"OP-{number}", more="x" * LARGE) for number in range(3)]


def raising_lines(history: History, chance: Random) -> list[Line]:
    """A record of an operator that nothing else is known of."""
    return [_sold(history, chance, "raises", operator="OP-RAISES", lot=RAISES)]


async def raise_in_workers(place: Installation) -> None:
    """All workers have a rule that raises."""
    place.worker_changes = (*place.worker_changes, "rule-raises")


async def large_records(site: Site) -> None:
    """They are in the history."""
    site.say("records of 250 KiB are on their way")


async def rule_raises(site: Site) -> None:
    """It is in the history."""
    site.say("a record at which a rule raises is on its way")
