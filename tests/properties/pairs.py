"""Expected and found messages, compared as the examples' README says: ids in any order, each id's messages in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LEFT_OUT = ("because", "text", "basis", "as_of", "drill")


def plain(message: Mapping[str, Any]) -> dict[str, Any]:
    """Without what an expectation leaves out and without nulls in `detail`."""
    kept = {name: value for name, value in message.items() if name not in LEFT_OUT}
    kept["detail"] = {name: value for name, value in message["detail"].items() if value is not None}
    return kept


def by_alert(messages: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The messages of each alert, in order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        found.setdefault(message["id"], []).append(plain(message))
    return found
