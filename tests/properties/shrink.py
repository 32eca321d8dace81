"""The smallest history that still shows a difference: drop lines, then fields, while the difference remains."""

from __future__ import annotations

import json
from collections.abc import Callable

Differs = Callable[[list[bytes]], bool]


def smallest(lines: list[bytes], differs: Differs) -> list[bytes]:
    """A part of the history that still differs and of which no line can be left out."""
    size = max(1, len(lines) // 2)
    while True:
        start, dropped = 0, False
        while start < len(lines):
            less = lines[:start] + lines[start + size :]
            if less and differs(less):
                lines, dropped = less, True
            else:
                start += size
        if size > 1:
            size = size // 2
        elif not dropped:
            return _plainer(lines, differs)


def _plainer(lines: list[bytes], differs: Differs) -> list[bytes]:
    """Without the optional fields that play no part."""
    for number, line in enumerate(lines):
        event = json.loads(line)
        for place in (event, event.get("data")):
            for name in list(place) if isinstance(place, dict) else []:
                value = place.pop(name)
                less = [*lines[:number], json.dumps(event, ensure_ascii=False).encode(), *lines[number + 1 :]]
                if name not in ("time", "recordedtime", "specversion") and differs(less):
                    lines = less
                else:
                    place[name] = value
    return lines
