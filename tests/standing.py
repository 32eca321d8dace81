"""What stands before each tick, read from alert messages: how two engines are compared that need not say the same
messages. Revision, episode, and what began and ended between two ticks may differ (contract, section 5).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from schemas.times import parse_instant

Standing = dict[str, tuple[str, str, str]]
"""Alert id → `since`, `detail` without nulls, `place`."""


def before_each_tick(messages: Iterable[Mapping[str, Any]], tick: int) -> dict[int, Standing]:
    """For each tick (milliseconds) before which something changed: what stands then.

    A change belongs before the first tick after its `changed_at`; the messages of one alert are in order.
    """
    changes: dict[int, list[Mapping[str, Any]]] = {}
    for message in messages:
        changes.setdefault(parse_instant(message["changed_at"]) // tick * tick + tick, []).append(message)
    standing: Standing = {}
    found = {}
    for at in sorted(changes):
        earlier = dict(standing)
        for message in changes[at]:
            if message["status"] == "firing":
                standing[message["id"]] = _form(message)
            else:
                standing.pop(message["id"], None)
        if standing != earlier:
            found[at] = dict(standing)
    return found


def at_the_end(messages: Iterable[Mapping[str, Any]]) -> Standing:
    """What stands after all of them; those of one alert are in order."""
    last = {message["id"]: message for message in messages}
    return {name: _form(message) for name, message in last.items() if message["status"] == "firing"}


def _form(message: Mapping[str, Any]) -> tuple[str, str, str]:
    detail = {name: value for name, value in message["detail"].items() if value is not None}
    place = message["place"]
    return message["since"], json.dumps(detail, sort_keys=True), json.dumps(place, sort_keys=True)


def differences(one: dict[int, Standing], other: dict[int, Standing]) -> list[str]:
    """Where two differ, in words: at most the first five alerts of the first tick."""
    for at in sorted(one.keys() | other.keys()):
        mine, theirs = _at(one, at), _at(other, at)
        if mine != theirs:
            wrong = sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))
            return [f"before {at}: {name}: {mine.get(name)} against {theirs.get(name)}" for name in wrong[:5]]
    return []


def _at(found: dict[int, Standing], at: int) -> Standing:
    last = max((tick for tick in found if tick <= at), default=None)
    return {} if last is None else found[last]
